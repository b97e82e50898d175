"""What was made a moment ago and may be asked for again: newest first, within a bound of bytes."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

T = TypeVar("T")
ENTRY_BYTES = 2048  # what an entry takes besides its value: the key, above all


class SizedMemo(Generic[T]):
    """Values by key; the ones that were not used for longest go when all together take more than `limit` bytes."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._held = 0
        self._values: OrderedDict[Hashable, tuple[T, int]] = OrderedDict()

    @property
    def held(self) -> int:
        """Bytes that the values take."""
        return self._held

    def get(self, key: Hashable) -> T | None:
        """The value, or None."""
        found = self._values.get(key)
        if found is None:
            return None
        self._values.move_to_end(key)
        return found[0]

    def put(self, key: Hashable, value: T, *, size: int) -> None:
        """Keep a value that takes `size` bytes."""
        if (old := self._values.pop(key, None)) is not None:
            self._held -= old[1]
        self._values[key] = value, size + ENTRY_BYTES
        self._held += size + ENTRY_BYTES
        while self._held > self._limit:
            _, (_, gone) = self._values.popitem(last=False)
            self._held -= gone
