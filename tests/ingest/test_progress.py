"""What somebody is told of scans and photos: of the roots that they see, and of what is theirs."""

from __future__ import annotations

import asyncio

from facetd.ingest.progress import COUNTED, Broadcast, Event, PhotosChange, Progress, changes_of
from facetd.records.viewer import Viewer

ALICE = Viewer(1, "superadmin", frozenset({1, 3}))
BOB = Viewer(2, "user", frozenset({2, 3}))
ALL = Viewer(0, "superadmin", frozenset({1, 2, 3}))


def scanned() -> Progress:
    """A scan that is at work in Alice's root 1 and the shared root 3; Bob's own, 2, waits."""
    progress = Progress()
    progress.start("2026-01-01T00:00:00Z", [1, 2, 3])
    progress.phase = "analysing"
    progress.count(1, total=10, unchanged=7, ignored_videos=2)
    progress.count(3, total=4)
    progress.step(3, "fair.jpg")
    for number in range(3):
        progress.step(1, f"secret {number}.jpg", failed=number == 1)
    progress.count(1, added=2, changed=1)
    return progress


def test_whoever_sees_all_is_told_all() -> None:
    progress = scanned()
    told, whole = progress.told_to(ALL), progress.as_dict()
    clock = dict.fromkeys(("rate_per_s", "eta_s", "elapsed_s"))
    assert {**told, **clock} == {**whole, **clock}
    assert (progress.done, progress.total, progress.failed, progress.current) == (4, 14, 1, "secret 2.jpg")


def test_numbers_are_those_of_the_roots_that_one_sees() -> None:
    progress = scanned()
    told = progress.told_to(BOB)
    assert {name: told[name] for name in COUNTED if told[name]} == {"done": 1, "total": 4}
    assert (told["state"], told["running"], told["phase"], told["current"]) == ("running", True, "analysing", "")
    assert progress.told_to(ALICE)["done"] == 4
    assert progress.told_to(ALICE)["current"] == "secret 2.jpg"
    nobody = progress.told_to(Viewer(9, "admin", frozenset()))
    assert {nobody[name] for name in COUNTED} == {0}
    assert (nobody["rate_per_s"], nobody["eta_s"]) == (0, None)
    progress.step(3, "fair 2.jpg")
    assert progress.told_to(BOB)["current"] == "fair 2.jpg"


def test_names_of_roots_are_told_to_those_who_see_them() -> None:
    progress = scanned()
    progress.note_offline(1, "Alice")
    progress.note_offline(3, "Shared")
    progress.note_offline(1, "Alice")
    progress.ask(1, "Alice", missing=900, photos=1000)
    told = progress.told_to(BOB)
    assert (told["offline"], told["confirm"]) == (["Shared"], [])
    assert progress.told_to(ALICE)["offline"] == ["Alice", "Shared"]
    assert progress.told_to(ALICE)["confirm"] == [{"root": "Alice", "missing": 900, "photos": 1000}]
    later = Progress()
    later.take_questions(progress)
    assert (later.told_to(BOB)["confirm"], later.told_to(ALICE)["confirm"]) == ([], progress.confirm)


def test_why_a_scan_ended_early_may_name_a_file() -> None:
    progress = scanned()
    assert progress.told_to(BOB)["error"] is None
    progress.error = "[Errno 5] /volume1/Alice/secret.jpg"
    assert "secret" not in progress.told_to(BOB)["error"]
    assert progress.told_to(ALL)["error"] == progress.error


def test_counts_can_be_put_back_by_root() -> None:
    progress = scanned()
    walked = progress.counted("unchanged", "ignored_videos")
    progress.count(1, unchanged=9)
    progress.count(3, unchanged=4)
    progress.recount(walked)
    assert (progress.unchanged, progress.ignored_videos, progress.done) == (7, 2, 4)
    assert progress.told_to(BOB)["unchanged"] == 0


def test_photos_are_told_to_those_who_see_their_root() -> None:
    changes = {1: PhotosChange(2, 0, [11, 12]), 3: PhotosChange(0, 1, [31])}
    broadcast = Broadcast()
    with broadcast.listening() as queue:
        broadcast.publish_photos(changes)
        broadcast.publish_photos({})
        event = queue.get_nowait()
        assert queue.empty()
    assert event is not None
    assert event.data == event.told_to(ALL) == {"added": 2, "changed": 1, "ids": [11, 12, 31]}
    assert event.told_to(BOB) == {"added": 0, "changed": 1, "ids": [31]}
    assert Event("photos", {}, by_root=changes_of({1: [11]})).told_to(BOB) is None


def test_what_is_somebodys_is_told_to_them() -> None:
    assert Event("job", {"id": 1}, user_id=1).told_to(BOB) is None
    assert Event("job", {"id": 1}, user_id=1).told_to(ALICE) == {"id": 1}
    assert Event("job", {"id": 1}, user_id=2, roles=frozenset({"superadmin"})).told_to(ALICE) == {"id": 1}
    assert Event("people", {}).told_to(BOB) == {}


def test_listeners_of_a_session_that_is_over_are_sent_home() -> None:
    broadcast = Broadcast()
    with broadcast.listening(7) as mine, broadcast.listening(8) as other, broadcast.listening() as nobodys:
        broadcast.end(7)
        assert mine.get_nowait() is None
        assert other.empty()
        assert nobodys.empty()
    with broadcast.listening(7) as later:
        broadcast.publish("people", {})
        assert later.get_nowait() == Event("people", {})
    assert isinstance(later, asyncio.Queue)
