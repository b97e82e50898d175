"""Shared albums over HTTP: the life of a link, photos and pictures without what is private, the page, and that it opens nothing else."""

from __future__ import annotations

import io
import re
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from facetd.http.api import OPERATIONS
from facetd.http.openapi import Access
from tests.house import config
from tests.http.acting import acting
from tests.http.serving import Site, problem_of

TAKEN_AT = b"EOS 6D"  # what the EXIF of the photo with a place begins with


async def send(site: Site, method: str, path: str, status: int = 200, **body: Any) -> Any:
    response = await site.client.request(method, path, json=body)
    assert response.status == status, await response.text()
    return await response.json() if status == 200 else await problem_of(response, status)


@pytest.fixture
async def link(library: Site) -> tuple[int, str]:
    """A shared album with the photo of Rome that has a place, the PNG, and the TIFF; its number and token."""
    photos = ["/Pictures/Rome/a.jpg", "/Pictures/e.png", "/Pictures/d.tif"]
    number = (await send(library, "POST", "/api/albums", name="<b>Rome</b>", description="Two\nlines", photo_paths=photos))["id"]
    made = await send(library, "POST", f"/api/albums/{number}/share")
    assert made["share_url"] == f"/shared/album/{number}?token={made['share_token']}"
    assert (made["expires_at"], made["links"]) == (None, 1)
    return number, made["share_token"]


async def test_the_life_of_a_link(library: Site, link: tuple[int, str]) -> None:
    number, token = link
    address = f"/api/albums/{number}/share"
    second = await send(library, "POST", address, expires_in_days=7)
    assert second["share_token"] != token
    assert second["links"] == 2
    assert second["expires_at"] > second["created_at"]
    links = (await library.json(address))["links"]
    assert [each["id"] for each in links] == [second["id"], second["id"] - 1]
    assert token not in str(links)
    assert (await library.json(f"/api/albums/{number}"))["is_shared"]
    await library.json(f"/api/shared/album/{number}?token={token}")
    assert await send(library, "DELETE", f"{address}?id={second['id']}") == {"ok": True, "ended": 1}
    await library.problem(f"/api/shared/album/{number}?token={second['share_token']}", 404)
    assert await send(library, "DELETE", address) == {"ok": True, "ended": 1}
    await library.problem(f"/api/shared/album/{number}?token={token}", 404)
    for days in (0, 3651, "soon"):
        assert "expires_in_days" in await send(library, "POST", address, 400, expires_in_days=days)
    await send(library, "POST", "/api/albums/999/share", 404)
    await send(library, "DELETE", f"{address}?id=999", 404)


async def test_the_album_as_a_visitor_sees_it(library: Site, link: tuple[int, str]) -> None:
    number, token = link
    found = await library.json(f"/api/shared/album/{number}?token={token}&sort=position")
    assert found["album"]["name"] == "<b>Rome</b>"
    assert set(found["album"]) == {
        "id", "name", "description", "is_smart", "photo_count", "cover_photo_id", "cover_photo_path", "cover_photo_v", "updated_at"
    }  # fmt: skip
    assert [photo["filename"] for photo in found["photos"]] == ["a.jpg", "e.png", "d.tif"]
    rome = found["photos"][0]
    assert (rome["camera_model"], rome["gps_latitude"], rome["place"]) == ("EOS 6D", None, None)
    assert found["album"]["cover_photo_path"] == rome["path"] == f"/shared/{number}/{rome['id']}/a.jpg"
    assert "Pictures" not in str(found)
    assert (found["total"], found["effective_sort"], found["effective_sort_direction"], found["has_more"]) == (3, "position", "ASC", False)
    assert found["filter_options"]["cameras"] == [{"value": "EOS 6D", "count": 1}]
    assert set(found["filter_options"]) == {"cameras", "lenses", "tags", "patterns", "categories"}
    columns = [entry["column"] for group in found["sort_options_grouped"].values() for entry in group]
    assert "position" in columns
    assert "star_rating" not in columns
    best = await library.json(f"/api/shared/album/{number}?token={token}&per_page=2&page=2")
    assert (best["effective_sort"], best["effective_sort_direction"], best["filter_options"], len(best["photos"])) == (
        "aggregate", "DESC", None, 1
    )  # fmt: skip
    some = await library.json(f"/api/shared/album/{number}?token={token}&camera=EOS 6D&min_iso=100&hide_bursts=1&date_from=2000-01-01")
    assert [photo["filename"] for photo in some["photos"]] == ["a.jpg"]
    assert (await library.json(f"/api/shared/album/{number}?token={token}&is_monochrome=1&lens="))["total"] == 0
    by_header = await library.get(f"/api/shared/album/{number}", X_Share_Token=token)
    assert by_header.status == 200
    assert by_header.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "asked", ["search=a", "person=1", "gps_lat=1&gps_lng=1&gps_radius_km=1", "path_prefix=/Pictures", "favorites_only=1", "min_rating=1",
              "min_star_rating=1", "hide_rejected=1", "show_rejected=1", "album_id=1", "sort=star_rating",
              "sort=is_favorite", "sort=is_rejected", "sort=colour", "per_page=201"]
)  # fmt: skip
async def test_what_would_tell_of_the_owner_is_no_parameter(library: Site, link: tuple[int, str], asked: str) -> None:
    number, token = link
    fields = await library.problem(f"/api/shared/album/{number}?token={token}&{asked}")
    assert fields.keys() & {part.partition("=")[0] for part in asked.split("&")}


async def test_filters_are_for_manual_albums(library: Site) -> None:
    number = (await send(library, "POST", "/api/albums", name="Smart", is_smart=True, smart_filter_json={"camera": "EOS 6D"}))["id"]
    token = (await send(library, "POST", f"/api/albums/{number}/share"))["share_token"]
    found = await library.json(f"/api/shared/album/{number}?token={token}")
    assert ([photo["filename"] for photo in found["photos"]], found["filter_options"]) == (["a.jpg"], None)
    assert "camera" in await library.problem(f"/api/shared/album/{number}?token={token}&camera=X-T5")


async def test_pictures_of_the_album_without_metadata(library: Site, link: tuple[int, str]) -> None:
    number, token = link
    original = await (await library.get("/image?path=/Pictures/Rome/a.jpg")).read()
    assert TAKEN_AT in original
    for photo in (await library.json(f"/api/shared/album/{number}?token={token}"))["photos"]:
        for path in ("/thumbnail", "/image", "/api/download"):
            for named in (f"id={photo['id']}", f"path={photo['path']}"):
                response = await library.get(f"{path}?{named}&share={number}&token={token}")
                pixels = await response.read()
                assert (response.status, response.content_type) == (200, "image/jpeg")
                assert TAKEN_AT not in pixels
                assert not Image.open(io.BytesIO(pixels)).getexif()
                assert (await library.get(f"{path}?{named}&share={number}", X_Share_Token=token)).status == 200
        assert f'filename="{photo["filename"].rpartition(".")[0]}.jpg"' in response.headers["Content-Disposition"]
        menu = await library.json(f"/api/download/options?id={photo['id']}&share={number}&token={token}")
        assert menu == {"options": [{"type": "original", "label": "Photo (JPG)", "extension": "jpg"}]}
        for kind in ("raw", "darktable&profile=x"):
            await library.problem(f"/api/download?id={photo['id']}&share={number}&token={token}&type={kind}", 404)


async def test_no_other_photo_by_a_link_and_no_difference_in_what_is_refused(library: Site, link: tuple[int, str]) -> None:
    number, token = link
    outside = (await library.json("/api/photo?path=/Pictures/c.jpg"))["id"]
    inside = (await library.json("/api/photo?path=/Pictures/e.png"))["id"]
    for path in ("/thumbnail", "/image", "/api/download", "/api/download/options"):
        answers = []
        for asked in (
            f"id={outside}&share={number}&token={token}", f"id=99999&share={number}&token={token}",
            f"path=/Pictures/c.jpg&share={number}&token={token}", f"path=/Pictures/e.png&share={number}&token={token}",
        ):  # fmt: skip
            response = await library.get(f"{path}?{asked}")
            answers.append((response.status, await response.text()))
        assert len(set(answers)) == 1
        assert answers[0][0] == 404
        wrong = []
        for asked in (f"share={number}&token=x", f"share=999&token={token}", f"share={number}", f"share={number + 1}&token={token}"):
            response = await library.get(f"{path}?id={inside}&{asked}")
            wrong.append((response.status, await response.text()))
        assert len(set(wrong)) == 1
        assert wrong[0][0] == 404
        assert "share" in await library.problem(f"{path}?id={inside}&token={token}")


async def test_a_token_is_of_no_use_elsewhere(library: Site, link: tuple[int, str]) -> None:
    """Only these operations know of links; every other refuses the parameters, and takes no notice of the header."""
    _, token = link
    knowing = {operation.path for operation in OPERATIONS if operation.shared}
    assert knowing == {"/thumbnail", "/image", "/api/download", "/api/download/options"}
    for operation in OPERATIONS:
        if operation.method == "GET" and not operation.shared and operation.access is not Access.PUBLIC:
            path = re.sub(r"\{[^}]*\}", "1", operation.path)
            response = await library.get(f"{path}?share=1&token={token}", X_Share_Token=token)
            assert response.status in (400, 404), operation.path


async def test_guessing_ends_in_429(library: Site, link: tuple[int, str]) -> None:
    number, _token = link
    seen = [(await library.get(f"/api/shared/album/{number}?token=guess{n}")).status for n in range(22)]
    assert seen == [404] * 20 + [429] * 2
    again = await library.get(f"/api/shared/album/{number}?token=another")
    assert (again.status, int(again.headers["Retry-After"]) > 0) == (429, True)


async def test_the_page_of_the_link(library: Site, link: tuple[int, str]) -> None:
    number, token = link
    response = await library.get(f"/shared/album/{number}?token={token}", Accept="text/html")
    text = await response.text()
    assert response.status == 200
    assert response.headers["Referrer-Policy"] == "no-referrer"
    assert response.headers["Cache-Control"] == "no-store"
    assert "noindex" in response.headers["X-Robots-Tag"]
    assert '<meta name="referrer" content="no-referrer">' in text
    assert "<script" not in text
    assert "&lt;b&gt;Rome&lt;/b&gt;" in text
    assert "3 photos" in text
    assert "Pictures" not in text
    sources = [unescape(found) for found in re.findall(r'(?:src|href)="(/(?:thumbnail|api)[^"]*)"', text)]
    assert len(sources) == 9
    for source in sources:
        picture = await library.get(source)
        assert (picture.status, picture.content_type) == (200, "image/jpeg"), source
    for wrong in (f"/shared/album/{number}?token=x", f"/shared/album/{number}", f"/shared/album/999?token={token}"):
        refused = await library.get(wrong, Accept="text/html")
        assert (refused.status, refused.content_type) == (404, "text/html")
        assert "Rome" not in await refused.text()
    assert (await library.get(f"/shared/album/{number}?token={token}&page=2", Accept="text/html")).status == 404
    assert (await library.get(f"/shared/album/{number}?token={token}&page=x", Accept="text/html")).status == 400


async def test_a_page_has_as_many_photos_as_it_shows_well(library: Site, link: tuple[int, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("facetd.http.pages.shared.PER_PAGE", 2)
    number, token = link
    first = await (await library.get(f"/shared/album/{number}?token={token}")).text()
    following = re.search(r'rel="next" href="([^"]*)"', first)
    assert following is not None
    second = await (await library.get(unescape(following[1]))).text()
    assert second.count("<li>") == 1
    assert 'rel="prev"' in second


async def test_sharing_can_be_switched_off_with_albums(tmp_path: Path) -> None:
    async with acting(tmp_path / "data", config(viewer={"features": {"show_albums": False}})) as web:
        for path in ("/api/shared/album/1?token=x", "/thumbnail?id=1&share=1&token=x"):
            await problem_of(await web.site.client.get(path), 403)
