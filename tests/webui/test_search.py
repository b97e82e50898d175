"""Names offered in the search box, and the caption on the photo page, in a browser before a made-up library."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

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
    expect(line).to_have_text("Anna with a dog in Rome, July 2019")
    line.get_by_role("button").click()
    field = line.get_by_role("textbox")
    expect(field).to_be_focused()
    expect(field).to_have_value("")
    field.press_sequentially("f by the <i>sea</i>")
    field.press("Enter")
    expect(line).to_have_text("f by the <i>sea</i>")
    assert fake.captions == {1: "f by the <i>sea</i>"}
    line.get_by_role("button").click()
    field.press("Escape")
    expect(line).to_have_text("f by the <i>sea</i>")
    assert page.url.endswith("/photo/1?at=0"), "the page's keys were not meant"
