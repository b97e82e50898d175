"""Seeing: what ingest needs of the models, and what becomes of what they saw."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from facetd.db.sightings import SeenPhoto
from facetd.infer.catalogue import AnyNetwork
from facetd.ingest.judging import Judging
from facetd.ingest.tasks import EMBEDDING, FACES, OBJECTS, OPINIONS, TAGS
from facetd.records.sightings import FaceFacts, Sighting
from facetd.records.visit import Outcome
from facetd.score.faces import face_facts
from facetd.score.opinions import from_share


class Eyes(Protocol):
    """The models, wherever they run; see infer/client.py."""

    @property
    def models(self) -> Mapping[str, str]:
        """For each analysis that can be made: which models of which precision make it. Empty until they are chosen."""

    @property
    def on_cpu(self) -> bool:
        """Whether the models share the processor with the decode workers."""

    @property
    def streams(self) -> int:
        """How many photos can be looked at at once."""

    @property
    def unavailable(self) -> str:
        """Why some analysis cannot be made, and what to do about it; empty when all can."""

    async def prepare(self) -> object:
        """Choose runtimes and precisions, unless that was done before on this machine."""

    async def start(self) -> None:
        """Load ahead of the first look."""

    async def look(self, frame: Path, kinds: frozenset[str]) -> Sighting:
        """What is in the picture of this file. Raises Unavailable, and Asleep while no inference server answers."""

    async def awake(self, kinds: frozenset[str]) -> str:
        """Why these kinds cannot be looked for because of the inference servers; empty when they can."""

    @property
    def opinions(self) -> Mapping[str, frozenset[str]] | None:
        """The opinions that installed models have, whether or not they can be run now: by analysis, the fields it fills. None while that is
        not known.
        """

    def networks(self, task: str) -> Sequence[AnyNetwork]:
        """The networks that do `task`, the preferred one first."""

    @property
    def reads_text(self) -> bool:
        """Whether texts have vectors in the space of photos."""

    async def ask(self, question: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """What the process answers to a question."""

    async def stop(self) -> None:
        """End the process; the next look starts it again."""


def compose_seen(photo_id: int, content_hash: str, kinds: frozenset[str], sighting: Sighting, judging: Judging) -> SeenPhoto:
    """What is stored of a look for `kinds`. An analysis that failed leaves nothing of an earlier one."""
    objects, faces, tags, facts = sighting.objects, sighting.faces, None, None
    outcomes = [_outcome(kind, kind, content_hash, sighting, judging) for kind in sorted(kinds)]
    if OBJECTS in kinds:
        objects = objects or ()
        tags = {tag: str(source) for tag, source in judging.vocabulary.tags(objects).items()}
        outcomes.append(_outcome(TAGS, OBJECTS, content_hash, sighting, judging))
    if FACES in kinds:
        facts = FaceFacts() if faces is None else face_facts(faces)
        faces = faces or ()
    embedded = EMBEDDING in kinds
    opinions = {field: None if (share := sighting.opinions.get(field)) is None else from_share(share) for field in kinds & OPINIONS}
    return SeenPhoto(
        photo_id,
        content_hash,
        tuple(outcomes),
        objects,
        tags,
        faces,
        facts,
        embedded,
        sighting.embedding if embedded else None,
        opinions,
        sighting.subject,
    )


def _outcome(kind: str, cause: str, content_hash: str, sighting: Sighting, judging: Judging) -> Outcome:
    failure = sighting.failures.get(cause)
    reason, message = (failure.reason, failure.message) if failure else (None, None)
    fingerprint = judging.recipes.fingerprint(kind, content_hash, "")
    return Outcome(kind, fingerprint, error=message, reason=reason, model=judging.models.get(cause, ""))
