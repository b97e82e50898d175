"""What follows from the vectors of photos: how pleasing they are, and which scenes and moods words find in them.

Made as soon as a vector is stored, and again from the stored vectors when a head, a model of words or a word changed. Reads no file.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from facetd.db import ledger
from facetd.db.connection import Database
from facetd.db.opinions import Opinion, forget, kinds_made, save_opinions, vectors_of
from facetd.db.options import unfilled
from facetd.errors import Unavailable
from facetd.infer.opinions.wanted import AXIS
from facetd.ingest.judging import Judging
from facetd.ingest.models import Models
from facetd.ingest.tasks import AESTHETICS, EMBEDDING, OPINIONS, SCENES
from facetd.records.sightings import PhotoVector
from facetd.records.visit import Outcome
from facetd.score.opinions import from_axis, from_share

BATCH = 256  # photos in one question: about half a megabyte
TEXTS = 32  # in one question: a network for text may take a second for each on a slow machine
KINDS = (AESTHETICS, SCENES)
Said = tuple[dict[str, float | None], dict[str, str] | None]  # of one photo: scores by field, tags with their source


class Opinions:
    """Asks the models about stored vectors, and keeps what they say in step with models and words; a follow-up of scans and changes."""

    name = "opinions"

    def __init__(self, db: Database, models: Models, judging: Callable[[], Judging], told: Callable[[Sequence[int]], None]) -> None:
        """`judging` gives what is in force now; `told` hears of photos that were judged anew."""
        self._db = db
        self._models = models
        self._judging = judging
        self._told = told
        self._settled: Mapping[str, str] | None = None  # the recipes that all photos are known to be in step with
        self._learnt: str | None = None  # the recipe of the words whose vectors the models know

    async def of(self, ids: Iterable[int]) -> None:
        """What the models think of photos whose vectors were just stored; they are to be judged then. What cannot be asked now is left for
        `run`.
        """
        kinds = frozenset(KINDS) & self._judging().recipes.by_kind.keys()
        try:
            if kinds:
                await self._make(sorted(ids), kinds)
        except Unavailable:
            self._settled = None

    async def due(self) -> bool:
        """Whether models or words changed since everything was in step."""
        return self._models.opinions is not None and self._settled != self._judging().recipes.by_kind

    async def run(self, tell: Callable[[str], None]) -> int:
        """Returns how many photos were judged anew. Raises Unavailable; what is done by then stays."""
        tell("opinions")
        judging = self._judging()
        done = await self._forget_gone()
        for kind in KINDS:
            if recipe := judging.recipes.by_kind.get(kind):
                due = await ledger.outdated(self._db, kind, recipe, with_sidecar=False)
                due -= await ledger.outdated(self._db, EMBEDDING, judging.recipes.by_kind[EMBEDDING], with_sidecar=False)
                for start in range(0, len(due), BATCH):
                    some = sorted(due)[start : start + BATCH]
                    await self._make(some, frozenset({kind}))
                    await self._judge(some)
                done += len(due)
        self._settled = judging.recipes.by_kind
        return done

    async def _judge(self, ids: Sequence[int]) -> None:
        await self._judging().judge_photos(self._db, ids)
        self._told(ids)

    async def _make(self, ids: Sequence[int], kinds: frozenset[str]) -> None:
        """Ask about these photos, and store what is said."""
        judging = self._judging()
        for start in range(0, len(ids), BATCH):
            known = await vectors_of(self._db, ids[start : start + BATCH])
            seen = {number: vector for number, (_, vector) in known.items() if vector is not None}
            said = await self._ask(seen, kinds, judging) if seen else {}
            none: Said = ({}, {} if SCENES in kinds else None)
            found = []
            for number, (content, _) in known.items():
                outcomes = tuple(
                    Outcome(kind, judging.recipes.fingerprint(kind, content, ""), model=judging.models[kind]) for kind in sorted(kinds)
                )
                found.append(Opinion(number, outcomes, *said.get(number, none)))
            await save_opinions(self._db, found)

    async def _ask(self, seen: Mapping[int, PhotoVector], kinds: frozenset[str], judging: Judging) -> dict[int, Said]:
        """Scores by field and tags with their source, for each photo. Raises Unavailable."""
        scenes = judging.scenes
        arguments: dict[str, Any] = {
            "space": next(iter(seen.values())).space,
            "vectors": base64.b64encode(b"".join(vector.vector for vector in seen.values())).decode("ascii"),
        }
        await self._learn(judging)
        if AESTHETICS in kinds:
            arguments |= {"heads": True, "axis": {end: list(texts) for end, texts in scenes.axis.items()}}
        if SCENES in kinds:
            groups = {
                name: {"tags": {tag: list(texts) for tag, texts in group.tags.items()}, "background": list(group.background)}
                for name, group in scenes.groups.items()
                if group.tags
            }
            arguments |= {"groups": groups, "floor": scenes.search_score}
        answer = await self._models.ask("opinions", arguments)
        found: dict[int, Said] = {}
        for index, number in enumerate(seen):
            scores: dict[str, float | None] = {field: from_share(shares[index]) for field, shares in answer.get("heads", {}).items()}
            if "axis" in answer:
                scores[AXIS] = from_axis(*answer["axis"][index])
            tags = scenes.tags(groups[index] for groups in answer.get("groups", {}).values())
            found[number] = scores, {tag: str(source) for tag, source in tags.items()} if SCENES in kinds else None
        return found

    async def _learn(self, judging: Judging) -> None:
        """Have the vectors of all words made ahead, some at a time: together they may take longer than one question may."""
        words = judging.recipes.by_kind.get(SCENES)
        if words is None or words == self._learnt:
            return
        texts = judging.scenes.texts()
        for start in range(0, len(texts), TEXTS):
            await self._models.ask("learn_texts", {"texts": texts[start : start + TEXTS]})
        self._learnt = words

    async def _forget_gone(self) -> int:
        """What no installed model says any more is forgotten; one that is installed and cannot be run now keeps what it said."""
        installed = self._models.opinions
        if installed is None:
            return 0
        gone = await kinds_made(self._db, {*KINDS, *OPINIONS} - installed.keys())
        fields = OPINIONS.difference(*installed.values()) - await unfilled(self._db)
        if not gone and not fields:
            return 0
        touched = await forget(self._db, gone, fields, scenes=SCENES in gone)
        await self._judge(touched)
        return len(touched)
