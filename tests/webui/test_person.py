"""The page of one person, and the pairs that may be one, in a browser before made-up people."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.webui.browsing import CARDS, eventually, until
from tests.webui.fakelibrary import FakeLibrary

pytestmark = pytest.mark.browser


@pytest.fixture
def anna(open_page, fake: FakeLibrary) -> Page:
    page = open_page(f"{fake.base}/person/1")
    expect(page.locator(".face-pick")).to_have_count(12)
    return page


def test_name_faces_and_the_usual_grid(anna: Page, fake: FakeLibrary):
    expect(anna.locator("h1")).to_have_text("Anna")
    expect(anna.locator("#counts")).to_contain_text("12 photos")
    expect(anna.locator(CARDS)).to_have_count(12)
    assert all("person=1" in url for url in fake.asked("/api/photos"))
    expect(anna).to_have_title("Anna · facetd")


def test_nothing_moves_while_faces_are_picked(anna: Page):
    anna.locator(f"{CARDS} img.ready").first.wait_for()
    before = anna.locator("#grid").bounding_box()
    anna.locator(".face-pick").nth(0).click()
    anna.locator(".face-pick").nth(3).click()
    expect(anna.locator("#picked")).to_have_text("2 picked")
    expect(anna.get_by_role("button", name="Use as picture")).to_be_hidden()
    assert anna.locator("#grid").bounding_box() == before
    anna.keyboard.press("Escape")
    expect(anna.locator("#face-actions")).to_be_hidden()


def test_a_wrong_face_is_taken_out(anna: Page, fake: FakeLibrary):
    anna.locator(".face-pick[data-face='3']").click()
    anna.get_by_role("button", name="Not this person").click()
    expect(anna.locator(".face-pick")).to_have_count(11)
    expect(anna.locator(CARDS)).to_have_count(11)
    eventually(anna, lambda: fake.people.posts)
    assert fake.people.posts == [("/api/face/3/unassign", {})]


def test_a_face_becomes_the_picture(anna: Page, fake: FakeLibrary):
    anna.locator(".face-pick[data-face='5']").click()
    anna.get_by_role("button", name="Use as picture").click()
    until(anna, "document.querySelector('#avatar .face').dataset.face === '5'")
    eventually(anna, lambda: fake.people.posts)
    assert fake.people.posts == [("/api/person/1/avatar", {"face_id": 5})]


def test_faces_move_to_a_new_person(anna: Page, fake: FakeLibrary):
    for face in (2, 4):
        anna.locator(f".face-pick[data-face='{face}']").click()
    anna.get_by_role("button", name="Somebody else").click()
    anna.keyboard.type("Twin")
    anna.get_by_role("dialog").get_by_role("button", name="Move").click()
    expect(anna.locator(".face-pick")).to_have_count(10)
    eventually(anna, lambda: fake.people.posts)
    assert fake.people.posts == [("/api/persons/1/split", {"face_ids": [2, 4], "name": "Twin"})]


def test_faces_move_to_somebody_who_is_known(anna: Page, fake: FakeLibrary):
    anna.locator(".face-pick[data-face='2']").click()
    anna.get_by_role("button", name="Somebody else").click()
    anna.get_by_role("option", name="Chiara").click()
    expect(anna.locator(".face-pick")).to_have_count(11)
    eventually(anna, lambda: fake.people.posts)
    assert fake.people.posts == [("/api/face/2/assign", {"person_id": 4})]


def test_renaming_to_a_known_name_offers_to_merge_and_goes_there(anna: Page, fake: FakeLibrary):
    anna.keyboard.press("e")
    anna.keyboard.type("Chiara")
    anna.keyboard.press("Enter")
    anna.get_by_role("dialog").get_by_role("button", name="Same person").click()
    anna.wait_for_url(re.compile(r"/person/4$"))
    expect(anna.locator("h1")).to_have_text("Chiara")
    eventually(anna, lambda: not fake.people.faces_of(1))


def test_a_photo_leads_back_to_the_person(anna: Page):
    anna.locator("#grid a[data-index='4']").click()
    anna.wait_for_url(re.compile(r"/photo/5\?person=1&at=4"))
    expect(anna.locator("#position")).to_have_text("5 / 12")
    anna.keyboard.press("Escape")
    anna.wait_for_url(re.compile(r"/person/1"))
    until(anna, "document.activeElement.dataset.index === '4'")


def test_a_person_that_is_gone_says_so(open_page, complaints, fake: FakeLibrary):
    complaints.expected.append("Failed to load resource")
    page = open_page(f"{fake.base}/person/99")
    expect(page.get_by_role("alert")).to_contain_text("There is no such person")
    page.get_by_role("link", name="All people").click()
    expect(page.locator("#people > li")).to_have_count(6)


def test_deleting_asks_and_goes_back_to_all(anna: Page, fake: FakeLibrary):
    anna.get_by_role("button", name="Delete this person").click()
    anna.get_by_role("dialog").get_by_role("button", name="Delete").click()
    anna.wait_for_url(re.compile(r"/persons$"))
    eventually(anna, lambda: fake.people.posts)
    assert fake.people.posts == [("/api/persons/delete_batch", {"person_ids": [1]})]


# -- pairs --------------------------------------------------------------------------------------------------------------


@pytest.fixture
def pairs(open_page, fake: FakeLibrary) -> Page:
    page = open_page(f"{fake.base}/merge-suggestions")
    expect(page.locator(".pair")).to_have_count(2)
    return page


def test_pairs_stand_side_by_side_with_a_few_faces_each(pairs: Page):
    first = pairs.locator(".pair").first
    expect(first).to_contain_text("64%")
    expect(first).to_contain_text("Béla & <b>Co</b>")
    expect(first.locator(".face")).to_have_count(10)
    expect(pairs.locator("#threshold-value")).to_have_text("58%")


def test_the_slider_shows_pairs_that_are_less_alike(pairs: Page):
    pairs.locator("#threshold").focus()
    for _ in range(6):
        pairs.keyboard.press("ArrowLeft")
    expect(pairs.locator(".pair")).to_have_count(3)
    pairs.wait_for_url(re.compile("threshold=0.52"))


def test_without_pairs_a_scan_that_runs_is_the_reason(pairs: Page, fake: FakeLibrary):
    pairs.locator("#threshold").fill("90")
    expect(pairs.locator("#blank")).to_contain_text("Nobody looks like somebody else")
    fake.push("scan", {**fake.scan, "state": "running"})
    expect(pairs.locator("#blank")).to_contain_text("People are compared when the scan is through.")
    fake.push("scan", fake.scan)
    expect(pairs.locator("#blank")).to_contain_text("Nobody looks like somebody else")


def test_one_with_and_one_without_a_name_become_one_at_once(pairs: Page, fake: FakeLibrary):
    pairs.locator(".pair").nth(1).get_by_role("button", name="Same person").click()
    expect(pairs.locator(".pair")).to_have_count(1)
    eventually(pairs, lambda: fake.people.posts)
    assert fake.people.posts == [("/api/persons/merge_batch", {"source_ids": [3], "target_id": 4})]


def test_where_both_have_a_name_it_asks_which_one_stays(pairs: Page, fake: FakeLibrary):
    pairs.locator(".pair").first.get_by_role("button", name="Same person").click()
    pairs.get_by_role("dialog").get_by_role("radio", name="Béla").check()
    pairs.get_by_role("dialog").get_by_role("button", name="Merge").click()
    expect(pairs.locator(".pair")).to_have_count(1)
    eventually(pairs, lambda: fake.people.posts)
    assert fake.people.posts == [("/api/persons/merge_batch", {"source_ids": [1], "target_id": 2})]


def test_keys_answer_and_the_focus_goes_on(pairs: Page, fake: FakeLibrary):
    pairs.keyboard.press("n")
    expect(pairs.locator(".pair")).to_have_count(1)
    eventually(pairs, lambda: fake.people.posts)
    assert fake.people.posts == [("/api/merge_suggestions/dismiss", {"person1_id": 1, "person2_id": 2})]
    pairs.keyboard.press("l")
    expect(pairs.locator("#blank")).to_contain_text("put off")
    assert len(fake.people.posts) == 1


def test_switched_off_suggestions_say_so(open_page, complaints, fake: FakeLibrary):
    complaints.expected.append("Failed to load resource")
    fake.people.suggestions_off = True
    page = open_page(f"{fake.base}/merge-suggestions")
    expect(page.locator("#blank")).to_contain_text("switched off")
