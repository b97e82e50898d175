"""What decode workers compute beside visits. They load this module to find a function, which loads what it needs itself: nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from facetd.config.capsules import Capsules
    from facetd.db.naming import Naming
    from facetd.ingest.findings import Found, FoundPairs, FoundSeries, FoundSets, Middles
    from facetd.records.capsules import Capsule, CapsuleOccasion
    from facetd.records.measures import SubjectMetrics
    from facetd.records.sightings import SubjectMap
    from facetd.records.viewer import Viewer
    from facetd.score.settings import MeasureSettings


def names(path: Path) -> list[Naming]:
    """See grouping.find_names."""
    from facetd.ingest.grouping import find_names  # noqa: PLC0415 - in the worker alone, as all below

    return find_names(path)


def spaces(path: Path) -> list[str]:
    """See grouping.list_spaces."""
    from facetd.ingest.grouping import list_spaces  # noqa: PLC0415

    return list_spaces(path)


def persons(path: Path, space: str, distance: float, min_faces: int, everything: bool) -> Found:
    """See grouping.find_persons."""
    from facetd.ingest.grouping import find_persons  # noqa: PLC0415

    return find_persons(path, space, distance, min_faces, everything)


def middles(path: Path, space: str, distance: float, unit: float) -> Middles:
    """See grouping.find_middles."""
    from facetd.ingest.grouping import find_middles  # noqa: PLC0415

    return find_middles(path, space, distance, unit)


def pairs(path: Path, thumbs: Path, since: int, limit: int, like: float) -> FoundPairs:
    """See likening.find_pairs."""
    from facetd.ingest.likening import find_pairs  # noqa: PLC0415

    return find_pairs(path, thumbs, since, limit, like)


def subject(frame: Path, seen: SubjectMap, settings: MeasureSettings) -> SubjectMetrics:
    """What depends on where the subject is in the picture of the file `frame`. Raises OSError, ValueError."""
    import numpy as np  # noqa: PLC0415

    from facetd.ingest.visit import measured_size  # noqa: PLC0415
    from facetd.score.measure import measure_subject  # noqa: PLC0415

    where = np.frombuffer(seen.values, np.uint8).reshape(seen.height, seen.width).astype(np.float32) / np.float32(255)
    return measure_subject(measured_size(np.load(frame)), settings, where)


def sets(path: Path, fresh: Sequence[int]) -> FoundSets:
    """See likening.find_sets."""
    from facetd.ingest.likening import find_sets  # noqa: PLC0415

    return find_sets(path, fresh)


def series(path: Path, thumbs: Path, fresh: Sequence[int], window_s: float, rapid_s: float, similarity: float) -> FoundSeries:
    """See likening.find_bursts; `similarity` 0..1 is the least share of equal bits."""
    from facetd.ingest.likening import find_bursts  # noqa: PLC0415
    from facetd.score.bursts import BITS, BurstRule  # noqa: PLC0415

    return find_bursts(path, thumbs, fresh, BurstRule(window_s, rapid_s, int(BITS * (1 - similarity) + 1e-6)))


def capsules(path: Path, viewer: Viewer, rules: Capsules, days: tuple[str, str], occasion: CapsuleOccasion) -> list[Capsule]:
    """See capsuling.make_capsules."""
    from facetd.ingest.capsuling import make_capsules  # noqa: PLC0415

    return make_capsules(path, viewer, rules, days, occasion)
