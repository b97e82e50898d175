"""The people page in a browser, before made-up people."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.webui.browsing import eventually, scroll_to_count, until
from tests.webui.fakelibrary import FakeLibrary

pytestmark = pytest.mark.browser
TILES = "#people > li"


def tile(page: Page, number: int) -> Locator:
    return page.locator(f"{TILES}[data-id='{number}']")


def order(page: Page) -> list[int]:
    return page.evaluate("[...document.querySelectorAll('#people > li')].map(n => Number(n.dataset.id))")


def pick(page: Page, *numbers: int) -> None:
    for number in numbers:
        tile(page, number).locator(".pick").check()


def test_everybody_has_a_face_a_name_or_a_place_for_one_and_a_count(open_page, fake: FakeLibrary):
    page = open_page(f"{fake.base}/persons")
    expect(page.locator(TILES)).to_have_count(6)
    assert order(page) == [1, 2, 3, 4, 5, 6], "most photos first"
    expect(page.locator("#total")).to_have_text("6 people")
    expect(tile(page, 1)).to_contain_text("Anna")
    expect(tile(page, 1)).to_contain_text("12 photos")
    expect(tile(page, 2).locator(".name")).to_contain_text("Béla & <b>Co</b>")
    expect(tile(page, 3).get_by_role("button")).to_have_text("Add a name")
    until(page, "document.querySelector('#people img.ready')?.naturalWidth === 160")
    assert tile(page, 1).locator("img").evaluate("n => [n.width > 0, n.getAttribute('width'), n.getAttribute('height')]") == [
        True,
        "160",
        "160",
    ]
    expect(page.get_by_role("link", name="People", exact=True)).to_have_attribute("aria-current", "page")


def test_a_name_is_typed_in_place_and_kept(open_page, fake: FakeLibrary):
    page = open_page(f"{fake.base}/persons")
    before = tile(page, 4).bounding_box()
    tile(page, 3).get_by_role("button", name="Add a name").click()
    page.keyboard.type("Dora")
    assert tile(page, 4).bounding_box() == before, "nothing moves while a name is typed"
    page.keyboard.press("Enter")
    expect(tile(page, 3).locator(".name")).to_contain_text("Dora")
    eventually(page, lambda: fake.people.posts)
    assert fake.people.posts == [("/api/persons/3/rename", {"name": "Dora"})]
    until(page, "document.activeElement.closest('li')?.dataset.id === '3'")  # the focus stays with the person


def test_escape_leaves_a_name_as_it_was(open_page, fake: FakeLibrary):
    page = open_page(f"{fake.base}/persons")
    tile(page, 1).get_by_role("button", name="Rename Anna").click()
    page.keyboard.type("Else")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(tile(page, 1).locator(".name")).to_contain_text("Anna")
    assert fake.people.posts == []


def test_a_known_name_is_offered_and_can_mean_the_same_person(open_page, fake: FakeLibrary):
    page = open_page(f"{fake.base}/persons")
    tile(page, 3).get_by_role("button", name="Add a name").click()
    page.keyboard.type("chi")
    expect(page.locator(".offers li")).to_have_count(1)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Is this Chiara?")
    dialog.get_by_role("button", name="Same person").click()
    expect(page.locator(TILES)).to_have_count(5)
    eventually(page, lambda: fake.people.posts)
    assert fake.people.posts == [("/api/persons/merge_batch", {"source_ids": [3], "target_id": 4})]
    expect(tile(page, 4)).to_contain_text("19 photos")


def test_who_was_chosen_stays_chosen_when_the_answer_comes(open_page, fake: FakeLibrary):
    page = open_page(f"{fake.base}/persons")
    held = []
    page.route("**/api/persons?*search=chi*", lambda route: held.append(route))  # noqa: PLW0108 - Playwright marks the function
    tile(page, 3).get_by_role("button", name="Add a name").click()
    expect(page.locator(".offers li")).to_have_count(3)
    page.keyboard.type("chi")
    expect(page.locator(".offers li")).to_have_count(1)
    page.keyboard.press("ArrowDown")
    eventually(page, lambda: held)
    with page.expect_response("**/api/persons?*search=chi*"):
        held[-1].continue_()
    page.wait_for_timeout(50)
    expect(page.locator(".offers li[aria-selected=true]")).to_contain_text("Chiara")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_contain_text("Is this Chiara?")


def test_enter_never_means_somebody_who_does_not_fit_what_was_typed(open_page, fake: FakeLibrary):
    page = open_page(f"{fake.base}/persons")
    tile(page, 5).get_by_role("button", name="Add a name").click()
    expect(page.locator(".offers li")).to_have_count(3)
    page.keyboard.type("chiara")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_contain_text("Is this Chiara?")


def test_two_people_may_have_one_name(open_page, fake: FakeLibrary):
    page = open_page(f"{fake.base}/persons")
    tile(page, 3).get_by_role("button", name="Add a name").click()
    page.keyboard.type("anna")
    page.keyboard.press("Enter")
    page.get_by_role("dialog").get_by_role("button", name="Different people").click()
    expect(tile(page, 3).locator(".name")).to_contain_text("anna")
    eventually(page, lambda: fake.people.posts)
    assert fake.people.posts == [("/api/persons/3/rename", {"name": "anna"})]


def test_search_and_order_are_in_the_address(open_page, fake: FakeLibrary):
    page = open_page(f"{fake.base}/persons?sort=name_desc")
    expect(page.locator(TILES)).to_have_count(6)
    assert order(page)[:3] == [4, 2, 1]
    page.keyboard.press("/")
    page.keyboard.type("béla")
    expect(page.locator(TILES)).to_have_count(1)
    page.wait_for_url(re.compile(r"[?&]search=b%C3%A9la"))
    page.get_by_label("Search people").fill("zzz")
    expect(page.locator("#blank")).to_contain_text("Nobody of that name")
    page.get_by_role("button", name="Show everybody").click()
    expect(page.locator(TILES)).to_have_count(6)
    page.go_back()
    expect(page.locator("#blank")).to_contain_text("Nobody of that name")


def test_hundreds_come_page_by_page_while_scrolling(open_page, fake: FakeLibrary):
    fake.people.fill(500)
    page = open_page(f"{fake.base}/persons")
    page.locator(TILES).first.wait_for()
    page.wait_for_timeout(400)
    assert page.locator(TILES).count() < 300
    scroll_to_count(page, page.locator(TILES), 500)
    expect(page.locator(TILES)).to_have_count(500)
    assert len(set(order(page))) == 500


def test_picked_people_are_merged_under_the_name_that_stays(open_page, fake: FakeLibrary):
    page = open_page(f"{fake.base}/persons")
    pick(page, 1)
    expect(page.get_by_role("button", name="Merge")).to_be_disabled()
    pick(page, 3, 4)
    expect(page.locator("#picked")).to_have_text("3 picked")
    page.get_by_role("button", name="Merge").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("radio").first).to_be_checked()
    dialog.get_by_role("radio", name="Chiara").check()
    dialog.get_by_role("button", name="Merge").click()
    expect(page.locator(TILES)).to_have_count(4)
    eventually(page, lambda: fake.people.posts)
    path, body = fake.people.posts[0]
    assert (path, sorted(body["source_ids"]), body["target_id"]) == ("/api/persons/merge_batch", [1, 3], 4)
    expect(page.locator("#actions")).to_be_hidden()


def test_shift_picks_all_between_and_escape_nobody(open_page, fake: FakeLibrary):
    page = open_page(f"{fake.base}/persons")
    pick(page, 2)
    tile(page, 5).locator(".pick").click(modifiers=["Shift"])
    expect(page.locator("#picked")).to_have_text("4 picked")
    page.keyboard.press("Escape")
    expect(page.locator("#actions")).to_be_hidden()
    expect(page.locator(".pick:checked")).to_have_count(0)


def test_hidden_people_can_be_seen_and_brought_back(open_page, fake: FakeLibrary):
    page = open_page(f"{fake.base}/persons")
    pick(page, 5, 6)
    page.get_by_role("button", name="Hide", exact=True).click()
    expect(page.locator(TILES)).to_have_count(4)
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(TILES)).to_have_count(6)
    pick(page, 6)
    page.get_by_role("button", name="Hide", exact=True).click()
    expect(page.locator(TILES)).to_have_count(5)
    page.get_by_role("button", name="Show hidden people").click()
    expect(tile(page, 6)).to_contain_text("Hidden")
    page.wait_for_url(re.compile("hidden=with"))
    pick(page, 6)
    page.get_by_role("button", name="Show", exact=True).click()
    expect(tile(page, 6)).not_to_contain_text("Hidden")
    eventually(page, lambda: not fake.people.hidden)


def test_nobody_is_deleted_without_a_question(open_page, fake: FakeLibrary):
    page = open_page(f"{fake.base}/persons")
    pick(page, 1)
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("dialog")).to_contain_text("Delete Anna?")
    page.keyboard.press("Escape")
    assert fake.people.posts == []
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.locator(TILES)).to_have_count(5)
    eventually(page, lambda: fake.people.posts)
    assert fake.people.posts == [("/api/persons/delete_batch", {"person_ids": [1]})]


@pytest.mark.parametrize(
    ("state", "unavailable", "roots", "tells"),
    [
        ("idle", None, True, "facetd doctor"),
        ("idle", "faces: no runtime can run the models", True, "no runtime can run the models"),
        ("running", None, True, "Faces are looked for while the scan runs"),
        ("idle", None, False, "facetd serve --photos"),
    ],
)
def test_without_people_it_tells_why_and_what_to_do(open_page, fake: FakeLibrary, state, unavailable, roots, tells):
    fake.people.fill(0)
    fake.people.unavailable = unavailable
    fake.scan["state"] = state
    if not roots:
        fake.scan["roots"] = []
    page = open_page(f"{fake.base}/persons")
    expect(page.locator("#blank")).to_contain_text(tells)


def test_new_people_come_by_themselves_but_nothing_moves_under_a_hand(open_page, fake: FakeLibrary):
    page = open_page(f"{fake.base}/persons")
    expect(page.locator(TILES)).to_have_count(6)
    fake.people.names[7] = "Newcomer"
    fake.people.faces |= dict.fromkeys(range(200, 240), 7)
    fake.push("people", {"revision": 2})
    until(page, "document.querySelector('#people > li').dataset.id === '7'")
    pick(page, 3)
    fake.people.faces |= dict.fromkeys(range(300, 390), 2)
    fake.push("people", {"revision": 3})
    expect(page.locator("#pill")).to_be_visible()
    assert order(page)[0] == 7, "the order waits while people are picked"
    expect(tile(page, 3).locator(".pick")).to_be_checked()
    page.locator("#pill").click()
    until(page, "document.querySelector('#people > li').dataset.id === '2'")


def test_an_error_can_be_retried(open_page, complaints, fake: FakeLibrary):
    complaints.expected.append("Failed to load resource")
    fake.broken["/api/persons"] = 500
    page = open_page(f"{fake.base}/persons")
    expect(page.locator("#blank")).to_contain_text("broken on purpose")
    fake.broken.clear()
    page.get_by_role("button", name="Try again").click()
    expect(page.locator(TILES)).to_have_count(6)
    expect(page.locator("#blank")).to_be_hidden()


def test_on_a_phone_a_name_is_typed_above_the_keyboard(open_page, fake: FakeLibrary):
    page = open_page(f"{fake.base}/persons", phone=True)
    tile(page, 6).get_by_role("button", name="Add a name").tap()
    field = page.get_by_role("combobox", name="Name")
    expect(field).to_be_focused()
    box = field.bounding_box()
    assert box["width"] > 200
    assert box["y"] < 200
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
