"""Describing and translating many photos: what is due, what stays, what goes wrong, and going on after an end."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from PIL import Image

from facetd.accounts.viewers import single_viewer
from facetd.db import captions as db_captions
from facetd.errors import Conflict
from facetd.filters import PhotoFilter
from facetd.house import House
from facetd.infer.chat import patience
from facetd.library.captioning import IN_A_ROW, Wanted
from facetd.library.captions import Captions
from facetd.library.gallery import Gallery
from facetd.media.thumbnail_paths import thumbnail_path
from tests.captionlibrary import Translating, captioned, captions, run, settings, translations, until
from tests.chatserver import ChatServer, chat_server, completion, cut, hang
from tests.house import listed, opened, scan
from tests.infer.installed import stand_in_eyes
from tests.infer.tiny import tiny_catalogue
from tests.infer.translation.tinymarian import install
from tests.photos import make_photo
from tests.ports import free_port

MODEL = "llava"


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses are short."""
    monkeypatch.setattr(patience, "PAUSES_S", (0.02,))


@pytest.fixture
async def server() -> AsyncIterator[ChatServer]:
    async with chat_server() as found:
        yield found


def hand(house: House) -> Captions:
    return Captions(house.db, house.config, Gallery(house.db, house.config, house.ingest.judge), house.captioning)


async def write(house: House, photo: int, text: str) -> None:
    await hand(house).write(await single_viewer(house.db), photo, text)


async def found_by(house: House, text: str) -> list[int]:
    return [photo["id"] for photo in await listed(house, search=text)]


async def test_photos_without_a_caption_get_one(tmp_path: Path, server: ChatServer) -> None:
    async with captioned(tmp_path, 3, server) as house:
        await write(house, 2, "mine")
        done = await run(house)
        assert (done["kind"], done["done"], done["total"], done["failed"], done["error"]) == ("generate", 2, 2, 0, None)
        assert await captions(house) == {1: ("A dog on a beach.", MODEL), 2: ("mine", "manual"), 3: ("A dog on a beach.", MODEL)}
        assert server.pictures() == [b"\xff\xd8 photo 1 at 640", b"\xff\xd8 photo 3 at 640"], "the thumbnail, never the original"
        assert await found_by(house, "beach") == [1, 3]
        assert (await run(house))["total"] == 0
        server.text = "A cat."
        assert (await run(house, again=True, limit=1))["done"] == 1
        assert (await captions(house))[1][0] == "A cat."
        assert await found_by(house, "beach") == [3]
        assert (await run(house, again=True, ids=(2, 3)))["total"] == 1
        assert (await captions(house))[2] == ("mine", "manual")


async def test_the_photos_of_a_filter(tmp_path: Path, server: ChatServer) -> None:
    async with captioned(tmp_path, 3, server, captions={"picture_px": 1600}) as house:
        await run(house, chosen=PhotoFilter(search="2.jpg"))
        assert list(await captions(house)) == [2]
        assert server.pictures() == [b"\xff\xd8 photo 2 at 1600"]
        async with house.db.writing() as connection:
            await connection.execute("UPDATE gate SET hide = 8 WHERE photo_id = 1")
        assert (await run(house))["total"] == 1, "what is gone is not described"


async def test_a_photo_with_another_content_is_described_again(tmp_path: Path, server: ChatServer) -> None:
    async with captioned(tmp_path, 2, server) as house:
        await run(house)
        async with house.db.writing() as connection:
            await connection.execute("UPDATE photo SET content_hash = printf('%032x', 1) WHERE id = 2")
        server.text = "The same as the first."
        assert (await run(house))["total"] == 1
        assert (await captions(house))[2][0] == "The same as the first."


async def test_many_at_once_and_no_more(tmp_path: Path, server: ChatServer) -> None:
    async def slow(_body: dict[str, Any], _request: web.Request) -> web.Response:
        await asyncio.sleep(0.05)
        return completion("A dog.")

    server.answers = [slow]
    async with captioned(tmp_path, 10, server, captions={"parallel": 3}) as house:
        assert (await run(house))["done"] == 10
        assert server.most == 3
        assert len(server.asked) == 10, "each once"


async def test_a_hand_is_faster_than_the_model(tmp_path: Path, server: ChatServer) -> None:
    """What somebody writes while the model thinks stays, and so does what they emptied."""
    async with captioned(tmp_path, 3, server) as house:
        db_write = db_captions.write_caption

        async def meanwhile(body: dict[str, Any], _request: web.Request) -> web.Response:
            number = len(server.asked)
            if number == 1:
                await write(house, 1, "mine")
            if number == 2:
                await db_write(house.db, 2, "another model's", "other")
            return completion("A dog.")

        server.answers = [meanwhile]
        done = await run(house)
        assert (done["done"], done["kept"]) == (3, 2)
        assert await captions(house) == {1: ("mine", "manual"), 2: ("another model's", "other"), 3: ("A dog.", MODEL)}

        async def emptied(_body: dict[str, Any], _request: web.Request) -> web.Response:
            await write(house, 3, "")
            return completion("A cat.")

        server.answers = [emptied]
        assert (await run(house, again=True, ids=(3,)))["kept"] == 1
        assert 3 not in await captions(house)

        async def edited_file(_body: dict[str, Any], _request: web.Request) -> web.Response:
            async with house.db.writing() as connection:
                await connection.execute("UPDATE photo SET content_hash = 'another' WHERE id = 3")
            return completion("What it was before.")

        server.answers = [edited_file]
        assert (await run(house, ids=(3,)))["kept"] == 1
        assert 3 not in await captions(house)


async def test_the_statement_itself_never_replaces_a_hand(tmp_path: Path) -> None:
    async with captioned(tmp_path, 1) as house:
        before = await db_captions.content_of(house.db, 1)
        assert before is not None
        await write(house, 1, "mine")
        assert not await db_captions.keep_described(house.db, before, "A dog.", MODEL)
        as_it_is = await db_captions.content_of(house.db, 1)
        assert as_it_is is not None
        assert as_it_is.before == ("mine", "manual")
        assert not await db_captions.keep_described(house.db, as_it_is, "A dog.", MODEL)
        assert await captions(house) == {1: ("mine", "manual")}


async def test_what_a_photo_breaks_costs_that_photo(tmp_path: Path, server: ChatServer) -> None:
    async with captioned(tmp_path, 4, server) as house:
        thumbnail_path(house.ingest.thumbs, f"{4:032x}", 640).unlink()
        server.answers = [web.Response(status=500), completion("A dog."), cut, completion("A cat."), completion("I'm sorry, I can't.")]
        done = await run(house)
        assert (done["done"], done["failed"]) == (4, 2)
        assert [failure["id"] for failure in done["failures"]] == [3, 4]
        assert "declines" in done["failures"][0]["message"]
        assert "thumbnail" in done["failures"][1]["message"]
        assert {text for text, _ in (await captions(house)).values()} == {"A dog.", "A cat."}
        assert "thumbnail" not in str(server.asked), "nothing is sent without a picture"


async def test_a_server_that_refuses_ends_the_job(tmp_path: Path, server: ChatServer) -> None:
    async with captioned(tmp_path, 3, server) as house:
        server.answers = [web.json_response({"error": {"message": "model 'llava' not found"}}, status=404)]
        done = await run(house)
        assert "not found" in done["error"]
        assert "captions.model" in done["error"]
        assert (done["done"], len(server.asked), done["state"]) == (0, 1, "idle")


async def test_nonsense_without_end_ends_the_job(tmp_path: Path, server: ChatServer) -> None:
    server.text = "..."
    async with captioned(tmp_path, IN_A_ROW + 5, server) as house:
        done = await run(house)
        assert f"{IN_A_ROW} photos in a row" in done["error"]
        assert len(server.asked) == IN_A_ROW


async def test_a_sleeping_box_is_waited_for(tmp_path: Path) -> None:
    server = ChatServer(free_port())
    async with captioned(tmp_path, 2, server) as house:
        job = asyncio.create_task(run(house))
        await until(lambda: house.captioning.progress.waiting)
        assert "does not answer" in house.captioning.progress.waiting
        assert house.captioning.progress.as_dict()["eta_s"] is None
        await server.start()
        done = await job
        assert (done["done"], done["failed"], done["waiting"]) == (2, 0, "")
        await server.stop()


async def test_the_box_goes_to_sleep_in_the_middle(tmp_path: Path, server: ChatServer) -> None:
    async with captioned(tmp_path, 6, server) as house:

        async def third(_body: dict[str, Any], _request: web.Request) -> web.Response:
            if len(server.asked) == 3:
                return web.Response(status=503)
            return completion("A dog.")

        server.answers = [third]
        done = await run(house)
        assert (done["done"], done["failed"], len(server.asked)) == (6, 0, 7)


async def test_cancelled_and_asked_again(tmp_path: Path, server: ChatServer) -> None:
    """What is done is done, also over a restart in the middle."""

    async def stuck(_body: dict[str, Any], request: web.Request) -> web.StreamResponse:
        return completion("A dog.") if len(server.asked) < 3 else await hang(_body, request)

    server.answers = [stuck]
    async with captioned(tmp_path, 4, server) as house:
        job = asyncio.create_task(run(house))
        await until(lambda: len(server.asked) == 3)
        with pytest.raises(Conflict):
            house.captioning.start(await single_viewer(house.db), Wanted("generate"))
        assert await house.captioning.cancel()
        assert not await house.captioning.cancel()
        done = await job
        assert (done["cancelled"], done["done"], done["error"]) == (True, 2, None)
        assert len(await captions(house)) == 2
        going_on = asyncio.create_task(run(house))  # the library is closed in the middle
        await until(lambda: len(server.asked) == 4)
    assert (await going_on)["cancelled"]
    server.answers = []
    async with captioned(tmp_path, 4, server) as house:
        assert (await run(house))["total"] == 2
        assert len(await captions(house)) == 4


async def test_everybody_is_told(tmp_path: Path, server: ChatServer) -> None:
    async with captioned(tmp_path, 2, server) as house:
        with house.ingest.events.listening() as events:
            await run(house)
        heard = [events.get_nowait() for _ in range(events.qsize())]
    told = [data for name, data, *_ in heard if name == "captions" and data]
    assert told[0]["state"] == "running"
    assert told[-1]["state"] == "idle"
    assert told[-1]["done"] == 2
    assert sorted(number for name, data, *_ in heard if name == "photos" for number in data["ids"]) == [1, 2]  # type: ignore[index]


async def test_without_a_model_there_is_no_job(tmp_path: Path) -> None:
    async with captioned(tmp_path, 1) as house:
        assert "captions.endpoint" in (await run(house))["error"]
        assert "opus-mt-en-fr" in (await run(house, "translate"))["error"]


async def test_an_installed_captioner_describes(tmp_path: Path) -> None:
    async with captioned(tmp_path, 2, eyes=Translating(captioner=True)) as house:
        assert (await run(house))["done"] == 2
        assert await captions(house) == dict.fromkeys((1, 2), ("a picture called 0000", "vit-gpt2"))


async def test_captions_of_models_are_translated(tmp_path: Path, server: ChatServer) -> None:
    eyes = Translating()
    async with captioned(tmp_path, 10, server, eyes=eyes) as house:
        await run(house, limit=9)
        await write(house, 1, "Meine Katze")
        done = await run(house, "translate")
        assert (done["kind"], done["done"], done["total"]) == ("translate", 8, 8)
        assert await translations(house) == dict.fromkeys(range(2, 10), "[fr] A dog on a beach.")
        photos = {photo["id"]: photo["caption_translated"] for photo in await listed(house)}
        assert (photos[1], photos[2]) == (None, "[fr] A dog on a beach.")
        assert await found_by(house, "fr") == list(range(2, 10))
        assert (await run(house, "translate"))["total"] == 0
        assert (await run(house, "translate", by_hand=True))["total"] == 1
        assert (await run(house, "translate", again=True, limit=2))["done"] == 2
        await write(house, 2, "another one")
        assert 2 not in await translations(house)
        assert 2 not in await found_by(house, "fr")
        await write(house, 1, "")
        assert 1 not in await translations(house)
        assert not (await house.db.repair_words())


async def test_a_translation_of_what_was_changed_meanwhile_is_dropped(tmp_path: Path, server: ChatServer) -> None:
    eyes = Translating()
    async with captioned(tmp_path, 2, server, eyes=eyes) as house:
        await run(house)
        untranslated = db_captions.Untranslated(1, "A dog on a beach.")
        await write(house, 1, "mine")
        assert await db_captions.keep_translations(house.db, "fr", "m", [(untranslated, "un chien")]) == []
        assert await translations(house) == {}


async def test_one_text_that_cannot_be_translated_costs_itself(tmp_path: Path, server: ChatServer) -> None:
    eyes = Translating()
    async with captioned(tmp_path, 3, server, eyes=eyes) as house:
        server.answers = [completion("A dog."), completion("A broken one."), completion("A cat.")]
        await run(house)
        done = await run(house, "translate")
        assert (done["done"], done["failed"], done["error"]) == (3, 1, None)
        assert await translations(house) == {1: "[fr] A dog.", 3: "[fr] A cat."}


async def test_another_target_language_shows_and_translates_anew(tmp_path: Path, server: ChatServer) -> None:
    async with captioned(tmp_path, 1, server, eyes=Translating()) as house:
        await run(house)
        await run(house, "translate")
    async with captioned(tmp_path, 1, server, eyes=Translating(), translation={"target_language": "de"}) as house:
        assert [photo["caption_translated"] for photo in await listed(house)] == [None]
        assert "opus-mt-en-de" in (await run(house, "translate"))["error"]


async def test_an_installed_pack_translates_what_a_server_wrote(tmp_path: Path, server: ChatServer) -> None:
    """All of it: chat server, job, inference process, tokenizer, networks, search."""
    tiny_catalogue(tmp_path / "models")
    install(tmp_path / "data" / "models" / "packs", "merged")
    eyes = stand_in_eyes(tmp_path / "data", tmp_path / "models")
    server.text = "a red dog runs ."
    async with opened(tmp_path / "data", settings(server), eyes=eyes) as house:  # type: ignore[arg-type]
        assert house.captioning.writers.capabilities()["translation"]["state"] == "preparing"
    async with captioned(tmp_path, 2, server, eyes=eyes) as house:  # type: ignore[arg-type]
        assert house.captioning.writers.capabilities()["translation"]["state"] == "ready"
        await run(house)
        done = await run(house, "translate")
        assert (done["done"], done["error"]) == (2, None)
        assert await translations(house) == {1: "un rouge chien court .", 2: "un rouge chien court ."}
        assert await found_by(house, "chien rouge") == [1, 2]


async def test_a_model_of_an_openvino_folder_is_asked_as_configured(tmp_path: Path) -> None:
    eyes = Translating()
    eyes.answers["describe"] = lambda arguments: {"text": f"By {arguments['device']}, up to {arguments['max_tokens']} tokens."}
    sections = {"captions": {"openvino_folder": "/models/qwen-vl", "max_tokens": 50}, "inference": {"device": "gpu"}}
    async with captioned(tmp_path, 1, eyes=eyes, **sections) as house:
        await run(house)
        assert await captions(house) == {1: ("By GPU, up to 50 tokens.", "qwen-vl")}
        assert eyes.asked[0][1]["folder"] == "/models/qwen-vl"


async def test_a_scanned_photo_goes_out_as_its_small_thumbnail(tmp_path: Path, server: ChatServer) -> None:
    original = make_photo(tmp_path / "Pictures" / "large.jpg", 1, size=(2400, 1600))
    async with opened(tmp_path / "data", settings(server)) as house:
        await scan(house, tmp_path / "Pictures")
        assert (await run(house))["done"] == 1
    (sent,) = server.pictures()
    with Image.open(io.BytesIO(sent)) as picture:
        assert max(picture.size) == 640
        assert not picture.getexif(), "no place, no camera"
    assert len(sent) < original.stat().st_size
