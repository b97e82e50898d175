"""Captions by models: one photo when somebody asks, or many as a job that can be watched and cancelled."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, Protocol, TypeVar

from facetd.config import Config
from facetd.db import captions as db_captions
from facetd.db.captions import Chosen, Untranslated, Wordless
from facetd.db.conditions import Conditions
from facetd.db.connection import Connection, Database
from facetd.db.photos import roots_of
from facetd.db.store import now
from facetd.errors import Conflict, FacetdError, NotFound, Unavailable
from facetd.filters import PhotoConditions, PhotoFilter
from facetd.i18n import _
from facetd.infer.chat.patience import patiently
from facetd.infer.chat.problems import NoSentence, Unusable
from facetd.ingest.progress import Broadcast, changes_of
from facetd.library.jobs import EVENT, Job, JobProgress, Jobs, may_know, new_id
from facetd.library.writers import Asker, Describer, Writers
from facetd.media.thumbnail_paths import thumbnail_path
from facetd.records.viewer import Viewer

logger = logging.getLogger(__name__)
Due = TypeVar("Due", Wordless, Untranslated)
PUBLISH_EVERY_S = 0.5
PAGE = 200
TEXTS_AT_ONCE = 8
IN_A_ROW = 20  # photos without a caption that end the job: it is not the photos' fault


class Page(Protocol[Due]):
    """Gives photos that are due, by id from `after` on."""

    def __call__(self, connection: Connection, after: int) -> list[Due]: ...


Narrow = Callable[[Viewer, PhotoConditions], Awaitable[Conditions]]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a job is to do.

    Of the photos of `chosen` (and of `ids`, where there are any): describe those without a caption, or translate captions without a
    translation to `language`. `again`: also those that have one by a model. `by_hand`: also translate what hands wrote, in whatever
    language. `limit` is how many at most.
    """

    kind: Literal["generate", "translate"]
    chosen: PhotoConditions = field(default_factory=PhotoFilter)
    ids: tuple[int, ...] = ()
    again: bool = False
    by_hand: bool = False
    limit: int | None = None
    language: str = ""


class Captioning:
    """The models that write and translate captions, and the one job that may run."""

    def __init__(self, db: Database, config: Config, models: Asker, thumbs: Path, events: Broadcast, narrow: Narrow, jobs: Jobs) -> None:
        self._db = db
        self._config = config
        self._thumbs = thumbs
        self._events = events
        self._narrow = narrow
        self._jobs = jobs
        self._single: dict[int, asyncio.Task[str]] = {}
        self._job: asyncio.Task[None] | None = None
        self._wanted: tuple[Viewer, Wanted] | None = None
        self._changed: list[int] = []
        self._in_a_row = 0
        self.writers = Writers(config, models)
        self.progress = JobProgress()

    # One photo

    async def describe(self, photo_id: int) -> str:
        """Have a model describe a photo now, and keep that; who asks meanwhile for the same photo gets the same.

        Raises Conflict where a hand wrote the caption, NotFound, Unavailable, NoSentence. The caller has checked that the viewer may
        see and write it.
        """
        task = self._single.get(photo_id)
        if task is None:
            task = self._single[photo_id] = asyncio.create_task(self._describe(photo_id))
            task.add_done_callback(lambda _task: self._single.pop(photo_id, None))
        return await asyncio.shield(task)

    async def translate(self, text: str, photo_id: int, *, keep: bool) -> str:
        """An English text in the configured language; kept as the translation of the photo's caption when `keep`. Raises Unavailable."""
        language = self._config.translation.target_language
        model, found = await self.writers.translate(language, [text])
        if keep:
            await self._tell(await db_captions.keep_translations(self._db, language, model, [(Untranslated(photo_id, text), found[0])]))
        return found[0]

    async def _describe(self, photo_id: int) -> str:
        describer = await self.writers.find_describer()
        photo = await db_captions.content_of(self._db, photo_id)
        if photo is None:
            raise NotFound(_("there is no such photo"))
        if photo.before is not None and photo.before[1] in db_captions.LASTING:
            raise Conflict(_("this caption was written by hand, or comes from Facet"), hint=_("Empty it first."))
        text = await patiently(lambda: self._sentence(describer, photo), waits=None)
        if not await db_captions.keep_described(self._db, photo, text, describer.name):
            raise Conflict(_("the caption was changed meanwhile"))
        await self._tell([photo_id])
        return text

    async def _sentence(self, describer: Describer, photo: Wordless) -> str:
        path = thumbnail_path(self._thumbs, photo.content_hash, describer.picture_px)
        try:
            return await describer.describe(path)
        except OSError as error:
            raise NoSentence(_("its thumbnail cannot be read: {why}").format(why=error.strerror or error)) from error

    async def _tell(self, ids: Sequence[int]) -> None:
        if ids:
            self._events.publish_photos(changes_of(await roots_of(self._db, ids)))

    # Many photos

    @property
    def running(self) -> bool:
        """Whether a job runs."""
        return self._job is not None and not self._job.done()

    @property
    def owner(self) -> Viewer | None:
        """Who began the job that runs; None without one."""
        return self._wanted[0] if self.running and self._wanted is not None else None

    @property
    def rest(self) -> tuple[Viewer, Wanted] | None:
        """What is left of the job that runs, for `start` elsewhere; None without one, and of one that does all `again`, which would begin
        at its beginning.
        """
        if not self.running or self._wanted is None or self._wanted[1].again:
            return None
        viewer, wanted = self._wanted
        return viewer, replace(wanted, limit=None if wanted.limit is None else max(1, wanted.limit - self.progress.done))

    def start(self, viewer: Viewer, wanted: Wanted) -> asyncio.Task[None]:
        """Begin a job in the background. Raises Conflict while one runs."""
        if self.running:
            raise Conflict(_("captions are being made already"), hint=_("Wait for it, or cancel it first."))
        self.progress = JobProgress()
        self.progress.start(wanted.kind, now())
        self._changed, self._in_a_row = [], 0
        self._wanted = viewer, wanted
        self._job = asyncio.create_task(self._run(viewer, wanted), name="captions")
        self._jobs.adopt(Job(new_id(), f"captions_{wanted.kind}", viewer.user_id, household=False, progress=self.progress), self._job)
        return self._job

    def progress_for(self, viewer: Viewer) -> dict[str, Any]:
        """The job that runs, or the last one, as `viewer` may know it: of somebody else's no more than whether it runs."""
        if self._wanted is None or may_know(viewer, self._wanted[0].user_id):
            return self.progress.as_dict()
        return JobProgress(state=self.progress.state).as_dict()

    async def cancel_for(self, viewer: Viewer) -> bool:
        """Stop the job that runs if it is the viewer's business; returns whether one did."""
        return self._wanted is not None and may_know(viewer, self._wanted[0].user_id) and await self.cancel()

    async def cancel(self) -> bool:
        """Stop the job that runs; returns whether one did. What is done stays done."""
        if not self.running or self._job is None:
            return False
        self._job.cancel()
        await asyncio.wait({self._job})
        return True

    async def stop(self) -> None:
        """End everything."""
        await self.cancel()
        single = set(self._single.values())
        for task in single:
            task.cancel()
        await asyncio.gather(*single, return_exceptions=True)
        await self.writers.close()

    async def _run(self, viewer: Viewer, wanted: Wanted) -> None:
        progress = self.progress
        publisher = asyncio.create_task(self._publish())
        try:
            await (self._generate if wanted.kind == "generate" else self._translate_many)(await self._choose(viewer, wanted), wanted)
        except asyncio.CancelledError:
            progress.cancelled = True
            raise
        except Exception as error:  # the daemon goes on serving; asked again, the job goes on there
            progress.error = str(_innermost(error))
            if not isinstance(_innermost(error), FacetdError):
                logger.exception("the job of captions ended early")
        finally:
            progress.finish(now())
            publisher.cancel()
            await self._flush()

    async def _choose(self, viewer: Viewer, wanted: Wanted) -> Chosen:
        narrowed = await self._narrow(viewer, wanted.chosen)
        if wanted.ids:
            narrowed.add("p.id IN (SELECT value FROM json_each(:wanted_ids))", wanted_ids=str(list(wanted.ids)))
        return Chosen(viewer, wanted.chosen, narrowed)

    async def _generate(self, chosen: Chosen, wanted: Wanted) -> None:
        describer = await self.writers.find_describer()
        again = wanted.again
        total = await self._db.read(lambda connection: db_captions.count_wordless(connection, chosen, again=again))
        self.progress.total = min(total, wanted.limit or total)
        parallel = self._config.captions.parallel

        def page(connection: Connection, after: int) -> list[Wordless]:
            return db_captions.wordless(connection, chosen, again=again, after=after, limit=PAGE)

        free = asyncio.Semaphore(parallel)
        async with asyncio.TaskGroup() as group, contextlib.aclosing(self._each(page, wanted.limit)) as photos:
            async for photo in photos:
                await free.acquire()
                group.create_task(self._generate_one(describer, photo)).add_done_callback(lambda _task: free.release())

    async def _generate_one(self, describer: Describer, photo: Wordless) -> None:
        progress = self.progress
        try:
            text = await patiently(lambda: self._sentence(describer, photo), waits=functools.partial(setattr, progress, "waiting"))
        except Unusable:
            raise
        except (NoSentence, Unavailable) as error:
            progress.done += 1
            self._fail(photo.photo_id, error)
            return
        self._in_a_row = 0
        if await db_captions.keep_described(self._db, photo, text, describer.name):
            self._changed.append(photo.photo_id)
        else:
            progress.kept += 1
        progress.done += 1

    async def _translate_many(self, chosen: Chosen, wanted: Wanted) -> None:
        language = wanted.language or self._config.translation.target_language
        await self.writers.find_translator(language)
        options = {"again": wanted.again, "by_hand": wanted.by_hand}
        total = await self._db.read(lambda connection: db_captions.count_untranslated(connection, chosen, language, **options))
        self.progress.total = min(total, wanted.limit or total)

        def page(connection: Connection, after: int) -> list[Untranslated]:
            return db_captions.untranslated(connection, chosen, language, **options, after=after, limit=PAGE)

        async with contextlib.aclosing(self._each(page, wanted.limit)) as captions:
            gathered: list[Untranslated] = []
            async for caption in captions:
                gathered.append(caption)
                if len(gathered) == TEXTS_AT_ONCE:
                    await self._translate_some(language, gathered)
                    gathered = []
            if gathered:
                await self._translate_some(language, gathered)

    async def _translate_some(self, language: str, captions: Sequence[Untranslated]) -> None:
        """All at once; one by one when that goes wrong, so that an odd one costs only itself."""
        progress = self.progress
        try:
            model, texts = await self.writers.translate(language, [caption.text for caption in captions])
        except Unavailable as error:
            if len(captions) > 1:
                for caption in captions:
                    await self._translate_some(language, [caption])
                return
            progress.done += 1
            self._fail(captions[0].photo_id, error)
            return
        self._in_a_row = 0
        kept = await db_captions.keep_translations(self._db, language, model, list(zip(captions, texts, strict=True)))
        self._changed += kept
        progress.kept += len(captions) - len(kept)
        progress.done += len(captions)

    def _fail(self, photo_id: int, error: FacetdError) -> None:
        """Note that a photo was tried in vain. Raises Unavailable when it cannot be the photos' fault."""
        self.progress.fail(photo_id, error.message)
        self._in_a_row += 1
        if self._in_a_row >= IN_A_ROW:
            why = _("{count} photos in a row were tried in vain, the last one because: {why}")
            raise Unavailable(why.format(count=IN_A_ROW, why=error.message), hint=error.hint) from error

    async def _each(self, page: Page[Due], limit: int | None) -> AsyncGenerator[Due, None]:
        """What `page` gives from an id on, page after page."""
        after, left = 0, limit
        while left is None or left > 0:
            found = await self._db.read(functools.partial(page, after=after))
            for item in found[:left]:
                yield item
            if len(found) < PAGE:
                return
            after = found[-1].photo_id
            left = None if left is None else left - len(found)

    async def _publish(self) -> None:
        while True:
            await self._flush()
            await asyncio.sleep(PUBLISH_EVERY_S)

    async def _flush(self) -> None:
        """Tell how far the job is, and which photos it changed."""
        changed = list(self._changed)
        await self._tell(changed)
        del self._changed[: len(changed)]
        if self._wanted is not None:
            self._events.publish(EVENT, self.progress.as_dict(), user_id=self._wanted[0].user_id)


def _innermost(error: BaseException) -> BaseException:
    """What a group of errors is about."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
