"""Which photos a term of a search finds, as SQL: looked up in the index of words first, so that only sources with a hit are asked.

Photos as documents, the sources of their words as fields: the score of a term is that of BM25F (Robertson, Zaragoza: The Probabilistic
Relevance Framework, 2009) with one occurrence in each field that matches and no normalisation by length, as all texts are short.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from facetd.db.connection import Connection
from facetd.db.phrases import Term
from facetd.db.tags import HINTS

FEW = 2000  # photos of a term up to which SQL joins and groups them
COUNTED = 20_000  # more photos of a term are not told apart
SATURATION = 1.2  # k1 of BM25
TRIGRAM = 3
MOST_TRIGRAMS = 12
# How much a field says about what is in the photo.
WEIGHTS = {
    "person": 2.0, "tag": 1.5, "days": 1.5, "text": 1.5, "place": 1.2, "folder": 1.0, "category": 0.8, "camera": 0.8, "lens": 0.6,
    "hint": 0.4, "name": 0.4,
}  # fmt: skip
OF_TOPIC = {
    "person": "SELECT f.photo_id AS id FROM json_each(:{0}) w CROSS JOIN person n ON n.id = w.value AND n.hidden = 0"
    " CROSS JOIN face f ON f.person_id = n.id",
    "tag": f"SELECT pt.photo_id AS id FROM json_each(:{{0}}) w CROSS JOIN photo_tag pt ON pt.tag_id = w.value AND pt.source NOT IN {HINTS}",
    "hint": f"SELECT pt.photo_id AS id FROM json_each(:{{0}}) w CROSS JOIN photo_tag pt ON pt.tag_id = w.value AND pt.source IN {HINTS}",
    "place": "SELECT q.id FROM json_each(:{0}) w CROSS JOIN place_cell c ON c.place_id = w.value CROSS JOIN photo q INDEXED BY"
    " photo_place_cell ON q.place_cell = c.cell",
    "folder": "SELECT q.id FROM json_each(:{0}) w CROSS JOIN photo q INDEXED BY photo_place ON q.folder_id = w.value",
    "category": "SELECT q.id FROM json_each(:{0}) w CROSS JOIN photo q INDEXED BY photo_category ON q.category = w.value",
    "camera": "SELECT q.id FROM json_each(:{0}) w CROSS JOIN photo q INDEXED BY photo_camera_date ON q.camera_model = w.value",
    "lens": "SELECT q.id FROM json_each(:{0}) w CROSS JOIN photo q INDEXED BY photo_lens_model ON q.lens_model = w.value",
}


@dataclass(frozen=True, slots=True)
class Source:
    """A SELECT of the ids of photos, with its parameters, and what a hit in it counts."""

    field: str
    sql: str
    parameters: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Found:
    """What a term finds: its sources, and how many photos (at most COUNTED; one in two sources counts twice)."""

    term: Term
    sources: tuple[Source, ...]
    count: int

    @property
    def ids(self) -> str:
        """SELECT of the photos, some perhaps more than once."""
        return " UNION ALL ".join(source.sql for source in self.sources) or "SELECT NULL AS id WHERE 0"

    def among(self, photos: Iterable[int]) -> Found:
        """The same with what it finds among `photos` only; `count` stays."""
        wanted = json.dumps(sorted(photos))
        sources = [
            Source(
                source.field,
                f"SELECT id FROM ({source.sql}) WHERE id IN (SELECT value FROM json_each(:among_ids))",
                {**source.parameters, "among_ids": wanted},
            )
            for source in self.sources
        ]
        return replace(self, sources=tuple(sources))

    @property
    def parameters(self) -> dict[str, Any]:
        """Those of `ids`."""
        return {name: value for source in self.sources for name, value in source.parameters.items()}


def look_up(connection: Connection, terms: Sequence[Term], mark: str = "term") -> tuple[Found, ...]:
    """Where each of `terms` is found; their parameters begin with `mark`. Raises sqlite3.DatabaseError for a damaged index."""
    found = []
    for number, term in enumerate(terms):
        sources = tuple(_sources(connection, term, f"{mark}{number}_"))
        some = Found(term, sources, 0)
        count = connection.execute(f"SELECT COUNT(*) FROM (SELECT id FROM ({some.ids}) LIMIT {COUNTED})", some.parameters).fetchone()[0]
        found.append(Found(term, sources, count))
    return tuple(found)


def is_broad(found: Sequence[Found]) -> bool:
    """Whether there are terms that have to hold, and each of them finds many photos."""
    counts = [each.count for each in found if not each.term.negated]
    return bool(counts) and min(counts) > FEW


def matching(connection: Connection, found: Sequence[Found]) -> list[int]:
    """The photos that all terms hold for; one that has to hold finds few. A term that finds many is only asked about those left."""
    ordered = sorted(found, key=lambda each: (each.term.negated, each.count))
    ids: set[int] = set()
    for number, each in enumerate(ordered):
        held = set(ids_of(connection, each.among(ids) if number else each))
        ids = ids - held if each.term.negated else held
    return sorted(ids)


def ids_of(connection: Connection, found: Found) -> list[int]:
    """The photos of a term, some perhaps more than once. One text of all ids is read several times as fast as a row for each."""
    row = connection.execute(f"SELECT json_group_array(id) FROM ({found.ids})", found.parameters).fetchone()
    ids: list[int] = json.loads(row[0])
    return ids


def condition(found: Sequence[Found]) -> list[str]:
    """Conditions on `p.id` that say that all terms hold, the one with the fewest hits first."""
    if not found:
        return ["p.id IS NULL"]
    ordered = sorted(found, key=lambda each: (each.term.negated, each.count))
    return [f"p.id {'NOT ' if each.term.negated else ''}IN ({each.ids})" for each in ordered]


def scored(found: Sequence[Found], photos: int) -> str:
    """SELECT of `id` and `score` of the photos that all terms hold for, in a library of so many photos, best last or first: unordered."""
    wanted = [each for each in found if not each.term.negated]
    unwanted = "".join(f" AND h0.id NOT IN ({each.ids})" for each in found if each.term.negated)
    if not wanted:
        return f"SELECT h0.id AS id, 0.0 AS score FROM photo h0 WHERE {bool(found):d}{unwanted}"
    wanted.sort(key=lambda each: each.count)
    parts = [_weighted(each) for each in wanted]
    score = " + ".join(f"{rarity(each.count, photos)} * h{i}.w / (h{i}.w + {SATURATION})" for i, each in enumerate(wanted))
    joins = "".join(f" JOIN ({part}) h{i} ON h{i}.id = h0.id" for i, part in enumerate(parts[1:], start=1))
    return f"SELECT h0.id AS id, {score} AS score FROM ({parts[0]}) h0{joins} WHERE 1{unwanted}"


def rarity(count: int, photos: int) -> float:
    """The inverse document frequency of BM25, above 0, with k1 + 1 in it."""
    return (SATURATION + 1) * math.log(1 + (max(photos, count) - count + 0.5) / (count + 0.5))


def _weighted(found: Found) -> str:
    """SELECT of `id`, each once, and `w`, what its sources count together."""
    if not found.sources:
        return "SELECT NULL AS id, 0.0 AS w WHERE 0"
    weighed = [f"SELECT id, {WEIGHTS[source.field]} AS w FROM ({source.sql})" for source in found.sources]
    if len(weighed) == 1 and found.sources[0].field in ("name", "text", "days", "folder", "camera", "lens", "category"):
        return weighed[0]  # each photo once
    return f"SELECT id, SUM(w) AS w FROM ({' UNION ALL '.join(weighed)}) GROUP BY id"


def _sources(connection: Connection, term: Term, mark: str) -> list[Source]:
    words = f'"{term.words}"{" *" if term.prefix else ""}'
    found = _topics(connection, term, words, mark)
    if connection.execute("SELECT 1 FROM photo_text WHERE photo_text MATCH ? LIMIT 1", (words,)).fetchone():
        found.append(Source("text", f"SELECT rowid AS id FROM photo_text WHERE photo_text MATCH :{mark}_text", {f"{mark}_text": words}))
    found.append(_names(term, mark))
    if term.days is not None:
        days = {f"{mark}_from": term.days[0], f"{mark}_before": term.days[1]}
        sql = f"date_taken >= :{mark}_from AND date_taken < :{mark}_before"
        found.append(Source("days", f"SELECT id FROM photo INDEXED BY photo_date_taken WHERE {sql}", days))
    if term.month is not None:
        found.append(_month(connection, term.month, mark))
    return found


def _topics(connection: Connection, term: Term, words: str, mark: str) -> list[Source]:
    topics = "SELECT t.kind, t.ref FROM topic_words w CROSS JOIN topic t ON t.id = w.rowid WHERE w.words MATCH ?"
    refs: dict[str, set[Any]] = {}
    for kind, ref in connection.execute(topics, (words,)):
        refs.setdefault(kind, set()).add(ref)
    if other := _singular_or_plural(term.words):
        refs.setdefault("tag", set()).update(row[1] for row in connection.execute(f"{topics} AND t.kind = 'tag'", (f'"{other}"',)))
    if refs.get("tag") and not term.negated:
        refs["hint"] = refs["tag"]
    return [
        Source(kind, OF_TOPIC[kind].format(f"{mark}_{kind}"), {f"{mark}_{kind}": json.dumps(sorted(some))})
        for kind, some in refs.items()
        if some
    ]


def _names(term: Term, mark: str) -> Source:
    """File names with these words: any part of a name, or whole words only. Up to two characters are looked for at the start of words."""
    text, parameters = term.words, {f"{mark}_name": term.words}
    if term.whole:
        test = f"instr(' ' || name || ' ', ' ' || :{mark}_name || ' ')"
    elif len(text) < TRIGRAM:
        test = f"instr(' ' || name, ' ' || :{mark}_name)"
    else:
        test = f"instr(name, :{mark}_name)"
    if len(text) < TRIGRAM:
        return Source("name", f"SELECT photo_id AS id FROM photo_words WHERE {test}", parameters)
    trigrams = list(dict.fromkeys(text[start : start + TRIGRAM] for start in range(len(text) - TRIGRAM + 1)))
    parameters[f"{mark}_parts"] = " AND ".join(f'"{part}"' for part in trigrams[:MOST_TRIGRAMS])
    hits = f"SELECT rowid AS id FROM photo_name WHERE photo_name MATCH :{mark}_parts"
    if len(text) == TRIGRAM and not term.whole:
        del parameters[f"{mark}_name"]
        return Source("name", hits, parameters)
    return Source("name", f"SELECT w.photo_id AS id FROM ({hits}) n CROSS JOIN photo_words w ON w.photo_id = n.id WHERE {test}", parameters)


def _month(connection: Connection, month: int, mark: str) -> Source:
    """Photos of this month of any year."""
    first, last = connection.execute("SELECT (SELECT MIN(date_taken) FROM photo), (SELECT MAX(date_taken) FROM photo)").fetchone()
    years = range(int(first[:4]), int(last[:4]) + 1) if first and last else range(0)
    spans = json.dumps([[f"{year:04d}-{month:02d}", f"{year:04d}-{month:02d}~"] for year in years])
    sql = (
        f"SELECT q.id FROM json_each(:{mark}_months) m CROSS JOIN photo q INDEXED BY photo_date_taken"
        " ON q.date_taken >= m.value ->> 0 AND q.date_taken < m.value ->> 1"
    )
    return Source("days", sql, {f"{mark}_months": spans})


def _singular_or_plural(words: str) -> str | None:
    """The other number of an English word, as far as an `s` makes it: tags are in the singular, and people type either."""
    if not (words.isascii() and words.isalpha() and len(words) > TRIGRAM - 1):
        return None
    return words[:-1] if words.endswith("s") else f"{words}s"
