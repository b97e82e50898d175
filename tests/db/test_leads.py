"""Which photos of a set stand behind another, where not everybody sees all of them."""

from __future__ import annotations

from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from facetd.db.leads import Member, followers

ALICE, BOB, ALL = frozenset({"alice"}), frozenset({"bob"}), frozenset({"alice", "bob"})
SEES = {1: ALICE, 2: BOB, 3: ALL, 4: frozenset[str]()}


def members(*of: tuple[int, str]) -> list[Member]:
    """One set, the best first: (root, content) of each photo; the photos are numbered from 0."""
    return [Member(1, number, number, root, content) for number, (root, content) in enumerate(of)]


def test_the_best_leads_where_everybody_sees_the_same() -> None:
    assert followers(members((3, "a"), (3, "b"), (3, "a")), SEES) == {1, 2}
    assert followers(members((1, "a"), (2, "b"), (7, "a")), {}) == {1, 2}, "nobody is a user"


def test_nobody_loses_a_photo_to_one_that_they_do_not_see() -> None:
    assert followers(members((1, "a"), (2, "a")), SEES) == set()
    assert followers(members((1, "a"), (3, "b"), (2, "c")), SEES) == {2}, "the shared one leads for bob, and alice's is better"
    assert followers(members((3, "a"), (1, "b"), (2, "c")), SEES) == {1, 2}


def test_what_is_shared_leads_its_private_copies() -> None:
    assert followers(members((1, "a"), (2, "a"), (3, "a")), SEES) == {0, 1}


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from([1, 2, 3, 4]), st.sampled_from("abc")), min_size=1, max_size=9))
def test_whoever_sees_photos_of_a_set_sees_a_lead_and_nothing_depends_on_what_they_do_not_see(of: list[tuple[int, str]]) -> None:
    photos = members(*of)
    hidden = followers(photos, SEES)
    for user in ("alice", "bob"):
        seen = {member.photo for member in photos if user in SEES[member.root]}
        assert not seen or seen - hidden
    for member, user in product(photos, ("alice", "bob")):
        if user in SEES[member.root]:
            known = [other for other in photos if user in SEES[other.root]]
            assert (member.photo in followers(known, SEES)) == (member.photo in hidden)
