"""Zip downloads: a link for a browser, streamed, whole whatever happens to the photos, and only for who asked."""

from __future__ import annotations

import asyncio
import io
import json
import os
import shutil
import subprocess
import zipfile
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientResponse, content_disposition_filename, parse_content_disposition

from facetd.accounts.viewers import single_viewer
from facetd.http import zipping
from facetd.http.api import zips
from facetd.http.files import OpenFile
from facetd.http.services import SERVICES
from facetd.library.tickets import LIFETIME_S, MOST_OF_ONE
from facetd.records.viewer import Viewer
from tests.house import config, opened, scan
from tests.http.serving import Site, as_viewer, problem_of, served
from tests.http.test_downloads import open_inside_of
from tests.ingest.fakedarktable import FakeDarktable, alive, make_darktable
from tests.photos import make_photo, scene


@pytest.fixture
async def stocked_zip(tmp_path: Path, corpus_raw: Path) -> AsyncIterator[Site]:
    """Two folders, a pair, a RAW alone, a name in another script."""
    photos = tmp_path / "Pictures"
    make_photo(photos / "Rome" / "IMG_1.jpg", 1, taken="2024:07:14 18:03:22")
    shutil.copy(corpus_raw, photos / "Rome" / "IMG_1.DNG")
    make_photo(photos / "Oslo" / "IMG_1.jpg", 2, taken="2024:07:20 08:00:01")
    make_photo(photos / "Oslo" / "写真.jpg", 3, taken=None)
    shutil.copy(corpus_raw, photos / "Oslo" / "alone.dng")
    scene(5).save(photos / "t.tif")
    fake = make_darktable(tmp_path / "bin")
    settings = config(viewer={"raw_processor": {"darktable": {"executable": fake.executable, "profiles": {"Warm": {}}}}})
    async with opened(tmp_path / "data", settings) as house:
        await scan(house, photos)
        async with served(house) as site:
            yield site


async def chosen(site: Site, *paths: str, **more: Any) -> dict[str, Any]:
    """A ticket for these photos of Pictures."""
    body = {"photo_paths": [f"/Pictures/{path}" for path in paths], **more}
    response = await site.client.post("/api/download/zip", json=body)
    text = await response.text()
    assert response.status == 200, text
    found: dict[str, Any] = json.loads(text)
    return found


async def refused(site: Site, status: int, **body: Any) -> dict[str, str]:
    return await problem_of(await site.client.post("/api/download/zip", json=body), status)


async def contents(response: ClientResponse, tmp_path: Path) -> dict[str, bytes]:
    """What is in the zip file, by name; two programs must find it whole."""
    assert response.status == 200
    assert response.content_type == "application/zip"
    made = await response.read()
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        assert archive.testzip() is None
        found = {info.filename: archive.read(info) for info in archive.infolist()}
        assert len(found) == len(archive.infolist())
    if shutil.which("unzip"):
        (tmp_path / "tried.zip").write_bytes(made)
        done = subprocess.run(["unzip", "-tqq", str(tmp_path / "tried.zip")], capture_output=True, check=False)
        assert done.returncode == 0, done
    return found


async def test_a_selection(stocked_zip: Site, tmp_path: Path) -> None:
    photos = tmp_path / "Pictures"
    ticket = await chosen(stocked_zip, "Rome/IMG_1.jpg", "Oslo/IMG_1.jpg", "Oslo/写真.jpg", "Rome/none.jpg", "Rome/IMG_1.jpg")
    assert ticket["count"] == 3
    assert ticket["not_found"] == ["/Pictures/Rome/none.jpg"]
    assert ticket["filename"] == "2024-07-14 - 2024-07-20.zip"
    response = await stocked_zip.get(ticket["url"])
    kind, parameters = parse_content_disposition(response.headers["Content-Disposition"])
    assert (kind, content_disposition_filename(parameters)) == ("attachment", ticket["filename"])
    made = await response.read()
    assert await contents(await stocked_zip.get(ticket["url"]), tmp_path) == {
        name: (photos / name).read_bytes() for name in ("Rome/IMG_1.jpg", "Oslo/IMG_1.jpg", "Oslo/写真.jpg")
    }
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        assert archive.getinfo("Rome/IMG_1.jpg").date_time == (2024, 7, 14, 18, 3, 22)
        assert archive.getinfo("Oslo/写真.jpg").date_time[0] >= 2024
    head = await stocked_zip.client.head(ticket["url"])
    assert (head.status, await head.read()) == (200, b"")


async def test_raws_become_jpegs_or_stay_raws(stocked_zip: Site, tmp_path: Path) -> None:
    paths = ("Rome/IMG_1.jpg", "Rome/IMG_1.DNG", "Oslo/alone.dng", "t.tif")
    originals = await contents(await stocked_zip.get((await chosen(stocked_zip, *paths))["url"]), tmp_path)
    assert sorted(originals) == ["Oslo/alone.jpg", "Rome/IMG_1 (2).jpg", "Rome/IMG_1.jpg", "t.tif"]
    assert originals["Oslo/alone.jpg"][:3] == b"\xff\xd8\xff"
    ticket = await chosen(stocked_zip, *paths, type="raw")
    assert (ticket["count"], ticket["without_raw"]) == (2, 1)
    raws = await contents(await stocked_zip.get(ticket["url"]), tmp_path)
    assert sorted(raws) == ["Oslo/alone.dng", "Rome/IMG_1.DNG", "errors.txt"]
    assert raws["errors.txt"].decode() == "/Pictures/t.tif: there is no RAW file of this photo\n"
    assert raws["Rome/IMG_1.DNG"] == (tmp_path / "Pictures" / "Rome" / "IMG_1.DNG").read_bytes()
    developed = await contents(
        await stocked_zip.get((await chosen(stocked_zip, *paths, type="darktable", profile="Warm"))["url"]), tmp_path
    )
    assert sorted(developed) == ["Oslo/alone_Warm.jpg", "Rome/IMG_1_Warm.jpg", "t.tif"]
    assert developed["Oslo/alone_Warm.jpg"] == (tmp_path / "bin" / "made.jpg").read_bytes()


async def test_one_folder_lies_flat(stocked_zip: Site, tmp_path: Path) -> None:
    ticket = await chosen(stocked_zip, "Oslo/IMG_1.jpg", "Oslo/写真.jpg")
    assert sorted(await contents(await stocked_zip.get(ticket["url"]), tmp_path)) == ["IMG_1.jpg", "写真.jpg"]


async def test_what_vanishes_or_fails_is_told_inside(stocked_zip: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    photos = tmp_path / "Pictures"
    ticket = await chosen(stocked_zip, "Rome/IMG_1.jpg", "Oslo/IMG_1.jpg", "Oslo/写真.jpg", "Oslo/alone.dng", "t.tif")
    (photos / "Rome" / "IMG_1.jpg").unlink()
    (photos / "Oslo" / "写真.jpg").unlink()
    (photos / "Oslo" / "写真.jpg").symlink_to("/etc/hostname")
    (photos / "Oslo" / "alone.dng").write_bytes(b"changed")
    found = await contents(await stocked_zip.get(ticket["url"]), tmp_path)
    errors = found.pop("errors.txt").decode()
    assert errors.splitlines() == [
        "/Pictures/Rome/IMG_1.jpg: the photo's file is not there",
        "/Pictures/Oslo/写真.jpg: the photo's file is not there",
        "/Pictures/Oslo/alone.dng: the photo was changed and is being read anew",
    ]
    assert set(found) == {"Oslo/IMG_1.jpg", "t.tif"}

    whole = (photos / "t.tif").read_bytes()
    read = OpenFile.read

    def failing(self: OpenFile, offset: int, count: int) -> bytes:
        if self.size == len(whole):
            if offset:
                raise OSError(5, "Input/output error")
            return read(self, offset, 1000)
        return read(self, offset, count)[: 0 if offset else 100]

    monkeypatch.setattr(OpenFile, "read", failing)
    found = await contents(await stocked_zip.get((await chosen(stocked_zip, "Oslo/IMG_1.jpg", "t.tif"))["url"]), tmp_path)
    assert found["t.tif"] == whole[:1000]
    assert found["errors.txt"].decode().splitlines() == [
        "/Pictures/Oslo/IMG_1.jpg: incomplete, the file became shorter",
        "/Pictures/t.tif: incomplete, Input/output error",
    ]


async def test_a_mistake_costs_one_photo(stocked_zip: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    size = (tmp_path / "Pictures" / "Oslo" / "IMG_1.jpg").stat().st_size
    read = OpenFile.read

    def wrong(self: OpenFile, offset: int, count: int) -> bytes:
        if self.size == size:
            raise RuntimeError("a mistake")
        return read(self, offset, count)

    monkeypatch.setattr(OpenFile, "read", wrong)
    found = await contents(await stocked_zip.get((await chosen(stocked_zip, "Oslo/IMG_1.jpg", "t.tif"))["url"]), tmp_path)
    assert found["errors.txt"] == b"/Pictures/Oslo/IMG_1.jpg: an unexpected error\n"
    assert found["t.tif"] == (tmp_path / "Pictures" / "t.tif").read_bytes()


async def test_a_client_that_goes_away_ends_darktable(stocked_zip: Site, tmp_path: Path) -> None:
    fake = FakeDarktable(tmp_path / "bin")
    fake.tell(seconds=600)
    ticket = await chosen(stocked_zip, "Oslo/IMG_1.jpg", "Rome/IMG_1.jpg", type="darktable", profile="Warm")
    response = await stocked_zip.get(ticket["url"])
    async with asyncio.timeout(20):
        while not fake.calls:
            await asyncio.sleep(0.02)
        response.close()
        while alive(fake.calls[0]["pid"]) or open_inside_of(tmp_path / "Pictures"):
            await asyncio.sleep(0.02)


async def test_an_offline_folder_makes_a_whole_zip_too(stocked_zip: Site, tmp_path: Path) -> None:
    ticket = await chosen(stocked_zip, "Rome/IMG_1.jpg", "Oslo/IMG_1.jpg")
    (tmp_path / "Pictures").rename(tmp_path / "unplugged")
    found = await contents(await stocked_zip.get(ticket["url"]), tmp_path)
    assert list(found) == ["errors.txt"]
    assert found["errors.txt"].count(b"the photo's folder is offline") == 2


async def test_what_cannot_be_chosen(stocked_zip: Site) -> None:
    assert "photo_ids" in await refused(stocked_zip, 400)
    assert "photo_ids" in await refused(stocked_zip, 400, photo_ids=[])
    assert "photo_ids" in await refused(stocked_zip, 400, photo_ids=[1], photo_paths=["/Pictures/t.tif"])
    assert "photo_ids" in await refused(stocked_zip, 400, photo_ids=list(range(1, 10_002)))
    assert "profile" in await refused(stocked_zip, 400, photo_ids=[1], type="darktable", profile="Cold")
    assert "type" in await refused(stocked_zip, 400, photo_ids=[1], type="tar")
    await refused(stocked_zip, 404, photo_ids=[999])
    await stocked_zip.problem("/api/download/zip?token=nonsense", 404)
    assert "token" in await stocked_zip.problem("/api/download/zip")


async def test_what_is_known_not_to_be_had_is_told_at_once(stocked_zip: Site, tmp_path: Path) -> None:
    await refused(stocked_zip, 404, photo_paths=["/Pictures/t.tif"], type="raw")
    (tmp_path / "bin" / "darktable-cli").unlink()
    answer = await stocked_zip.client.post(
        "/api/download/zip", json={"photo_paths": ["/Pictures/Oslo/alone.dng"], "type": "darktable", "profile": "Warm"}
    )
    assert (answer.status, "Install" in (await answer.json())["detail"]) == (409, True)
    assert (await chosen(stocked_zip, "t.tif", type="darktable", profile="Warm"))["count"] == 1  # an original does for it


async def test_a_client_that_goes_away_ends_the_reading(stocked_zip: Site, tmp_path: Path) -> None:
    big = tmp_path / "Pictures" / "Rome" / "IMG_1.DNG"
    with open(big, "ab") as file:
        file.truncate(200 * 1024 * 1024)
    url = (await chosen(stocked_zip, "Rome/IMG_1.jpg", "Oslo/alone.dng", type="raw"))["url"]
    for _ in range(5):
        response = await stocked_zip.get(url)
        await response.content.readexactly(100_000)
        assert open_inside_of(tmp_path / "Pictures")
        response.close()
    async with asyncio.timeout(20):
        while open_inside_of(tmp_path / "Pictures"):
            await asyncio.sleep(0.02)


async def test_a_large_zip_takes_no_memory(stocked_zip: Site, tmp_path: Path) -> None:
    big = tmp_path / "Pictures" / "Rome" / "IMG_1.DNG"
    with open(big, "ab") as file:
        file.truncate(300 * 1024 * 1024)
    url = (await chosen(stocked_zip, "Rome/IMG_1.jpg", type="raw"))["url"]
    before = resident_mb()
    response = await stocked_zip.get(url)
    most, received = before, 0
    async for piece in response.content.iter_chunked(1024 * 1024):
        received += len(piece)
        most = max(most, resident_mb())
    assert received > 300 * 1024 * 1024
    assert most - before < 60


def resident_mb() -> float:
    with open("/proc/self/statm", encoding="ascii") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


async def test_a_ticket_is_good_for_its_maker_for_some_minutes_and_shows_what_they_may_see_then(tmp_path: Path) -> None:
    for name, number in (("Alice", 1), ("Bob", 2), ("Shared", 3)):
        make_photo(tmp_path / name / "a.jpg", number)
    async with opened(tmp_path / "data", config()) as house:
        await scan(house, *(tmp_path / name for name in ("Alice", "Bob", "Shared")))
        everybody = await single_viewer(house.db)
        roots = {root.name: root.id for root, _count in await house.list_roots()}
        alice = Viewer(1, "user", everybody.root_ids - {roots["Bob"]}, "alice")
        bob = Viewer(2, "user", everybody.root_ids - {roots["Alice"]}, "bob")
        now = [0.0]
        async with served(house) as site:
            client = site.client
            as_viewer(site, bob)
            client.server.app[SERVICES].tickets._clock = lambda: now[0]  # type: ignore[attr-defined]
            paths = {"photo_paths": ["/Alice/a.jpg", "/Bob/a.jpg", "/Shared/a.jpg"]}
            ticket = await (await client.post("/api/download/zip", json=paths)).json()
            assert (ticket["not_found"], ticket["expires_in_s"], LIFETIME_S) == (["/Alice/a.jpg"], 600, 600)
            assert sorted(await contents(await site.get(ticket["url"]), tmp_path)) == ["Bob/a.jpg", "Shared/a.jpg"]
            await refused(site, 404, photo_paths=["/Alice/a.jpg"])
            as_viewer(site, alice)
            theirs, nothing = await site.get(ticket["url"]), await site.get("/api/download/zip?token=nonsense")
            assert (theirs.status, await theirs.json()) == (404, await nothing.json())
            as_viewer(site, replace(bob, root_ids=frozenset({roots["Shared"]})))
            later = await contents(await site.get(ticket["url"]), tmp_path)
            assert sorted(later) == ["a.jpg", "errors.txt"]
            assert b"Bob" not in later["errors.txt"]
            as_viewer(site, bob)
            now[0] = LIFETIME_S + 1.0
            await site.problem(ticket["url"], 404)
            many = [await (await client.post("/api/download/zip", json=paths)).json() for _ in range(MOST_OF_ONE + 1)]
            assert (await site.get(many[-1]["url"])).status == 200
            await site.problem(many[0]["url"], 404)


async def test_an_album_is_downloaded_by_its_name_as_each_may_see_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, number in (("Alice", 1), ("Shared", 3)):
        make_photo(tmp_path / name / "a.jpg", number)
        make_photo(tmp_path / name / "b.jpg", number + 10)
    async with opened(tmp_path / "data", config()) as house, served(house) as site:
        await scan(house, *(tmp_path / name for name in ("Alice", "Shared")))
        everybody = await single_viewer(house.db)
        roots = {root.name: root.id for root, _count in await house.list_roots()}
        alice = Viewer(1, "superadmin", everybody.root_ids, "alice")
        bob = Viewer(2, "user", frozenset({roots["Shared"]}), "bob")
        as_viewer(site, alice)

        async def album(**body: Any) -> str:
            made = await (await site.client.post("/api/albums", json=body)).json()
            return f"/api/albums/{made['id']}/download"

        paths = ["/Shared/b.jpg", "/Alice/a.jpg", "/Shared/a.jpg"]
        summer = await album(name='Été "24"', visibility="household", photo_paths=paths)
        private = await album(name="Mine", photo_paths=paths)
        smart = await album(name="Smart", is_smart=True, smart_filter_json={"path_prefix": "/Alice"})
        broken = await album(name="Broken", is_smart=True, smart_filter_json={"path_prefix": "/Alice"})
        empty = await album(name="Empty")
        response = await site.get(summer)
        _kind, parameters = parse_content_disposition(response.headers["Content-Disposition"])
        assert content_disposition_filename(parameters) == 'Été "24".zip'
        assert list(await contents(response, tmp_path)) == ["Shared/b.jpg", "Alice/a.jpg", "Shared/a.jpg"]
        assert sorted(await contents(await site.get(smart), tmp_path)) == ["a.jpg", "b.jpg"]
        async with house.db.writing() as connection:
            await connection.execute("UPDATE album SET smart_filter = '{\"none\": 1}' WHERE name = 'Broken'")
        await site.problem(broken, 404)
        await site.problem(empty, 404)
        assert "profile" in await site.problem(f"{summer}?type=darktable&profile=Cold")
        monkeypatch.setattr(zips, "MOST", 2)
        assert "At most 2" in (await (await site.get(summer)).json())["detail"]
        monkeypatch.undo()
        as_viewer(site, bob)
        assert list(await contents(await site.get(summer), tmp_path)) == ["b.jpg", "a.jpg"]
        nothing = await site.get("/api/albums/999/download")
        for hidden in (private, smart):
            theirs = await site.get(hidden)
            assert (theirs.status, await theirs.json()) == (404, await nothing.json())


async def test_four_at_once_are_enough_for_one(stocked_zip: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, go_on = asyncio.Semaphore(0), asyncio.Event()
    sent = zipping._Sending.send

    async def held(self: Any, downloads: Any) -> None:
        begun.release()
        await go_on.wait()
        await sent(self, downloads)

    monkeypatch.setattr(zipping._Sending, "send", held)
    ticket = await chosen(stocked_zip, "Oslo/IMG_1.jpg")
    running = [asyncio.create_task(stocked_zip.get(ticket["url"])) for _ in range(4)]
    async with asyncio.timeout(10):
        for _number in running:
            await begun.acquire()
    fifth = await stocked_zip.get(ticket["url"])
    assert fifth.headers["Retry-After"]
    await problem_of(fifth, 429)
    go_on.set()
    for each in running:
        assert zipfile.is_zipfile(io.BytesIO(await (await each).read()))
    assert (await stocked_zip.get(ticket["url"])).status == 200
