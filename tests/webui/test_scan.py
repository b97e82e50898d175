"""The scan page in a browser, before a made-up library."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.webui.browsing import eventually, overflow
from tests.webui.fakelibrary import HOSTILE, FakeLibrary

pytestmark = pytest.mark.browser
AT = "2026-05-01T09:00:00Z"
RUNNING = {"state": "running", "phase": "analysing", "done": 40, "total": 160, "failed": 1, "rate_per_s": 8.0, "eta_s": 15.0}


def test_progress_is_live_and_the_scan_can_be_stopped_and_started(open_page, fake: FakeLibrary):
    page = open_page(f"{fake.base}/scan")
    page.get_by_role("button", name="Scan now").click()
    eventually(page, lambda: fake.posts)
    assert fake.posts == [("/api/scan/start", {})]
    calm = fake.scan
    fake.scan = calm | RUNNING | {"current": f"Photos/{HOSTILE}"}  # the page may ask after the event, too
    fake.push("scan", fake.scan)
    status = page.locator("#status")
    expect(status).to_contain_text("40 of 160")
    expect(status).to_contain_text("8 per second")
    expect(status).to_contain_text("15 s left")
    expect(status.locator(".current bdi")).to_have_text(f"Photos/{HOSTILE}")
    assert page.locator("#status progress").evaluate("n => n.value / n.max") == 0.25
    page.get_by_role("button", name="Stop the scan").click()
    eventually(page, lambda: fake.posts[-1][0] == "/api/scan/cancel")
    fake.scan = calm | {"cancelled": True}
    fake.push("scan", fake.scan)
    expect(status).to_contain_text("Stopped before the end")


def test_roots_show_whether_they_are_there(open_page, fake: FakeLibrary):
    fake.scan["roots"].append({"name": "Attic <b>", "path": "/Attic <b>", "online": False, "photo_count": 1234})
    page = open_page(f"{fake.base}/scan")
    expect(page.locator("#roots tbody tr").nth(0)).to_contain_text("Online")
    expect(page.locator("#roots tbody tr").nth(1)).to_contain_text("Attic <b>")
    expect(page.locator("#roots tbody tr").nth(1)).to_contain_text("Offline")
    expect(page.locator("#roots tbody tr").nth(1)).to_contain_text("1,234")


def test_unreadable_files_are_listed_with_a_reason_and_can_be_tried_again(open_page, fake: FakeLibrary):
    fake.failures = [
        {"id": 1, "path": f"/Photos/{HOSTILE}", "reason": "truncated", "message": "The picture ends too early.", "size": 73214, "at": AT},
        {"id": 2, "path": "/Photos/empty.jpg", "reason": "empty", "message": "The file is empty.", "size": 0, "at": AT},
    ]  # fmt: skip
    page = open_page(f"{fake.base}/scan")
    rows = page.locator("#failures tbody tr")
    expect(rows).to_have_count(2)
    expect(rows.nth(0)).to_contain_text(HOSTILE)
    expect(rows.nth(0)).to_contain_text("The picture ends too early.")
    expect(rows.nth(0)).to_contain_text("73.2 kB")
    assert page.locator("img[src='x']").count() == 0
    page.get_by_role("button", name="Try these again").click()
    eventually(page, lambda: fake.posts)
    assert fake.posts == [("/api/scan/start", {"retry_failed": True})]


def test_many_vanished_photos_wait_for_a_persons_word(open_page, fake: FakeLibrary):
    fake.scan["confirm"] = [{"root": "Photos", "missing": 900, "photos": 1000}]
    page = open_page(f"{fake.base}/scan")
    expect(page.get_by_role("alert")).to_contain_text("900 of 1,000 photos of Photos")
    page.get_by_role("button", name="They are gone").click()
    eventually(page, lambda: fake.posts)
    assert fake.posts == [("/api/scan/start", {"confirm_missing": True})]


def test_without_roots_it_tells_how_to_begin(open_page, fake: FakeLibrary):
    fake.scan["roots"] = []
    page = open_page(f"{fake.base}/scan")
    expect(page.locator("#roots")).to_contain_text("facetd serve --photos")
    expect(page.get_by_role("button", name="Scan now")).to_be_disabled()


def test_an_error_can_be_retried(open_page, complaints, fake: FakeLibrary):
    complaints.expected.append("Failed to load resource")
    fake.broken["/api/failures"] = 500
    page = open_page(f"{fake.base}/scan", phone=True)
    expect(page.get_by_role("alert")).to_contain_text("broken on purpose")
    assert overflow(page) <= 0
    eventually(page, lambda: len(fake.asked("/api/failures")) == 2)  # once more when it is known how many there are
    fake.broken.clear()
    page.get_by_role("button", name="Try again").click()
    expect(page.locator("#failures")).to_contain_text("Every file could be read.")
