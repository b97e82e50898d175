"""Slowing down who guesses passwords: per network, and per user over all networks.

A network may fail a few times freely; then each further try has to wait, up to half a minute, so that a home in which somebody mistypes is
never locked out for long. A user whom many networks try at once is asked for one at a time; networks from which that user has signed in
before are not held up by it.
"""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from facetd.errors import TooManyRequests
from facetd.i18n import _

NETWORK_FREE = 10  # failures
NETWORK_LONGEST_S = 30.0
USER_FREE = 20
USER_GAP_S = 1.0  # between two tries of one user, once many failed
USER_LONGEST_S = 5.0  # how long a try waits for its turn before it is refused
FORGOTTEN_S = 15 * 60.0  # without a failure
KEPT = 20_000  # networks and users, each: some 4 MB
T = TypeVar("T")


@dataclass(slots=True)
class _Record:
    failures: int = 0
    last: float = -math.inf  # when the last one failed
    turn: float = -math.inf  # when the next try of a user may be looked at


class Throttle:
    """Counts failures; `clock` gives seconds. What is at work counts too."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._networks: OrderedDict[str, _Record] = OrderedDict()
        self._users: OrderedDict[str, _Record] = OrderedDict()

    def begin(self, user: str, network: str, *, trusted: bool = False) -> float:
        """Seconds that this try has to wait before it is looked at. `trusted`: the user has signed in from this network before.

        It counts as a failure until it has succeeded, so that many at once are no way round.
        Raises TooManyRequests when it is not looked at at all.
        """
        now = self._clock()
        tries = self._record(self._networks, network, now)
        turns = self._record(self._users, user.casefold(), now)
        wait = self._wait(tries, turns, now, trusted=trusted)
        for record in (tries, turns):
            record.failures += 1
            record.last = now
        return wait

    def succeeded(self, user: str, network: str) -> None:
        """A try was right. Its network is forgiven half, so that one known password does not make guessing others free."""
        now = self._clock()
        tries = self._record(self._networks, network, now)
        tries.failures = max(0, tries.failures - 1) // 2
        turns = self._record(self._users, user.casefold(), now)
        turns.failures = max(0, turns.failures - 1)

    def _wait(self, tries: _Record, turns: _Record, now: float, *, trusted: bool) -> float:
        if tries.failures >= NETWORK_FREE:
            gap = min(NETWORK_LONGEST_S, 2 ** (min(tries.failures - NETWORK_FREE, 40) / 4))
            if tries.last + gap > now:
                raise _refused(tries.last + gap - now)
        if trusted or turns.failures < USER_FREE:
            return 0.0
        turn = max(now, turns.turn)
        if turn - now > USER_LONGEST_S:
            raise _refused(turn - now)
        turns.turn = turn + USER_GAP_S
        return turn - now

    def crowded(self) -> TooManyRequests:
        """What to answer when too many wait at once."""
        return _refused(USER_LONGEST_S)

    def _record(self, records: OrderedDict[str, _Record], key: str, now: float) -> _Record:
        record = records.pop(key, None)
        if record is None or record.last + FORGOTTEN_S < now:
            record = _Record()
        records[key] = record
        while len(records) > KEPT:
            records.popitem(last=False)
        return record


def _refused(seconds: float) -> TooManyRequests:
    return TooManyRequests(
        _("Too many wrong passwords came from there."), retry_after_s=max(1, math.ceil(seconds)), hint=_("Wait a moment and try again.")
    )
