"""What the ledger's fingerprints are made of: a recipe for each kind of analysis, then the content it was applied to.

A recipe changes when the code, the settings or the models that make an analysis change, or a recipe it requires does.
Changing a weight re-judges the library without reading one file; a new thumbnail quality makes thumbnails only.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

from facetd.config import Config
from facetd.ingest.tasks import (
    AESTHETICS,
    DERIVED_KINDS,
    EMBEDDING,
    FACES,
    JUDGEMENT,
    METADATA,
    OBJECTS,
    OPINIONS,
    SALIENCY,
    SCENES,
    TAGS,
    TECHNICAL,
    THUMBNAIL,
)
from facetd.score.opinions import OPINIONS_VERSION
from facetd.score.rules import Rules
from facetd.score.scenes import Scenes
from facetd.score.settings import MEASURE_VERSION, MeasureSettings
from facetd.score.tags import Vocabulary

METADATA_VERSION = 1
THUMBNAIL_VERSION = 1
SIGHT_VERSION = 1  # of what the models see; of objects another one
OBJECTS_VERSION = 2
WITH_SIDECAR = frozenset({METADATA, JUDGEMENT})


@dataclass(frozen=True, slots=True)
class Recipes:
    """The recipe of each kind of analysis as it is now."""

    by_kind: Mapping[str, str]

    @classmethod
    def make(
        cls,
        config: Config,
        measure: MeasureSettings,
        rules: Rules,
        snapshot_id: str,
        vocabulary: Vocabulary,
        scenes: Scenes,
        models: Mapping[str, str],
    ) -> Recipes:
        """Recipes from the settings; `snapshot_id` names the percentiles that scores are set in relation to.

        `models` tells for each analysis made by models which ones make it; analyses that are not in it are not made.
        """
        metadata = _recipe(METADATA, METADATA_VERSION)
        thumbnail = _recipe(THUMBNAIL, THUMBNAIL_VERSION, config.thumbnails.quality)
        technical = _recipe(TECHNICAL, MEASURE_VERSION, measure.fingerprint)
        judgement = _recipe(JUDGEMENT, rules.fingerprint, snapshot_id, metadata, technical)
        recipes = {METADATA: metadata, THUMBNAIL: thumbnail, TECHNICAL: technical, JUDGEMENT: judgement}
        if OBJECTS in models:
            scores = (config.objects.search_score, config.objects.person_score)
            recipes[OBJECTS] = _recipe(OBJECTS, OBJECTS_VERSION, models[OBJECTS], scores, config.faces.frame_px)
            recipes[TAGS] = _recipe(TAGS, recipes[OBJECTS], vocabulary.fingerprint)
        if FACES in models:
            recipes[FACES] = _recipe(FACES, SIGHT_VERSION, models[FACES], config.faces.model_dump())
        if SALIENCY in models:
            recipes[SALIENCY] = _recipe(SALIENCY, SIGHT_VERSION, models[SALIENCY], technical)
        if EMBEDDING in models:
            recipes[EMBEDDING] = _recipe(EMBEDDING, SIGHT_VERSION, models[EMBEDDING])
            if AESTHETICS in models:
                recipes[AESTHETICS] = _recipe(AESTHETICS, OPINIONS_VERSION, recipes[EMBEDDING], models[AESTHETICS], scenes.axis_fingerprint)
            if SCENES in models:
                recipes[SCENES] = _recipe(SCENES, recipes[EMBEDDING], models[SCENES], scenes.fingerprint)
        for field in sorted(OPINIONS & models.keys()):
            recipes[field] = _recipe(field, SIGHT_VERSION, OPINIONS_VERSION, models[field])
        return cls(recipes)

    @property
    def of_files(self) -> frozenset[str]:
        """The kinds that take a look at the file; the others follow from what is stored."""
        return frozenset(self.by_kind) - DERIVED_KINDS

    def fingerprint(self, kind: str, content_hash: str, sidecar_stamp: str) -> str:
        """The fingerprint of `kind` made of this content; db/ledger.py composes the same in SQL."""
        return self.by_kind[kind] + content_hash + (sidecar_stamp if kind in WITH_SIDECAR else "")


def _recipe(*parts: object) -> str:
    return hashlib.blake2b(json.dumps(parts).encode(), digest_size=6).hexdigest() + ":"
