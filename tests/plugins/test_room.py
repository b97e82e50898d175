"""A photo comes into the library, and plugins and webhooks are told of it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from aiohttp.test_utils import TestClient, TestServer

from facetd.http.app import make_app
from facetd.listening import LONGEST_LINE
from facetd.plugins.room import Plugins
from facetd.wiring import make_services
from tests.cli.test_commands import call
from tests.daemons import configure
from tests.house import config, opened, scan
from tests.http.serving import problem_of, site
from tests.photos import make_photo
from tests.plugins.receiver import receiving

TELLING = '''"""Tells."""
import json
from dataclasses import asdict
from facetd.plugins import hookimpl

def tell(event, what):
    with open({out!r}, "a") as file:
        file.write(json.dumps([event, asdict(what)]) + "\\n")

@hookimpl
def photo_added(photo):
    tell("photo_added", photo)

@hookimpl
def photo_scored(photo):
    tell("photo_scored", photo)

@hookimpl
def scan_finished(summary):
    tell("scan_finished", summary)
'''


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.02)


def told(out: Path) -> list[tuple[str, dict[str, Any]]]:
    return [tuple(json.loads(line)) for line in out.read_text().splitlines()] if out.exists() else []


async def test_a_photo_is_told_of_once_and_each_time_it_changes(tmp_path: Path) -> None:
    out = tmp_path / "out"
    (tmp_path / "data" / "plugins").mkdir(parents=True)
    (tmp_path / "data" / "plugins" / "telling.py").write_text(TELLING.format(out=str(out)))
    make_photo(tmp_path / "Pictures" / "a.jpg", 1)
    (tmp_path / "Pictures" / "broken.jpg").write_bytes(b"\xff\xd8\xff no photo")
    async with receiving() as receiver:
        hook = {"url": receiver.url("127.0.0.1"), "events": ["photo_added", "scan_finished"]}
        settings = config(plugins={"enabled": True, "webhooks": [hook], "allow_private_webhooks": True})
        async with opened(tmp_path / "data", settings) as house:
            room = Plugins(settings.plugins, tmp_path / "data" / "plugins", house.db, settle_s=0.1)
            listener = await room.start()
            assert listener is not None
            house.ingest.listener = listener
            assert room.describe()["plugins"] == [
                {
                    "name": "telling",
                    "file": "telling.py",
                    "events": ["photo_added", "photo_scored", "scan_finished"],
                    "doc": "Tells.",
                    "problem": "",
                }
            ]
            await scan(house, tmp_path / "Pictures")
            await until(lambda: len(told(out)) == 3 and len(receiver.got) == 2)
            by_event = dict(told(out))
            assert by_event["photo_added"]["path"] == "/Pictures/a.jpg"
            assert by_event["photo_scored"]["aggregate"] > 0
            assert (by_event["scan_finished"]["added"], by_event["scan_finished"]["failed"]) == (2, 1)
            assert {each["event"] for each in receiver.got} == {"photo_added", "scan_finished"}
            make_photo(tmp_path / "Pictures" / "a.jpg", 2)
            await scan(house)
            await until(lambda: len(told(out)) == 5)
            assert sorted(event for event, _ in told(out)[3:]) == ["photo_scored", "scan_finished"]
            await room.stop()


async def test_without_the_switch_no_file_is_run(tmp_path: Path) -> None:
    (tmp_path / "data" / "plugins").mkdir(parents=True)
    (tmp_path / "data" / "plugins" / "evil.py").write_text(f"open({str(tmp_path / 'canary')!r}, 'w')")
    async with opened(tmp_path / "data") as house:
        room = Plugins(house.config.plugins, tmp_path / "data" / "plugins", house.db)
        assert await room.start() is None
        assert room.describe() == {"enabled": False, "plugins": [], "webhooks": [], "actions": []}
        await room.stop()
    assert not (tmp_path / "canary").exists()


async def test_no_secret_is_shown(tmp_path: Path) -> None:
    hooks = [{"url": "https://hooks.example/services/SECRET?token=SECRET", "min_score": 7.5}]
    async with site(tmp_path / "data", config(plugins={"webhooks": hooks})) as served:
        found = await served.json("/api/plugins")
        assert found["webhooks"] == [{"host": "hooks.example", "events": ["photo_scored"], "min_score": 7.5}]
        assert "SECRET" not in json.dumps(found)


async def test_trying_an_address(tmp_path: Path) -> None:
    async with receiving() as receiver, opened(tmp_path / "data", config(plugins={"allow_private_webhooks": True})) as house:
        server = TestServer(make_app(make_services(house)), host="127.0.0.1")
        await server.start_server(max_line_size=LONGEST_LINE)
        async with TestClient(server) as client:
            url = receiver.url("127.0.0.1")
            answer = await client.post("/api/plugins/test-webhook", json={"url": url})
            assert (answer.status, await answer.json()) == (200, {"ok": True, "url": url, "status": 200})
            assert receiver.got[0]["event"] == "test"
            gone = "http://127.0.0.1:1/"
            answer = await client.post("/api/plugins/test-webhook", json={"url": gone})
            assert await answer.json() == {"ok": False, "url": gone, "error": "no connection to the host"}
        async with TestClient(
            TestServer(make_app(replace(make_services(house), plugins=Plugins(config().plugins, tmp_path, house.db))))
        ) as client:
            for refused in ("ftp://a.example/", "http://[::ffff:127.0.0.1]/", "http://a.example:65536/", "http://a.example:0", "x", ""):
                answer = await client.post("/api/plugins/test-webhook", json={"url": refused})
                assert "url" in await problem_of(answer, 400)
            for refused in (url, "http://[::1]/", "http://[fe80::1]:8080/", "http://169.254.169.254/latest/meta-data"):
                answer = await client.post("/api/plugins/test-webhook", json={"url": refused})
                assert "url" in await problem_of(answer, 403)
            assert len(receiver.got) == 1
            await problem_of(await client.post("/api/plugins/test-webhook", json={"url": "http://" + "a" * 2000}), 400)


def test_the_address_of_a_webhook_is_not_printed_with_the_settings(tmp_path: Path) -> None:
    configure(tmp_path / "data", {"plugins": {"webhooks": [{"url": "https://hooks.example/SECRET"}]}})
    shown = call("config", "show", "--data", tmp_path / "data").stdout
    assert "SECRET" not in shown
    assert json.loads(shown)["plugins"]["webhooks"][0]["url"] == "(not shown)"
