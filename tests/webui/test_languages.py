"""Pages in other languages than English, in a browser: templates by the server, scripts by their catalogue."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from facetd.i18n import messages
from tests.webui.browsing import overflow
from tests.webui.fakelibrary import FakeLibrary

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("language", ["de", "es", "fr", "it"])
def test_scripts_and_templates_speak_the_language_of_the_page(open_page, fake: FakeLibrary, language: str):
    texts = messages(language)
    page = open_page(f"{fake.base}/scan?lang={language}", phone=True)
    expect(page.locator("html")).to_have_attribute("lang", language)
    expect(page.get_by_role("button", name=str(texts["Scan now"]))).to_be_visible()
    expect(page.locator("nav").first).to_contain_text(str(texts["People"]))
    assert texts["Scan now"] != "Scan now"
    assert overflow(page) == 0
    page.goto(f"{fake.base}/scan")  # the browser keeps the language
    expect(page.get_by_role("button", name=str(texts["Scan now"]))).to_be_visible()


def test_plurals_are_those_of_the_language(open_page, fake: FakeLibrary):
    page = open_page(f"{fake.base}/?lang=de")
    many = messages("de")["{n} photo"][1].replace("{n}", "").strip()
    expect(page.locator("#total")).to_contain_text(many)
    expect(page.locator("#filters")).to_have_attribute("title", str(messages("de")["Filters"]))
