"""Nobody sees a control that they may not use: the pages for those who only look and rate, and for those who only look."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, Route, expect

from tests.webui.browsing import CARDS, axe_violations
from tests.webui.conftest import OpenPage
from tests.webui.fakelibrary import FakeLibrary

pytestmark = pytest.mark.browser


def opened_as(open_page: OpenPage, fake: FakeLibrary, role: str, path: str, **options: bool) -> Page:
    """The page as the server sends it to somebody of this role."""
    page = open_page("about:blank", **options)

    def marked(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, body=answer.text().replace("<html ", f'<html data-role="{role}" ', 1))

    page.route(f"{fake.base}{path}", marked)
    page.goto(f"{fake.base}{path}")
    return page


def test_who_only_rates_names_nobody(open_page: OpenPage, fake: FakeLibrary) -> None:
    page = opened_as(open_page, fake, "user", "/persons", phone=True)
    page.locator(".person img.ready").first.wait_for()
    expect(page.locator(".person .name, .person .pick")).to_have_count(0)
    assert page.locator(".person .plain").all_inner_texts()[0]
    assert axe_violations(page) == []
    page = opened_as(open_page, fake, "user", "/person/1")
    page.locator("#faces img.ready").first.wait_for()
    page.keyboard.press("e")
    expect(page.locator("#rename, #title form, #faces button.face-pick")).to_have_count(0)
    expect(page.locator("#faces-hint")).to_be_hidden()
    assert str(page.locator("#faces a.face-pick").first.get_attribute("href")).startswith("/photo/")


def test_for_those_who_only_look_no_faces_are_asked_for(open_page: OpenPage, fake: FakeLibrary) -> None:
    fake.captions[2] = "A dog on a beach"
    page = opened_as(open_page, fake, "reader", "/person/1")
    page.locator(f"{CARDS} img.ready").first.wait_for()
    expect(page.locator(".strip-box")).to_be_hidden()
    page = opened_as(open_page, fake, "reader", "/photo/2?at=1")
    page.locator(".caption").filter(has_text="dog").wait_for()
    page.locator(".alike-grid img.ready").first.wait_for()
    assert not any("/faces" in asked for asked in fake.requests)


def test_who_only_rates_writes_no_captions_and_names_no_faces(open_page: OpenPage, fake: FakeLibrary) -> None:
    fake.captions[2] = "A dog on a beach"
    page = opened_as(open_page, fake, "user", "/photo/2?at=1")
    page.locator(".in-photo img.ready").first.wait_for()
    expect(page.locator(".caption")).to_contain_text("A dog on a beach")
    expect(page.locator(".caption button, .in-photo .who button")).to_have_count(0)


def test_only_a_superadmin_starts_scans(open_page: OpenPage, fake: FakeLibrary) -> None:
    fake.failures = [{"id": 1, "path": "/a.jpg", "reason": "empty", "message": "The file is empty.", "size": 0, "at": None}]
    for role, buttons in (("admin", 0), ("superadmin", 2)):
        page = opened_as(open_page, fake, role, "/scan")
        page.locator("#failures tbody tr").first.wait_for()
        page.locator("#status strong").wait_for()
        expect(page.locator("#status button, .retry")).to_have_count(buttons)
