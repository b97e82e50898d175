"""Captions by models in a browser, before a made-up library: on the photo page, the scan page, and the line at the edge."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.webui.browsing import eventually, hold, overflow
from tests.webui.fakelibrary import HOSTILE, FakeLibrary

pytestmark = pytest.mark.browser
READY = {"state": "ready", "reason": ""}
RUNNING = {"kind": "generate", "state": "running", "done": 40, "total": 160, "rate_per_s": 0.5, "eta_s": 240.0}


def test_a_model_describes_and_translates_on_request(open_page, fake: FakeLibrary):
    fake.models = {"captioning": READY, "translation": READY}
    page = open_page(f"{fake.base}/photo/1?at=0")
    line = page.locator(".caption")
    expect(line.locator("p")).to_have_text("Anna with a dog in Rome, July 2019")
    assert fake.asked("/api/caption?") == ["/api/caption?id=1&generate=0"], "looking starts no model"
    held = hold(page, "**/api/caption/generate")
    line.get_by_role("button", name="Describe").click()
    expect(line.get_by_role("status")).to_have_text("A model looks at the photo …")
    eventually(page, lambda: held)
    held[0].continue_()
    expect(line.locator("p")).to_have_text("A dog runs <b>along</b> a beach.")
    expect(line.locator(".by")).to_have_text("By llava")
    line.get_by_role("button", name="In French").click()
    expect(line.locator("p")).to_have_text("[fr] A dog runs <b>along</b> a beach.")
    expect(line.locator("p")).to_have_attribute("lang", "fr")
    expect(line.locator(".by")).to_have_text("By llava, translated")
    line.get_by_role("button", name="Write a caption").click()
    expect(line.get_by_role("textbox")).to_have_value("A dog runs <b>along</b> a beach.")
    line.get_by_role("textbox").fill("mine")
    page.keyboard.press("Enter")
    expect(line.locator(".by")).to_have_text("Written by hand")
    expect(line.get_by_role("button", name="Describe")).to_have_count(0)
    expect(line.get_by_role("button", name="In French")).to_be_visible()


def test_what_a_model_could_not_do_is_told(open_page, complaints, fake: FakeLibrary):
    complaints.expected.append("503")
    fake.models = {"captioning": READY}
    fake.broken["/api/caption/generate"] = 503
    page = open_page(f"{fake.base}/photo/1?at=0")
    line = page.locator(".caption")
    line.get_by_role("button", name="Describe").click()
    expect(line.get_by_role("alert")).to_have_text("broken on purpose")
    expect(line.locator("p").first).to_have_text("Anna with a dog in Rome, July 2019")
    fake.broken.clear()
    expect(line.get_by_role("button", name="Describe")).to_be_focused()
    page.keyboard.press("Enter")
    expect(line.locator("p")).to_have_text("A dog runs <b>along</b> a beach.")


def test_what_is_being_typed_outlives_a_change_of_the_photo(open_page, fake: FakeLibrary):
    page = open_page(f"{fake.base}/photo/1?at=0")
    line = page.locator(".caption")
    line.get_by_role("button", name="Write a caption").click()
    line.get_by_role("textbox").fill("half a sen")
    with page.expect_response(re.compile(r"/api/photo\?id=1")):
        fake.push("photos", {"added": 0, "changed": 1, "ids": [1], "revision": 9})
    expect(line.get_by_role("textbox")).to_have_value("half a sen")


def test_many_photos_are_described_from_the_scan_page(open_page, fake: FakeLibrary):
    fake.models = {"captioning": READY, "translation": READY}
    page = open_page(f"{fake.base}/scan")
    section = page.locator("#captions")
    expect(section).to_be_visible()
    section.get_by_role("button", name="Describe photos").click()
    expect(section).to_contain_text("Describing photos")
    assert fake.posts == [("/api/captions/generate", {})]
    fake.push("captions", fake.job | RUNNING)
    expect(section).to_contain_text("40 of 160")
    expect(section).to_contain_text("30 per minute")
    assert section.locator("progress").evaluate("n => n.value / n.max") == 0.25
    fake.push("captions", fake.job | RUNNING | {"waiting": "http://gpu-box:11434/v1 does not answer"})
    expect(section.get_by_role("status")).to_have_text("Waiting: http://gpu-box:11434/v1 does not answer")
    section.get_by_role("button", name="Stop").click()
    eventually(page, lambda: fake.posts[-1][0] == "/api/captions/cancel")
    ended = {"state": "idle", "finished_at": "2026-05-01T10:00:00Z", "failed": 1, "failures": [{"id": 7, "message": HOSTILE}]}
    fake.push("captions", fake.job | RUNNING | ended | {"error": "the key is refused"})
    expect(section.get_by_role("alert")).to_have_text("the key is refused")
    section.get_by_text("1 in vain").last.click()
    expect(section.locator("li")).to_contain_text(HOSTILE)
    assert section.locator("li a").get_attribute("href") == "/photo/7"
    expect(section.get_by_role("button", name="Translate captions")).to_be_visible()


def test_without_models_there_is_nothing_to_press(open_page, fake: FakeLibrary):
    fake.models = {"captioning": {"state": "unavailable", "reason": "set captions.endpoint"}}
    page = open_page(f"{fake.base}/scan")
    expect(page.locator("#roots tbody tr")).to_have_count(1)
    expect(page.locator("#captions")).to_be_hidden()


@pytest.mark.parametrize("phone", [False, True])
def test_the_line_at_the_edge_tells_of_the_job(open_page, fake: FakeLibrary, phone: bool):
    page = open_page(f"{fake.base}/", phone=phone)
    page.locator("#grid a").first.wait_for()
    fake.push("captions", fake.job | RUNNING | {"failed": 2})
    bar = page.locator("#scanbar")
    expect(bar).to_contain_text("Describing photos")
    expect(bar).to_contain_text("2 in vain")
    fake.push("scan", fake.scan | {"state": "running", "phase": "analysing", "done": 1, "total": 2})
    expect(bar).to_contain_text("1 of 2"), "a scan comes first"
    fake.push("scan", fake.scan)
    expect(bar).to_contain_text("40 of 160")
    assert overflow(page) == 0
    fake.push("captions", fake.job | RUNNING | {"state": "idle"})
    expect(bar).to_be_hidden()
