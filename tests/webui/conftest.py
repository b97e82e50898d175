"""A browser, pages that report every complaint of theirs, and the libraries that they show."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from facetd.assets import asset_dir
from tests.webui.fakelibrary import FakeLibrary

CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))
PHONE = {"width": 390, "height": 844}
OpenPage = Callable[..., Page]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what needs a browser where there is none, with a clear message; never in CI."""
    missing = [
        reason
        for there, reason in (
            (CHROMIUM.exists(), f"needs {CHROMIUM} (Debian: apt install chromium)"),
            ((asset_dir("webui") / "static" / "manifest.json").is_file(), "needs the built web UI: python setup.py build_webui"),
        )
        if not there
    ]
    if not missing or os.environ.get("CI"):
        return
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.skip(reason="; ".join(missing)))


expect.set_options(timeout=30_000)  # two cores may be busy with other tests


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's chromium, as it runs in a container. It ends with the module: while it runs, this thread has a running event
    loop, in which no asyncio test of another module could run.
    """
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        chromium = playwright.chromium.launch(executable_path=str(CHROMIUM), args=arguments)
        yield chromium
        chromium.close()


class Complaints(list[str]):
    """What a page said that it should not: errors on the console, exceptions, violations of the content security policy.

    A browser logs each answer >= 400 as an error; `expected` names those that a test provokes.
    """

    def __init__(self) -> None:
        super().__init__()
        self.expected: list[str] = []

    def note(self, text: str) -> None:
        if not any(part in text for part in self.expected):
            self.append(text)


@pytest.fixture
def complaints() -> Complaints:
    return Complaints()


@pytest.fixture
def open_page(browser: Browser, complaints: Complaints) -> Iterator[OpenPage]:
    """Opens an address in a fresh context. The test fails at its end when a page complained."""
    contexts = []

    def open_it(url: str, *, phone: bool = False, dark: bool = False, **options: Any) -> Page:
        size = (
            {"viewport": PHONE, "has_touch": True, "is_mobile": True, "device_scale_factor": 2}
            if phone
            else {"viewport": {"width": 1280, "height": 800}}
        )
        context = browser.new_context(color_scheme="dark" if dark else "light", locale="en-US", **(size | options))
        contexts.append(context)
        context.add_init_script(
            "addEventListener('securitypolicyviolation', e => console.error(`CSP: ${e.violatedDirective} ${e.blockedURI} ${e.sourceFile}`))"
        )
        page = context.new_page()
        page.set_default_timeout(30_000)
        page.on(
            "console",
            lambda message: complaints.note(f"{message.text} {message.location['url']}") if message.type in {"error", "warning"} else None,
        )
        page.on("pageerror", lambda error: complaints.note(str(error)))
        page.goto(url)
        return page

    yield open_it
    heard = list(complaints)  # a page that is torn away in the middle of a stream complains about that
    for context in contexts:
        context.close()
    assert not heard


@pytest.fixture(scope="session")
def _fake_library() -> Iterator[FakeLibrary]:
    library = FakeLibrary()
    yield library
    library.stop()


@pytest.fixture
def fake(_fake_library: FakeLibrary) -> FakeLibrary:
    """A made-up library, fresh for each test."""
    _fake_library.fresh()
    return _fake_library
