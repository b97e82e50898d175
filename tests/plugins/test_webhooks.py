"""Webhooks: who is told what, how often it is tried, and that nothing waits for them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from aiohttp import web

from facetd.config.plugins import Plugins as Settings
from facetd.config.plugins import Webhook
from facetd.errors import Forbidden
from facetd.plugins import webhooks
from facetd.plugins.hooks import Photo, ScanSummary
from facetd.plugins.sending import NotSent, Sender
from facetd.plugins.webhooks import Webhooks
from tests.plugins.receiver import receiving

GOOD = Photo(1, "/R/a.jpg", "a.jpg", 8.5, "portrait", "2024-07-14T18:03:22")
POOR = Photo(2, "/R/b.jpg", "b.jpg", 3.0, "default", None)
NONE = Photo(3, "/R/c.jpg", "c.jpg", None, None, None)
SCAN = ScanSummary(1, 0, 0, 0, 0, False, None, 2.5)


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.01)


class Deaf(Sender):
    """Fails in these ways in turn, then succeeds; `tries` are the addresses."""

    def __init__(self, *failures: Exception | int) -> None:
        super().__init__()
        self._failures = list(failures)
        self.tries: list[str] = []

    async def post(self, url: str, body: bytes) -> int:
        self.tries.append(url)
        failure = self._failures.pop(0) if self._failures else 200
        if isinstance(failure, Exception):
            raise failure
        return failure


async def test_who_is_told_what() -> None:
    async with receiving() as receiver:
        hooks = [
            Webhook(url=receiver.url("127.0.0.1"), events=("photo_scored",), min_score=8),
            Webhook(url=receiver.url("127.0.0.1"), events=("photo_added", "scan_finished"), min_score=8),
        ]
        told = Webhooks(hooks, Sender(private=True))
        told.start()
        for photo in (GOOD, POOR, NONE):
            told.tell("photo_scored", photo)
        told.tell("scan_finished", SCAN)
        await until(lambda: len(receiver.got) == 2)
        await told.stop()
        by_event = {each["event"]: each for each in receiver.got}
        assert by_event["photo_scored"]["photo"] == {
            "id": 1, "path": "/R/a.jpg", "filename": "a.jpg", "aggregate": 8.5, "category": "portrait", "date_taken": "2024-07-14T18:03:22",
        }  # fmt: skip
        assert by_event["scan_finished"]["scan"]["elapsed_s"] == 2.5
        assert set(by_event["scan_finished"]) == {"event", "sent_at", "scan"}


@pytest.mark.parametrize(
    ("failures", "tries"),
    [
        ((), 1),
        ((NotSent("x"), NotSent("x")), 3),
        ((503, 429, 500), 4),
        ((500,) * 9, 4),
        ((404,), 1),
        ((302,), 1),
        ((Forbidden("private"),), 1),
        ((RuntimeError("a mistake"),), 1),
    ],
)
async def test_how_often_it_is_tried(failures: tuple[Exception | int, ...], tries: int) -> None:
    sender = Deaf(*failures)
    told = Webhooks([Webhook(url="http://a.example/")], sender, pauses_s=(0, 0, 0))
    told.start()
    told.tell("photo_scored", GOOD)
    await until(lambda: len(sender.tries) >= tries)
    told.tell("photo_scored", GOOD)  # the next one comes through, whatever became of the first
    await until(lambda: len(sender.tries) > tries or not told._queues[0].qsize())
    await told.stop()
    assert tries <= len(sender.tries) <= tries + 4


async def test_one_that_sleeps_holds_up_no_other_and_its_queue_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhooks, "BACKLOG", 10)
    asleep = asyncio.Event()

    class Sleeping(Deaf):
        async def post(self, url: str, body: bytes) -> int:
            if "asleep" in url:
                await asleep.wait()
            return await super().post(url, body)

    sender = Sleeping()
    told = Webhooks([Webhook(url="http://asleep.example/"), Webhook(url="http://awake.example/")], sender)
    told.start()
    for _ in range(50):
        told.tell("photo_scored", GOOD)
        await asyncio.sleep(0)
    await until(lambda: sender.tries.count("http://awake.example/") >= 10)
    assert told._queues[0].qsize() == 10
    await told.stop()


async def test_no_secret_reaches_the_log(caplog: pytest.LogCaptureFixture) -> None:
    async with receiving() as receiver:
        receiver.answers += [web.Response(status=500), web.Response(status=403)]
        told = Webhooks([Webhook(url=receiver.url("127.0.0.1"))], Sender(private=True), pauses_s=())
        told.start()
        told.tell("photo_scored", GOOD)
        told.tell("photo_scored", GOOD)
        await until(lambda: len([record for record in caplog.records if record.name.startswith("facetd")]) == 2)
        await told.stop()
        told_of = "\n".join(record.getMessage() for record in caplog.records if record.name.startswith("facetd"))
        assert "secret" not in told_of
        assert "127.0.0.1" in told_of
    assert "secret" not in repr(Settings(webhooks=(Webhook(url="https://a.example/secret"),)))


@pytest.mark.parametrize(
    "url",
    [
        "", "ftp://a.example/", "file:///etc/passwd", "gopher://a/", "//a.example", "a.example", "http://", "http://a.example:0/",
        "http://user:secret@a.example/", "http://a b/", "http://a.example/\n", "http://a.example/ä", "http://[::1", "http://a.example:99999/",
        "http://a.example\\@b.example/", "javascript:alert(1)", "http://a.example/" + "x" * 2000,
    ],
)  # fmt: skip
def test_what_is_no_address(url: str) -> None:
    with pytest.raises(ValueError, match="expected"):
        Webhook(url=url)
