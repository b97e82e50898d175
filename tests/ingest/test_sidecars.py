"""Write-back to sidecars and taking back what other programs change, over real files and a real library."""

from __future__ import annotations

import asyncio
import errno
import os
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from facetd.db import captions as db_captions
from facetd.db import roots as db_roots
from facetd.db import sidecars as db_sidecars
from facetd.db.revision import bump
from facetd.db.sidecarstates import Kept
from facetd.house import House
from facetd.ingest import sidecarwriting
from facetd.ingest.sidecars import Round
from facetd.media.replace import replace_file
from facetd.media.xmp import xmp_facts
from facetd.watch.change import Change
from tests.house import InlineWorkers, config, opened, scan
from tests.media.xmpsamples import LIGHTROOM
from tests.photos import make_photo, scene, sidecar

BESIDE = {"photos": {"mode": "beside"}}


@asynccontextmanager
async def library(tmp_path: Path, sections: dict[str, Any] | None = None, *, photos: int = 1, **settings: Any) -> AsyncIterator[House]:
    """Photos 0.jpg, 1.jpg ... in the root `photos`, scanned."""
    for number in range(photos):
        if not (tmp_path / "photos" / f"{number}.jpg").exists():
            make_photo(tmp_path / "photos" / f"{number}.jpg", number)
    chosen = config(sidecars=BESIDE if sections is None else sections, **settings)
    async with opened(tmp_path / "data", chosen, workers=InlineWorkers()) as house:
        await scan(house, tmp_path / "photos")
        yield house


async def photo_id(house: House, name: str = "0.jpg") -> int:
    row = await house.db.row("SELECT id FROM photo WHERE filename = ?", (name,))
    assert row is not None
    return int(row[0])


async def rate(house: House, stars: int, name: str = "0.jpg", *, rejected: bool = False, user: int = 0, at: str | None = None) -> None:
    """As a viewer does it: in the database, without telling anybody."""
    moment = at or time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    async with house.db.writing() as connection:
        await connection.execute(
            "INSERT INTO rating (user_id, photo_id, stars, is_rejected, updated_at) VALUES (?1, ?2, ?3, ?4, ?5)"
            " ON CONFLICT DO UPDATE SET stars = ?3, is_rejected = ?4, updated_at = ?5",
            (user, await photo_id(house, name), stars, rejected, moment),
        )


async def write(house: House, **options: Any) -> Round:
    return await house.ingest.sidecars.write(**options)


def said(path: Path) -> dict[str, Any]:
    facts, warnings = xmp_facts(path.read_bytes(), stored_size=(1, 1), orientation=1)
    assert warnings == []
    return facts


async def stars(house: House, name: str = "0.jpg", user: int = 0) -> int | None:
    row = await house.db.row(
        "SELECT stars, is_rejected FROM rating WHERE user_id = ? AND photo_id = ?", (user, await photo_id(house, name))
    )
    return None if row is None else -1 if row[1] else int(row[0])


async def due(house: House) -> int:
    row = await house.db.row("SELECT COUNT(*) FROM sidecar_due")
    assert row is not None
    return int(row[0])


async def changed(house: House, *names: str) -> None:
    """As the watcher reports it."""
    (part,) = await house.ingest.parts_for([])
    await house.ingest.apply(Change(part.root.id, part.root.path, paths=tuple(f"{part.root.path}/{name}" for name in names)))


async def test_a_rating_is_written_beside_the_photo_and_only_once(tmp_path: Path) -> None:
    async with library(tmp_path) as house:
        original = (tmp_path / "photos" / "0.jpg").read_bytes()
        assert (await write(house)).written == 0
        await rate(house, 4)
        assert (await write(house)).written == 1
        beside = tmp_path / "photos" / "0.jpg.xmp"
        assert said(beside) == {"rating": 4}
        first = beside.stat()
        assert (await write(house)).written == 0
        await scan(house)
        await changed(house, "0.jpg.xmp")
        assert (await write(house)).written == 0
        assert beside.stat().st_mtime_ns == first.st_mtime_ns
        assert (tmp_path / "photos" / "0.jpg").read_bytes() == original
        assert sorted(os.listdir(tmp_path / "photos")) == ["0.jpg", "0.jpg.xmp"]


async def test_off_by_default(tmp_path: Path) -> None:
    async with library(tmp_path, {}) as house:
        await rate(house, 4)
        assert (await write(house)).written == 0
        assert await due(house) == 0
        assert os.listdir(tmp_path / "photos") == ["0.jpg"]


async def test_what_was_written_is_not_read_again(tmp_path: Path) -> None:
    async with library(tmp_path) as house:
        await rate(house, 4)
        await write(house)
        workers = house.ingest.workers
        assert isinstance(workers, InlineWorkers)
        workers.visited.clear()
        await scan(house)
        await changed(house, "0.jpg.xmp")
        assert workers.visited == []


async def test_rejected_caption_and_keywords(tmp_path: Path) -> None:
    async with library(tmp_path) as house:
        number = await photo_id(house)
        await rate(house, 0, rejected=True)
        await db_captions.write_caption(house.db, number, 'Tom & "Anna" <3', db_captions.MANUAL)
        async with house.db.writing() as connection:
            await connection.execute("INSERT INTO tag (name) VALUES ('sea')")
            await connection.execute("INSERT INTO photo_tag SELECT ?, id, 'keyword' FROM tag WHERE name = 'sea'", (number,))
        await write(house)
        found = said(tmp_path / "photos" / "0.jpg.xmp")
        assert found == {"rating": -1, "description": 'Tom & "Anna" <3', "keywords": ("sea",)}
        await db_captions.drop_caption(house.db, number)
        await write(house)
        assert said(tmp_path / "photos" / "0.jpg.xmp") == {"rating": -1, "keywords": ("sea",)}


async def test_what_a_model_wrote_stays_here(tmp_path: Path) -> None:
    async with library(tmp_path) as house:
        await db_captions.write_caption(house.db, await photo_id(house), "a dog", "some model")
        assert (await write(house)).written == 0


def _closed(path: str, *_: object, **__: object) -> os.stat_result:
    raise PermissionError(errno.EACCES, "Permission denied", path)


class TestOutside:
    """Other programs change the sidecar."""

    async def test_an_edit_comes_in(self, tmp_path: Path) -> None:
        async with library(tmp_path) as house:
            await rate(house, 4)
            await write(house)
            sidecar(tmp_path / "photos" / "0.jpg.xmp", rating=2, keywords=("sea",))
            await changed(house, "0.jpg.xmp")
            assert await stars(house) == 2
            assert (await write(house)).written == 0

    async def test_an_edit_that_nobody_reported_is_read_before_anything_is_written(self, tmp_path: Path) -> None:
        async with library(tmp_path) as house:
            await rate(house, 4)
            await write(house)
            sidecar(tmp_path / "photos" / "0.jpg.xmp", rating=4, keywords=("sea", "sun"), title="Kept")
            await db_captions.write_caption(house.db, await photo_id(house), "Mine", db_captions.MANUAL)
            await write(house)
            found = said(tmp_path / "photos" / "0.jpg.xmp")
            assert found == {"rating": 4, "description": "Mine", "keywords": ("sea", "sun"), "title": "Kept"}

    async def test_an_edit_of_what_was_changed_here_too_is_a_conflict_that_the_later_one_wins(self, tmp_path: Path) -> None:
        async with library(tmp_path, photos=2) as house:
            for name in ("0.jpg", "1.jpg"):
                await rate(house, 4, name, at="2024-01-01T00:00:00Z")
            await write(house)
            for name, here in (("0.jpg", "2024-06-01T00:00:00Z"), ("1.jpg", "2024-06-01T00:00:02Z")):
                other = sidecar(tmp_path / "photos" / f"{name}.xmp", rating=2)
                os.utime(other, (1717200001, 1717200001))  # 2024-06-01T00:00:01Z
                await rate(house, 5, name, at=here)
            await write(house)
            assert (await stars(house, "0.jpg"), await stars(house, "1.jpg")) == (2, 5)
            assert said(tmp_path / "photos" / "0.jpg.xmp")["rating"] == 2
            assert said(tmp_path / "photos" / "1.jpg.xmp")["rating"] == 5
            report = await house.ingest.sidecars.report()
            assert report["conflict_count"] == 2
            logged = {each["photo_path"]: each for each in report["conflicts"]}
            first = logged["/photos/0.jpg"]
            assert (first["field"], first["kept"], first["library_value"], first["sidecar_value"]) == ("rating", "sidecar", "5", "2")
            assert (first["library_at"], first["sidecar_at"]) == ("2024-06-01T00:00:00Z", "2024-06-01T00:00:01Z")
            assert logged["/photos/1.jpg"]["kept"] == "library"
            assert (await write(house)).written == 0
            assert (await house.ingest.sidecars.report())["conflict_count"] == 2

    async def test_the_same_change_on_both_sides_is_no_conflict(self, tmp_path: Path) -> None:
        async with library(tmp_path) as house:
            await rate(house, 4)
            await write(house)
            sidecar(tmp_path / "photos" / "0.jpg.xmp", rating=5)
            await rate(house, 5)
            await write(house)
            assert (await house.ingest.sidecars.report())["conflict_count"] == 0
            assert await due(house) == 0

    async def test_keywords_of_both_sides_are_merged(self, tmp_path: Path) -> None:
        sidecar_path = tmp_path / "photos" / "0.jpg.xmp"
        make_photo(tmp_path / "photos" / "0.jpg")
        sidecar(sidecar_path, keywords=("sea", "sun", "old"))
        async with library(tmp_path) as house:
            number = await photo_id(house)
            async with house.db.writing() as connection:
                await connection.execute("INSERT INTO tag (name) VALUES ('mine')")
                await connection.execute("INSERT INTO photo_tag SELECT ?, id, 'keyword' FROM tag WHERE name = 'mine'", (number,))
                await connection.execute(
                    "DELETE FROM photo_tag WHERE photo_id = ? AND tag_id = (SELECT id FROM tag WHERE name = 'sun')", (number,)
                )
            sidecar(sidecar_path, keywords=("sea", "sun", "theirs"))
            await write(house)
            assert set(said(sidecar_path)["keywords"]) == {"sea", "mine", "theirs"}

    async def test_a_sidecar_that_goes_takes_nothing_away_and_is_written_again(self, tmp_path: Path) -> None:
        async with library(tmp_path) as house:
            await rate(house, 4)
            await db_captions.write_caption(house.db, await photo_id(house), "Mine", db_captions.MANUAL)
            await write(house)
            beside = tmp_path / "photos" / "0.jpg.xmp"
            beside.unlink()
            await scan(house)
            assert await stars(house) == 4
            assert (await write(house)).written == 1
            assert said(beside) == {"rating": 4, "description": "Mine"}

    async def test_a_value_that_was_taken_out_goes_here_too(self, tmp_path: Path) -> None:
        async with library(tmp_path) as house:
            await rate(house, 4)
            await db_captions.write_caption(house.db, await photo_id(house), "Mine", db_captions.MANUAL)
            await write(house)
            sidecar(tmp_path / "photos" / "0.jpg.xmp", keywords=("sea",))
            await scan(house)
            assert await stars(house) == 0
            assert await db_captions.caption_of(house.db, await photo_id(house)) is None
            assert (await write(house)).written == 0

    async def test_what_others_wrote_before_the_first_time_comes_in(self, tmp_path: Path) -> None:
        make_photo(tmp_path / "photos" / "0.jpg")
        (tmp_path / "photos" / "0.xmp").write_bytes(LIGHTROOM)
        async with library(tmp_path, {}) as house:
            assert await stars(house) == 3
        async with library(tmp_path) as house:
            assert await db_captions.caption_of(house.db, await photo_id(house)) == ("By the sea", "manual")
            assert (await write(house)).written == 0
            await rate(house, 1)
            await write(house)
            changed_rating = LIGHTROOM.replace(b'xmp:Rating="3"', b'xmp:Rating="1"')
            written = (tmp_path / "photos" / "0.xmp").read_bytes()
            assert re.sub(rb'MetadataDate="[^"]*"', b"", written) == re.sub(rb'MetadataDate="[^"]*"', b"", changed_rating)

    async def test_a_time_that_cannot_be_gives_way_to_the_date_inside(self, tmp_path: Path) -> None:
        async with library(tmp_path) as house:
            await rate(house, 4, at="2023-01-01T00:00:00Z")
            await write(house)
            (tmp_path / "photos" / "0.jpg.xmp").write_bytes(LIGHTROOM)  # says 2023-05-07T20:21:22+02:00
            os.utime(tmp_path / "photos" / "0.jpg.xmp", (0, 0))
            await rate(house, 5, at="2023-05-07T18:21:21Z")
            await changed(house, "0.jpg.xmp")
            assert await stars(house) == 3

    async def test_odd_values_are_not_values_taken_away(self, tmp_path: Path) -> None:
        beside = tmp_path / "photos" / "0.jpg.xmp"
        async with library(tmp_path) as house:
            await rate(house, 4)
            await write(house)
            written = beside.read_text("utf-8")
            odd = written.replace("<xmp:Rating>4<", "<xmp:CreateDate>last summer</xmp:CreateDate><xmp:Rating>high<")
            beside.write_text(odd.replace("</rdf:Description>", "<dc:subject>sea</dc:subject></rdf:Description>"), "utf-8")
            await changed(house, "0.jpg.xmp")
            assert await stars(house) == 4
            words = await house.db.rows("SELECT t.name FROM photo_tag pt JOIN tag t ON t.id = pt.tag_id WHERE pt.source = 'keyword'")
            assert [row[0] for row in words] == ["sea"]
            beside.write_text(odd.replace(">high<", ">3<"), "utf-8")
            await changed(house, "0.jpg.xmp")
            assert await stars(house) == 3

    async def test_the_ratings_of_another_user_do_not_erase_what_is_there(self, tmp_path: Path) -> None:
        async with library(tmp_path) as house:
            await rate(house, 4)
            await write(house)
            (root,) = await db_roots.roots(house.db)
            await db_sidecars.keep_roots(house.db, {root.id: Kept(7, frozenset({"rating"}))})
            house.ingest.sidecars.places.clear()
            await scan(house)
            assert (await stars(house), await stars(house, user=7)) == (4, 4)
            assert await due(house) == 0

    async def test_an_edit_in_the_last_moment_is_not_overlooked(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        beside = tmp_path / "photos" / "0.jpg.xmp"

        def late(path: str) -> tuple[bytes, os.stat_result | None]:
            monkeypatch.undo()
            sidecar(beside, rating=1, keywords=("sea",))
            return sidecarwriting._read(path)

        async with library(tmp_path) as house:
            await rate(house, 4, at="2024-01-01T00:00:00Z")
            await write(house)
            await db_captions.write_caption(house.db, await photo_id(house), "Mine", db_captions.MANUAL)
            monkeypatch.setattr("facetd.ingest.sidecarwriting._read", late)
            await write(house)
            assert await stars(house) == 1
            assert said(beside) == {"rating": 1, "keywords": ("sea",), "description": "Mine"}


class TestLeftAlone:
    """What is not written, and why."""

    @pytest.mark.parametrize(
        ("content", "why"),
        [
            (b"<x:xmpmeta>broken", "left alone: line 1"),
            (b"", "left alone: line 1"),
            (b"<a/>", "it has no rdf:RDF"),
            (LIGHTROOM + b" " * (10 << 20), "larger than 10 MB"),
        ],
    )
    async def test_sidecars_that_are_no_sidecars(self, tmp_path: Path, content: bytes, why: str) -> None:
        make_photo(tmp_path / "photos" / "0.jpg")
        beside = tmp_path / "photos" / "0.jpg.xmp"
        beside.write_bytes(content)
        async with library(tmp_path, photos=2) as house:
            await rate(house, 5)
            await rate(house, 5, "1.jpg")
            done = await write(house)
            assert (done.written, done.failed) == (1, 1)
            assert beside.read_bytes() == content
            report = await house.ingest.sidecars.report()
            assert why in report["failures"][0]["message"]
            assert report["failures"][0]["photo_path"] == "/photos/0.jpg"
            sidecar(beside, rating=5)
            await changed(house, "0.jpg.xmp")
            assert (await write(house)).failed == 0
            assert (await house.ingest.sidecars.report())["failure_count"] == 0

    async def test_a_link(self, tmp_path: Path) -> None:
        make_photo(tmp_path / "photos" / "0.jpg")
        victim = sidecar(tmp_path / "elsewhere.xmp", rating=1)
        (tmp_path / "photos" / "0.jpg.xmp").symlink_to(victim)
        async with library(tmp_path) as house:
            await rate(house, 5)
            assert (await write(house)).failed == 1
            assert "a link" in (await house.ingest.sidecars.report())["failures"][0]["message"]
            assert said(victim) == {"rating": 1}

    async def test_a_root_that_is_offline(self, tmp_path: Path) -> None:
        async with library(tmp_path) as house:
            await rate(house, 5)
            (tmp_path / "photos").rename(tmp_path / "unplugged")
            (tmp_path / "photos").mkdir()
            done = await write(house)
            assert done.problems == {"photos": "photos is offline"}
            assert os.listdir(tmp_path / "photos") == []
            (tmp_path / "photos").rmdir()
            (tmp_path / "unplugged").rename(tmp_path / "photos")
            assert (await write(house)).written == 1

    async def test_a_folder_that_may_not_be_written_is_one_line(
        self, tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def read_only(path: str, *_: object, **__: object) -> os.stat_result:
            raise OSError(errno.EROFS, "Read-only file system", path)

        async with library(tmp_path, photos=3) as house:
            for number in range(3):
                await rate(house, 5, f"{number}.jpg")
            with monkeypatch.context() as patch:
                patch.setattr("facetd.ingest.sidecarwriting.replace_file", read_only)
                for _ in range(3):
                    done = await write(house)
            assert (done.written, done.failed) == (0, 0)
            assert "Read-only file system" in done.problems["photos"]
            assert len([line for line in caplog.messages if "Read-only" in line]) == 1
            assert (await house.ingest.sidecars.status())["roots"][0]["waiting"] == 3
            assert (await write(house)).written == 3
            assert (await house.ingest.sidecars.status())["roots"][0]["problem"] == ""

    async def test_a_folder_closed_to_us_does_not_stop_the_others(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def closed(path: str, *arguments: Any, **named: Any) -> os.stat_result:
            if "/closed/" in path:
                raise PermissionError(errno.EACCES, "Permission denied", path)
            return replace_file(path, *arguments, **named)

        make_photo(tmp_path / "photos" / "closed" / "8.jpg", 8)
        make_photo(tmp_path / "photos" / "open" / "9.jpg", 9)
        async with library(tmp_path) as house:
            for name in ("0.jpg", "8.jpg", "9.jpg"):
                await rate(house, 5, name)
            monkeypatch.setattr("facetd.ingest.sidecarwriting.replace_file", closed)
            done = await write(house)
            assert (done.written, done.failed) == (2, 0)
            assert "closed/8.jpg.xmp cannot be written: Permission denied" in done.problems["photos"]

    async def test_two_roots_one_off(self, tmp_path: Path) -> None:
        make_photo(tmp_path / "private" / "p.jpg", 5)
        async with library(tmp_path) as house:
            await scan(house, tmp_path / "private")
            await rate(house, 5)
            await rate(house, 5, "p.jpg")
            assert (await write(house)).written == 1
            assert os.listdir(tmp_path / "private") == ["p.jpg"]

    async def test_fields_that_are_not_chosen(self, tmp_path: Path) -> None:
        async with library(tmp_path, {"photos": {"mode": "beside", "fields": ["caption"]}}) as house:
            await rate(house, 5)
            assert (await write(house)).written == 0
            await db_captions.write_caption(house.db, await photo_id(house), "Mine", db_captions.MANUAL)
            await write(house)
            assert said(tmp_path / "photos" / "0.jpg.xmp") == {"description": "Mine"}

    async def test_a_name_that_is_excluded(self, tmp_path: Path) -> None:
        async with library(tmp_path, scanning={"also_exclude": ["*.xmp"]}) as house:
            await rate(house, 5)
            assert (await write(house)).failed == 1
            assert os.listdir(tmp_path / "photos") == ["0.jpg"]

    async def test_a_photo_behind_a_link_into_another_root(self, tmp_path: Path) -> None:
        make_photo(tmp_path / "private" / "p.jpg", 5)
        (tmp_path / "photos").mkdir()
        (tmp_path / "photos" / "link").symlink_to(tmp_path / "private")
        async with library(tmp_path, scanning={"follow_symlinks": True}) as house:
            await scan(house, tmp_path / "private")
            for row in await house.db.rows("SELECT id FROM photo"):
                async with house.db.writing() as connection:
                    await connection.execute(
                        "INSERT INTO rating (user_id, photo_id, stars, updated_at) VALUES (0, ?, 5, '2024-01-01T00:00:00Z')", (row[0],)
                    )
            await write(house)
            assert os.listdir(tmp_path / "private") == ["p.jpg"]


class TestNames:
    """Which of the two names."""

    async def test_the_stem_where_it_is_chosen(self, tmp_path: Path) -> None:
        async with library(tmp_path, {"photos": {"mode": "beside", "naming": "stem"}}) as house:
            await rate(house, 5)
            await write(house)
            assert sorted(os.listdir(tmp_path / "photos")) == ["0.jpg", "0.xmp"]

    async def test_one_that_is_there_is_changed_whatever_its_name(self, tmp_path: Path) -> None:
        make_photo(tmp_path / "photos" / "0.jpg")
        sidecar(tmp_path / "photos" / "0.XMP", title="Kept")
        async with library(tmp_path) as house:
            await rate(house, 5)
            await write(house)
            assert sorted(os.listdir(tmp_path / "photos")) == ["0.XMP", "0.jpg"]
            assert said(tmp_path / "photos" / "0.XMP") == {"rating": 5, "title": "Kept"}

    @pytest.mark.parametrize("newer", ["0.xmp", "0.jpg.xmp"])
    async def test_of_both_the_newer_one(self, tmp_path: Path, newer: str) -> None:
        make_photo(tmp_path / "photos" / "0.jpg")
        for name, stars_there in (("0.xmp", 1), ("0.jpg.xmp", 2)):
            path = sidecar(tmp_path / "photos" / name, rating=stars_there)
            moment = 1700000000 + 10 * (name == newer)
            os.utime(path, (moment, moment))
        async with library(tmp_path) as house:
            assert await stars(house) == (1 if newer == "0.xmp" else 2)
            await rate(house, 5)
            await write(house)
            assert said(tmp_path / "photos" / newer) == {"rating": 5}
            await scan(house)
            assert await stars(house) == 5
            (older,) = {"0.xmp", "0.jpg.xmp"} - {newer}
            sidecar(tmp_path / "photos" / older, rating=3)
            await changed(house, older)
            assert await stars(house) == 3

    async def test_a_stem_that_two_photos_share_is_left_alone(self, tmp_path: Path) -> None:
        make_photo(tmp_path / "photos" / "0.jpg")
        make_photo(tmp_path / "photos" / "0.png.jpg", 1)
        scene(4).save(tmp_path / "photos" / "0.png")
        shared = sidecar(tmp_path / "photos" / "0.xmp", rating=1)
        async with library(tmp_path, {"photos": {"mode": "beside", "naming": "stem"}}) as house:
            await rate(house, 5)
            await write(house)
            assert said(shared) == {"rating": 1}
            assert said(tmp_path / "photos" / "0.jpg.xmp") == {"rating": 5}
            await scan(house)
            assert (await stars(house, "0.jpg"), await stars(house, "0.png")) == (5, 1)
            assert await due(house) == 0

    async def test_the_sidecar_of_a_pair_is_that_of_the_picture(self, tmp_path: Path) -> None:
        make_photo(tmp_path / "photos" / "0.jpg")
        (tmp_path / "photos" / "0.nef").write_bytes(b"II*\0no raw")
        sidecar(tmp_path / "photos" / "0.xmp", rating=1)
        async with library(tmp_path) as house:
            await rate(house, 5)
            await write(house)
            assert said(tmp_path / "photos" / "0.xmp") == {"rating": 5}
            await scan(house)
            assert await stars(house) == 5
            assert (await write(house)).written == 0

    async def test_names_that_are_not_utf8(self, tmp_path: Path) -> None:
        make_photo(tmp_path / "photos" / "0.jpg")
        name = os.fsdecode(b"\xff\xfe.jpg")
        (tmp_path / "photos" / "0.jpg").rename(tmp_path / "photos" / name)
        async with library(tmp_path, photos=0) as house:
            row = await house.db.row("SELECT id FROM photo")
            assert row is not None
            async with house.db.writing() as connection:
                await connection.execute(
                    "INSERT INTO rating (user_id, photo_id, stars, updated_at) VALUES (0, ?, 5, '2024-01-01T00:00:00Z')", (row[0],)
                )
            (tmp_path / "photos" / f"{name}.xmp").write_text("<broken")
            await scan(house)
            assert (await write(house)).failed == 1
            (failure,) = (await house.ingest.sidecars.report())["failures"]
            assert "%FF%FE.jpg.xmp was left alone" in failure["message"]
            (tmp_path / "photos" / f"{name}.xmp").unlink()
            await scan(house)
            assert (await write(house)).written == 1
            assert said(tmp_path / "photos" / f"{name}.xmp") == {"rating": 5}

    async def test_a_folder_that_is_not_utf8_and_may_not_be_written(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        folder = tmp_path / "photos" / os.fsdecode(b"\xff")
        make_photo(folder / "0.jpg")
        async with library(tmp_path, photos=0) as house:
            await rate(house, 5)
            monkeypatch.setattr("facetd.ingest.sidecarwriting.replace_file", _closed)
            assert "/%FF/0.jpg.xmp cannot be written" in (await write(house)).problems["photos"]

    async def test_a_sidecar_that_is_too_much_for_us_does_not_stop_the_others(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def stumbling(path: str, *arguments: Any, **named: Any) -> os.stat_result:
            if path.endswith("0.jpg.xmp"):
                raise ValueError("never thought of that")
            return replace_file(path, *arguments, **named)

        async with library(tmp_path, photos=2) as house:
            await rate(house, 5, "0.jpg")
            await rate(house, 5, "1.jpg")
            monkeypatch.setattr("facetd.ingest.sidecarwriting.replace_file", stumbling)
            done = await write(house)
            assert (done.written, done.failed) == (1, 1)


class TestTree:
    """Sidecars in folders of their own."""

    @staticmethod
    def section(tmp_path: Path) -> dict[str, Any]:
        (tmp_path / "tree").mkdir(exist_ok=True)
        return {"photos": {"mode": "tree", "tree": str(tmp_path / "tree")}}

    async def test_they_are_written_and_read_there(self, tmp_path: Path) -> None:
        make_photo(tmp_path / "photos" / "trip" / "9.jpg", 9)
        async with library(tmp_path, self.section(tmp_path)) as house:
            await rate(house, 5)
            await rate(house, 4, "9.jpg")
            assert (await write(house)).written == 2
            assert said(tmp_path / "tree" / "0.jpg.xmp") == {"rating": 5}
            there = tmp_path / "tree" / "trip" / "9.jpg.xmp"
            assert said(there) == {"rating": 4}
            assert sorted(os.listdir(tmp_path / "photos")) == ["0.jpg", "trip"]
            workers = house.ingest.workers
            assert isinstance(workers, InlineWorkers)
            workers.visited.clear()
            await scan(house)
            assert workers.visited == []
            sidecar(there, rating=1)
            await scan(house)
            assert await stars(house, "9.jpg") == 1

    async def test_a_tree_whose_disk_is_away_is_not_written(self, tmp_path: Path) -> None:
        async with library(tmp_path, self.section(tmp_path)) as house:
            await rate(house, 5)
            await write(house)
            (tmp_path / "tree").rename(tmp_path / "unplugged")
            await rate(house, 3)
            assert "no such folder" in (await write(house)).problems["photos"]
            (tmp_path / "tree").mkdir()
            assert "mounted" in (await write(house)).problems["photos"]
            await scan(house)
            assert "mounted" in (await write(house)).problems["photos"]
            assert await stars(house) == 3
            (tmp_path / "tree").rmdir()
            (tmp_path / "unplugged").rename(tmp_path / "tree")
            assert (await write(house)).written == 1
            assert said(tmp_path / "tree" / "0.jpg.xmp") == {"rating": 3}

    @pytest.mark.parametrize("tree", ["photos", "photos/xmp", "data", "data/xmp", ".", "other", "other/xmp"])
    async def test_places_that_a_tree_cannot_be(self, tmp_path: Path, tree: str) -> None:
        make_photo(tmp_path / "other" / "x.jpg", 3)
        (tmp_path / "data").mkdir()
        (tmp_path / tree).mkdir(exist_ok=True, parents=True)
        before = sorted(os.listdir(tmp_path / tree))
        sections = {"photos": {"mode": "tree", "tree": str(tmp_path / tree)}}
        async with library(tmp_path, sections) as house:
            await scan(house, tmp_path / "other")
            await rate(house, 5)
            assert "lie in one another" in (await write(house)).problems["photos"]
        assert not [name for name in set(os.listdir(tmp_path / tree)) - set(before) if name.endswith(".xmp")]

    async def test_a_tree_is_for_one_root(self, tmp_path: Path) -> None:
        make_photo(tmp_path / "other" / "x.jpg", 3)
        sections = {**self.section(tmp_path), "other": {"mode": "tree", "tree": str(tmp_path / "tree")}}
        async with library(tmp_path, sections) as house:
            await scan(house, tmp_path / "other")
            await rate(house, 5)
            await rate(house, 5, "x.jpg")
            done = await write(house)
            assert done.written == 1
            assert "another photo folder" in done.problems["other"]


async def test_the_ratings_of_another_user(tmp_path: Path) -> None:
    async with library(tmp_path, {"photos": {"mode": "beside"}}) as house:
        await rate(house, 5, user=7)
        assert (await write(house)).written == 0


async def test_switched_on_later_what_was_rated_before_is_written(tmp_path: Path) -> None:
    async with library(tmp_path, {}) as house:
        await rate(house, 5)
    async with opened(tmp_path / "data", config(sidecars=BESIDE), workers=InlineWorkers()) as house:
        assert (await write(house, dry=True)).unread == 1
        assert os.listdir(tmp_path / "photos") == ["0.jpg"]
        assert (await write(house)).written == 1
    async with library(tmp_path, {}) as house:
        await rate(house, 1)
        assert (await write(house)).written == 0
        assert await due(house) == 0
    async with library(tmp_path) as house:
        assert (await write(house)).written == 1
        assert said(tmp_path / "photos" / "0.jpg.xmp") == {"rating": 1}


async def test_what_comes_from_a_folder_without_sidecars_is_written_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("facetd.ingest.sidecars.LOOK_EVERY_S", 0.05)
    monkeypatch.setattr("facetd.ingest.sidecars.QUIET_S", 0.0)
    names = ("came.jpg", "later.jpg", "stays.jpg")
    for number, name in enumerate(names):
        make_photo(tmp_path / "other" / name, number + 10)
    async with library(tmp_path) as house:
        await scan(house, tmp_path / "other")
        numbers = [await photo_id(house, name) for name in names]
        for name in names:
            await rate(house, 4, name)
        assert (await write(house)).written == 0
        (tmp_path / "other" / names[0]).rename(tmp_path / "photos" / names[0])
        await scan(house)
        done = await write(house)
        assert done.unread == 0
        assert said(tmp_path / "photos" / f"{names[0]}.xmp") == {"rating": 4}
        (tmp_path / "other" / names[1]).rename(tmp_path / "photos" / names[1])
        await scan(house)
        house.ingest.sidecars.start()
        async with asyncio.timeout(10):
            while not (tmp_path / "photos" / f"{names[1]}.xmp").exists():
                await asyncio.sleep(0.05)
        assert [await photo_id(house, name) for name in names] == numbers, "the same photos"


async def test_a_field_that_is_written_from_now_on_takes_nothing_away(tmp_path: Path) -> None:
    make_photo(tmp_path / "photos" / "0.jpg")
    (tmp_path / "photos" / "0.xmp").write_bytes(LIGHTROOM)
    async with library(tmp_path, {"photos": {"mode": "beside", "fields": ["rating"]}}) as house:
        await rate(house, 5)
        await write(house)
    async with library(tmp_path) as house:
        assert (await write(house)).written == 0
        assert said(tmp_path / "photos" / "0.xmp")["description"] == "By the sea"
        assert await db_captions.caption_of(house.db, await photo_id(house)) == ("By the sea", "manual")
        await db_captions.drop_caption(house.db, await photo_id(house))
    async with library(tmp_path, {}) as house:
        await rate(house, 2)
    async with library(tmp_path) as house:
        assert (await write(house)).written == 1
        found = said(tmp_path / "photos" / "0.xmp")
        assert (found["rating"], found["label"], found.get("description")) == (2, "Red", None)


async def test_dry(tmp_path: Path) -> None:
    async with library(tmp_path) as house:
        await rate(house, 5)
        done = await write(house, dry=True)
        (planned,) = done.planned
        assert (planned.path, planned.changes) == (str(tmp_path / "photos" / "0.jpg.xmp"), {"rating": ("0", "5")})
        assert os.listdir(tmp_path / "photos") == ["0.jpg"]
        assert (await write(house)).written == 1


async def test_a_kill_after_the_rename_is_no_edit_of_another(tmp_path: Path) -> None:
    async with library(tmp_path) as house:
        await rate(house, 5)

        async def killed(*_: object) -> None:
            raise RuntimeError("killed")

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("facetd.db.sidecars.settle", killed)
            with pytest.raises(RuntimeError):
                await write(house)
        assert said(tmp_path / "photos" / "0.jpg.xmp") == {"rating": 5}
        await rate(house, 4)
        assert (await write(house)).written == 1
        assert await stars(house) == 4
        assert said(tmp_path / "photos" / "0.jpg.xmp") == {"rating": 4}


async def test_the_background_writes_after_a_moment_of_quiet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("facetd.ingest.sidecars.LOOK_EVERY_S", 0.05)
    monkeypatch.setattr("facetd.ingest.sidecars.QUIET_S", 0.0)
    async with library(tmp_path) as house:
        house.ingest.sidecars.start()
        await rate(house, 5, at="2024-01-01T00:00:00Z")
        async with house.db.writing() as connection:
            await bump(connection)
        async with asyncio.timeout(10):
            while not (tmp_path / "photos" / "0.jpg.xmp").exists():
                await asyncio.sleep(0.05)


async def test_a_clock_that_was_wrong_does_not_put_it_off_for_ever(tmp_path: Path) -> None:
    async with library(tmp_path, photos=2) as house:
        (root,) = await db_roots.roots(house.db)
        await rate(house, 5, "0.jpg", at="2099-01-01T00:00:00Z")
        await rate(house, 5, "1.jpg")
        found = await db_sidecars.due_in(house.db, root.id, until="2024-01-01T00:00:00Z", after=0, limit=9)
        assert [each.filename for each in found] == ["0.jpg"]
        found = await db_sidecars.due_in(house.db, root.id, until=db_sidecars.EVER, after=0, limit=9)
        assert len(found) == 2


async def test_an_unknown_root_or_user_is_told(tmp_path: Path) -> None:
    async with library(tmp_path, {"photo": {"mode": "beside"}, str(tmp_path / "photos"): {"mode": "beside"}}) as house:
        found = await house.ingest.sidecars.status()
        assert [root["root"] for root in found["roots"]] == ["photos"]
        assert found["problems"] == ["sidecars.photo: no photo folder of this name or directory"]
