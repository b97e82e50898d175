"""The page of a shared album in a browser: photos without any script, on phones and in both colour schemes, until the link ends."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from queue import Queue
from typing import Any
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import expect

from tests.house import opened, scan
from tests.http.serving import served
from tests.photos import make_photo
from tests.webui.browsing import overflow, pale_texts, until
from tests.webui.conftest import Complaints, OpenPage

pytestmark = pytest.mark.browser
SHAPES = [(320, 213), (213, 320), (320, 100), (320, 213), (100, 320), (320, 240), (320, 320)]
LOADED = "[...document.querySelectorAll('.shared-grid img')].every(image => image.complete && image.naturalWidth > 0)"


@dataclass
class Link:
    """A shared album on a library that is served."""

    base: str
    album: int
    url: str

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        with urlopen(Request(f"{self.base}{path}", data, {"Content-Type": "application/json"}, method=method), timeout=30) as response:
            return json.load(response)


async def _serve(photos: Path, data: Path, bases: Queue[str], stop: threading.Event) -> None:
    async with opened(data) as house:
        await scan(house, photos)
        async with served(house) as site:
            bases.put(str(site.client.make_url("")).rstrip("/"))
            await asyncio.to_thread(stop.wait)


@pytest.fixture(scope="module")
def link(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Link]:
    place = tmp_path_factory.mktemp("shared")
    for number, size in enumerate(SHAPES):
        make_photo(place / "Pictures" / f"{number}.jpg", number, size=size, gps=(41.9, 12.5))
    bases: Queue[str] = Queue()
    stop = threading.Event()
    serving = threading.Thread(target=lambda: asyncio.run(_serve(place / "Pictures", place / "data", bases, stop)))
    serving.start()
    try:
        made = Link(bases.get(timeout=60), 0, "")
        photos = made.ask("GET", "/api/photos?sort=filename&dir=ASC")["photos"]
        body = {"name": "A week <at> the sea", "description": "For grandma,\nwith love", "photo_ids": [photo["id"] for photo in photos]}
        made.album = made.ask("POST", "/api/albums", body)["id"]
        made.url = made.base + made.ask("POST", f"/api/albums/{made.album}/share", {})["share_url"]
        yield made
    finally:
        stop.set()
        serving.join()


@pytest.mark.parametrize(("phone", "dark"), [(False, False), (False, True), (True, False), (True, True)])
def test_the_photos_are_there_without_any_script(link: Link, open_page: OpenPage, *, phone: bool, dark: bool) -> None:
    page = open_page(link.url, phone=phone, dark=dark)
    expect(page.get_by_role("heading", level=1)).to_have_text("A week <at> the sea")
    expect(page.locator(".shared-grid li")).to_have_count(len(SHAPES))
    page.locator(".shared-grid li").last.scroll_into_view_if_needed()
    until(page, LOADED)
    assert overflow(page) <= 0
    assert pale_texts(page) == []
    assert page.evaluate("document.referrer") == ""
    boxes = [box for each in page.locator(".shared-grid li").all() if (box := each.bounding_box())]
    assert all(box["height"] >= 120 and box["width"] >= 40 for box in boxes)
    if not phone:
        assert len({round(box["y"]) for box in boxes}) < len(boxes), "several beside each other"


def test_a_click_shows_the_picture_and_the_token_goes_nowhere(link: Link, open_page: OpenPage, complaints: Complaints) -> None:
    complaints.expected.append("favicon.ico")  # a picture names none
    page = open_page(link.url)
    asked: list[tuple[str, str]] = []
    page.on("request", lambda request: asked.append((request.url, request.headers.get("referer", ""))))
    page.locator(".shared-grid a").first.click()
    page.wait_for_url("**/thumbnail?*size=1600*")
    box = page.locator("img").bounding_box()
    assert box is not None
    assert box["x"] > 0, "in the middle, as browsers show a picture"
    assert [url for url, referer in asked if "token" in referer] == []
    page.go_back()
    expect(page.locator(".shared-grid li")).to_have_count(len(SHAPES))
    with page.expect_download() as download:
        page.locator(".shared-grid li").first.hover()
        page.locator(".shared-download").first.click()
    assert download.value.suggested_filename == "0.jpg"
    assert b"GPS" not in Path(download.value.path()).read_bytes()


def test_a_link_that_ended_says_so(link: Link, open_page: OpenPage, complaints: Complaints) -> None:
    complaints.expected.append("Failed to load resource")
    more = link.ask("POST", f"/api/albums/{link.album}/share", {})
    link.ask("DELETE", f"/api/albums/{link.album}/share?id={more['id']}")
    page = open_page(link.base + more["share_url"])
    expect(page.locator(".code")).to_have_text("404")
    expect(page.locator("body")).not_to_contain_text("grandma")
