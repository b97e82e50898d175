"""Everybody can use the pages: contrast, names, reading order, no sideways scrolling."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.webui.browsing import CARDS, axe_violations, eventually, overflow, painted, pale_texts, still, until
from tests.webui.fakelibrary import HOSTILE, FakeLibrary

pytestmark = pytest.mark.browser


def _gallery(page: Page) -> None:
    page.locator(f"{CARDS} img.ready").first.wait_for()


def _drawer(page: Page) -> None:
    _gallery(page)
    page.get_by_role("button", name="Filters", exact=True).click()
    page.locator("#drawer summary").first.click()
    still(page)


def _photo(page: Page) -> None:
    page.locator(".headline").wait_for()
    page.locator(".picture img.ready").wait_for()


def _scan(page: Page) -> None:
    page.locator("#failures tbody tr").first.wait_for()


def _empty(page: Page) -> None:
    page.locator("#blank h2").wait_for()


def _persons(page: Page) -> None:
    page.locator(".person img.ready").first.wait_for()
    page.locator(".person .pick").nth(1).check()
    page.locator(".person .name.add").first.click()
    page.locator(".offers li").first.wait_for()


def _person(page: Page) -> None:
    page.locator(".strip img.ready").first.wait_for()
    page.locator(".face-pick").nth(1).click()
    page.locator(f"{CARDS} img.ready").first.wait_for()


def _pairs(page: Page) -> None:
    page.locator(".pair .face img.ready").nth(3).wait_for()


def _like_photo(page: Page) -> None:
    _photo(page)
    page.keyboard.press("l")
    page.locator(".alike-grid img.ready").first.wait_for()
    page.locator(".in-group img.ready").first.wait_for()


def _stack(page: Page) -> None:
    _gallery(page)
    page.locator(".stack").first.click()
    page.locator(".stack-dialog img.ready").first.wait_for()


def _groups(page: Page) -> None:
    page.locator(".group-box img.ready").first.wait_for()


def _found(page: Page) -> None:
    _gallery(page)
    page.locator("#found button").click()


def _people_in_photo(page: Page) -> None:
    _photo(page)
    page.locator(".in-photo img.ready").first.wait_for()
    page.keyboard.press("p")


def _docs(page: Page) -> None:
    operations = page.locator(".opblock")
    operations.first.wait_for()
    for operation in operations.all():
        operation.locator(".opblock-summary-control").click()
        operation.locator(".responses-inner").wait_for()
    page.locator(".try-out__btn").first.click()
    page.locator(".execute").wait_for()


VIEWS: dict[str, tuple[str, Callable[[Page], None]]] = {
    "gallery": ("/?category=portrait&min_score=2", _gallery),
    "drawer": ("/", _drawer),
    "photo": ("/photo/2?at=1", _photo),
    "people": ("/persons?hidden=with", _persons),
    "person": ("/person/1", _person),
    "pairs": ("/merge-suggestions", _pairs),
    "people in a photo": ("/photo/2?at=1", _people_in_photo),
    "like a photo": ("/photo/5?at=4", _like_photo),
    "stack": ("/", _stack),
    "bursts": ("/culling", _groups),
    "look-alikes": ("/culling?show=similar", _groups),
    "found": ("/?search=sea&camera=EOS", _found),
    "scan": ("/scan", _scan),
    "nothing": ("/?search=nothing+blue&category=portrait", _empty),
    "misspelt": ("/?search=birtday", _gallery),
    "docs": ("/api/docs", _docs),
    "error": ("/no-such-page", lambda page: page.locator(".code").wait_for()),
}


@pytest.fixture(params=VIEWS)
def view(request: pytest.FixtureRequest, complaints, fake: FakeLibrary) -> tuple[str, Callable[[Page], None]]:
    """Address and what to wait for; with a scan under way and a file that cannot be read."""
    fake.scan |= {"state": "running", "phase": "analysing", "done": 3, "total": 9, "failed": 1, "rate_per_s": 2.0, "eta_s": 3.0}
    fake.failures = [
        {
            "id": 1,
            "path": f"/Photos/{'long-name-' * 20}{HOSTILE}",
            "reason": "empty",
            "message": "The file is empty.",
            "size": 0,
            "at": None,
        }
    ]
    fake.people.hidden = {6}
    fake.suggestions = ["birthday"] if request.param in ("nothing", "misspelt") else []
    fake.people.faces[102] = None
    fake.things = [{"label": "dog", "score": 0.8, "x": 0.5, "y": 0.5, "width": 0.4, "height": 0.4, "shown": True}]
    if request.param == "error":
        complaints.expected.append("Failed to load resource")
    path, ready = VIEWS[request.param]
    return f"{fake.base}{path}", ready


def test_nothing_is_wider_than_the_window(open_page, view):
    url, ready = view
    page = open_page(url)
    ready(page)
    for width in (1440, 1024, 768, 390, 320):
        page.set_viewport_size({"width": width, "height": 800})
        until(page, f"innerWidth === {width}")
        painted(page)
        eventually(page, lambda: overflow(page) <= 0)


@pytest.mark.parametrize(("phone", "dark"), [(False, True), (True, False)], ids=["desktop dark", "phone light"])
def test_every_text_has_contrast_and_axe_finds_nothing(open_page, view, phone: bool, dark: bool):
    """The contrast is measured here too: axe-core leaves out what it is not sure of."""
    url, ready = view
    page = open_page(url, dark=dark, phone=phone)
    ready(page)
    still(page)
    assert pale_texts(page) == []
    assert axe_violations(page) == []


def test_motion_stops_where_it_is_not_wanted(open_page, fake: FakeLibrary):
    page = open_page(f"{fake.base}/", reduced_motion="reduce")
    _gallery(page)
    assert page.evaluate("getComputedStyle(document.querySelector('.photo img')).transitionDuration") == "0s"


def test_the_first_tab_stop_skips_to_the_content(open_page, fake: FakeLibrary):
    page = open_page(f"{fake.base}/")
    _gallery(page)
    page.keyboard.press("Tab")
    expect(page.get_by_text("Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    until(page, "document.activeElement.id === 'main'")


def test_the_api_documentation_needs_no_other_server(open_page, fake: FakeLibrary):
    page = open_page("about:blank")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{fake.base}/api/docs")
    page.get_by_text("List photos").wait_for()
    assert all(url.startswith((fake.base, "data:", "blob:")) for url in asked)
