"""Libraries whose photos are to be described: rows and thumbnails, a chat server, and a translator that is told what to say."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from facetd.accounts.viewers import single_viewer
from facetd.config import Config
from facetd.db import roots
from facetd.house import House
from facetd.infer.catalogue import Captioner, Translator
from facetd.library.captioning import Wanted
from facetd.media.thumbnail_paths import thumbnail_path
from facetd.records.sightings import Sighting
from tests.chatserver import ChatServer
from tests.db.conftest import put, visit
from tests.eyes import FakeEyes
from tests.house import config, opened


def settings(server: ChatServer | None, **sections: Any) -> Config:
    """Captions by `server`."""
    captions = {"endpoint": server.endpoint, "model": "llava", "timeout_s": 5} if server is not None else {}
    return config(captions={**captions, **sections.pop("captions", {})}, **sections)


class Translating(FakeEyes):
    """Models that translate to French word by word: `[fr] text`; `broken` texts cannot be translated."""

    def __init__(self, *, translator: bool = True, captioner: bool = False) -> None:
        super().__init__(Sighting())
        nothing = {
            "title": "t", "enables": "e", "licence": "MIT", "origin": "o", "source": {"pack": "p", "version": "1", "url": "https://example.org"},
            "parts": {}, "data": {},
        }  # fmt: skip
        if translator:
            entry = {**nothing, "id": "opus-mt-en-fr", "task": "translation", "source_lang": "en", "target_lang": "fr"}
            self.installed.append(Translator.model_construct(**entry))
        if captioner:
            self.installed.append(Captioner.model_construct(**nothing, id="vit-gpt2", task="captioning"))
        self.answers = {"translate": self._translate, "caption": self._caption}
        self.meanwhile: Callable[[], None] = lambda: None

    def _translate(self, arguments: dict[str, Any]) -> dict[str, Any]:
        from facetd.errors import Unavailable

        self.meanwhile()
        if any("broken" in text for text in arguments["texts"]):
            raise Unavailable("it cannot be translated")
        return {"texts": [f"[{arguments['language']}] {text}" for text in arguments["texts"]]}

    def _caption(self, arguments: dict[str, Any]) -> dict[str, Any]:
        assert Path(arguments["picture"]).is_file()
        return {"text": f"a picture called {Path(arguments['picture']).name[:4]}"}


@asynccontextmanager
async def captioned(
    folder: Path, photos: int, server: ChatServer | None = None, eyes: FakeEyes | None = None, **sections: Any
) -> AsyncIterator[House]:
    """A library of `photos` photos, 1.jpg and so on, with their thumbnails; opened again as it was the last time."""
    async with opened(folder / "data", settings(server, **sections), eyes=eyes) as house:
        if not await roots.roots(house.db):
            root = await roots.add_root(house.db, str(folder / "Photos"))
            await put(house.db, *(visit(root, f"{number}.jpg") for number in range(1, photos + 1)))
            async with house.db.writing() as connection:
                await connection.execute("UPDATE photo SET content_hash = printf('%032x', id)")
            for number in range(1, photos + 1):
                write_thumbnails(house, number)
        if eyes is not None:
            await house.ingest.models.get_ready()
        yield house


def write_thumbnails(house: House, photo: int) -> None:
    """The thumbnails of a photo; their bytes say which."""
    for size in (640, 1600):
        path = thumbnail_path(house.ingest.thumbs, f"{photo:032x}", size)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"\xff\xd8 photo %d at %d" % (photo, size))


async def run(house: House, kind: str = "generate", **wanted: Any) -> dict[str, Any]:
    """A job to its end; its progress."""
    await asyncio.wait({house.captioning.start(await single_viewer(house.db), Wanted(kind, **wanted))})  # type: ignore[arg-type]
    return house.captioning.progress.as_dict()


async def captions(house: House) -> dict[int, tuple[str, str]]:
    """Stored captions with their source by photo."""
    rows = await house.db.rows("SELECT photo_id, text, source FROM caption ORDER BY photo_id")
    return {row[0]: (row[1], row[2]) for row in rows}


async def translations(house: House) -> dict[int, str]:
    """Stored translations by photo."""
    return {row[0]: row[1] for row in await house.db.rows("SELECT photo_id, text FROM caption_translation ORDER BY photo_id")}


async def until(wanted: Callable[[], Any], seconds: float = 10.0) -> None:
    """Until `wanted` is true."""
    end = time.monotonic() + seconds
    while not wanted():
        assert time.monotonic() < end, "did not come true"
        await asyncio.sleep(0.01)
