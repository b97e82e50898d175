"""The gallery in a browser, before a made-up library."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import APIResponse, Page, Route, expect

from tests.webui.browsing import CARDS, eventually, hold, painted, settled, still, until
from tests.webui.fakelibrary import HOSTILE, UNSORTED, FakeLibrary

pytestmark = pytest.mark.browser


def shown(page: Page) -> list[int]:
    """Ids of the photos inside the window, in reading order."""
    return page.evaluate(
        """() => [...document.querySelectorAll('#grid a[data-id]')]
            .map(a => [a, a.getBoundingClientRect()])
            .filter(([, r]) => r.bottom > document.getElementById('bar').offsetHeight && r.top < innerHeight)
            .sort(([, a], [, b]) => a.top - b.top || a.left - b.left).map(([a]) => Number(a.dataset.id))"""
    )


def focused(page: Page) -> int:
    return int(page.evaluate("document.activeElement.dataset.index ?? -1"))


def test_photos_come_in_the_order_of_the_answer_with_score_and_category(open_page, fake: FakeLibrary):
    page = open_page(f"{fake.base}/")
    first = page.locator(f"{CARDS} a[data-id='1']")
    expect(first.locator(".score")).to_have_text("Score 10.0")
    expect(first.locator(".category")).to_have_text("Landscape")
    unsorted = page.locator(f"#grid a[data-index='{UNSORTED}']")
    expect(unsorted.locator(".score")).to_be_visible()
    expect(unsorted.locator(".category")).to_have_count(0)
    assert shown(page)[:5] == [1, 2, 3, 4, 5]
    expect(page.locator("#total")).to_have_text("250 photos")
    until(page, "document.querySelector('#grid a[data-id=\"1\"] img.ready')?.naturalWidth > 0")


def test_nothing_moves_while_pictures_arrive(open_page, fake: FakeLibrary):
    page = open_page(f"{fake.base}/")
    until(page, "document.querySelectorAll('#grid img.ready').length > 20")
    shift = page.evaluate(
        """() => new Promise(done => { let sum = 0;
            const watch = new PerformanceObserver(list => { for (const entry of list.getEntries()) sum += entry.value });
            watch.observe({type: 'layout-shift', buffered: true});
            setTimeout(() => done(sum), 300) })"""
    )
    assert shift < 0.01


def test_placeholders_stand_before_the_pixels(open_page, complaints, fake: FakeLibrary):
    complaints.expected.append("Failed to load resource")
    fake.broken["/thumbnail"] = 404
    page = open_page(f"{fake.base}/")
    until(page, "document.querySelector('#grid a[data-id=\"1\"]')?.style.backgroundImage.startsWith('url(\"data:image/png')")
    assert page.evaluate("document.querySelector('#grid a[data-id=\"1\"]').style.backgroundColor") == "rgb(64, 80, 96)"


def test_only_rows_near_the_window_are_in_the_document(open_page, fake: FakeLibrary):
    fake.total = 100_000
    page = open_page(f"{fake.base}/")
    expect(page.locator("#total")).to_have_text("100,000 photos")
    for share in (0.1, 0.5, 0.9):
        page.evaluate(f"scrollTo(0, document.documentElement.scrollHeight * {share})")
        settled(page)
        until(page, "document.querySelectorAll('#grid img.ready').length > 10")
        assert page.locator(CARDS).count() < 150


def test_scrolling_on_pages_by_key_and_a_jump_pages_by_number(open_page, fake: FakeLibrary):
    fake.total = 100_000
    page = open_page(f"{fake.base}/")
    page.locator(CARDS).first.wait_for()
    page.mouse.move(600, 400)
    while max(shown(page), default=0) <= 300:
        before = page.evaluate("scrollY")
        page.mouse.wheel(0, 900)
        until(page, f"scrollY > {before}")
        settled(page)
    assert len([url for url in fake.asked("/api/photos") if re.search(r"after=[12]00$", url)]) == 2
    assert not fake.asked("page=2")
    assert not fake.asked("page=3")
    fake.requests.clear()
    page.evaluate("scrollTo(0, document.documentElement.scrollHeight / 2)")
    until(page, "[...document.querySelectorAll('#grid a[data-id]')].some(a => Math.abs(a.dataset.id - 50000) < 400)")
    pages = [int(match[1]) for url in fake.asked("/api/photos") if (match := re.search(r"[?&]page=(\d+)", url))]
    assert pages
    assert all(abs(number - 500) < 5 for number in pages)


def test_the_last_of_two_million_photos_can_be_reached(open_page, fake: FakeLibrary):
    fake.total = 2_000_000
    page = open_page(f"{fake.base}/", phone=True)
    page.locator(CARDS).first.wait_for()
    assert page.evaluate("document.documentElement.scrollHeight") < 16_000_000
    page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    until(page, "document.querySelector('#grid a[data-id=\"2000000\"]')")
    settled(page)
    assert 2_000_000 in shown(page)
    page.evaluate("scrollTo(0, 0)")
    until(page, "document.querySelector('#grid a[data-id=\"1\"]')")
    settled(page)
    assert shown(page)[0] == 1


@pytest.mark.parametrize("start", ["document.documentElement.scrollHeight", "4000000"])
def test_a_jump_in_the_moment_the_list_settles_is_followed(open_page, fake: FakeLibrary, start: str):
    fake.total = 2_000_000
    page = open_page(f"{fake.base}/", viewport={"width": 500, "height": 800})
    page.locator(CARDS).first.wait_for()
    for _ in range(4):
        page.evaluate(f"scrollTo(0, {start})")
        until(page, "document.querySelectorAll('#grid a[data-id]').length > 10 && !document.querySelector('#grid a[data-id=\"1\"]')")
        # The jump falls due just before the timer that settles the list, and the browser tells of it afterwards.
        page.evaluate(
            """() => new Promise(go => {
            dispatchEvent(new Event('scroll'));
            setTimeout(() => scrollTo(0, 0), 158);
            setTimeout(go, 500) })"""
        )
        assert page.evaluate("scrollY") == 0
        until(page, "document.querySelector('#grid a[data-id=\"1\"]')")
        settled(page)
        assert shown(page)[0] == 1


def test_a_scaled_list_still_scrolls_row_by_row(open_page, fake: FakeLibrary):
    fake.total = 2_000_000
    page = open_page(f"{fake.base}/", viewport={"width": 500, "height": 800})
    page.locator(CARDS).first.wait_for()
    page.evaluate("scrollTo(0, 4000000)")
    settled(page)
    before = shown(page)
    assert before[0] > 1000
    page.mouse.move(200, 400)
    for _ in range(4):
        place = page.locator("#grid a").first.bounding_box()
        page.mouse.wheel(0, 100)
        eventually(page, lambda place=place: page.locator("#grid a").first.bounding_box() != place)
        settled(page)
    rows = (shown(page)[0] - before[0]) / 4
    assert 0 < rows < 12, "400 px are a few rows, whatever the scale"


def test_keys_move_through_the_grid_and_open_a_photo(open_page, fake: FakeLibrary):
    page = open_page(f"{fake.base}/")
    page.locator(CARDS).first.wait_for()
    page.keyboard.press("ArrowRight")
    assert focused(page) == 0
    page.keyboard.press("ArrowRight")
    assert focused(page) == 1
    page.keyboard.press("ArrowDown")
    columns = focused(page) - 1
    assert columns >= 4
    page.keyboard.press("End")
    until(page, "document.activeElement.dataset.index === '249' && document.activeElement.dataset.id === '250'")
    page.keyboard.press("Home")
    until(page, "document.activeElement.dataset.index === '0'")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/photo/2\?at=1$"))


def test_every_photo_has_one_stop_for_the_tab_key_and_a_name(open_page, fake: FakeLibrary):
    page = open_page(f"{fake.base}/")
    page.locator(CARDS).first.wait_for()
    assert page.locator("#grid a[tabindex='0']").count() == 1
    name = "IMG_0000000.jpg Jul 14, 2024 · f/2.8 · 1/250 s · ISO 200 · 50 mm Score 10.0 Landscape"
    link = page.get_by_role("link", name=name, exact=True)

    expect(link).to_have_attribute("data-id", "1")


def test_back_from_a_photo_returns_to_the_same_place(open_page, fake: FakeLibrary):
    fake.total = 20_000
    page = open_page(f"{fake.base}/")
    page.locator(CARDS).first.wait_for()
    page.evaluate("scrollTo(0, document.documentElement.scrollHeight * .4)")
    settled(page)
    before = shown(page)
    assert before[0] > 1000
    target = before[len(before) // 2]
    page.locator(f"#grid a[data-id='{target}']").click()
    page.wait_for_url(re.compile(rf"/photo/{target}\?"))
    expect(page.locator("#position")).to_have_text(f"{target:,} / 20,000")
    page.keyboard.press("Escape")
    until(page, "location.pathname === '/'")
    until(page, f"document.activeElement?.dataset?.id === '{target}'")
    settled(page)
    assert shown(page)[0] == before[0]


def test_a_link_carries_filters_order_and_position(open_page, fake: FakeLibrary):
    fake.total = 5000
    page = open_page(f"{fake.base}/?category=portrait&sort=date_taken&sort_direction=ASC#1200")
    settled(page)
    assert fake.asked("/api/photos?category=portrait")[0].startswith("/api/photos?category=portrait&sort=date_taken&sort_direction=ASC")
    expect(page.locator("#sort")).to_have_value("date_taken")
    expect(page.locator("#chips")).to_contain_text("Category: Portrait")
    index = page.evaluate(
        "Math.min(...[...document.querySelectorAll('#grid a')].filter(a => a.getBoundingClientRect().top > 40).map(a => +a.dataset.index))"
    )
    assert abs(index - 1200) < 24


def test_sort_direction_turns_the_list_round_and_back_undoes_it(open_page, fake: FakeLibrary):
    page = open_page(f"{fake.base}/")
    page.locator(f"{CARDS} a[data-id='1']").wait_for()
    page.get_by_role("button", name="Descending: highest first").click()
    until(page, "document.querySelector('#grid a[data-index=\"0\"]')?.dataset.id === '250'")
    page.wait_for_url(re.compile("sort_direction=ASC"))
    page.go_back()
    until(page, "document.querySelector('#grid a[data-index=\"0\"]')?.dataset.id === '1'")


def test_what_is_typed_stays_while_the_lists_of_other_filters_come(open_page, fake: FakeLibrary):
    page = open_page(f"{fake.base}/")
    cameras = "**/api/filter_options/cameras*"
    held = hold(page, cameras)
    with page.expect_request(cameras):
        page.get_by_role("button", name="Filters", exact=True).click()
    page.get_by_label("Score, minimum", exact=True).last.fill("9")
    eventually(page, lambda: held)
    with page.expect_response(cameras):
        held[0].continue_()
    expect(page.locator("select[name=camera] option").nth(1)).to_be_attached()
    page.keyboard.press("Enter")
    expect(page.locator("#total")).to_have_text("26 photos")


def test_a_filter_narrows_shows_a_chip_and_the_chip_takes_it_away(open_page, fake: FakeLibrary):
    page = open_page(f"{fake.base}/")
    page.get_by_role("button", name="Filters", exact=True).click()
    page.get_by_label("Score, minimum", exact=True).last.fill("9")
    page.keyboard.press("Enter")
    expect(page.locator("#total")).to_have_text("26 photos")
    page.wait_for_url("**/?min_score=9")
    expect(page.locator("#filters .count")).to_have_text("1")
    page.get_by_role("button", name="Remove filter: Score ≥ 9.0").click()
    expect(page.locator("#total")).to_have_text("250 photos")
    expect(page.locator("#chips")).to_be_hidden()


def test_a_slider_says_the_same_as_its_number(open_page, fake: FakeLibrary):
    page = open_page(f"{fake.base}/")
    page.get_by_role("button", name="Filters", exact=True).click()
    thumb = page.get_by_label("Score, minimum", exact=True).first
    thumb.focus()
    for _ in range(10):
        page.keyboard.press("ArrowRight")
    expect(page.get_by_label("Score, minimum", exact=True).last).to_have_value("1")
    page.wait_for_url("**/?min_score=1")


def test_every_filter_of_the_registry_has_a_control(open_page, fake: FakeLibrary):
    page = open_page(f"{fake.base}/")
    page.get_by_role("button", name="Filters", exact=True).click()
    page.locator("#drawer summary").first.wait_for()
    labels = page.evaluate(
        """[...document.querySelectorAll('#drawer [aria-label], #drawer legend, #drawer label')]
            .map(n => n.getAttribute('aria-label') || n.textContent).join('|')"""
    )
    filters = page.evaluate("fetch('/api/config').then(r => r.json()).then(c => c.filters.map(f => f.label))")
    assert len(filters) > 25
    assert [label for label in filters if label not in labels] == []


def test_search_narrows_while_typing_and_no_match_offers_a_way_back(open_page, fake: FakeLibrary):
    page = open_page(f"{fake.base}/")
    page.locator(CARDS).first.wait_for()
    page.keyboard.press("/")
    page.keyboard.type("nothing like it")
    expect(page.get_by_role("heading", name="Nothing found for “nothing like it”")).to_be_visible()
    page.locator("#blank").get_by_role("button", name="Clear the search").click()
    expect(page.locator("#total")).to_have_text("250 photos")
    page.wait_for_url(f"{fake.base}/")


def test_a_blank_at_the_end_of_what_is_typed_outlives_the_search(open_page, fake: FakeLibrary):
    page = open_page(f"{fake.base}/")
    box = page.locator("#search input")
    box.press_sequentially("blue ")
    page.wait_for_url("**/?search=blue")
    expect(page.locator("#total")).to_have_text("250 photos")
    expect(box).to_have_value("blue ")
    box.press_sequentially("sea")
    page.wait_for_url("**/?search=blue+sea")


def test_what_is_typed_before_the_configuration_is_there_stays(open_page, fake: FakeLibrary):
    page = open_page("about:blank")
    page.clock.install()
    held = hold(page, "**/api/config")
    page.goto(f"{fake.base}/")
    eventually(page, lambda: held)
    page.clock.pause_at(datetime.now(UTC) + timedelta(hours=1))
    page.locator("#search input").fill("sea")
    held[0].continue_()
    expect(page.locator("#sort option").first).to_be_attached()
    expect(page.locator("#search input")).to_have_value("sea")
    page.clock.resume()
    page.wait_for_url("**/?search=sea")


def test_hostile_names_are_text(open_page, fake: FakeLibrary):
    page = open_page(f"{fake.base}/?search={HOSTILE.replace('&', '%26')}")
    card = page.locator("#grid a[data-id='4']")
    expect(card.locator(".name")).to_have_text(HOSTILE)
    assert page.locator("img[src='x']").count() == 0
    expect(page.locator("#chips")).to_contain_text("<img src=x onerror=alert(1)>")


def test_an_error_looks_unlike_an_empty_library_and_can_be_retried(open_page, complaints, fake: FakeLibrary):
    complaints.expected.append("Failed to load resource")
    fake.broken["/api/photos"] = 500
    page = open_page(f"{fake.base}/")
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("The photos could not be loaded")
    expect(alert).to_contain_text("broken on purpose")
    fake.broken.clear()
    alert.get_by_role("button", name="Try again").click()
    page.locator(CARDS).first.wait_for()
    expect(page.locator("#blank")).to_be_hidden()


def test_a_refused_filter_is_named_and_can_be_cleared(open_page, complaints, fake: FakeLibrary):
    complaints.expected.append("Failed to load resource")
    fake.broken["/api/photos"] = 400
    page = open_page(f"{fake.base}/?min_score=much")
    expect(page.get_by_role("alert")).to_contain_text("min_score: expected a number")
    fake.broken.clear()
    page.get_by_role("alert").get_by_role("button", name="Clear filters").click()
    expect(page.locator("#total")).to_have_text("250 photos")


def test_an_error_further_down_keeps_what_is_there(open_page, complaints, fake: FakeLibrary):
    complaints.expected.append("Failed to load resource")
    fake.total = 1000
    page = open_page(f"{fake.base}/")
    page.locator(CARDS).first.wait_for()
    fake.broken["/api/photos"] = 500
    page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    expect(page.locator(".notice")).to_contain_text("Some photos could not be loaded.")
    fake.broken.clear()
    page.locator(".notice").get_by_role("button", name="Try again").click()
    until(page, "document.querySelector('#grid a[data-id=\"1000\"]')")


@pytest.mark.parametrize(
    ("roots", "state", "title", "tells"),
    [
        ([], "idle", "No photos yet", "facetd serve --photos"),
        ([{"name": "P", "path": "/P", "online": True, "photo_count": 0}], "idle", "Nothing here yet", "appear here by themselves"),
        (
            [{"name": "P", "path": "/P", "online": True, "photo_count": 0}],
            "running",
            "The first photos are on their way",
            "as soon as they are read",
        ),
    ],
)
def test_an_empty_library_tells_what_to_do(open_page, fake: FakeLibrary, roots, state, title, tells):
    fake.total = 0
    fake.scan |= {"roots": roots, "state": state}
    page = open_page(f"{fake.base}/")
    expect(page.get_by_role("heading", name=title)).to_be_visible()
    expect(page.locator("#blank")).to_contain_text(tells)


def test_an_offline_root_is_announced_and_its_photos_stay(open_page, fake: FakeLibrary):
    fake.offline = True
    fake.scan["roots"][0]["online"] = False
    page = open_page(f"{fake.base}/")
    expect(page.locator("#banner")).to_contain_text("The folder Photos is offline")
    expect(page.locator(".away").nth(10)).to_be_attached()


def test_a_running_scan_shows_its_progress_and_new_photos_by_itself(open_page, fake: FakeLibrary):
    fake.total = 3
    page = open_page(f"{fake.base}/")
    expect(page.locator("#total")).to_have_text("3 photos")
    fake.push(
        "scan",
        fake.scan | {"state": "running", "phase": "analysing", "done": 120, "total": 491, "failed": 2, "rate_per_s": 9.37, "eta_s": 39.6},
    )
    bar = page.locator("#scanbar")
    expect(bar).to_contain_text("120 of 491")
    expect(bar).to_contain_text("9.37 per second")
    expect(bar).to_contain_text("40 s left")
    expect(bar).to_contain_text("2 files cannot be read")
    fake.total = 9
    fake.push("photos", {"added": 6, "changed": 0, "ids": [4, 5, 6, 7, 8, 9], "revision": 2})
    expect(page.locator("#total")).to_have_text("9 photos")
    expect(page.locator(f"{CARDS} a[data-id='9']")).to_be_visible()
    fake.push("scan", fake.scan)
    expect(bar).to_be_hidden()


def test_what_the_stream_tells_of_a_scan_is_newer_than_an_answer_on_its_way(open_page, fake: FakeLibrary):
    page = open_page("about:blank")
    held: list[tuple[Route, APIResponse]] = []
    page.route("**/api/scan/status", lambda route: held.append((route, route.fetch())))
    page.goto(f"{fake.base}/")
    eventually(page, lambda: held)
    fake.push("scan", fake.scan | {"state": "running", "phase": "analysing", "done": 120, "total": 491})
    expect(page.locator("#scanbar")).to_contain_text("120 of 491")
    route, answer = held[0]
    with page.expect_response("**/api/scan/status"):
        route.fulfill(response=answer)
    painted(page)
    expect(page.locator("#scanbar")).to_be_visible()


def test_new_photos_do_not_move_someone_who_has_scrolled(open_page, fake: FakeLibrary):
    fake.total = 2000
    page = open_page(f"{fake.base}/")
    page.locator(CARDS).first.wait_for()
    page.evaluate("scrollTo(0, 3000)")
    settled(page)
    before = shown(page)
    assert before[0] > 50
    fake.push("photos", {"added": 4, "changed": 0, "ids": [1, 2, 3, 4], "revision": 3})
    pill = page.locator("#pill")
    expect(pill).to_have_text("4 new photos")
    assert shown(page) == before
    fake.total = 2004
    pill.click()
    expect(page.locator("#total")).to_have_text("2,004 photos")
    expect(page.locator(f"{CARDS} a[data-id='1']")).to_be_visible()
    settled(page)
    assert shown(page)[0] == 1
    expect(pill).to_be_hidden()


def test_the_live_stream_comes_back_and_catches_up(open_page, fake: FakeLibrary):
    fake.total = 3
    page = open_page(f"{fake.base}/")
    expect(page.locator("#total")).to_have_text("3 photos")
    fake.hang_up()
    fake.total = 4
    fake.push("photos", {"added": 1, "changed": 0, "ids": [4], "revision": 4})
    expect(page.locator("#total")).to_have_text("4 photos")


def test_question_mark_shows_the_keys_and_escape_closes_them(open_page, fake: FakeLibrary):
    page = open_page(f"{fake.base}/")
    page.locator(CARDS).first.wait_for()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Keys")).to_be_hidden()


def test_on_a_phone_filters_are_a_sheet_that_keeps_the_focus(open_page, fake: FakeLibrary):
    page = open_page(f"{fake.base}/", phone=True)
    page.locator(CARDS).first.wait_for()
    tops = page.evaluate("[...document.querySelectorAll('#grid a')].map(a => a.getBoundingClientRect().top)")
    assert tops.count(tops[0]) in (2, 3)
    page.get_by_role("button", name="Filters", exact=True).tap()
    sheet = page.locator("#drawer")
    expect(sheet).to_be_visible()
    assert page.evaluate("document.getElementById('drawer').matches(':modal')")
    still(page)
    box = sheet.bounding_box()
    assert box and abs(box["y"] + box["height"] - 844) < 1
    page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()


def test_thumbnail_size_changes_the_columns_and_is_remembered(open_page, fake: FakeLibrary):
    page = open_page(f"{fake.base}/")
    page.locator(CARDS).first.wait_for()
    width = page.locator(CARDS).first.bounding_box()["width"]
    page.get_by_label("Thumbnail size").fill("320")
    until(page, f"document.querySelector('#grid [role=listitem]').offsetWidth > {width * 1.5}")
    page.reload()
    until(page, f"document.querySelector('#grid [role=listitem]')?.offsetWidth > {width * 1.5}")
