"""Photos like one, bursts and copies in a browser, before a made-up library."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.webui.browsing import CARDS, eventually, hold, scroll_to_count, until
from tests.webui.fakelibrary import FakeLibrary

pytestmark = pytest.mark.browser
CELLS = ".alike-grid .thumb"


def test_nothing_is_asked_before_the_section_is_seen(open_page, fake: FakeLibrary):
    page = open_page(f"{fake.base}/photo/100?at=99", viewport={"width": 1280, "height": 150})
    page.locator(".headline").wait_for()
    page.wait_for_timeout(600)
    assert not fake.asked("/api/similar_photos")
    page.locator(".like-this").scroll_into_view_if_needed()
    expect(page.locator(CELLS)).to_have_count(12)


def test_what_looks_like_a_photo_with_how_much(open_page, fake: FakeLibrary):
    page = open_page(f"{fake.base}/photo/100?at=99")
    expect(page.locator(CELLS)).to_have_count(12)
    expect(page.locator(".alike-count")).to_have_text("30 photos")
    first = page.locator(CELLS).first
    expect(first).to_have_attribute("href", "/photo/10")
    expect(first).to_have_accessible_name("IMG_0000009.jpg 95% alike")
    page.get_by_role("button", name="Show more").click()
    expect(page.locator(CELLS)).to_have_count(24)
    expect(page.locator(CELLS).nth(12)).to_be_focused()  # the focus goes on to what came
    expect(page.locator(CELLS).nth(12)).to_have_attribute("href", "/photo/22")
    page.get_by_role("button", name="Show more").click()
    expect(page.locator(CELLS)).to_have_count(30)
    expect(page.get_by_role("button", name="Show more")).to_have_count(0)


def test_the_threshold_is_kept_for_each_way_of_comparing(open_page, fake: FakeLibrary):
    page = open_page(f"{fake.base}/photo/100?at=99")
    slider = page.get_by_role("slider", name="Alike at least")
    expect(page.locator(CELLS)).to_have_count(12)
    slider.fill("90")
    expect(page.locator(".alike-count")).to_have_text("6 photos")
    expect(page.locator(".like-this output")).to_have_text("90%")
    page.reload()
    expect(page.locator(".alike-count")).to_have_text("6 photos")
    page.get_by_role("tab", name="Colors").click()
    expect(slider).to_have_value("75")


def test_tabs_by_the_keyboard_and_the_page_stays(open_page, fake: FakeLibrary):
    page = open_page(f"{fake.base}/photo/100?at=99")
    page.locator(".headline").wait_for()
    page.keyboard.press("l")
    looks, people = page.get_by_role("tab", name="Looks"), page.get_by_role("tab", name="People")
    expect(looks).to_be_focused()
    page.keyboard.press("ArrowLeft")
    expect(people).to_be_focused()
    expect(people).to_have_attribute("aria-selected", "true")
    expect(page.locator(CELLS)).to_have_count(2)
    expect(page.locator(".basis")).to_have_text("With the same people")
    expect(page.locator(".alike-grid .note")).to_have_count(0)
    expect(page.get_by_role("slider", name="Alike at least")).to_be_hidden()
    assert "/photo/100?" in page.url, "the arrows turned no page"
    page.keyboard.press("Home")
    expect(looks).to_be_focused()
    expect(page.locator(CELLS)).to_have_count(12)
    page.keyboard.press("Tab")
    expect(page.get_by_role("slider", name="Alike at least")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator(CELLS).first).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/photo/10$"))


@pytest.mark.parametrize(
    ("tab", "mode", "message", "text"),
    [
        ("Looks", "visual", "no_hash", "This picture cannot be compared"),
        ("Colors", "color", "no_histogram", "The colors are not known yet"),
        ("People", "person", "no_faces", "No face was found here"),
    ],
)
def test_what_is_missing_is_said(open_page, fake: FakeLibrary, tab: str, mode: str, message: str, text: str):
    fake.likeness.message = {mode: message}
    page = open_page(f"{fake.base}/photo/100?at=99")
    page.get_by_role("tab", name=tab).click()
    expect(page.locator(".like-this .none")).to_contain_text(text)


def test_nothing_alike_and_a_failure_say_what_to_do(open_page, complaints, fake: FakeLibrary):
    complaints.expected.append("Failed to load resource")
    fake.likeness.similar["visual"] = []
    page = open_page(f"{fake.base}/photo/100?at=99")
    expect(page.locator(".like-this .none")).to_contain_text("Move the slider to the left")
    fake.broken["/api/similar_photos/100"] = 500
    page.get_by_role("tab", name="Colors").click()
    expect(page.locator(".like-this [role=alert]")).to_contain_text("broken on purpose")
    fake.broken.clear()
    page.locator(".like-this").get_by_role("button", name="Try again").click()
    expect(page.locator(CELLS)).to_have_count(1)


def test_the_burst_and_the_copies_of_a_photo(open_page, fake: FakeLibrary):
    page = open_page(f"{fake.base}/photo/5?at=4")
    burst, copies = page.get_by_role("list", name="Burst of 4"), page.get_by_role("list", name="2 copies")
    expect(burst.get_by_role("link")).to_have_count(4)
    expect(burst.get_by_role("link").first).to_contain_text("Best")
    expect(burst.locator("[aria-current]")).to_have_attribute("href", "/photo/5")
    expect(copies.get_by_role("link").first).to_have_accessible_name(re.compile(r"^IMG_0000004.jpg ?Best ?Score 9\.8$"))
    copies.get_by_role("link").last.click()
    page.wait_for_url(re.compile(r"/photo/9$"))
    expect(page.locator(".in-group h2")).to_have_text(["2 copies"])


def test_nothing_moves_when_groups_and_similar_photos_come(open_page, fake: FakeLibrary):
    page = open_page("about:blank", viewport={"width": 1280, "height": 1600})
    groups, similar = hold(page, "**/api/photo/groups?*"), hold(page, "**/api/similar_photos/**")
    page.goto(f"{fake.base}/photo/5?at=4")
    expect(page.locator(".caption p")).to_be_visible()
    expect(page.locator(".in-photo li")).to_have_count(1)
    eventually(page, lambda: similar and groups)
    before = page.locator(".about-histogram").bounding_box()
    groups[0].continue_()
    similar[0].continue_()
    page.locator(".alike-grid img.ready").nth(11).wait_for()
    page.locator(".in-group img.ready").first.wait_for()
    assert page.locator(".about-histogram").bounding_box() == before


def test_a_cell_of_the_gallery_tells_of_its_burst_and_opens_it(open_page, fake: FakeLibrary):
    page = open_page(f"{fake.base}/")
    page.locator(f"{CARDS} img.ready").first.wait_for()
    expect(page.locator(".stack")).to_have_count(5)
    badge = page.get_by_role("button", name="Burst of 4, 2 copies: show")
    expect(badge).to_have_text("4")
    badge.click()
    dialog = page.get_by_role("dialog", name="IMG_0000004.jpg")
    expect(dialog.get_by_role("list")).to_have_count(2)
    expect(dialog.get_by_role("link").first).to_be_focused()
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    until(page, "document.activeElement.dataset.id === '5'")
    page.keyboard.press("b")
    expect(dialog).to_be_visible()
    dialog.get_by_role("button", name="Close").click()
    expect(dialog).to_have_count(0)
    until(page, "document.activeElement.dataset.id === '5'")
    page.keyboard.press("Home")
    until(page, "document.activeElement.dataset.id === '1'")
    page.keyboard.press("b")
    page.wait_for_timeout(200)
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_bursts_and_copies_can_be_left_out(open_page, fake: FakeLibrary):
    page = open_page(f"{fake.base}/")
    page.get_by_role("button", name="Filters", exact=True).click()
    with page.expect_request(re.compile(r"/api/photos\?.*hide_bursts=1")):
        page.get_by_label("All but the best of each burst").check()
    page.wait_for_url(re.compile(r"hide_bursts=1"))
    page.get_by_role("button", name="Remove filter: Without other frames of bursts").click()
    expect(page.get_by_label("All but the best of each burst")).not_to_be_checked()


def test_the_page_of_groups(open_page, fake: FakeLibrary):
    page = open_page(f"{fake.base}/culling")
    expect(page.locator(".group-box h2")).to_have_text(["Burst of 4"])
    expect(page.locator(".group-box header")).to_contain_text("Taken within 1 s")
    expect(page.locator("#shows a")).to_have_text([re.compile("Bursts 1"), re.compile("Copies 1"), re.compile("Look-alikes 30")])
    page.get_by_role("link", name="Copies").click()
    expect(page.locator(".group-box h2")).to_have_text(["2 copies"])
    expect(page.locator(".best")).to_have_count(1)
    page.go_back()
    expect(page.locator(".group-box h2")).to_have_text(["Burst of 4"])
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/photo/2$"))


def test_groups_come_while_scrolling_and_the_threshold_is_in_the_address(open_page, fake: FakeLibrary):
    page = open_page(f"{fake.base}/culling?show=similar", viewport={"width": 1280, "height": 500})
    expect(page.locator(".group-box").first).to_contain_text("At least 85% alike")
    scroll_to_count(page, page.locator(".group-box"), 30)
    expect(page.locator(".group-box")).to_have_count(30)
    page.get_by_role("slider", name="Alike at least").fill("95")
    page.wait_for_url(re.compile(r"threshold=0.95"))
    expect(page.locator("#blank")).to_contain_text("No look-alikes")
    fake.push("scan", {**fake.scan, "state": "running"})
    expect(page.locator("#blank")).to_contain_text("Photos are compared when the scan is through.")
    fake.push("scan", fake.scan)
    expect(page.locator("#blank")).to_contain_text("No look-alikes")


def test_a_library_that_changes_waits_until_the_reader_wants_it(open_page, fake: FakeLibrary):
    page = open_page(f"{fake.base}/culling?show=similar", viewport={"width": 1280, "height": 500})
    expect(page.locator(".group-box").nth(3)).to_be_attached()
    page.locator(".group-box a").first.focus()
    fake.push("photos", {"added": 1, "changed": 0, "ids": [1], "revision": 2})
    pill = page.get_by_role("button", name="The library has changed: refresh")
    pill.click()
    expect(pill).to_be_hidden()
    expect(page.locator(".group-box").first).to_be_visible()


def test_groups_that_cannot_be_loaded_say_so(open_page, complaints, fake: FakeLibrary):
    complaints.expected.append("Failed to load resource")
    fake.broken["/api/burst-groups"] = 500
    page = open_page(f"{fake.base}/culling")
    expect(page.get_by_role("alert")).to_be_visible()
    fake.broken.clear()
    page.get_by_role("button", name="Try again").click()
    expect(page.locator(".group-box h2")).to_have_text(["Burst of 4"])


def test_a_scan_that_goes_on_leaves_the_focus_and_what_is_shown(open_page, fake: FakeLibrary):
    page = open_page(f"{fake.base}/photo/100?at=99")
    page.locator(".headline").wait_for()
    page.keyboard.press("l")
    expect(page.locator(CELLS)).to_have_count(12)
    asked = len(fake.asked("/api/similar_photos"))
    with page.expect_response(re.compile(r"/api/photo\?")):
        fake.push("photos", {"added": 3, "changed": 1, "ids": [100], "revision": 9})
    page.wait_for_timeout(300)  # for what must not happen
    expect(page.get_by_role("tab", name="Looks")).to_be_focused()
    expect(page.locator(CELLS)).to_have_count(12)
    assert len(fake.asked("/api/similar_photos")) == asked
