"""Selections that somebody is about to download: remembered for some minutes, for the one who made them."""

from __future__ import annotations

import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from facetd.errors import NotFound
from facetd.i18n import _
from facetd.library.downloads import Kind
from facetd.records.viewer import Viewer

LIFETIME_S = 600
MOST_OF_ONE = 20  # of one viewer; the oldest go
MOST = 500  # of all


@dataclass(frozen=True, slots=True)
class Selection:
    """The photos that are downloaded together, and what of each."""

    ids: tuple[int, ...]
    kind: Kind
    profile: str | None


class Tickets:
    """A ticket names a selection; it opens nothing: whoever shows it must be who made it, and sees what they may see then."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._made: OrderedDict[str, tuple[tuple[object, ...], float, Selection]] = OrderedDict()

    def issue(self, viewer: Viewer, selection: Selection) -> str:
        """A new ticket."""
        now = self._clock()
        while self._made and (len(self._made) >= MOST or next(iter(self._made.values()))[1] + LIFETIME_S <= now):
            self._made.popitem(last=False)
        mine = [token for token, (owner, _since, _selection) in self._made.items() if owner == _owner(viewer)]
        for token in mine[: max(0, len(mine) - MOST_OF_ONE + 1)]:
            del self._made[token]
        token = secrets.token_urlsafe(16)
        self._made[token] = (_owner(viewer), now, selection)
        return token

    def find(self, viewer: Viewer, token: str) -> Selection:
        """The selection of a ticket. Raises NotFound for one that there is not, any more, or of somebody else."""
        owner, since, selection = self._made.get(token, (None, 0.0, None))
        if selection is None or owner != _owner(viewer) or since + LIFETIME_S <= self._clock():
            raise NotFound(_("this download has expired"), hint=_("Begin it again."))
        return selection


def _owner(viewer: Viewer) -> tuple[object, ...]:
    return (viewer.user_id, viewer.name)
