"""Downloads: the right file under the right name, for who may see it."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import content_disposition_filename, parse_content_disposition

from facetd.accounts.viewers import single_viewer
from facetd.config import Config
from facetd.records.viewer import Viewer
from tests.house import config, opened, scan
from tests.http.serving import Site, as_viewer, served
from tests.ingest.fakedarktable import FakeDarktable, alive, make_darktable
from tests.photos import make_photo, scene


def with_profiles() -> Config:
    return config(viewer={"raw_processor": {"darktable": {"executable": "/nowhere/darktable-cli", "profiles": {"Warm": {}}}}})


@pytest.fixture
async def paired(tmp_path: Path, corpus_raw: Path) -> AsyncIterator[Site]:
    """A RAW with its JPEG, a RAW alone, a TIFF, and a photo with an odd name."""
    photos = tmp_path / "Pictures"
    make_photo(photos / "IMG_1.jpg", 1)
    shutil.copy(corpus_raw, photos / "IMG_1.DNG")
    shutil.copy(corpus_raw, photos / "alone.dng")
    scene(3).save(photos / "t.tif")
    make_photo(photos / 'Été "x";\n.jpg', 4)
    async with opened(tmp_path / "data", with_profiles()) as house:
        await scan(house, photos)
        async with served(house) as site:
            yield site


def name_of(header: str) -> str | None:
    kind, parameters = parse_content_disposition(header)
    assert kind == "attachment"
    return content_disposition_filename(parameters)


async def options(site: Site, path: str, more: str = "") -> list[tuple[str, str, str | None]]:
    found = (await site.json(f"/api/download/options?path=/Pictures/{path}{more}"))["options"]
    assert all(option["label"] for option in found)
    return [(option["type"], option["extension"], option.get("profile")) for option in found]


async def test_the_menu_of_a_photo(paired: Site) -> None:
    assert await options(paired, "t.tif") == [("original", "tif", None)]
    assert await options(paired, "IMG_1.jpg") == [("original", "jpg", None), ("darktable", "jpg", "Warm"), ("raw", "dng", None)]
    assert await options(paired, "alone.dng") == [("original", "jpg", None), ("darktable", "jpg", "Warm"), ("raw", "dng", None)]
    assert await options(paired, "IMG_1.jpg", "&is_shared=true") == [("original", "jpg", None), ("darktable", "jpg", "Warm")]
    assert (await paired.json("/api/config"))["download_profiles"] == ["Warm"]


async def test_photos_that_are_no_pair_have_no_raw(tmp_path: Path, corpus_raw: Path) -> None:
    photos = tmp_path / "Pictures"
    make_photo(photos / "IMG_1.jpg", 1)
    shutil.copy(corpus_raw, photos / "IMG_1.DNG")
    async with opened(tmp_path / "data", config(scanning={"raw_jpeg": "separate"})) as house, served(house) as site:
        await scan(house, photos)
        assert await options(site, "IMG_1.jpg") == [("original", "jpg", None)]
        assert await options(site, "IMG_1.DNG") == [("original", "jpg", None), ("raw", "dng", None)]


@pytest.mark.parametrize(
    ("asked", "name", "kind"),
    [
        ("IMG_1.jpg", "IMG_1.jpg", "image/jpeg"),
        ("t.tif&type=original", "t.tif", "image/tiff"),
        ("IMG_1.jpg&type=raw", "IMG_1.DNG", "application/octet-stream"),
        ("alone.dng&type=raw", "alone.dng", "application/octet-stream"),
        ("t.tif&type=darktable&profile=Warm", "t.tif", "image/tiff"),
    ],
)
async def test_a_file_as_it_is(paired: Site, tmp_path: Path, asked: str, name: str, kind: str) -> None:
    response = await paired.get(f"/api/download?path=/Pictures/{asked}")
    assert response.status == 200
    assert await response.read() == (tmp_path / "Pictures" / name).read_bytes()
    assert name_of(response.headers["Content-Disposition"]) == name
    assert response.content_type == kind
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    etag = response.headers["ETag"]
    assert (await paired.get(f"/api/download?path=/Pictures/{asked}", If_None_Match=etag)).status == 304
    part = await paired.get(f"/api/download?path=/Pictures/{asked}", Range="bytes=2-5")
    assert (part.status, await part.read()) == (206, (tmp_path / "Pictures" / name).read_bytes()[2:6])
    assert name_of(part.headers["Content-Disposition"]) == name


async def test_the_original_of_a_raw_is_a_jpeg(paired: Site) -> None:
    response = await paired.get("/api/download?path=/Pictures/alone.dng")
    assert (response.status, response.content_type) == (200, "image/jpeg")
    assert (await response.read())[:3] == b"\xff\xd8\xff"
    assert name_of(response.headers["Content-Disposition"]) == "alone.jpg"
    assert (await paired.get("/api/download?path=/Pictures/alone.dng", Range="bytes=-2")).status == 206


async def test_odd_names_stay_in_one_header(paired: Site) -> None:
    response = await paired.get("/api/download?path=/Pictures/%C3%89t%C3%A9%20%22x%22%3B%0A.jpg")
    assert response.status == 200
    assert name_of(response.headers["Content-Disposition"]) == 'Été "x";_.jpg'


async def test_names_that_are_not_utf8(library: Site) -> None:
    response = await library.get("/api/download?path=/Pictures/%25FF%25FE.jpg")
    assert response.status == 200
    assert name_of(response.headers["Content-Disposition"]) == "%FF%FE.jpg"


async def test_what_there_is_not(paired: Site, tmp_path: Path) -> None:
    assert list(await paired.problem("/api/download?path=/Pictures/IMG_1.jpg&type=darktable&profile=Cold")) == ["profile"]
    assert list(await paired.problem("/api/download?path=/Pictures/t.tif&type=darktable&profile=Cold")) == ["profile"]
    assert list(await paired.problem("/api/download?path=/Pictures/IMG_1.jpg&type=zip")) == ["type"]
    assert list(await paired.problem("/api/download?path=/Pictures/IMG_1.jpg&id=1")) == ["id"]
    await paired.problem("/api/download?path=/Pictures/t.tif&type=raw", 404)
    for route in ("/api/download", "/api/download/options"):
        await paired.problem(f"{route}?id=999", 404)
        (tmp_path / "Pictures" / "t.tif").unlink(missing_ok=True)
        await paired.problem(f"{route}?path=/Pictures/t.tif", 404)
    (tmp_path / "Pictures").rename(tmp_path / "unplugged")
    for route in ("/api/download", "/api/download/options"):
        response = await paired.get(f"{route}?path=/Pictures/IMG_1.jpg")
        assert response.status == 503
        assert int(response.headers["Retry-After"]) > 0
        assert "Connect the disk" in (await response.json())["detail"]


async def test_the_first_profile_is_meant_where_none_is_named(paired: Site) -> None:
    for more in ("&profile=Warm", ""):  # both would be developed, if darktable were installed
        await paired.problem(f"/api/download?path=/Pictures/IMG_1.jpg&type=darktable{more}", 409)


async def test_without_darktable_the_answer_says_what_to_install(paired: Site) -> None:
    response = await paired.get("/api/download?path=/Pictures/IMG_1.jpg&type=darktable&profile=Warm")
    assert response.status == 409
    problem = await response.json()
    assert problem["type"] == "tag:facetd,2026:not-installed"
    assert "Retry-After" not in response.headers
    detail = problem["detail"]
    assert "Install the package darktable" in detail
    assert "/nowhere" not in detail


@pytest.fixture
async def developed(tmp_path: Path, corpus_raw: Path) -> AsyncIterator[tuple[Site, FakeDarktable]]:
    """A RAW with its JPEG, and a darktable."""
    make_photo(tmp_path / "Pictures" / "IMG_1.jpg", 1)
    shutil.copy(corpus_raw, tmp_path / "Pictures" / "IMG_1.DNG")
    fake = make_darktable(tmp_path / "bin")
    settings = config(viewer={"raw_processor": {"darktable": {"executable": fake.executable, "profiles": {"Été": {}}}}})
    async with opened(tmp_path / "data", settings) as house, served(house) as site:
        await scan(house, tmp_path / "Pictures")
        yield site, fake


DEVELOPED = "/api/download?path=/Pictures/IMG_1.jpg&type=darktable&profile=%C3%89t%C3%A9"


async def test_what_darktable_makes_of_the_companion(developed: tuple[Site, FakeDarktable], tmp_path: Path) -> None:
    site, fake = developed
    photos = tmp_path / "Pictures"
    (photos / "IMG_1.DNG.xmp").write_bytes(b"<edits/>")
    before = sorted(os.listdir(photos))
    response = await site.get(DEVELOPED)
    assert (response.status, response.content_type) == (200, "image/jpeg")
    assert await response.read() == (fake.folder / "made.jpg").read_bytes()
    assert name_of(response.headers["Content-Disposition"]) == "IMG_1_Été.jpg"
    assert fake.calls[0]["files"]["input.dng"] == (photos / "IMG_1.DNG").read_bytes().decode("latin-1")
    assert fake.calls[0]["files"]["input.dng.xmp"] == "<edits/>"
    assert sorted(os.listdir(photos)) == before
    assert (await site.get(DEVELOPED, If_None_Match=response.headers["ETag"])).status == 304
    (photos / "IMG_1.DNG.xmp").write_bytes(b"<other edits/>")
    assert (await site.get(DEVELOPED, If_None_Match=response.headers["ETag"])).status == 200
    assert len(fake.calls) == 2


async def test_a_sidecar_that_links_out_of_the_root_is_not_read(developed: tuple[Site, FakeDarktable], tmp_path: Path) -> None:
    site, fake = developed
    (tmp_path / "secret.xmp").write_bytes(b"secret")
    (tmp_path / "Pictures" / "IMG_1.DNG.xmp").symlink_to(tmp_path / "secret.xmp")
    assert (await site.get(DEVELOPED)).status == 200
    assert list(fake.calls[0]["files"]) == ["input.dng"]


async def test_what_darktable_cannot_do_is_said(developed: tuple[Site, FakeDarktable]) -> None:
    site, fake = developed
    fake.tell(code=1, says="unsupported camera in $CWD")
    response = await site.get(DEVELOPED)
    assert response.status == 415
    assert (await response.json())["detail"] == "darktable could not develop the photo: unsupported camera in"


async def test_darktable_ends_when_the_client_has_gone(developed: tuple[Site, FakeDarktable]) -> None:
    site, fake = developed
    fake.tell(seconds=600)
    asking = asyncio.create_task(site.get(DEVELOPED))
    async with asyncio.timeout(20):
        while not fake.calls:
            await asyncio.sleep(0.02)
        asking.cancel()
        while alive(fake.calls[0]["pid"]):
            await asyncio.sleep(0.02)


async def test_nobody_downloads_what_they_may_not_see(tmp_path: Path, corpus_raw: Path) -> None:
    for name, number in (("Alice", 1), ("Bob", 2), ("Shared", 3)):
        make_photo(tmp_path / name / "a.jpg", number)
        shutil.copy(corpus_raw, tmp_path / name / "a.dng")
    async with opened(tmp_path / "data", with_profiles()) as house:
        await scan(house, *(tmp_path / name for name in ("Alice", "Bob", "Shared")))
        everybody = await single_viewer(house.db)
        roots = {root.name: root.id for root, _count in await house.list_roots()}
        bob = Viewer(2, "user", everybody.root_ids - {roots["Alice"]}, "bob")

        async with served(house) as site:
            as_viewer(site, bob)
            for more in ("", "&type=raw", "&type=darktable&profile=Warm"):
                secret = await site.get(f"/api/download?path=/Alice/a.jpg{more}")
                nothing = await site.get(f"/api/download?path=/Alice/b.jpg{more}")
                assert (secret.status, await secret.json()) == (nothing.status, await nothing.json())
                assert secret.status == 404
            await site.problem("/api/download/options?path=/Alice/a.jpg", 404)
            for name in ("Bob", "Shared"):
                assert (await site.get(f"/api/download?path=/{name}/a.jpg&type=raw")).status == 200


async def test_an_edited_raw_is_sent_as_it_is_now(paired: Site, tmp_path: Path) -> None:
    raw = tmp_path / "Pictures" / "alone.dng"
    before = (await paired.get("/api/download?path=/Pictures/alone.dng&type=raw")).headers["ETag"]
    raw.write_bytes(raw.read_bytes() + b"\0\0")
    response = await paired.get("/api/download?path=/Pictures/alone.dng&type=raw")
    assert await response.read() == raw.read_bytes()
    assert response.headers["ETag"] != before


async def test_downloads_that_break_off_leave_no_file_open(paired: Site, tmp_path: Path) -> None:
    big = tmp_path / "Pictures" / "IMG_1.DNG"
    with open(big, "ab") as file:
        file.truncate(64 * 1024 * 1024)
    before = open_inside_of(tmp_path)
    assert before == []
    for _ in range(20):
        response = await paired.get("/api/download?path=/Pictures/IMG_1.jpg&type=raw")
        assert response.status == 200
        response.close()
    for _ in range(200):
        if not open_inside_of(tmp_path / "Pictures"):
            return
        await asyncio.sleep(0.02)
    pytest.fail("a file stayed open")


def open_inside_of(folder: Path) -> list[str]:
    """The photos that this process has open."""
    found = []
    for descriptor in os.listdir("/proc/self/fd"):
        try:
            path = os.readlink(f"/proc/self/fd/{descriptor}")
        except OSError:
            continue
        if path.startswith(f"{folder}/") and path.endswith((".jpg", ".dng", ".DNG")):
            found.append(path)
    return found
