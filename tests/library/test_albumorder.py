"""The order of albums: whatever is named, everything is there once, and what is not named stays where it is."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from facetd.library.albumorder import moved, rearranged

CURRENT = st.lists(st.integers(1, 30), unique=True, max_size=20)
WANTED = st.lists(st.integers(1, 40), max_size=30)


@given(CURRENT, WANTED)
def test_those_that_are_named_share_their_places_in_the_new_order(current: list[int], wanted: list[int]) -> None:
    found = rearranged(current, wanted)
    named = [photo for photo in dict.fromkeys(wanted) if photo in current]
    assert sorted(found) == sorted(current)
    assert [photo for photo in found if photo in named] == named
    assert all(one == other for one, other in zip(current, found, strict=True) if one not in named)
    assert rearranged(found, current) == current, "the old order takes it back"


@given(CURRENT, st.data())
def test_a_whole_order_is_that_order(current: list[int], data: st.DataObject) -> None:
    wanted = data.draw(st.permutations(current))
    assert rearranged(current, wanted) == wanted


@given(CURRENT.filter(bool), WANTED, st.booleans(), st.data())
def test_those_that_move_are_together_next_to_their_neighbour(
    current: list[int], wanted: list[int], after: bool, data: st.DataObject
) -> None:
    neighbour = data.draw(st.sampled_from(current))
    wanted = [photo for photo in wanted if photo != neighbour]
    found = moved(current, wanted, neighbour, after=after)
    named = [photo for photo in dict.fromkeys(wanted) if photo in current]
    rest = [photo for photo in current if photo not in named]
    assert [photo for photo in found if photo not in named] == rest, "the others keep their order"
    place = found.index(neighbour)
    assert found[place + 1 : place + 1 + len(named)] == named if after else found[place - len(named) : place] == named
