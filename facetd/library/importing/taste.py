"""Comparisons and earlier weights, brought over from Facet."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from facetd.db import importedtaste
from facetd.db.facetvalues import WINNERS, ForeignSnapshot
from facetd.db.importedtaste import Answer, Pair, Snapshot, in_order
from facetd.db.importing import Writes
from facetd.fields import weighable
from facetd.library.importing.facetconfig import our_category
from facetd.library.importing.harvest import Harvest
from facetd.library.importing.report import Report

OTHER_SIDE = {"a": "b", "b": "a"}
WEIGHTS = {"quality": "quality_score", "liqe": "liqe_score", "topiq": "topiq_score"}
LONGEST = 1000  # characters of a description


async def bring_comparisons(writes: Writes, harvest: Harvest, users: Mapping[str | None, int], report: Report) -> None:
    """Bring over the answers of `users` (ids by their names in Facet) about photos that are here."""
    tally = report.tallies["comparisons"]
    answers: dict[int, list[tuple[Pair, Answer]]] = {}
    strangers: dict[str, int] = {}
    for each in harvest.comparisons:
        one, other = harvest.photos.get(each.one), harvest.photos.get(each.other)
        if one is None or other is None or one == other or each.winner not in WINNERS:
            tally.left += 1
        elif each.user not in users:
            tally.left += 1
            strangers[str(each.user)] = strangers.get(str(each.user), 0) + 1
        else:
            winner = each.winner if one < other else OTHER_SIDE.get(each.winner, each.winner)
            category = None if each.category is None else our_category(each.category)
            answer = Answer(winner, category, each.source, each.session, each.made_at)
            answers.setdefault(users[each.user], []).append(((min(one, other), max(one, other)), answer))
    for user, given in answers.items():
        tally.add(await importedtaste.save_answers(writes, user, in_order(given)))
    for stranger, count in sorted(strangers.items()):
        report.note("comparisons", stranger, f"there is no such user here ({count} comparisons)")


async def bring_snapshots(writes: Writes, harvest: Harvest, report: Report) -> None:
    """Bring over the snapshots of weights, in our keys and percents."""
    tally = report.tallies["snapshots"]
    wanted = []
    for each in harvest.snapshots:
        weights, left = snapshot_weights(each)
        label = f"{each.category or 'all'}, {each.made_at or each.id}"
        if left:
            report.note("snapshots", label, f"these weights have no equivalent: {', '.join(left)}")
        if not weights:
            tally.left += 1
            continue
        wanted.append(
            Snapshot(
                f"{each.id} {each.made_at} {each.category}",
                our_category(each.category),
                json.dumps(weights, sort_keys=True),
                each.description[:LONGEST],
                each.accuracy_before,
                each.accuracy_after,
                each.comparisons_used,
                each.created_by[:LONGEST],
                each.made_at,
            )
        )
    tally.add(await importedtaste.save_snapshots(writes, wanted))


def snapshot_weights(snapshot: ForeignSnapshot) -> tuple[dict[str, float], list[str]]:
    """The weights of a snapshot, percents by our keys, and those that we have none for. Facet keeps shares of one, without a suffix, and
    modifiers among them.
    """
    try:
        raw = json.loads(snapshot.weights)
    except (ValueError, RecursionError):
        return {}, ["all of them"]
    if not isinstance(raw, dict):
        return {}, ["all of them"]
    found, left = {}, []
    for key, value in raw.items():
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value <= 0:
            continue
        percent = key.endswith("_percent")
        ours = our_key(key if percent else f"{key}_percent")
        if ours is not None:
            found[ours] = float(value) if percent else round(float(value) * 100, 6)
        elif percent or key in OLD_WEIGHTS:
            left.append(key)
    return found, sorted(left)


# Weights that Facet has or had, and we do not.
OLD_WEIGHTS = frozenset(
    {"saturation", "face_sharpness", "symmetry", "balance", "edge_entropy", "fractal", "qalign", "aesthetic_v25", "deqa"}
)


def our_key(key: str) -> str | None:
    """Our name of a weight of Facet, None when we have no such measure."""
    stem = key.removesuffix("_percent")
    ours = f"{WEIGHTS.get(stem, stem)}_percent"
    return ours if ours in weighable() else None


def our_weights(raw: Mapping[str, Any]) -> tuple[dict[str, float], list[str], list[str]]:
    """Percents by our keys; the keys that we have no measure for, and those whose value is none. Weights of 0 are left out."""
    found: dict[str, float] = {}
    unknown, wrong = [], []
    for key, value in raw.items():
        if key.startswith("_"):
            continue
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or not 0 <= value <= 100:
            wrong.append(key)
        elif value and (ours := our_key(key)) is None:
            unknown.append(key)
        elif value and ours is not None:
            found[ours] = float(value)
    return found, sorted(unknown), sorted(wrong)
