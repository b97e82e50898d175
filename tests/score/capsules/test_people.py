"""Persons, pairs, and pairs that are rarely together."""

from __future__ import annotations

from facetd.config.capsules import AtLeast, OfPair, RarePair
from facetd.score.capsules.people import faces_of, pairs, rare_pairs
from tests.score.capsules.made import photos, shown


def test_the_best_of_each_person() -> None:
    aggregate = [*[7.0] * 9, 8.0, *[5.0] * 10]
    made = photos(20, aggregate=aggregate, persons={7: range(10), 8: range(9), 9: range(5, 20)})
    found = list(faces_of(made, AtLeast()))
    assert shown(found) == {"faces_of:7": [9, *range(9)]}, "nine are too few, bad ones do not count"
    assert found[0].persons == (7,)
    assert found[0].params == {}


def test_two_persons_together() -> None:
    made = photos(30, persons={9: range(20), 7: range(12, 30), 8: range(13, 30)})
    found = [draft for some in pairs(made, OfPair(), AtLeast(), 40) for draft in some]
    assert shown(found) == {"person_pair:7-8": list(range(13, 30)), "person_pair:7-9": list(range(12, 20))}
    assert {draft.persons for draft in found} == {(7, 8), (7, 9)}


def test_pairs_leave_something_for_each_of_the_two() -> None:
    made = photos(40, persons={1: range(30), 2: range(10, 40), 3: range(12)})
    before, after = pairs(made, OfPair(), AtLeast(), 40)
    assert list(shown(before)) == ["person_pair:1-2"], "20 of 30 together"
    assert list(shown(after)) == ["person_pair:1-3"], "nothing would be left of 3"
    assert list(shown(pairs(made, OfPair(), AtLeast(min_photos=11), 40)[0])) == []
    assert list(shown(pairs(made, OfPair(), AtLeast(min_photos=11), 19)[0])) == ["person_pair:1-2"]


def test_rare_pairs_share_few_and_good_photos() -> None:
    aggregate = [*[7.5] * 3, *[6.5] * 3, *[7.5] * 14]
    made = photos(
        20, aggregate=aggregate, persons={1: range(3), 2: range(3), 3: range(3, 6), 4: range(3, 6), 5: range(6, 12), 6: range(6, 12)}
    )
    assert shown(rare_pairs(made, RarePair(), 8)) == {"rare_pair:1-2": [0, 1, 2]}, "3-4 are not good, 5-6 share too many"
    often = photos(20, aggregate=[*[7.5] * 4, *[6.5] * 16], persons={1: range(20), 2: range(20)})
    assert shown(rare_pairs(often, RarePair(), 8)) == {}, "together on twenty, four of them very good: not rare"
    assert shown(rare_pairs(often, RarePair(), 21)) == {"rare_pair:1-2": [0, 1, 2, 3]}
