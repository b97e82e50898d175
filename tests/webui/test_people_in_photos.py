"""People and things on the photo page and in the gallery's filters, in a browser before made-up people."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.webui.browsing import CARDS, eventually
from tests.webui.fakelibrary import FakeLibrary

pytestmark = pytest.mark.browser


def thing(label: str, x: float, *, shown: bool = True) -> dict[str, object]:
    return {"label": label, "score": 0.6, "x": x, "y": 0.5, "width": 0.2, "height": 0.25, "shown": shown}


@pytest.fixture
def photo(open_page, fake: FakeLibrary) -> Page:
    """A photo of Anna, who may have closed her eyes, and of somebody without a person."""
    fake.people.faces[102] = None
    fake.things = [thing("dog", 0.1), thing("dog", 0.4), thing("bus", 0.7), thing("person", 0.5), thing("kite", 0.8, shown=False)]
    page = open_page(f"{fake.base}/photo/2?at=1")
    expect(page.locator(".in-photo li")).to_have_count(2)
    return page


def test_faces_have_names_and_a_hint_is_worded_as_a_hint(photo: Page):
    rows = photo.locator(".in-photo li")
    expect(rows.nth(0).get_by_role("link")).to_have_text("Anna")
    expect(rows.nth(0)).to_contain_text("eyes perhaps closed")
    expect(rows.nth(1).get_by_role("button")).to_have_text("Who is this?")


def test_certain_things_are_counted_and_lead_to_a_search(photo: Page):
    marks = photo.locator(".about-things .mark")
    expect(marks).to_have_text(["2 dogs", "bus"])
    assert marks.first.get_attribute("href") == "/?search=dog"


def test_people_whose_faces_are_not_seen_are_counted_too(open_page, fake: FakeLibrary):
    fake.things = [thing("person", 0.1), thing("person", 0.5)]
    page = open_page(f"{fake.base}/photo/2?at=1")
    expect(page.locator(".about-things .mark")).to_have_text("2 people")


def test_p_draws_faces_and_things_with_labels_where_they_are(photo: Page, fake: FakeLibrary):
    photo.locator(".picture img.ready").wait_for()
    photo.keyboard.press("p")
    expect(photo.locator(".boxes .face-box")).to_have_count(2)
    expect(photo.locator(".boxes .thing")).to_have_count(3)
    expect(photo.locator(".boxes .face-box").first).to_have_text("Anna")
    picture, face = photo.locator(".picture").bounding_box(), photo.locator(".boxes .face-box").first.bounding_box()
    assert (face["x"] - picture["x"]) / picture["width"] == pytest.approx(0.1, abs=0.005)
    assert (face["y"] - picture["y"]) / picture["height"] == pytest.approx(0.2, abs=0.005)
    assert face["height"] / picture["height"] == pytest.approx(0.3, abs=0.005)
    label = photo.locator(".boxes .face-box bdi").first.bounding_box()["height"]
    photo.keyboard.press("z")
    assert photo.locator(".boxes .face-box bdi").first.bounding_box()["height"] == pytest.approx(label, abs=1), "labels are not enlarged"
    expect(photo.locator("#show-people")).to_have_attribute("aria-pressed", "true")
    photo.keyboard.press("p")
    expect(photo.locator(".boxes")).to_have_count(0)


def test_pointing_at_somebody_shows_where_they_are(photo: Page):
    photo.locator(".in-photo li").nth(0).hover()
    expect(photo.locator(".boxes .pointed")).to_have_count(1)
    photo.locator(".headline").hover()
    expect(photo.locator(".boxes")).to_have_count(0)


def test_a_face_of_nobody_gets_a_known_person(photo: Page, fake: FakeLibrary):
    photo.get_by_role("button", name="Who is this?").click()
    photo.keyboard.type("chia")
    photo.get_by_role("option", name="Chiara").click()
    expect(photo.locator(".in-photo").get_by_role("link", name="Chiara")).to_be_visible()
    eventually(photo, lambda: fake.people.posts)
    assert fake.people.posts == [("/api/face/102/assign", {"person_id": 4})]


def test_a_face_of_nobody_gets_a_new_name(photo: Page, fake: FakeLibrary):
    photo.get_by_role("button", name="Who is this?").click()
    photo.keyboard.type("Emil")
    photo.keyboard.press("Enter")
    expect(photo.locator(".in-photo")).to_contain_text("Emil")
    eventually(photo, lambda: fake.people.posts)
    assert fake.people.posts == [("/api/face/102/assign", {"name": "Emil"})]


def test_typing_in_a_name_is_not_a_page_key(photo: Page):
    photo.get_by_role("button", name="Who is this?").click()
    photo.keyboard.type("pi")
    expect(photo.locator(".boxes .thing")).to_have_count(0)
    expect(photo.locator("#panel")).to_be_visible()


def test_the_name_of_a_group_is_for_all_of_it_or_only_this_face(open_page, fake: FakeLibrary):
    first = fake.people.faces_of(3)[0]
    page = open_page(f"{fake.base}/photo/{first}?at={first - 1}")
    page.get_by_role("button", name="Add a name").click()
    page.keyboard.type("Gül")
    page.keyboard.press("Enter")
    page.get_by_role("dialog").get_by_role("button", name="All 10 faces").click()
    expect(page.locator(".in-photo")).to_contain_text("Gül")
    eventually(page, lambda: fake.people.posts)
    assert fake.people.posts == [("/api/persons/3/rename", {"name": "Gül"})]


def test_a_wrong_person_is_taken_out(photo: Page, fake: FakeLibrary):
    photo.get_by_role("button", name="This is not Anna", exact=True).click()
    expect(photo.get_by_role("button", name="Who is this?")).to_have_count(2)
    eventually(photo, lambda: fake.people.posts)
    assert fake.people.posts == [("/api/face/2/unassign", {})]


def test_a_photo_without_faces_has_no_people(open_page, fake: FakeLibrary):
    page = open_page(f"{fake.base}/photo/200?at=199")
    page.locator(".headline").wait_for()
    page.wait_for_timeout(300)
    expect(page.locator(".about-people")).to_have_count(0)


def test_the_gallery_filters_by_people_and_names_them_in_chips(open_page, fake: FakeLibrary):
    page = open_page(f"{fake.base}/")
    page.get_by_role("button", name="Filters").click()
    choices = page.locator(".face-choice")
    expect(choices).to_have_count(3)  # those with ten photos or more
    choices.filter(has_text="Anna").click()
    expect(page.locator("#total")).to_have_text("12 photos")
    expect(page.locator("#chips")).to_contain_text("With Anna")
    choices.filter(has_text="Béla").click()
    expect(page.locator(".chip[aria-label^='Remove']")).to_have_count(2)
    page.wait_for_url(re.compile("person=1%2C2"))
    page.get_by_role("button", name="Remove filter: With Anna").click()
    expect(page.locator(".chip[aria-label^='Remove']")).to_have_text(["With Béla & <b>Co</b>"])
    page.wait_for_url(re.compile("person=2$"))


def test_a_link_with_a_person_outside_the_list_still_tells_the_name(open_page, fake: FakeLibrary):
    page = open_page(f"{fake.base}/?person=4")
    expect(page.locator("#chips")).to_contain_text("With Chiara")
    expect(page.locator(CARDS)).to_have_count(9)
