"""Answers to which of two photos is the better one, and earlier weights, from another program."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from facetd.db.importing import BATCH, BROUGHT, KEPT, SAME, Writes, came, note_came
from facetd.db.store import now

Pair = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Answer:
    """Who wins between two photos, the one with the lower id being `a`: a, b, tie or skip."""

    winner: str
    category: str | None
    source: str
    session: str
    made_at: str | None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Weights of a category as they once were: a JSON object of percents. `ref` tells it from others of the other program."""

    ref: str
    category: str
    weights: str
    description: str
    accuracy_before: float | None
    accuracy_after: float | None
    comparisons_used: int | None
    created_by: str
    made_at: str | None


async def save_answers(writes: Writes, user_id: int, wanted: Mapping[Pair, Answer]) -> Counter[str]:
    """Bring in a user's answers by pair of photos, lower id first; those that were changed or deleted here stay so."""
    done: Counter[str] = Counter()
    pairs = list(wanted)
    for start in range(0, len(pairs), BATCH):
        some = pairs[start : start + BATCH]
        async with writes.batch() as connection:
            before = await came(connection, "comparison", user_id, [_ref(pair) for pair in some])
            # Those of the batch lie side by side: the pairs are in order.
            rows = await connection.execute_fetchall(
                "SELECT photo_a_id, photo_b_id, winner FROM comparison WHERE user_id = ? AND photo_a_id BETWEEN ? AND ?",
                (user_id, min(pair[0] for pair in some), max(pair[0] for pair in some)),
            )
            ours = {(int(row[0]), int(row[1])): str(row[2]) for row in rows}
            changed = []
            for pair in some:
                theirs, noted = wanted[pair].winner, before.get(_ref(pair))
                if ours.get(pair) == theirs:
                    done[SAME] += 1
                elif ours.get(pair) == noted:
                    changed.append(pair)
                    done[BROUGHT] += 1
                else:
                    done[KEPT] += 1
            await connection.executemany(
                "INSERT INTO comparison (user_id, photo_a_id, photo_b_id, winner, category, source, session_id, created_at)"
                " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (user_id, photo_a_id, photo_b_id)"
                " DO UPDATE SET winner = ?4, category = ?5, source = ?6, session_id = ?7, created_at = ?8",
                [
                    (user_id, *pair, a.winner, a.category, a.source, a.session, a.made_at or now())
                    for pair, a in ((pair, wanted[pair]) for pair in changed)
                ],
            )
            new = {_ref(pair): wanted[pair].winner for pair in some if before.get(_ref(pair)) != wanted[pair].winner}
            await note_came(connection, "comparison", user_id, new)
    return done


async def save_snapshots(writes: Writes, wanted: Sequence[Snapshot]) -> Counter[str]:
    """Bring in snapshots; each once, whatever became of it here."""
    done: Counter[str] = Counter()
    async with writes.batch() as connection:
        refs = {number_of(snapshot.ref): snapshot for snapshot in wanted}
        before = await came(connection, "snapshot", 0, list(refs))
        new = {ref: snapshot for ref, snapshot in refs.items() if ref not in before}
        await connection.executemany(
            "INSERT INTO weight_snapshot (category, weights, description, accuracy_before, accuracy_after, comparisons_used, created_by,"
            " created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    s.category, s.weights, s.description, s.accuracy_before, s.accuracy_after, s.comparisons_used, s.created_by,
                    s.made_at or now(),
                )
                for s in new.values()
            ],
        )  # fmt: skip
        await note_came(connection, "snapshot", 0, dict.fromkeys(new, ""))
        done.update({BROUGHT: len(new), SAME: len(refs) - len(new)})
    return done


def in_order(pairs: Iterable[tuple[Pair, Answer]]) -> dict[Pair, Answer]:
    """Answers by pair, in the order of the pairs; the last one of a pair counts."""
    return dict(sorted(dict(pairs).items()))


def number_of(text: str) -> int:
    """A number for a text, to note it by."""
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "surrogateescape"), digest_size=7).digest(), "big")


def _ref(pair: Pair) -> int:
    return (pair[0] << 31) | pair[1]
