"""Slowing down who tries tokens of links: per network, counting different wrong ones.

A link that was ended may be asked for again and again by pages that are open somewhere: that is one wrong token, and no guess. Who has a
right one is not held up by guesses from the same network.
"""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from facetd.errors import TooManyRequests
from facetd.i18n import _

FREE = 20  # different wrong tokens
GAP_S = 60.0  # between two more of them
FORGOTTEN_S = 3600.0  # without a wrong one
NETWORKS_KEPT = 5000
TOKENS_KEPT = 100  # of each network


@dataclass(slots=True)
class _Record:
    wrong: OrderedDict[bytes, None] = field(default_factory=OrderedDict)
    right: OrderedDict[bytes, None] = field(default_factory=OrderedDict)
    last: float = -math.inf  # when the last new wrong one came


class Guesses:
    """What networks tried. Tokens are told apart by their hashes; `clock` gives seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._networks: OrderedDict[str, _Record] = OrderedDict()

    def begin(self, network: str, token_hash: bytes) -> None:
        """Raise TooManyRequests for one guess too many."""
        record = self._record(network)
        if token_hash in record.right or token_hash in record.wrong or len(record.wrong) < FREE:
            return
        left = record.last + GAP_S - self._clock()
        if left > 0:
            raise TooManyRequests(
                _("Too many wrong links came from there."), retry_after_s=math.ceil(left), hint=_("Wait a moment and try again.")
            )

    def right(self, network: str, token_hash: bytes) -> None:
        """The token opens something."""
        _note(self._record(network).right, token_hash)

    def wrong(self, network: str, token_hash: bytes) -> None:
        """The token opens nothing."""
        record = self._record(network)
        if token_hash not in record.wrong:
            record.last = self._clock()
        record.right.pop(token_hash, None)
        _note(record.wrong, token_hash)

    def _record(self, network: str) -> _Record:
        record = self._networks.pop(network, None) or _Record()
        if record.last + FORGOTTEN_S < self._clock():
            record.wrong.clear()
        self._networks[network] = record
        while len(self._networks) > NETWORKS_KEPT:
            self._networks.popitem(last=False)
        return record


def _note(tokens: OrderedDict[bytes, None], token_hash: bytes) -> None:
    tokens.pop(token_hash, None)
    tokens[token_hash] = None
    while len(tokens) > TOKENS_KEPT:
        tokens.popitem(last=False)
