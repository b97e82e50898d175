"""What a photo's files and the library say of it: what sidecars are compared by."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import aiosqlite

from facetd.db.connection import Connection, Row
from facetd.db.moment import now

RATING, LABEL, KEYWORDS, CAPTION = FIELDS = ("rating", "label", "keywords", "caption")
LONGEST_CAPTION = 2000  # characters, as the library keeps them


@dataclass(frozen=True, slots=True)
class Said:
    """What a sidecar or the library says of a photo: rating -1 (rejected), 0 (none) to 5; '' for no label or caption."""

    rating: int = 0
    label: str = ""
    caption: str = ""
    keywords: tuple[str, ...] = ()

    def same(self, other: Said, field: str) -> bool:
        """Whether both say the same; of keywords order and case do not matter."""
        if field == KEYWORDS:
            return {word.casefold() for word in self.keywords} == {word.casefold() for word in other.keywords}
        return bool(getattr(self, field) == getattr(other, field))

    def shown(self, field: str) -> str:
        """The value as text."""
        return ", ".join(self.keywords) if field == KEYWORDS else str(getattr(self, field))


@dataclass(frozen=True, slots=True)
class Kept:
    """A root whose sidecars are written: with whose ratings, and which fields."""

    user_id: int
    fields: frozenset[str]


@dataclass(frozen=True, slots=True)
class State:
    """A photo: what its files said when they were last read or written (None: never), in which fields that was compared, and whether there
    was a sidecar (`present`); what the library says (`mine`), and when that was changed (`times`); what is due, since when.
    """

    known: Said | None
    compared: frozenset[str]
    present: bool
    mine: Said
    times: Mapping[str, str]
    due: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Known:
    """What the files of a photo say, in which fields that was compared with the library, and whether there is a sidecar."""

    said: Said
    fields: frozenset[str]
    present: bool


_STATES = """
    SELECT p.id, r.stars, r.is_rejected, r.updated_at AS rating_at, l.text AS label, l.updated_at AS label_at, c.text AS caption,
      c.updated_at AS caption_at, s.rating AS known_rating, s.label AS known_label, s.caption AS known_caption,
      s.keywords AS known_keywords, s.fields AS compared, s.present,
      (SELECT json_group_array(t.name) FROM photo_tag pt CROSS JOIN tag t ON t.id = pt.tag_id
       WHERE pt.photo_id = p.id AND pt.source = 'keyword') AS words,
      (SELECT json_group_object(d.field, d.at) FROM sidecar_due d WHERE d.photo_id = p.id) AS due
    FROM json_each(?1) w CROSS JOIN photo p ON p.id = w.value
    LEFT JOIN rating r ON r.photo_id = p.id AND r.user_id = ?2
    LEFT JOIN label l ON l.photo_id = p.id
    LEFT JOIN caption c ON c.photo_id = p.id AND c.source = 'manual'
    LEFT JOIN sidecar s ON s.photo_id = p.id AND s.user_id = ?2
"""


def read_states(connection: Connection, ids: Iterable[int], user_id: int) -> dict[int, State]:
    """The states of photos, with the ratings of one user."""
    return _states(connection.execute(_STATES, (json.dumps(list(ids)), user_id)).fetchall())


async def states(connection: aiosqlite.Connection, ids: Iterable[int], user_id: int) -> dict[int, State]:
    """The same inside a transaction."""
    return _states(await connection.execute_fetchall(_STATES, (json.dumps(list(ids)), user_id)))


async def remember(connection: aiosqlite.Connection, user_id: int, said: Mapping[int, Known]) -> None:
    """Keep what the files of photos say, inside a transaction."""
    moment = now()
    await connection.executemany(
        "INSERT INTO sidecar (photo_id, user_id, rating, label, caption, keywords, fields, present, synced_at)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT (photo_id) DO UPDATE"
        " SET user_id = ?2, rating = ?3, label = ?4, caption = ?5, keywords = ?6, fields = ?7, present = ?8, synced_at = ?9",
        [
            (
                number,
                user_id,
                known.said.rating,
                known.said.label,
                known.said.caption,
                json.dumps(known.said.keywords),
                " ".join(sorted(known.fields)),
                known.present,
                moment,
            )
            for number, known in said.items()
        ],
    )


async def refresh_due(connection: aiosqlite.Connection, ids: Iterable[int], kept: Kept) -> None:
    """Let exactly those fields be due in which library and files differ, inside a transaction."""
    over: list[tuple[int, str]] = []
    come: list[tuple[int, str, str]] = []
    moment = now()
    for number, state in (await states(connection, ids, kept.user_id)).items():
        if state.known is None:
            continue
        for field in FIELDS:
            differs = field in kept.fields & state.compared and not state.mine.same(state.known, field)
            if differs and field not in state.due:
                come.append((number, field, moment))
            elif not differs and field in state.due:
                over.append((number, field))
    await connection.executemany("DELETE FROM sidecar_due WHERE photo_id = ? AND field = ?", over)
    await connection.executemany("INSERT INTO sidecar_due (photo_id, field, at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", come)


def one_line(text: str) -> str:
    """A caption as the library keeps one."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:LONGEST_CAPTION]


def _states(rows: Iterable[Row]) -> dict[int, State]:
    return {int(row["id"]): _state(row) for row in rows}


def _state(row: Row) -> State:
    rating = -1 if row["is_rejected"] else row["stars"] or 0
    mine = Said(rating, row["label"] or "", row["caption"] or "", tuple(sorted(json.loads(row["words"]))))
    known = None
    if row["known_rating"] is not None:
        known = Said(row["known_rating"], row["known_label"], row["known_caption"], tuple(json.loads(row["known_keywords"])))
    due = json.loads(row["due"])
    times = {field: row[f"{field}_at"] for field in (RATING, LABEL, CAPTION) if row[f"{field}_at"] is not None} | due
    return State(known, frozenset((row["compared"] or "").split()), bool(row["present"]), mine, times, due)
