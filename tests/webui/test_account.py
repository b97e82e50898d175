"""The account page in a browser, on a daemon with users: password, devices, app passwords, language, and a session that ends meanwhile."""

from __future__ import annotations

import asyncio
import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import Queue
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import Page, expect

from facetd.config import Config
from facetd.i18n import messages
from tests.house import config, opened
from tests.household import HASHES, PASSWORDS
from tests.http.serving import served
from tests.webui.browsing import axe_violations, eventually, overflow, painted, pale_texts, still, until
from tests.webui.conftest import Complaints, OpenPage

pytestmark = pytest.mark.browser
KIT = "AppleWebKit/537.36 (KHTML, like Gecko)"
IPHONE = f"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) {KIT} Version/17.5 Mobile/15E148 Safari/604.1"
LABELS = {
    "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0": "Firefox on Linux",
    f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {KIT} Chrome/126.0.0.0 Safari/537.36 Edg/126.0": "Edge on Windows",
    f"Mozilla/5.0 (Linux; Android 10; K) {KIT} Chrome/126.0.0.0 Mobile Safari/537.36": "Chrome on Android",
    IPHONE: "Safari on iPhone",
    "python-requests/2.32": "python-requests",
    "Mozilla/5.0": "Unknown device",
    "<img src=x onerror=alert(1)>": "<img",
}  # fmt: skip


@dataclass
class Home:
    """A daemon that is served."""

    base: str

    def sign_in(self, name: str, label: str = "Test") -> str:
        """A bearer token of a device that calls itself `label`."""
        body = json.dumps({"username": name, "password": PASSWORDS[name]} if name else {}).encode()
        headers = {"Content-Type": "application/json", "User-Agent": label}
        with urlopen(Request(f"{self.base}/api/auth/login", body, headers), timeout=30) as answer:
            return str(json.load(answer)["access_token"])

    def ask(self, path: str, token: str, method: str = "GET", **headers: str) -> Any:
        """What the API says to this token; the status alone for a refusal."""
        sent = {"Authorization": f"Bearer {token}", **headers}
        try:
            with urlopen(Request(f"{self.base}{path}", headers=sent, method=method), timeout=30) as answer:
                return json.load(answer)
        except HTTPError as error:
            with error:
                return error.code

    def clear(self, name: str) -> None:
        """Nobody is signed in as `name`, and there are no app passwords."""
        token = self.sign_in(name)
        for each in self.ask("/api/auth/app_passwords", token)["sessions"]:
            self.ask(f"/api/auth/app_passwords/{each['id']}", token, "DELETE")
        self.ask("/api/auth/sessions/end_others", token, "POST")
        self.ask("/api/auth/logout", token, "POST")


async def _serve(data: Path, settings: Config, bases: Queue[str], stop: threading.Event) -> None:
    async with opened(data, settings) as house, served(house) as site:
        bases.put(str(site.client.make_url("")).rstrip("/"))
        await asyncio.to_thread(stop.wait)


@contextmanager
def at_home(data: Path, settings: Config) -> Iterator[Home]:
    bases: Queue[str] = Queue()
    stop = threading.Event()
    serving = threading.Thread(target=lambda: asyncio.run(_serve(data, settings, bases, stop)))
    serving.start()
    try:
        yield Home(bases.get(timeout=60))
    finally:
        stop.set()
        serving.join()


@pytest.fixture(scope="module")
def _users(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    users = {
        "alice": {"password_hash": HASHES["alice"], "display_name": "Alice", "role": "superadmin"},
        "bob": {"password_hash": HASHES["bob"], "role": "user"},
    }
    with at_home(tmp_path_factory.mktemp("users") / "data", config(users=users)) as found:
        yield found


@pytest.fixture
def home(_users: Home) -> Home:
    """alice and bob, nobody of whom is signed in."""
    for name in PASSWORDS:
        _users.clear(name)
    return _users


def sign_in(open_page: OpenPage, home: Home, name: str, path: str = "/account", **options: Any) -> Page:
    page = open_page(f"{home.base}/login?next={path}", **options)
    page.locator("[name=username]").fill(name)
    page.locator("[name=password]").fill(PASSWORDS[name])
    page.locator("button").click()
    page.wait_for_url(f"{home.base}{path}")
    return page


def listed(page: Page) -> None:
    page.locator("#lists:not([aria-busy])").wait_for()


def answer(page: Page, button: str) -> None:
    page.locator("dialog.question").get_by_role("button", name=button, exact=True).click()


def test_a_lost_phone_is_signed_out_from_the_desktop(home: Home, open_page: OpenPage, complaints: Complaints) -> None:
    complaints.expected += ["401", "/api/events"]
    phone = sign_in(open_page, home, "bob", "/", phone=True, user_agent=IPHONE)
    phone.locator("#blank h2").wait_for()
    alices = home.sign_in("alice", IPHONE)
    desktop = sign_in(open_page, home, "bob")
    listed(desktop)
    devices = desktop.locator("#devices li")
    expect(devices).to_have_count(2)
    expect(devices.first).to_contain_text("This device")
    expect(devices.first.get_by_role("button")).to_have_count(0)
    desktop.get_by_role("button", name="Sign out: Safari on iPhone").click()
    answer(desktop, "Cancel")
    expect(desktop.get_by_role("button", name="Sign out: Safari on iPhone")).to_be_focused()
    expect(devices).to_have_count(2)
    desktop.keyboard.press("Enter")
    answer(desktop, "Sign out")
    expect(desktop.locator("#notices")).to_contain_text("Safari on iPhone is signed out.")
    expect(devices).to_have_count(1)
    expect(desktop.locator("#devices-title")).to_be_focused()
    phone.wait_for_url(f"{home.base}/login?next=%2F")  # by itself: its live stream is over
    assert home.ask("/api/auth/sessions", alices) != 401, "of nobody else"


def test_everywhere_else_is_signed_out_at_once(home: Home, open_page: OpenPage) -> None:
    others = [home.sign_in("bob", label) for label in LABELS]
    page = sign_in(open_page, home, "bob")
    listed(page)
    names = page.locator("#devices .strong bdi")
    expect(names).to_have_count(len(LABELS) + 1)
    assert sorted(names.all_inner_texts()[1:]) == sorted(LABELS.values())
    page.get_by_role("button", name="Sign out everywhere else").click()
    answer(page, "Sign out")
    expect(page.locator("#notices")).to_contain_text(f"{len(LABELS)} devices are signed out.")
    expect(names).to_have_count(1)
    expect(page.get_by_role("button", name="Sign out everywhere else")).to_be_hidden()
    assert {home.ask("/api/auth/sessions", token) for token in others} == {401}


def test_an_app_password_is_shown_once_works_and_is_removed(home: Home, open_page: OpenPage) -> None:
    page = sign_in(open_page, home, "bob", permissions=["clipboard-read", "clipboard-write"])
    listed(page)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.get_by_role("button", name="Make an app password").click()
    expect(page.locator("#label")).to_be_focused()
    expect(page.locator("#label")).to_have_attribute("aria-invalid", "true")
    page.keyboard.type("digiKam <b>& co</b>")
    page.keyboard.press("Enter")
    secret = page.locator("#secret").inner_text()
    expect(page.locator("#copy")).to_be_focused()
    expect(page.locator("#made")).to_contain_text(home.base)
    expect(page.locator("#made")).to_contain_text("bob")
    page.keyboard.press("Enter")
    expect(page.locator("#notices")).to_contain_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == secret
    basic = {"Authorization": "Basic " + base64.b64encode(f"bob:{secret}".encode()).decode()}
    assert home.ask("/api/auth/status", "", **basic)["user_id"] == "bob"
    page.reload()
    listed(page)
    expect(page.locator("#apps")).to_contain_text("digiKam <b>& co</b>")
    assert secret not in page.content()
    assert all(secret not in url for url in asked)
    page.get_by_role("button", name="Remove: digiKam <b>& co</b>").click()
    answer(page, "Remove")
    expect(page.locator("#apps")).to_contain_text("There are none.")
    assert not home.ask("/api/auth/status", "", **basic)["authenticated"]


def test_without_a_clipboard_for_scripts_the_password_is_copied_by_selection(home: Home, open_page: OpenPage) -> None:
    page = sign_in(open_page, home, "bob")
    listed(page)
    page.evaluate("Object.defineProperty(navigator, 'clipboard', {value: undefined})")  # as on http://nas.local
    page.locator("#label").fill("script")
    page.keyboard.press("Enter")
    page.locator("#copy").click()
    expect(page.locator("#notices")).to_contain_text("Copied")
    assert page.evaluate("getSelection().toString().trim()") == page.locator("#secret").inner_text()
    page.get_by_role("button", name="Done").click()
    expect(page.locator("#made")).to_be_hidden()
    expect(page.locator("#secret")).to_have_count(0)
    expect(page.locator("#label")).to_be_focused()


def test_the_password_is_changed_with_the_present_one_only(home: Home, open_page: OpenPage, complaints: Complaints) -> None:
    complaints.expected += ["401", "400"]
    other = home.sign_in("bob", IPHONE)
    page = sign_in(open_page, home, "bob")
    listed(page)
    now, new, again = (page.locator(f"#{name}_password") for name in ("current", "new", "repeated"))
    change = page.get_by_role("button", name="Change the password")

    def refused(present: str, first: str, second: str, where: str, why: str) -> None:
        for field, text in ((now, present), (new, first), (again, second)):
            field.fill(text)
        change.click()
        expect(page.locator(f"#{where}_password-problem")).to_have_text(why)
        expect(page.locator(f"#{where}_password")).to_be_focused()
        assert where + "_password-problem" in str(page.locator(f"#{where}_password").get_attribute("aria-describedby"))
        expect(page.locator("[aria-invalid]")).to_have_count(1)

    refused("", "a new secret", "a new secret", "current", "Type it here.")
    refused(PASSWORDS["bob"], "short", "short", "new", "At least 8 characters, please.")
    refused(PASSWORDS["bob"], "a new secret", "another one", "repeated", "The two are not the same.")
    refused("not it", "a new secret", "a new secret", "current", "This is not your password.")
    expect(now).to_have_value("")
    for present, wanted in ((PASSWORDS["bob"], "a new secret"), ("a new secret", PASSWORDS["bob"])):
        for field, text in ((now, present), (new, wanted), (again, wanted)):
            field.fill(text)
        page.keyboard.press("Enter")
        expect(page.locator("#notices")).to_contain_text("The password is changed")
        expect(new).to_have_value("")
        page.locator(".notice").evaluate_all("notices => notices.forEach(each => each.remove())")
    assert home.ask("/api/auth/sessions", other) == 401
    expect(page.locator("#devices li")).to_have_count(1)
    assert "secret" not in page.url


@pytest.mark.parametrize("how", ["password", "app", "device"])
def test_when_the_session_is_over_one_signs_in_and_comes_back(home: Home, open_page: OpenPage, complaints: Complaints, how: str) -> None:
    complaints.expected += ["401", "/api/events", "Failed to load resource"]
    other = home.sign_in("bob", "Test")
    page = sign_in(open_page, home, "bob")
    listed(page)
    page.route("**/api/events", lambda route: route.abort())  # the stream tells nothing: the page finds out by what it asks
    page.reload()
    listed(page)
    home.ask("/api/auth/sessions/end_others", other, "POST")
    if how == "password":
        for name in ("current", "new", "repeated"):
            page.locator(f"#{name}_password").fill(PASSWORDS["bob"])
        page.keyboard.press("Enter")
    elif how == "app":
        page.locator("#label").fill("script")
        page.keyboard.press("Enter")
    else:
        page.get_by_role("button", name="Sign out: Test").click()
        answer(page, "Sign out")
    page.wait_for_url(f"{home.base}/login?next=%2Faccount")
    page.locator("[name=username]").fill("bob")
    page.locator("[name=password]").fill(PASSWORDS["bob"])
    page.keyboard.press("Enter")
    page.wait_for_url(f"{home.base}/account")
    listed(page)


def test_a_link_to_an_album_that_ended_asks_nobody_to_sign_in(home: Home, open_page: OpenPage, complaints: Complaints) -> None:
    complaints.expected.append("Failed to load resource")
    page = open_page(f"{home.base}/shared/album/1?token={'x' * 22}", phone=True)
    expect(page.locator(".code")).to_have_text("404")
    expect(page.locator("nav, form, script, a:not(.skip)")).to_have_count(0)
    page.wait_for_load_state("networkidle")
    assert "/shared/album/1" in page.url


@pytest.mark.parametrize("phone", [False, True], ids=["desktop", "phone"])
def test_the_menu_in_the_header_leads_there_and_out(home: Home, open_page: OpenPage, *, phone: bool) -> None:
    page = sign_in(open_page, home, "alice", "/scan", phone=phone)
    menu = page.locator("#me")
    page.locator("#me summary").focus()
    page.keyboard.press("Enter")
    expect(menu.get_by_text("Sign out")).to_be_visible()
    page.keyboard.press("Escape")
    expect(menu.get_by_text("Sign out")).to_be_hidden()
    expect(page.locator("#me summary")).to_be_focused()
    page.locator("#me summary").click()
    page.mouse.click(150, 500)
    expect(menu.get_by_text("Sign out")).to_be_hidden()
    page.locator("#me summary").click()
    if phone:
        page.set_viewport_size({"width": 320, "height": 640})
        box = page.locator(".me-menu").bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 320
    menu.get_by_role("link", name="Account").click()
    page.wait_for_url("**/account")
    expect(page.get_by_role("heading", level=1)).to_have_text("Alice")
    page.locator("#me summary").click()
    menu.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/login")
    page.goto(f"{home.base}/account")
    page.wait_for_url("**/login?next=/account")


@pytest.mark.parametrize(
    ("language", "phone", "dark"),
    [("en", False, True), ("de", True, False), ("fr", False, False), ("es", True, True), ("it", True, False)],
)
def test_everybody_can_use_it_in_every_language(home: Home, open_page: OpenPage, language: str, *, phone: bool, dark: bool) -> None:
    texts = messages(language)
    home.sign_in("alice", IPHONE)
    page = sign_in(open_page, home, "alice", f"/account?lang={language}", phone=phone, dark=dark)
    until(page, "location.search === ''")
    listed(page)
    expect(page.locator("#apps-title")).to_have_text(str(texts["App passwords"]))
    page.locator("#label").fill("x" * 200)
    page.keyboard.press("Enter")
    page.locator("#secret").wait_for()
    page.locator("#password button").click()
    page.locator("#me summary").click()
    still(page)
    assert pale_texts(page) == []
    assert axe_violations(page) == []
    for width in (1440, 768, 390, 320):
        page.set_viewport_size({"width": width, "height": 800})
        until(page, f"innerWidth === {width}")
        painted(page)
        eventually(page, lambda: overflow(page) <= 0)
        rows = page.locator("#bar").evaluate(
            "bar => [...bar.querySelectorAll('a, summary, input')].map(each => each.getBoundingClientRect()).map(r => [r.top, r.bottom])"
        )
        assert all(top >= 0 and bottom <= 800 for top, bottom in rows if bottom), f"the header is whole at {width}"
    page.locator("#made").get_by_role("button", name=str(texts["Done"])).click()
    page.locator("#apps button").click()
    expect(page.locator("dialog h2")).to_have_text(str(texts["Remove the password for {label}?"]).replace("{label}", "x" * 200))
    assert axe_violations(page) == []
    answer(page, str(texts["Cancel"]))


def test_a_list_that_fails_says_so_and_is_asked_for_again(home: Home, open_page: OpenPage, complaints: Complaints) -> None:
    complaints.expected.append("Failed to load resource")
    page = open_page("about:blank")
    page.route("**/api/auth/app_passwords", lambda route: route.abort(), times=1)
    page.goto(f"{home.base}/login?next=/account")
    page.locator("[name=username]").fill("bob")
    page.locator("[name=password]").fill(PASSWORDS["bob"])
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert").filter(has_text="does not answer")).to_be_visible()
    page.get_by_role("button", name="Try again").click()
    listed(page)
    expect(page.locator("#apps")).to_contain_text("There are none.")


def test_edition_mode_is_unlocked_and_locked_without_users(tmp_path: Path, open_page: OpenPage) -> None:
    with at_home(tmp_path / "data", config(viewer={"edition_password": "let me change it"})) as home:
        page = open_page(f"{home.base}/account", phone=True)
        listed(page)
        expect(page.locator("#devices")).to_contain_text("Nobody has to sign in here.")
        expect(page.locator("#password")).to_have_count(0)
        page.locator("main").get_by_role("link", name="Unlock").click()
        page.locator("[name=password]").fill("let me change it")
        page.keyboard.press("Enter")
        page.wait_for_url(f"{home.base}/account")
        listed(page)
        expect(page.locator("#devices")).to_contain_text("This device")
        page.get_by_role("button", name="Lock", exact=True).click()
        expect(page.locator("main").get_by_role("link", name="Unlock")).to_be_visible()
        assert overflow(page) <= 0
