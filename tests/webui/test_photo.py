"""The photo page in a browser, before a made-up library."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import APIResponse, Page, Route, expect

from tests.webui.browsing import eventually, overflow, painted, until
from tests.webui.fakelibrary import HOSTILE, FakeLibrary

pytestmark = pytest.mark.browser


def scale(page: Page) -> float:
    """How much the picture is enlarged beyond fitting the window."""
    return float(
        page.evaluate("document.querySelector('.picture').getBoundingClientRect().width / document.querySelector('.picture').offsetWidth")
    )


def test_every_score_has_a_bar_its_value_with_unit_and_its_explanation(open_page, fake: FakeLibrary):
    page = open_page(f"{fake.base}/photo/1?at=0")
    sharpness = page.locator(".metric[data-key=tech_sharpness]")
    expect(sharpness.locator(".value")).to_have_text("10.0")
    expect(sharpness).to_contain_text("How much fine detail")
    assert sharpness.locator(".meter .fill").evaluate("n => n.style.width") == "100%"
    noise = page.locator(".metric[data-key=noise_sigma]")
    expect(noise.locator(".value")).to_have_text("2.5 levels")
    expect(noise).to_contain_text("lower is better")
    expect(page.locator(".metric[data-key=mean_luminance] .value")).to_have_text("42%")
    wanted = page.evaluate(
        "fetch('/api/config').then(r => r.json()).then(c => c.metrics.filter(m => m.group !== 'general').map(m => m.key))"
    )
    shown = page.evaluate("[...document.querySelectorAll('.metric[data-key]')].map(n => n.dataset.key)")
    assert len(wanted) > 20
    assert set(wanted) <= set(shown)


def test_why_this_score_adds_up(open_page, fake: FakeLibrary):
    page = open_page(f"{fake.base}/photo/1?at=0")
    table = page.locator(".breakdown")
    expect(table).to_contain_text("Sharpness")
    expect(table.locator("tbody tr")).to_have_count(2)
    expect(table.locator("tbody tr").first.locator("td").last).to_have_text("3.50")
    expect(table.locator(".penalty")).to_contain_text("Penalty: Visible noise")
    expect(table.locator(".penalty td")).to_have_text("-0.50")
    expect(page.locator(".about-why")).to_contain_text("Not measured, weight shared among the others: Noise.")


def test_the_histogram_has_four_curves_that_follow_the_numbers(open_page, fake: FakeLibrary):
    page = open_page(f"{fake.base}/photo/1?at=0")
    page.locator("svg.histogram").wait_for()
    paths = {
        name: page.locator(f"svg.histogram path.{name}").evaluate("n => n.getBBox().height")
        for name in ("luminance", "channel-r", "channel-g", "channel-b")
    }
    assert all(height > 90 for height in paths.values())
    ends = page.locator("svg.histogram path.channel-r").evaluate("n => [n.getPointAtLength(0).y, n.getPointAtLength(n.getTotalLength()).y]")
    assert ends[0] < 10 and ends[1] > 90, "red falls from left to right"
    expect(page.locator(".clipping")).to_have_text("Shadows lost 20%")


def test_camera_facts_and_file(open_page, fake: FakeLibrary):
    page = open_page(f"{fake.base}/photo/2?at=1")
    facts = page.locator(".about-camera")
    expect(facts).to_contain_text("Canon EOS R5")
    expect(facts).to_contain_text("1/250 s  ·  f/2.8  ·  ISO 200  ·  50 mm")
    expect(facts).to_contain_text("-0.33 EV")
    expect(facts).to_contain_text("holiday")
    expect(page.locator(".about-file")).to_contain_text("3000 × 2000  ·  6.0 MP")
    expect(page.locator(".headline time")).to_have_text("Sunday, July 14, 2024 at 6:03:22 PM (+02:00)")
    download = page.get_by_role("link", name="Download the original").last
    assert download.get_attribute("href") == "/image?id=2"
    assert download.get_attribute("download") == "IMG_0000001.jpg"


def test_arrows_turn_the_page_within_the_list(open_page, fake: FakeLibrary):
    page = open_page(f"{fake.base}/photo/50?category=portrait&at=49")
    expect(page.locator("#position")).to_have_text("50 / 250")
    page.keyboard.press("ArrowRight")
    expect(page.locator("#position")).to_have_text("51 / 250")
    expect(page.locator("#name")).to_have_text("IMG_0000050.jpg")
    page.wait_for_url(re.compile(r"/photo/51\?category=portrait&at=50$"))
    for place in ("50 / 250", "49 / 250"):
        until(page, "!document.getElementById('viewer').hasAttribute('aria-busy')")  # a photo on its way is waited for
        page.keyboard.press("ArrowLeft")
        expect(page.locator("#position")).to_have_text(place)
    assert "category=portrait" in fake.asked("/api/photos")[0]


def test_the_ends_of_the_list_have_no_further_button(open_page, fake: FakeLibrary):
    page = open_page(f"{fake.base}/photo/1?at=0")
    expect(page.get_by_role("button", name="Next photo")).to_be_enabled()
    expect(page.get_by_role("button", name="Previous photo")).to_be_disabled()
    page.goto(f"{fake.base}/photo/250?at=249")
    expect(page.get_by_role("button", name="Previous photo")).to_be_enabled()
    expect(page.get_by_role("button", name="Next photo")).to_be_disabled()


def test_a_link_without_a_place_finds_its_place_by_score(open_page, fake: FakeLibrary):
    page = open_page(f"{fake.base}/photo/140")
    expect(page.locator("#position")).to_have_text("140 / 250")


def test_zoom_loads_the_original_and_keeps_the_point_under_the_pointer(open_page, fake: FakeLibrary):
    page = open_page(f"{fake.base}/photo/2?at=1")
    page.locator(".picture img.ready").wait_for()
    assert scale(page) == pytest.approx(1)
    assert not fake.asked("/image?")
    box = page.locator(".picture").bounding_box()
    point = (box["x"] + box["width"] * 0.25, box["y"] + box["height"] * 0.5)
    page.mouse.click(*point)
    until(page, "document.querySelector('.picture img.full.ready')")
    assert fake.asked("/image?id=2")
    assert scale(page) >= 2
    after = page.locator(".picture").bounding_box()
    assert (point[0] - after["x"]) / after["width"] == pytest.approx(0.25, abs=0.01)
    page.keyboard.press("Escape")
    assert scale(page) == pytest.approx(1)


def test_dragging_moves_the_zoomed_picture_but_never_off_the_stage(open_page, fake: FakeLibrary):
    page = open_page(f"{fake.base}/photo/2?at=1")
    page.locator(".picture img.ready").wait_for()
    page.keyboard.press("z")
    stage = page.locator("#frame").bounding_box()
    start = page.locator(".picture").bounding_box()["x"]
    page.mouse.move(stage["x"] + 300, stage["y"] + 300)
    page.mouse.down()
    page.mouse.move(stage["x"] + 100, stage["y"] + 300, steps=5)
    page.mouse.up()
    eventually(page, lambda: page.locator(".picture").bounding_box()["x"] == pytest.approx(start - 200, abs=2))
    page.mouse.move(stage["x"] + 20, stage["y"] + 300)
    page.mouse.down()
    page.mouse.move(stage["x"] + 20 + 5000, stage["y"] + 300, steps=5)
    page.mouse.up()
    eventually(page, lambda: start - 199 < page.locator(".picture").bounding_box()["x"] <= stage["x"] + 1)
    assert scale(page) >= 2, "a drag is not a click"


def test_overlays_show_the_pattern_and_the_subject(open_page, fake: FakeLibrary):
    page = open_page(f"{fake.base}/photo/2?at=1")
    page.locator(".headline").wait_for()
    page.keyboard.press("c")
    expect(page.locator(".overlay .ink line")).to_have_count(2)  # a diagonal composition
    page.keyboard.press("s")
    picture, subject = page.locator(".picture").bounding_box(), page.locator(".overlay .ink .subject").bounding_box()
    assert subject["width"] / picture["width"] == pytest.approx(0.5, abs=0.02)
    assert (subject["x"] - picture["x"]) / picture["width"] == pytest.approx(0.25, abs=0.02)
    expect(page.locator("#show-subject")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("c")
    page.keyboard.press("s")
    expect(page.locator(".overlay")).to_have_count(0)


def test_i_hides_the_information_and_the_choice_is_kept(open_page, fake: FakeLibrary):
    page = open_page(f"{fake.base}/photo/2?at=1")
    page.locator(".headline").wait_for()
    page.keyboard.press("i")
    expect(page.locator("#panel")).to_be_hidden()
    page.reload()
    page.locator(".picture img.ready").wait_for()
    expect(page.locator("#panel")).to_be_hidden()
    page.keyboard.press("i")
    expect(page.locator("#panel")).to_be_visible()


def test_a_hostile_name_is_text(open_page, fake: FakeLibrary):
    page = open_page(f"{fake.base}/photo/4?at=3")
    expect(page.locator(".headline h1")).to_have_text(HOSTILE)
    expect(page).to_have_title(f"{HOSTILE} · facetd")
    assert page.locator("img[src='x']").count() == 0


def test_a_photo_that_is_gone_says_so(open_page, complaints, fake: FakeLibrary):
    complaints.expected.append("Failed to load resource")
    page = open_page(f"{fake.base}/photo/9999")
    expect(page.get_by_role("alert")).to_contain_text("There is no such photo")


def test_an_edited_photo_shows_its_new_content(open_page, fake: FakeLibrary):
    page = open_page(f"{fake.base}/photo/2?at=1")
    expect(page.locator(".headline h1")).to_have_text("IMG_0000001.jpg")
    asked = len(fake.asked("/api/photo?id=2"))
    fake.push("photos", {"added": 0, "changed": 1, "ids": [77], "revision": 4})
    fake.push("photos", {"added": 0, "changed": 1, "ids": [2], "revision": 5})
    eventually(page, lambda: len(fake.asked("/api/photo?id=2")) > asked)
    page.wait_for_timeout(300)
    assert len(fake.asked("/api/photo?id=2")) == asked + 1, "the other event was of another photo"


def test_an_old_answer_that_comes_late_does_not_replace_a_new_one(open_page, fake: FakeLibrary):
    page = open_page("about:blank")
    held: list[tuple[Route, APIResponse]] = []
    page.route("**/api/photo?id=2", lambda route: held.append((route, route.fetch())))
    page.goto(f"{fake.base}/photo/2?at=1")
    eventually(page, lambda: len(held) == 1)
    fake.things = [{"label": "dog", "score": 0.8, "x": 0.5, "y": 0.5, "width": 0.4, "height": 0.4, "shown": True}]
    fake.push("photos", {"added": 0, "changed": 1, "ids": [2], "revision": 5})
    eventually(page, lambda: len(held) == 2)
    (first, old), (second, new) = held
    second.fulfill(response=new)
    expect(page.locator(".about-things .mark")).to_have_text("dog")
    with page.expect_response(re.compile(r"/api/photo\?id=2")):
        first.fulfill(response=old)
    painted(page)
    expect(page.locator(".about-things .mark")).to_have_text("dog")


def test_an_offline_photo_explains_itself_and_does_not_ask_for_the_original(open_page, fake: FakeLibrary):
    fake.offline = True
    page = open_page(f"{fake.base}/photo/2?at=1")
    expect(page.locator("#stage-note")).to_contain_text("offline")
    page.locator(".picture img.ready").wait_for()
    page.keyboard.press("z")
    page.wait_for_timeout(200)
    assert not fake.asked("/image?")


def test_on_a_phone_the_whole_file_name_can_be_read(open_page, fake: FakeLibrary):
    page = open_page(f"{fake.base}/photo/4?at=3", phone=True)
    expect(page.locator("#position")).to_have_text("4 / 250")
    for name in (HOSTILE, f"{'IMG_20240714_' * 12}last.jpg"):
        page.locator("#name").evaluate("(node, name) => node.textContent = name", name)
        cut = page.locator("#name").evaluate(
            "n => [n.scrollWidth - n.clientWidth, n.scrollHeight - n.clientHeight, n.getBoundingClientRect().right - innerWidth]"
        )
        assert max(cut) <= 0, cut
        assert overflow(page) <= 0
    top = page.locator(".viewbar").bounding_box()
    assert page.locator("#name").bounding_box()["y"] + page.locator("#name").bounding_box()["height"] <= top["y"] + top["height"]


def test_on_a_phone_a_swipe_turns_the_page_and_nothing_is_wider_than_the_screen(open_page, fake: FakeLibrary):
    page = open_page(f"{fake.base}/photo/2?at=1", phone=True)
    expect(page.locator("#next")).to_be_enabled()
    assert overflow(page) <= 0
    session = page.context.new_cdp_session(page)
    for kind, x in (("touchStart", 320), ("touchMove", 250), ("touchMove", 120), ("touchEnd", None)):
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [] if x is None else [{"x": x, "y": 300}]})
    page.wait_for_url(re.compile(r"/photo/3\?at=2$"))
