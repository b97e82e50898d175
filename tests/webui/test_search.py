"""Names offered in the search box, and the caption on the photo page, in a browser before a made-up library."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.webui.browsing import until
from tests.webui.fakelibrary import HOSTILE, FakeLibrary

pytestmark = pytest.mark.browser


def test_names_go_on_from_what_is_typed(open_page, fake: FakeLibrary):
    page = open_page(f"{fake.base}/")
    box, offers = page.locator("#search input"), page.locator("#completions option")
    box.press_sequentially("an")
    expect(offers).to_have_attribute("value", '"Anna Berg"')
    expect(offers).to_have_attribute("label", "Person")
    box.fill('2019 -"ro')
    expect(offers).to_have_attribute("value", "2019 -Rome")
    box.fill(HOSTILE[:4])
    expect(offers).to_have_attribute("label", "Tag")
    assert page.locator("#completions *:not(option)").count() == 0, "a name is text"
    box.fill("zzz")
    expect(offers).to_have_count(0)


def test_a_caption_is_read_and_written(open_page, fake: FakeLibrary):
    page = open_page(f"{fake.base}/photo/1?at=0")
    line = page.locator(".caption")
    expect(line.locator("p")).to_have_text("Anna with a dog in Rome, July 2019")
    expect(line.locator(".by")).to_have_text("By rule, from people, things, place and month")
    expect(line.get_by_role("button")).to_have_count(1), "no model, no button for it"
    line.get_by_role("button").click()
    field = line.get_by_role("textbox")
    expect(field).to_be_focused()
    expect(field).to_have_value("")
    field.press_sequentially("f by the <i>sea</i>")
    field.press("Enter")
    expect(line.locator("p")).to_have_text("f by the <i>sea</i>")
    expect(line.locator(".by")).to_have_text("Written by hand")
    assert fake.captions == {1: "f by the <i>sea</i>"}
    line.get_by_role("button").click()
    field.press("Escape")
    expect(line.locator("p")).to_have_text("f by the <i>sea</i>")
    assert page.url.endswith("/photo/1?at=0"), "the page's keys were not meant"


def test_a_search_shows_the_best_match_first_and_says_how_it_was_found(open_page, fake: FakeLibrary):
    page = open_page(f"{fake.base}/?category=portrait&search=sea")
    expect(page.locator("#total")).to_have_text("250 photos")
    expect(page.locator("#sort")).to_have_value("relevance")
    expect(page.locator("#direction")).to_be_disabled()
    expect(page.locator("#found")).to_contain_text("Found by words, best match first")
    assert fake.asked("/api/search?")[0] == "/api/search?category=portrait&limit=100&q=sea&page=1"
    assert not fake.asked("/api/photos?")
    page.keyboard.press("End")
    until(page, "document.querySelector('#grid [data-index=\"249\"][data-id]')")
    assert any("after=" in url or "page=3" in url for url in fake.asked("/api/search?")), "paged like any list"


def test_the_order_of_a_search_can_be_another_one(open_page, fake: FakeLibrary):
    page = open_page(f"{fake.base}/?search=sea")
    expect(page.locator("#sort")).to_have_value("relevance")
    with page.expect_request(re.compile(r"/api/photos\?search=sea&sort=aggregate&per_page=100")):
        page.locator("#sort").select_option("aggregate")
    page.wait_for_url(re.compile(r"search=sea&sort=aggregate$"))
    expect(page.locator("#direction")).to_be_enabled()
    page.locator("#sort").select_option("relevance")
    page.wait_for_url(re.compile(r"\?search=sea$"))
    page.get_by_role("button", name="Remove filter: Search: sea").click()
    expect(page.locator("#sort")).to_have_value("aggregate")
    expect(page.locator("#found")).to_be_hidden()


def test_a_photo_of_a_search_has_the_neighbours_of_the_search(open_page, fake: FakeLibrary):
    page = open_page(f"{fake.base}/?search=sea")
    page.locator("#grid a[data-index='2']").click()
    expect(page.locator("#position")).to_have_text("3 / 250")
    assert not fake.asked("/api/photos?")
    page.keyboard.press("ArrowRight")
    expect(page.locator("#position")).to_have_text("4 / 250")


def test_what_photos_show_is_told_when_it_was_used_and_explained_when_not(open_page, fake: FakeLibrary):
    page = open_page(f"{fake.base}/?search=sea")
    hint = page.get_by_role("button", name="Search by what photos show?")
    expect(hint).to_have_attribute("aria-expanded", "false")
    hint.click()
    expect(page.locator("#found code")).to_have_text("facetd models install clip-vit-b32")
    fake.meaning = {"state": "ready", "reason": ""}
    page.reload()
    hint.click()
    expect(page.locator("#found")).to_contain_text("as soon as it has looked at the photos")
    fake.parts = ["vectors", "text"]
    page.goto(f"{fake.base}/?search=lake")
    expect(page.locator("#found")).to_have_text("Found by words and by what photos show, best match first")


def test_nothing_found_offers_single_words_and_the_search_without_filters(open_page, fake: FakeLibrary):
    page = open_page(f"{fake.base}/?category=portrait&search=nothing+-cloud+%22blue+sea%22")
    blank = page.locator("#blank")
    expect(blank).to_contain_text('Nothing found for “nothing -cloud "blue sea"”')
    expect(blank.locator(".words button")).to_have_text(["nothing0", '"blue sea"250'])
    expect(blank.locator(".words button").first).to_be_disabled()
    blank.get_by_role("button", name="Search without filters").click()
    page.wait_for_url(re.compile(r"/\?search=[^&]*$"))
    blank.locator(".words button").last.click()
    expect(page.locator("#total")).to_have_text("250 photos")


def test_words_that_only_join_others_are_not_offered(open_page, fake: FakeLibrary):
    page = open_page(f"{fake.base}/?search=nothing+of+the+sea+mit+dem+lac")
    expect(page.locator("#blank .words button bdi")).to_have_text(["nothing", "sea", "lac"])
    page.goto(f"{fake.base}/?search=nothing")
    page.locator("#blank h2").wait_for()
    expect(page.locator("#blank .words")).to_have_count(0)


def test_a_misspelt_search_offers_what_may_have_been_meant(open_page, fake: FakeLibrary):
    fake.suggestions = ["birthday", HOSTILE]
    page = open_page(f"{fake.base}/?category=portrait&search=nothingday")
    meant = page.locator("#blank .meant")
    expect(meant).to_have_text(f"Did you mean birthday, {HOSTILE}?")
    expect(page.locator("#found .meant")).to_have_count(0)
    expect(meant.get_by_role("link").first).to_have_attribute("href", "/?category=portrait&search=birthday")
    fake.suggestions = []
    meant.get_by_role("link").first.click()
    page.wait_for_url(re.compile(r"/\?category=portrait&search=birthday$"))
    expect(page.locator("#search input")).to_have_value("birthday")
    expect(page.locator("#total")).to_have_text("250 photos")


def test_in_another_order_a_misspelt_search_offers_the_same(open_page, fake: FakeLibrary):
    fake.suggestions = ["birthday"]
    page = open_page(f"{fake.base}/?search=nothingday&sort=date_taken")
    expect(page.locator("#blank .meant")).to_have_text("Did you mean birthday?")
    page.locator("#blank .meant a").click()
    page.wait_for_url(re.compile(r"search=birthday&sort=date_taken$"))


def test_photos_that_only_show_it_leave_the_question(open_page, fake: FakeLibrary):
    fake.parts, fake.suggestions = ["vectors", "text"], ["birthday"]
    page = open_page(f"{fake.base}/?search=birtday")
    expect(page.locator("#found .meant")).to_have_text("Did you mean birthday?")
    expect(page.locator("#found")).to_contain_text("Found by words and by what photos show")
    page.locator("#found .meant a").click()
    page.wait_for_url(re.compile(r"/\?search=birthday$"))


def test_the_header_searches_from_other_pages(open_page, fake: FakeLibrary):
    page = open_page(f"{fake.base}/culling")
    page.locator(".group-box").first.wait_for()
    page.keyboard.press("/")
    page.keyboard.type("anna")
    expect(page.locator("#completions option")).to_have_attribute("value", '"Anna Berg"')
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/\?search=anna$"))
    expect(page.locator("#sort")).to_have_value("relevance")
