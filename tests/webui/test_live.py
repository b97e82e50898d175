"""The whole product in a browser: a real daemon over a folder of pictures that the test makes and changes."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import piexif
import pytest
from playwright.sync_api import Page, expect

from tests.webui.browsing import CARDS, eventually, until
from tests.webui.serving import Daemon, serving

pytestmark = pytest.mark.browser
COUNT = 130
HOSTILE = "<img src=x onerror=alert(1)>\"'& مرحبا 😀.jpg"


def picture(path: Path, seed: int, *, camera: str = "", day: int = 0, blur: int = 0) -> None:
    """A picture that no other seed gives: shapes on a gradient, 480 x 320."""
    random = np.random.default_rng(seed)
    across = np.linspace(0, 1, 480)[None, :, None]
    pixels = (random.integers(30, 220, 3) * across + random.integers(30, 220, 3) * (1 - across)).repeat(320, axis=0).astype(np.uint8)
    for _ in range(14):
        x, y, radius = (int(n) for n in random.integers((0, 0, 8), (480, 320, 70)))
        cv2.circle(pixels, (x, y), radius, [int(n) for n in random.integers(0, 255, 3)], -1, cv2.LINE_AA)
    if blur:
        pixels = cv2.GaussianBlur(pixels, (0, 0), blur)
    data = cv2.imencode(".jpg", pixels)[1].tobytes()
    temporary = path.with_name(".being-written")
    temporary.write_bytes(data)
    if camera:
        taken = f"2024:05:{day:02} 12:00:00".encode()
        exif = {
            "0th": {piexif.ImageIFD.Make: b"Test", piexif.ImageIFD.Model: camera.encode()},
            "Exif": {
                piexif.ExifIFD.DateTimeOriginal: taken, piexif.ExifIFD.ISOSpeedRatings: 400, piexif.ExifIFD.FNumber: (28, 10),
                piexif.ExifIFD.ExposureTime: (1, 125), piexif.ExifIFD.FocalLength: (35, 1),
            },
        }  # fmt: skip
        piexif.insert(piexif.dump(exif), str(temporary))
    temporary.rename(path)


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    photos, data = tmp_path_factory.mktemp("Holiday"), tmp_path_factory.mktemp("data")
    for number in range(COUNT - 2):
        picture(photos / f"p{number:03}.jpg", number, camera="Alpha" if number % 4 else "Beta", day=number % 28 + 1, blur=number % 3)
    picture(photos / HOSTILE, 900)
    picture(photos / os.fsdecode(b"latin-\xe9t\xe9.jpg"), 901)
    (photos / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 this is no picture")
    with serving(photos, data) as running:
        running.scanned()
        yield running


@pytest.fixture
def gallery(open_page, daemon: Daemon) -> Page:
    """The gallery of all photos."""
    page = open_page(f"{daemon.base}/")
    expect(page.locator("#total")).to_have_text(re.compile(r"^1[3-9]\d photos$"))
    expect(page.locator("#scanbar")).to_be_hidden()
    page.locator(f"{CARDS} img.ready").first.wait_for()
    return page


def scores(page: Page) -> list[float]:
    """The badges of the cards in the document, in the order of the list."""
    return page.evaluate(
        """[...document.querySelectorAll('#grid a[data-id]')].sort((a, b) => a.dataset.index - b.dataset.index)
            .map(a => parseFloat(a.querySelector('.score').lastChild.textContent))"""
    )


def test_photos_appear_with_scores_best_first_and_turn_round(gallery: Page):
    down = scores(gallery)
    assert len(down) > 20
    assert down == sorted(down, reverse=True)
    gallery.get_by_role("button", name="Descending").click()
    until(gallery, "document.querySelector('#direction.ascending')")

    def turned() -> bool:
        up = scores(gallery)
        return len(up) > 20 and up == sorted(up) and up[0] < down[0]

    eventually(gallery, turned)


def test_sorting_by_date_changes_the_order(gallery: Page):
    gallery.get_by_label("Sort by").select_option("date_taken")
    until(gallery, "/May 28, 2024/.test(document.querySelector('#grid a[data-index=\"0\"]')?.textContent)")
    assert "sort=date_taken" in gallery.url


def test_infinite_scroll_reaches_the_last_photo(gallery: Page):
    gallery.locator("#grid a[data-index='0']").focus()
    gallery.keyboard.press("End")
    total = gallery.evaluate("parseInt(document.getElementById('total').textContent)")
    until(gallery, f"document.querySelector('#grid a[data-index=\"{total - 1}\"] img.ready')")
    assert gallery.locator(CARDS).count() < total


def test_the_camera_filter_offers_what_is_there_narrows_and_its_chip_removes_it(gallery: Page):
    total = gallery.locator("#total").text_content()
    gallery.get_by_role("button", name="Filters", exact=True).click()
    option = gallery.locator("#drawer select[name=camera] option", has_text="Beta")
    expect(option).to_have_text("Beta (32)")
    gallery.locator("#drawer select[name=camera]").select_option("Beta")
    expect(gallery.locator("#total")).to_have_text("32 photos")
    gallery.get_by_role("button", name="Remove filter: Camera: Beta").click()
    expect(gallery.locator("#total")).to_have_text(total or "")


def test_dates_scores_quality_and_ranges_narrow(open_page, gallery: Page, daemon: Daemon):
    gallery.goto(f"{daemon.base}/?date_from=2024-05-03&date_to=2024-05-04")
    expect(gallery.locator("#chips")).to_contain_text("Date May 3, 2024 – May 4, 2024")
    expect(gallery.locator("#total")).to_have_text("10 photos")
    for query in (
        "min_score=5",
        "quality=good",
        "min_sharpness=6",
        "max_noise=3",
        "min_iso=200",
        "composition_pattern=center",
        "is_monochrome=0",
    ):
        gallery.goto(f"{daemon.base}/?{query}")
        expect(gallery.locator("#total, #blank h2").filter(has_text=re.compile("photo"))).not_to_have_count(0)
        expect(gallery.get_by_role("alert")).to_have_count(0)


def test_the_photo_page_shows_picture_exif_bars_and_histogram(gallery: Page, daemon: Daemon):
    gallery.goto(f"{daemon.base}/?camera=Alpha")
    gallery.locator("#grid a[data-index='0']").click()
    gallery.locator(".picture img.ready").wait_for()
    assert gallery.evaluate("document.querySelector('.picture img').naturalWidth") == 480
    expect(gallery.locator(".about-camera")).to_contain_text("Test Alpha")
    expect(gallery.locator(".about-camera")).to_contain_text("1/125 s  ·  f/2.8  ·  ISO 400  ·  35 mm")
    expect(gallery.locator(".headline time")).to_contain_text("2024 at 12:00:00 PM")
    assert gallery.locator("svg.histogram path").count() == 4
    assert gallery.locator(".metric .meter").count() > 20
    widths = set(gallery.evaluate("[...document.querySelectorAll('.about-scores .fill')].map(n => n.style.width)"))
    assert len(widths) > 8, "bars differ with their values"
    parts = gallery.evaluate("[...document.querySelectorAll('.breakdown tbody td:last-child')].map(n => parseFloat(n.textContent))")
    extra = gallery.evaluate("[...document.querySelectorAll('.breakdown :is(.bonus, .penalty) td')].map(n => parseFloat(n.textContent))")
    total = float(gallery.locator(".breakdown .sum td").text_content() or "nan")
    assert sum(parts) + sum(extra) == pytest.approx(total, abs=0.12)


def test_the_original_can_be_downloaded(gallery: Page, daemon: Daemon):
    gallery.locator("#grid a[data-index='0']").click()
    gallery.locator(".headline").wait_for()
    name = gallery.locator(".headline h1").text_content() or ""
    with gallery.expect_download() as waiting:
        gallery.get_by_role("link", name="Download the original").last.click()
    original = daemon.photos / name
    if original.exists():
        assert Path(waiting.value.path()).read_bytes() == original.read_bytes()


def test_hostile_and_undecodable_names_are_text(gallery: Page, daemon: Daemon):
    gallery.goto(f"{daemon.base}/?search=onerror")
    expect(gallery.locator("#grid .name")).to_have_text([HOSTILE])
    gallery.locator("#grid a[data-index='0']").click()
    expect(gallery.locator(".headline h1")).to_have_text(HOSTILE)
    expect(gallery.locator(".about-file .path")).to_contain_text(HOSTILE)
    gallery.goto(f"{daemon.base}/?sort=filename&sort_direction=DESC")
    link = gallery.get_by_role("link", name="latin-%E9t%E9.jpg")
    link.locator("img.ready").wait_for()
    link.click()
    expect(gallery.locator(".about-file .path")).to_contain_text("/latin-%E9t%E9.jpg")
    gallery.locator(".picture img.ready").wait_for()


def test_a_new_file_appears_and_a_deleted_one_goes_without_reload(gallery: Page, daemon: Daemon):
    gallery.goto(f"{daemon.base}/?search=fresh-arrival")
    expect(gallery.get_by_role("heading", name="Nothing found for")).to_be_visible()
    gallery.evaluate("window.stayed = true")
    picture(daemon.photos / "fresh-arrival.jpg", 5000 + os.getpid())
    expect(gallery.locator("#grid .name")).to_have_text(["fresh-arrival.jpg"], timeout=60_000)
    gallery.locator("#grid img.ready").wait_for()
    (daemon.photos / "fresh-arrival.jpg").unlink()
    expect(gallery.get_by_role("heading", name="Nothing found for")).to_be_visible(timeout=60_000)
    assert gallery.evaluate("window.stayed")


def test_the_scan_page_lists_the_broken_file_and_scans_again(gallery: Page, daemon: Daemon):
    gallery.goto(f"{daemon.base}/scan")
    rows = gallery.locator("#failures tbody tr")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("broken.jpg")
    expect(gallery.locator("#roots")).to_contain_text("Online")
    before = gallery.evaluate("fetch('/api/scan/status').then(r => r.json()).then(s => s.started_at)")
    gallery.wait_for_timeout(1100)
    gallery.get_by_role("button", name="Scan now").click()
    again = f"fetch('/api/scan/status').then(r => r.json()).then(s => s.started_at !== '{before}' && s.state === 'idle')"
    eventually(gallery, lambda: gallery.evaluate(again), seconds=60)
    expect(gallery.locator("#status")).to_contain_text("Up to date")


def test_a_photo_that_does_not_exist_is_a_404_page(open_page, complaints, daemon: Daemon):
    complaints.expected.append("Failed to load resource")
    page = open_page(f"{daemon.base}/")
    response = page.goto(f"{daemon.base}/photo/99999999")
    assert response is not None
    assert response.status == 404
    expect(page.locator("h1")).to_have_text("Not found")


def test_the_api_documentation_lists_every_operation(gallery: Page, daemon: Daemon):
    gallery.goto(f"{daemon.base}/api/docs")
    gallery.get_by_text("/api/photos", exact=True).first.wait_for()
    count = gallery.evaluate(
        "fetch('/api/openapi.json').then(r => r.json()).then(d => Object.values(d.paths).flatMap(p => Object.keys(p)).length)"
    )
    assert gallery.locator(".opblock").count() == count > 15
