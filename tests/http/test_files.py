"""Originals, thumbnails and renditions: validators, ranges, types, and never a file from outside a root."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any

import pytest

from facetd.http.files import open_inside
from tests.house import config, scan
from tests.http.serving import Site, problem_of, site
from tests.photos import make_photo, scene


async def photo_named(library: Site, name: str) -> dict[str, Any]:
    photos = (await library.json("/api/photos?per_page=500"))["photos"]
    return next(photo for photo in photos if photo["filename"] == name)


async def test_an_original_is_sent_as_it_is(library: Site, stocked: Path) -> None:
    photo = await photo_named(library, "a.jpg")
    for address in (f"/image?id={photo['id']}", "/image?path=/Pictures/Rome/a.jpg", "/image?path=Pictures/Rome/a.jpg"):
        response = await library.get(address)
        assert response.status == 200
        assert await response.read() == (stocked / "Pictures" / "Rome" / "a.jpg").read_bytes()
        assert response.content_type == "image/jpeg"
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["ETag"] == f'"{photo["v"]}"'
        assert response.headers["Cache-Control"] == "private, no-cache"


A_JPG = "path=/Pictures/Rome/a.jpg"


@pytest.mark.parametrize("address", [f"/image?{A_JPG}", f"/thumbnail?{A_JPG}"])
async def test_the_version_makes_an_answer_immutable_only_when_it_is_right(library: Site, address: str) -> None:
    version = (await library.json("/api/photo?path=/Pictures/Rome/a.jpg"))["v"]
    assert "immutable" in (await library.get(f"{address}&v={version}")).headers["Cache-Control"]
    for wrong in ("", "0" * 32, version[:-1], version.upper() + "x"):
        assert "immutable" not in (await library.get(f"{address}&v={wrong}")).headers["Cache-Control"]


@pytest.mark.parametrize(
    "address",
    [f"/image?{A_JPG}", f"/thumbnail?{A_JPG}&size=240", "/api/photos", "/api/photos?per_page=1&sort=iso"],
)
async def test_what_is_known_is_not_sent_again(library: Site, address: str) -> None:
    first = await library.get(address)
    etag = first.headers["ETag"]
    for said in (etag, f"W/{etag}", f'"x", {etag}', "*"):
        again = await library.get(address, If_None_Match=said)
        assert (again.status, await again.read()) == (304, b""), said
        assert again.headers["ETag"] == etag
    for said in ('"x"', etag[:-2] + '"', etag.strip('"')[:5], "", "garbage"):
        assert (await library.get(address, If_None_Match=said)).status == 200, said


async def test_sizes_have_etags_of_their_own(library: Site) -> None:
    tags = {(await library.get(f"/thumbnail?{A_JPG}&size={size}")).headers["ETag"] for size in (1, 48, 240, 241, 640, 641, 10_000)}
    assert len(tags) == 3
    for size in ("0", "10001", "-1", "x"):
        assert list(await library.problem(f"/thumbnail?{A_JPG}&size={size}")) == ["size"]


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [
        ("bytes=0-0", 0, 1), ("bytes=0-", 0, None), ("bytes=5-9", 5, 10), ("bytes=-7", -7, None), ("bytes=100-9999999999999", 100, None),
        ("bytes=-99999999999", 0, None),
    ],
)  # fmt: skip
async def test_ranges(library: Site, stocked: Path, asked: str, start: int, end: int | None) -> None:
    whole = (stocked / "Pictures" / "Rome" / "a.jpg").read_bytes()
    photo = await photo_named(library, "a.jpg")
    response = await library.get(f"/image?id={photo['id']}", Range=asked)
    part = whole[start:end]
    first = start % len(whole)
    assert response.status == 206
    assert await response.read() == part
    assert response.headers["Content-Range"] == f"bytes {first}-{first + len(part) - 1}/{len(whole)}"
    assert int(response.headers["Content-Length"]) == len(part)


@pytest.mark.parametrize("asked", ["bytes=99999999-", "bytes=99999999-999999999", "bytes=-0"])
async def test_a_range_beyond_the_end(library: Site, asked: str) -> None:
    response = await library.get("/image?path=/Pictures/Rome/a.jpg", Range=asked)
    await problem_of(response, 416)
    size = (await library.json("/api/photo?path=/Pictures/Rome/a.jpg"))["size"]
    assert response.headers["Content-Range"] == f"bytes */{size}"


@pytest.mark.parametrize(
    "asked", ["bytes=9-5", "bytes=-", "bytes=a-b", "lines=0-5", "bytes=0-1,5-6", "bytes 0-5", "bytes=" + "9" * 30 + "-", ""]
)
async def test_ranges_that_cannot_be_read_give_the_whole(library: Site, asked: str) -> None:
    response = await library.get("/image?path=/Pictures/Rome/a.jpg", Range=asked)
    assert response.status == 200
    assert len(await response.read()) == (await library.json("/api/photo?path=/Pictures/Rome/a.jpg"))["size"]


async def test_a_range_of_another_version_gives_the_whole(library: Site) -> None:
    etag = (await library.get("/image?path=/Pictures/Rome/a.jpg")).headers["ETag"]
    assert (await library.get("/image?path=/Pictures/Rome/a.jpg", Range="bytes=0-3", If_Range=etag)).status == 206
    for other in ('"x"', f"W/{etag}", "Wed, 21 Oct 2015 07:28:00 GMT"):
        assert (await library.get("/image?path=/Pictures/Rome/a.jpg", Range="bytes=0-3", If_Range=other)).status == 200


async def test_what_browsers_cannot_show_is_converted(library: Site) -> None:
    tif = await photo_named(library, "d.tif")
    assert tif["format"] == "tiff"
    response = await library.get(f"/image?id={tif['id']}")
    pixels = await response.read()
    assert (response.status, response.content_type) == (200, "image/jpeg")
    assert pixels.startswith(b"\xff\xd8\xff")
    assert (await library.get(f"/image?id={tif['id']}", Range="bytes=0-2")).status == 206
    assert (await library.get(f"/image?id={tif['id']}", If_None_Match=response.headers["ETag"])).status == 304
    assert (await photo_named(library, "e.png"))["format"] == "png"
    png = await library.get(f"/image?id={(await photo_named(library, 'e.png'))['id']}")
    assert (png.content_type, (await png.read())[:4]) == ("image/png", b"\x89PNG")


async def test_many_who_ask_for_one_conversion_cause_one(own: Site, tmp_path: Path) -> None:
    scene(5).save(tmp_path / "Pictures" / "a.tif")
    await scan(own.house, tmp_path / "Pictures")
    answers = await asyncio.gather(*(own.get("/image?id=1") for _ in range(8)))
    assert {(answer.status, len(await answer.read())) for answer in answers} == {(200, int(answers[0].headers["Content-Length"]))}
    visited = own.house.ingest.workers.visited  # type: ignore[attr-defined]
    assert visited.count(str(tmp_path / "Pictures" / "a.tif")) == 2  # the scan, and one conversion


async def test_the_cache_of_conversions_stays_small_and_keeps_what_was_just_made(tmp_path: Path) -> None:
    for number in range(3):
        scene(number, (2400, 1600)).save(tmp_path / f"Pictures{number}.tif")
    photos = tmp_path / "P"
    photos.mkdir()
    for number in range(3):
        (tmp_path / f"Pictures{number}.tif").rename(photos / f"{number}.tif")
    async with site(tmp_path / "data", config(server={"image_cache_mb": 16}, viewer={"display": {"image_jpeg_quality": 100}})) as own:
        await scan(own.house, photos)
        folder = own.house.ingest.renditions_folder
        folder.mkdir(parents=True, exist_ok=True)
        old = folder / "00" / "old.jpg"
        old.parent.mkdir()
        old.write_bytes(bytes(40 * 1024 * 1024))
        os.utime(old, (1, 1))
        for number in (1, 2, 3):
            assert (await own.get(f"/image?id={number}")).status == 200
        assert not old.exists()
        assert sum(path.stat().st_size for path in folder.rglob("*.jpg")) <= 16 * 1024 * 1024


async def test_an_unreadable_photo_has_no_pixels(library: Site) -> None:
    failures = (await library.json("/api/failures"))["failures"]
    assert [failure["path"] for failure in failures] == ["/Pictures/broken.jpg"]
    for route in ("image", "thumbnail"):
        await library.problem(f"/{route}?id={failures[0]['id']}", 404)


async def test_a_lost_thumbnail_is_made_again(own: Site, tmp_path: Path) -> None:
    make_photo(tmp_path / "Pictures" / "a.jpg")
    await scan(own.house, tmp_path / "Pictures")
    for path in own.house.ingest.thumbs.rglob("*.jpg"):
        path.unlink()
    await own.problem("/thumbnail?id=1", 503)
    for _ in range(600):
        if (await own.get("/thumbnail?id=1")).status == 200:
            return
        await asyncio.sleep(0.05)
    pytest.fail("the thumbnail did not come back")


async def test_a_missing_file_and_an_offline_root_differ(own: Site, tmp_path: Path) -> None:
    photos = tmp_path / "Pictures"
    make_photo(photos / "a.jpg", 1)
    make_photo(photos / "b.jpg", 2)
    await scan(own.house, photos)
    (photos / "a.jpg").unlink()
    await own.problem("/image?path=/Pictures/a.jpg", 404)
    assert (await own.get("/thumbnail?path=/Pictures/a.jpg")).status == 200
    photos.rename(tmp_path / "unplugged")
    await own.problem("/image?path=/Pictures/b.jpg", 503)
    await scan(own.house)
    assert (await own.json("/api/photo?path=/Pictures/b.jpg"))["offline"] is True
    await own.problem("/image?path=/Pictures/b.jpg", 503)
    assert (await own.get("/thumbnail?path=/Pictures/b.jpg")).status == 200


async def test_an_edited_original_is_sent_with_a_version_of_its_own(own: Site, tmp_path: Path) -> None:
    photo = make_photo(tmp_path / "Pictures" / "a.jpg", 1)
    scene(3).save(tmp_path / "Pictures" / "b.tif")
    await scan(own.house, tmp_path / "Pictures")
    version = (await own.json("/api/photo?path=/Pictures/a.jpg"))["v"]
    make_photo(photo, 2)
    scene(4).save(tmp_path / "Pictures" / "b.tif")
    response = await own.get(f"/image?path=/Pictures/a.jpg&v={version}")
    assert await response.read() == photo.read_bytes()
    assert version not in response.headers["ETag"]
    assert "immutable" not in response.headers["Cache-Control"]
    await own.problem("/image?path=/Pictures/b.tif", 503)  # what it would be converted to is not known under that name
    for _ in range(600):
        if (await own.get("/image?path=/Pictures/b.tif")).status == 200:
            return
        await asyncio.sleep(0.05)
    pytest.fail("the edited photo was not read anew")


TRAVERSALS = [
    "/Pictures/../secret.jpg", "/Pictures/Rome/../../secret.jpg", "/Pictures/%2e%2e/secret.jpg", "/Pictures/..%2fsecret.jpg",
    "/Pictures/%252e%252e/secret.jpg", "/Pictures/..%5csecret.jpg", "/Pictures/..\\secret.jpg", "/Pictures//secret.jpg", "/secret.jpg",
    "/../secret.jpg", "/Pictures/./c.jpg", "/Pictures/Rome//a.jpg", "/Pictures2/x.jpg", "/PicturesX/../Pictures/c.jpg", "/etc/passwd",
    "file:///etc/passwd", "/Pictures/c.jpg/", "/Pictures/c.jpg%20", "//Pictures/c.jpg", "/Pictures/c.xmp", "/proc/self/environ",
]  # fmt: skip


@pytest.mark.parametrize("route", ["/image", "/thumbnail", "/api/photo"])
async def test_no_spelling_of_a_path_leaves_the_root(library: Site, route: str, stocked: Path) -> None:
    for path in [*TRAVERSALS, str(stocked / "Pictures" / "c.jpg"), str(stocked)]:
        for encoded in (path, path.replace("%", "%25")):
            await library.problem(f"{route}?path={encoded}", 404)
    await library.problem(f"{route}?path=/Pictures/c.jpg%00.png", 400)
    for traversal in ("/%2e%2e/etc/passwd", "/static/..%2f..%2fetc/passwd", "/static/%2e%2e/app.css", "/api/../../etc/passwd"):
        assert (await library.get(traversal)).status in (400, 404)


async def test_names_that_are_not_utf8_are_addressed_percent_escaped(library: Site, stocked: Path) -> None:
    photo = await photo_named(library, "%FF%FE.jpg")
    assert photo["path"] == "/Pictures/%FF%FE.jpg"
    response = await library.get("/image?path=/Pictures/%25FF%25FE.jpg")
    assert await response.read() == Path(os.fsdecode(os.fsencode(stocked / "Pictures") + b"/\xff\xfe.jpg")).read_bytes()


@pytest.mark.parametrize("swap", ["file", "folder", "fifo"])
async def test_a_link_out_of_the_root_is_refused(own: Site, tmp_path: Path, swap: str) -> None:
    photos = tmp_path / "Pictures"
    photo = make_photo(photos / "sub" / "a.jpg")
    secret = make_photo(tmp_path / "PicturesSecret" / "a.jpg", 9)
    await scan(own.house, photos)
    if swap == "folder":
        photo.unlink()
        photo.parent.rmdir()
        photo.parent.symlink_to(secret.parent)
    else:
        photo.unlink()
        if swap == "file":
            photo.symlink_to(secret)
        else:
            os.mkfifo(photo)
    await asyncio.wait_for(own.problem("/image?id=1", 404), 10)


async def test_a_compressed_file_beside_a_photo_is_never_sent(own: Site, tmp_path: Path) -> None:
    photo = make_photo(tmp_path / "Pictures" / "a.jpg")
    await scan(own.house, tmp_path / "Pictures")
    for ending in (".gz", ".br"):
        photo.with_name(photo.name + ending).symlink_to("/etc/hostname")
    response = await own.get("/image?id=1", Accept_Encoding="gzip, br")
    assert await response.read() == photo.read_bytes()
    assert "Content-Encoding" not in response.headers


def test_a_file_is_checked_after_it_was_opened(tmp_path: Path) -> None:
    inner, outer = tmp_path / "a", tmp_path / "ab"
    inner.mkdir()
    outer.mkdir()
    (outer / "x").write_bytes(b"secret")
    (inner / "ok").write_bytes(b"photo")
    (inner / "in").symlink_to("ok")
    (inner / "out").symlink_to(outer / "x")
    (tmp_path / "alias").symlink_to(inner)
    for folder in (str(inner), str(inner) + "/", str(tmp_path / "alias")):
        for name in ("ok", "in"):
            file = open_inside(str(inner / name), [folder])
            assert file.read(0, 10) == b"photo"
            file.close()
    for path in (inner / "out", outer / "x", inner, inner / "none", Path("/dev/null")):
        with pytest.raises(OSError):
            open_inside(str(path), [str(inner)])


async def test_a_link_into_another_root_is_sent_when_links_are_followed(tmp_path: Path) -> None:
    make_photo(tmp_path / "one" / "a.jpg", 1)
    (tmp_path / "two").mkdir()
    (tmp_path / "two" / "b.jpg").symlink_to(tmp_path / "one" / "a.jpg")
    async with site(tmp_path / "data", config(scanning={"follow_symlinks": True})) as own:
        await scan(own.house, tmp_path / "one", tmp_path / "two")
        for path in ("/one/a.jpg", "/two/b.jpg"):
            assert (await own.get(f"/image?path={path}")).status == 200
