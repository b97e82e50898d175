"""Captions: what somebody wrote about a photo, else what a rule says."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from facetd.config import Config
from facetd.db import captions as db_captions
from facetd.db.connection import Database
from facetd.errors import FieldError, InvalidInput
from facetd.i18n import _
from facetd.library.gallery import Gallery
from facetd.library.sentences import sentence
from facetd.records import Viewer

LONGEST = 2000  # characters
RULE = "rule"
UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f]+")


@dataclass(frozen=True, slots=True)
class Caption:
    """A caption and who it is from: `manual`, `rule`, or a model. None when there is nothing to say."""

    text: str | None
    source: str


class Captions:
    """Reading and writing captions."""

    def __init__(self, db: Database, config: Config, gallery: Gallery) -> None:
        self._db = db
        self._config = config
        self._gallery = gallery

    async def caption(self, viewer: Viewer, photo_id: int) -> Caption:
        """The caption of a photo. A rule's is made anew each time, so it knows the names as they are now. Raises NotFound."""
        await self._gallery.content(viewer, photo_id)
        written = await db_captions.caption_of(self._db, photo_id)
        return Caption(*written) if written else await self._by_rule(photo_id)

    async def write(self, viewer: Viewer, photo_id: int, text: str) -> Caption:
        """Keep what somebody wrote, in one line; an empty text brings back the rule's. Raises NotFound, InvalidInput."""
        await self._gallery.content(viewer, photo_id)
        clean = " ".join(UNPRINTABLE.sub(" ", text).split())
        if len(clean) > LONGEST:
            limit = _("expected at most {limit} characters").format(limit=LONGEST)
            raise InvalidInput(_("the caption is too long"), errors=[FieldError("caption", limit)])
        if clean:
            await db_captions.write_caption(self._db, photo_id, clean, db_captions.MANUAL)
        else:
            await db_captions.drop_caption(self._db, photo_id)
        return await self.caption(viewer, photo_id)

    async def _by_rule(self, photo_id: int) -> Caption:
        facts = await db_captions.caption_facts(self._db, photo_id)
        objects = self._config.objects
        people = sum(label == "person" and score >= objects.person_score for label, score in facts.objects)
        things = Counter(label for label, score in facts.objects if label != "person" and score >= objects.shown_score)
        others = max(facts.faces, people) - len(facts.names)
        return Caption(sentence(facts.names, max(0, others), things, facts.place, facts.date_taken), RULE)
