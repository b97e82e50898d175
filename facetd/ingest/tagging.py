"""Tags from the objects that are stored, again when the vocabulary changed. Reads no file."""

from __future__ import annotations

from collections.abc import Iterable

from facetd.db import photos
from facetd.db.connection import Database
from facetd.db.sightings import SeenPhoto, objects_of, save_sightings
from facetd.ingest.judging import Judging
from facetd.ingest.tasks import TAGS
from facetd.records.visit import Outcome

BATCH = 500


async def tag_photos(db: Database, judging: Judging, ids: Iterable[int]) -> int:
    """Give these photos the tags that the vocabulary now makes of their objects; returns how many. They are due to be judged again."""
    numbers = sorted(ids)
    for start in range(0, len(numbers), BATCH):
        some = numbers[start : start + BATCH]
        content = await photos.content_hashes(db, some)
        seen = []
        for number, objects in (await objects_of(db, some)).items():
            tags = {tag: str(source) for tag, source in judging.vocabulary.tags(objects).items()}
            outcome = Outcome(TAGS, judging.recipes.fingerprint(TAGS, content[number], ""))
            seen.append(SeenPhoto(number, content[number], (outcome,), tags=tags))
        await save_sightings(db, seen)
    return len(numbers)
