"""The groups that pairs make."""

from __future__ import annotations

from collections.abc import Iterable


def components(pairs: Iterable[tuple[int, int]]) -> list[list[int]]:
    """The groups that pairs of ids make, each ascending; pure Python, near O(n)."""
    parent: dict[int, int] = {}

    def top(number: int) -> int:
        while (above := parent.setdefault(number, number)) != number:
            parent[number] = number = parent[above]
        return number

    for one, other in pairs:
        parent[top(one)] = top(other)
    groups: dict[int, list[int]] = {}
    for number in sorted(parent):
        groups.setdefault(top(number), []).append(number)
    return list(groups.values())
