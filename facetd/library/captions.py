"""Captions: what somebody or a model wrote about a photo, else what a rule says; and the same in another language."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from facetd.config import Config
from facetd.db import captions as db_captions
from facetd.db.connection import Database
from facetd.errors import Conflict, FieldError, Forbidden, InvalidInput, Unavailable
from facetd.i18n import _
from facetd.infer.chat.problems import NoSentence
from facetd.infer.chat.sentence import LONGEST
from facetd.library.captioning import Captioning
from facetd.library.gallery import Gallery
from facetd.library.sentences import sentence
from facetd.records.viewer import Viewer

RULE = "rule"
CACHED, GENERATED, TRANSLATED = "cached", "generated", "translated"
EDITORS = frozenset({"admin", "superadmin"})
UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f]+")


@dataclass(frozen=True, slots=True)
class Caption:
    """A caption, None when there is nothing to say.

    `by` is who it is from: `manual`, `rule`, or the name of a model. `source`: cached (it was stored), generated (a model wrote it now),
    translated (to `lang`), rule, manual (somebody wrote it now).
    """

    text: str | None
    by: str
    source: str
    lang: str | None = None


class Captions:
    """Reading and writing captions."""

    def __init__(self, db: Database, config: Config, gallery: Gallery, captioning: Captioning) -> None:
        self._db = db
        self._config = config
        self._gallery = gallery
        self._captioning = captioning

    async def caption(self, viewer: Viewer, photo_id: int) -> Caption:
        """The caption as it is. A rule's is made anew each time, so it knows the names as they are now. Raises NotFound."""
        await self._gallery.content(viewer, photo_id)
        written = await db_captions.caption_of(self._db, photo_id)
        return Caption(*written, CACHED) if written else await self._by_rule(photo_id)

    async def caption_or_generate(self, viewer: Viewer, photo_id: int) -> Caption:
        """The same; a model writes it first where nobody did, there is one, and the viewer may write. When that fails a rule says it.

        Raises NotFound, and Conflict when there is nothing at all to say.
        """
        found = await self.caption(viewer, photo_id)
        if found.by == RULE and may_write(viewer) and self._captioning.writers.describer() is not None:
            try:
                return await self.describe(viewer, photo_id)
            except (Unavailable, NoSentence):
                if found.text is None:
                    raise
            except Conflict:  # somebody was faster
                return await self.caption(viewer, photo_id)
        if found.text is None:
            raise Conflict(_("There is no caption, and nothing known of the photo that makes one."))
        return found

    async def describe(self, viewer: Viewer, photo_id: int) -> Caption:
        """Have a model describe the photo, also in place of what a model wrote. Raises NotFound, Conflict, Unavailable, NoSentence."""
        await self._gallery.content(viewer, photo_id)
        await self._captioning.describe(photo_id)
        written = await db_captions.caption_of(self._db, photo_id)
        return Caption(*written, GENERATED) if written else await self._by_rule(photo_id)

    async def translated(self, viewer: Viewer, photo_id: int, lang: str) -> Caption:
        """The caption in `lang`, which is the configured one. Translated now, for who may write, where nobody did before.

        A rule's is translated each time and not stored, because names change.

        Raises NotFound, InvalidInput, Forbidden, Conflict, Unavailable.
        """
        language = self._config.translation.target_language
        if lang != language:
            expected = _("expected {language}, which is translation.target_language").format(language=language)
            raise InvalidInput(_("captions are not translated to that language"), errors=[FieldError("lang", expected)])
        found = await self.caption(viewer, photo_id)
        stored = None if found.by == RULE else await db_captions.translation_of(self._db, photo_id, language)
        if stored is not None:
            return Caption(stored, found.by, TRANSLATED, language)
        if found.text is None:
            raise Conflict(_("There is no caption to translate."))
        if not may_write(viewer):
            raise Forbidden(_("this caption is not translated yet, and you may not have it translated"))
        text = await self._captioning.translate(found.text, photo_id, keep=found.by != RULE)
        return Caption(text, found.by, TRANSLATED, language)

    async def write(self, viewer: Viewer, photo_id: int, text: str) -> Caption:
        """Keep what somebody wrote, in one line; an empty text brings back the rule's. Raises NotFound, InvalidInput."""
        await self._gallery.content(viewer, photo_id)
        clean = one_line(text)
        if len(clean) > LONGEST:
            limit = _("expected at most {limit} characters").format(limit=LONGEST)
            raise InvalidInput(_("the caption is too long"), errors=[FieldError("caption", limit)])
        if clean:
            await db_captions.write_caption(self._db, photo_id, clean, db_captions.MANUAL)
            return Caption(clean, db_captions.MANUAL, db_captions.MANUAL)
        await db_captions.drop_caption(self._db, photo_id)
        return await self.caption(viewer, photo_id)

    async def _by_rule(self, photo_id: int) -> Caption:
        facts = await db_captions.caption_facts(self._db, photo_id)
        objects = self._config.objects
        people = sum(label == "person" and score >= objects.person_score for label, score in facts.objects)
        things = Counter(label for label, score in facts.objects if label != "person" and score >= objects.shown_score)
        others = max(facts.faces, people) - len(facts.names)
        return Caption(sentence(facts.names, max(0, others), things, facts.place, facts.date_taken), RULE, RULE)


def one_line(text: str) -> str:
    """The text as a caption is kept: in one line, without what cannot be printed."""
    return " ".join(UNPRINTABLE.sub(" ", text).split())


def may_write(viewer: Viewer) -> bool:
    """Whether the viewer may change what others see."""
    return viewer.role in EDITORS
