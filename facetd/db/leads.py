"""Which photos of a set stand behind a better one: behind such a one only that everybody who sees them sees too.

What is hidden is the same for all of a household, so that somebody who sees both may be shown two of a set; but nobody loses a photo to one
that they do not see, or could tell from it that there is one.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Literal, NamedTuple

import aiosqlite

from facetd.db.connection import Database
from facetd.db.revision import bump
from facetd.db.visibility import Hide

AUDIENCES = "likeness_audiences"
Audiences = Mapping[int, frozenset[str]]  # who sees a root
Kind = Literal["duplicate", "burst"]
REASONS: Mapping[Kind, Hide] = {"duplicate": Hide.DUPLICATE, "burst": Hide.BURST}
MEMBERS: Mapping[Kind, str] = {
    "duplicate": "SELECT d.set_id, d.photo_id, d.position, g.root_id, p.content_hash FROM duplicate_photo d"
    " JOIN gate g ON g.photo_id = d.photo_id JOIN photo p ON p.id = d.photo_id"
    " WHERE d.set_id IN (SELECT o.set_id FROM json_each(?) w JOIN duplicate_photo o ON o.photo_id = w.value) ORDER BY 1",
    "burst": "SELECT b.burst_id, b.photo_id, b.position, g.root_id, p.content_hash FROM burst_photo b"
    " JOIN burst s ON s.id = b.burst_id AND s.kind = 'burst' JOIN gate g ON g.photo_id = b.photo_id JOIN photo p ON p.id = b.photo_id"
    " WHERE b.burst_id IN (SELECT o.burst_id FROM json_each(?) w JOIN burst_photo o ON o.photo_id = w.value) ORDER BY 1",
}


class Member(NamedTuple):
    """A photo of a set; `position` 0 is the best one."""

    set: int
    photo: int
    position: int
    root: int
    content: str


def followers(members: Sequence[Member], audiences: Audiences) -> set[int]:
    """The photos of one set that stand behind another: a better one that at least the same people see, or a copy, byte by byte, that more
    people see."""
    sees = {member.root: audiences.get(member.root, frozenset()) for member in members}
    best: dict[frozenset[str], int] = {}
    wider: dict[frozenset[str], set[str]] = {}
    for mine in set(sees.values()):
        best[mine] = min(member.position for member in members if sees[member.root] >= mine)
        wider[mine] = {member.content for member in members if sees[member.root] > mine}
    return {
        member.photo
        for member in members
        if best[sees[member.root]] < member.position or member.content in wider[sees[member.root]]
    }  # fmt: skip


async def hide_followers(connection: aiosqlite.Connection, kind: Kind, photos: Sequence[int], audiences: Audiences) -> list[int]:
    """Hide those of `photos` that stand behind another of their set, and show the others; returns the photos where that is new."""
    rows = map(Member._make, await connection.execute_fetchall(MEMBERS[kind], (json.dumps(list(photos)),)))
    hidden: set[int] = set()
    for _number, members in groupby(rows, key=lambda member: member.set):
        hidden |= followers(list(members), audiences)
    bit = int(REASONS[kind])
    those = "photo_id IN (SELECT value FROM json_each(?2))"
    changed = await connection.execute_fetchall(
        f"UPDATE gate SET hide = CASE WHEN {those} THEN hide | {bit} ELSE hide & ~{bit} END"
        f" WHERE photo_id IN (SELECT value FROM json_each(?1)) AND ((hide & {bit}) <> 0) <> ({those}) RETURNING photo_id",
        (json.dumps(list(photos)), json.dumps(sorted(hidden))),
    )
    found = [int(row[0]) for row in changed]
    if found:
        await bump(connection)
    return found


def told(audiences: Audiences) -> str:
    """Who sees what, as it is noted; empty where everybody sees the same."""
    return json.dumps(sorted((root, sorted(seen)) for root, seen in audiences.items())) if len(set(audiences.values())) > 1 else ""


async def seen_otherwise(db: Database, audiences: Audiences) -> bool:
    """Whether other people see the roots than when the leads were chosen."""
    row = await db.row("SELECT value FROM meta WHERE key = ?", (AUDIENCES,))
    return (str(row[0]) if row else "") != told(audiences)


async def choose_again(db: Database, audiences: Audiences) -> list[int]:
    """Choose the leads of all sets for these audiences; returns the photos that are hidden or shown now, unlike before."""
    changed: list[int] = []
    tables: Iterable[tuple[Kind, str]] = (("duplicate", "duplicate_photo"), ("burst", "burst_photo"))
    for kind, table in tables:
        photos = [row[0] for row in await db.rows(f"SELECT photo_id FROM {table}")]
        async with db.writing() as connection:
            changed += await hide_followers(connection, kind, photos, audiences)
    async with db.writing() as connection:
        await connection.execute(
            "INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = ?2", (AUDIENCES, told(audiences))
        )
    return changed
