"""What is kept stays within its bound."""

from __future__ import annotations

from facetd.library.memo import ENTRY_BYTES, SizedMemo


def test_the_least_recently_used_goes_when_the_bound_is_reached() -> None:
    memo: SizedMemo[str] = SizedMemo(3 * (1000 + ENTRY_BYTES))
    for name in "abc":
        memo.put(name, name.upper(), size=1000)
    assert memo.get("a") == "A"
    memo.put("d", "D", size=1000)
    assert [memo.get(name) for name in "abcd"] == ["A", None, "C", "D"]
    memo.put("e", "E", size=1500)
    assert memo.held <= 3 * (1000 + ENTRY_BYTES)
    assert [memo.get(name) for name in "acde"] == [None, None, "D", "E"]


def test_a_value_that_is_put_again_counts_once() -> None:
    memo: SizedMemo[int] = SizedMemo(100_000)
    for number in range(200):
        memo.put("same", number, size=1000)
    assert (memo.get("same"), memo.held) == (199, 1000 + ENTRY_BYTES)


def test_what_is_larger_than_the_bound_is_not_kept() -> None:
    memo: SizedMemo[int] = SizedMemo(10_000)
    memo.put("large", 1, size=20_000)
    assert (memo.get("large"), memo.held) == (None, 0)
