"""Judging: categories and aggregates from stored numbers, again whenever weights or percentiles change. Reads no file."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from facetd.config import Config
from facetd.db import ledger, snapshots, store
from facetd.db.connection import Database
from facetd.fields import FIELDS
from facetd.ingest.recipes import Recipes
from facetd.ingest.tasks import JUDGEMENT
from facetd.records.judgement import Judgement
from facetd.records.visit import PhotoVisit
from facetd.score.judge import judge
from facetd.score.normalize import BUILT_IN, Snapshot, make_snapshot, snapshot_from_json
from facetd.score.rules import Rules
from facetd.score.scenes import Scenes
from facetd.score.settings import MeasureSettings
from facetd.score.tags import Vocabulary

BATCH = 500


@dataclass(frozen=True, slots=True)
class Judging:
    """The rules, the percentiles and the recipes that are in force together."""

    config: Config
    measure: MeasureSettings
    rules: Rules
    snapshot: Snapshot
    vocabulary: Vocabulary
    scenes: Scenes
    models: Mapping[str, str]
    recipes: Recipes

    @classmethod
    async def load(cls, db: Database, config: Config, models: Mapping[str, str]) -> Judging:
        """What is in force now, with the `models` of each analysis. Raises ConfigError when the categories do not make sense."""
        measure = MeasureSettings.from_config(config)
        rules = Rules.from_config(config)
        kept = await snapshots.newest(db)
        snapshot = snapshot_from_json(kept[1]) if kept else BUILT_IN
        vocabulary, scenes = Vocabulary.from_config(config), Scenes.from_config(config)
        recipes = Recipes.make(config, measure, rules, snapshot.id, vocabulary, scenes, models)
        return cls(config, measure, rules, snapshot, vocabulary, scenes, dict(models), recipes)

    @property
    def synonyms(self) -> Mapping[str, str]:
        """Other words for tags, and the tag each means."""
        return {**self.scenes.tag_of_synonym, **self.vocabulary.tag_of_synonym}

    def judge_visit(self, visit: PhotoVisit) -> Judgement | None:
        """The judgement of a visit that has everything it takes; None for a partial one."""
        if visit.metrics is None or visit.metadata is None:
            return None
        values: dict[str, Any] = {"tags": visit.metadata.keywords, "is_blink": 0}
        for entry in FIELDS:
            for part in (visit.metrics, visit.metadata, visit.header):
                if entry.table == "photo" and hasattr(part, entry.column):
                    values[entry.key] = getattr(part, entry.column)
        return self.judge(values)

    def judge(self, values: Mapping[str, Any]) -> Judgement:
        """The judgement of these values, by registry key."""
        return judge(values, self.rules, self.snapshot)

    async def judge_photos(self, db: Database, ids: Iterable[int]) -> int:
        """Judge these photos anew from what is stored; returns how many."""
        numbers = sorted(ids)
        for start in range(0, len(numbers), BATCH):
            inputs = await ledger.judgement_inputs(db, numbers[start : start + BATCH])
            judged = await asyncio.to_thread(self._judge_all, inputs)
            await store.save_judgements(db, judged)
        return len(numbers)

    def _judge_all(self, inputs: Mapping[int, tuple[str, Mapping[str, Any]]]) -> dict[int, tuple[Judgement, str]]:
        prefix = self.recipes.by_kind[JUDGEMENT]
        return {number: (self.judge(values), prefix + content) for number, (content, values) in inputs.items()}


async def refresh_snapshot(db: Database, judging: Judging) -> Judging:
    """Make the library's own percentiles once it has enough photos and none yet; returns what is in force afterwards."""
    if not judging.config.normalization.enabled or await snapshots.newest(db) is not None:
        return judging
    columns = await snapshots.metric_columns(db, BUILT_IN.quantiles)
    photos = max(map(len, columns.values()), default=0)
    if photos < judging.config.normalization.min_photos:
        return judging
    snapshot = await asyncio.to_thread(make_snapshot, columns)
    await snapshots.save(db, photos, snapshot.to_json())
    return await Judging.load(db, judging.config, judging.models)
