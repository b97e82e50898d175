"""What somebody may have meant whose word finds nothing: the nearest words of the index of topics, of photos that they may list."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice, product
from typing import Any

from facetd.db.connection import Connection
from facetd.db.folding import fold
from facetd.db.hits import Found
from facetd.db.names import from_stored, shown
from facetd.db.options import LISTED
from facetd.db.phrases import FILLERS
from facetd.db.ranking import BY_KIND, is_listed
from facetd.db.visibility import gate_condition
from facetd.records.viewer import Viewer

SHORTEST = 3  # letters of a word that can be misspelt
LONG = 6  # letters from which on two slips are allowed, not one
NEAREST = 20  # words that are looked at for one that finds nothing
MOST_PHRASES = 40  # combinations of them, for several words that stand together
MOST_TOPICS = 100  # that are looked at for one term
MOST_PHOTOS = 2000  # of a topic or a term that are looked at to tell whether the viewer may list one of them
OFFERED = 3
WORD = re.compile(r"[^\W\d_]+|\d+")
NAMES = {
    "person": "SELECT name FROM person WHERE id = ?",
    "tag": "SELECT name FROM tag WHERE id = ?",
    "place": "SELECT name || ' ' || COALESCE(region, '') || ' ' || COALESCE(country, '') FROM place WHERE id = ?",
    "folder": "SELECT r.name, f.path FROM folder f JOIN root r ON r.id = f.root_id WHERE f.id = ?",
}


def vocabulary(connection: Connection) -> Mapping[str, int]:
    """The words of all names, folded, with how many names each is in. Whose they are is asked for what is offered only."""
    text = connection.execute("SELECT group_concat(words, ' ') FROM topic WHERE kind <> 'category'").fetchone()[0] or ""
    return Counter(text.split())


def meant(connection: Connection, viewer: Viewer, known: Mapping[str, int], found: Sequence[Found]) -> dict[str, list[str]]:
    """For each term that finds nothing that `viewer` may list, what may have been meant: names as they are written, nearest first.

    Nothing in place of words that only join others; terms without anything near them are not among them. Terms to leave out and dates
    are never misspelt.
    """
    near: dict[str, list[str]] = {}
    for each in found:
        term = each.term
        if term.negated or term.days or term.month or _finds(connection, viewer, each):
            continue
        if term.words in FILLERS:
            near[term.words] = [""]
        elif offers := _names_near(connection, viewer, known, term.words):
            near[term.words] = offers
    return near


def nearest(word: str, known: Mapping[str, int]) -> list[tuple[int, str]]:
    """The words of `known` that are at most a slip or two away, with how many, nearest first; then as they begin, then frequent ones.

    Slips at both ends of a word are not looked for. Numbers and short words stand for themselves alone.
    """
    if len(word) < SHORTEST or word[0].isdigit():
        return [(0, word)]
    most = 1 if len(word) < LONG else 2
    first, last, letters, size = word[0], word[-1], set(word), len(word)
    near = []
    for other in known:
        if (
            (other[0] == first or other[-1] == last)
            and abs(len(other) - size) <= most
            and len(other) >= SHORTEST
            and len(letters.symmetric_difference(other)) <= 2 * most
            and (slips := distance(word, other, most)) <= most
        ):
            near.append((slips, other))
    return sorted(near, key=lambda pair: (pair[0], pair[1][0] != first, -known[pair[1]], pair[1]))[:NEAREST]


def distance(one: str, other: str, most: int) -> int:
    """Letters left out, put in, exchanged, or swapped with their neighbour (optimal string alignment); `most` + 1 for more than `most`."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, start=1):
        before, above, row = row, before, [i]
        for j, their in enumerate(other, start=1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != their))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == their:
                cost = min(cost, above[j - 2] + 1)
            row.append(cost)
        if min(row) > most and min(before) > most:
            return most + 1
    return min(row[-1], most + 1)


def _finds(connection: Connection, viewer: Viewer, found: Found) -> bool:
    """Whether a term finds a photo that `viewer` may list; of one that finds many, the first are looked at."""
    sql = f"SELECT 1 FROM (SELECT id FROM ({found.ids}) LIMIT {MOST_PHOTOS}) h CROSS JOIN gate g ON g.photo_id = h.id"
    return connection.execute(f"{sql} AND {gate_condition(viewer, LISTED)} LIMIT 1", found.parameters).fetchone() is not None


def _names_near(connection: Connection, viewer: Viewer, known: Mapping[str, int], words: str) -> list[str]:
    """What is as near to `words` as anything that `viewer` may list."""
    choices = sorted(islice(product(*(nearest(word, known) for word in words.split(" "))), MOST_PHRASES), key=_slips)
    offers: dict[str, int] = {}
    asked = 0
    for choice in choices:
        slips, phrase = _slips(choice), " ".join(word for _, word in choice)
        if len(offers) == OFFERED or (offers and slips > min(offers.values())):
            break
        for kind, ref in islice(_topics(connection, phrase), MOST_TOPICS - asked):
            asked += 1
            if is_listed(connection, viewer, kind, ref, most=MOST_PHOTOS):
                offers.setdefault(_written(connection, kind, ref, phrase), slips)
                break
    return list(offers)


def _slips(choice: Sequence[tuple[int, str]]) -> int:
    return sum(slips for slips, _ in choice)


def _topics(connection: Connection, phrase: str) -> Iterator[tuple[str, Any]]:
    sql = f"{BY_KIND}, t.id LIMIT ?"
    return ((row[0], row[1]) for row in connection.execute(sql, (f'"{phrase}"', MOST_TOPICS)).fetchall())


def _written(connection: Connection, kind: str, ref: Any, phrase: str) -> str:
    """How a name writes a folded word or phrase of it."""
    row = connection.execute(NAMES[kind], (ref,)).fetchone() if kind in NAMES else (ref,)
    parts = WORD.findall(" ".join(shown(from_stored(part)) for part in row or () if part))
    count = phrase.count(" ") + 1
    for start in range(len(parts) - count + 1):
        text = " ".join(parts[start : start + count])
        if fold(text) == phrase:
            return text
    return phrase
