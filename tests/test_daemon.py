"""The daemon as a whole: it keeps up with the folders, survives being killed, takes over settings, and ends when told."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sqlite3
import stat
import tempfile
import time
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from facetd.daemon import Daemon
from facetd.errors import ConfigError, Conflict, DatabaseUnusable, FacetdError
from facetd.house import open_house
from facetd.listening import Address, make_private, socket_path
from tests.chatserver import chat_server, completion, hang
from tests.daemons import QUICK, configure, eventually, program, running
from tests.house import InlineWorkers, config, opened
from tests.household import HASHES, PASSWORDS
from tests.infer import entries
from tests.infer.entries import write_pack
from tests.photos import make_photo

HEAVY = ("cv2", "simsimd", "PIL/", "_imaging", "/scipy/", "rawpy", "pillow_heif", "pillow_jxl", "libraw", "libheif")


@pytest.fixture
def inline(monkeypatch: pytest.MonkeyPatch) -> None:
    """Decode workers in this process."""
    monkeypatch.setattr("facetd.house.Workers", lambda *_args, **_more: InlineWorkers())


def fetch(daemon: Daemon, path: str) -> Any:
    with urlopen(f"http://127.0.0.1:{daemon.port}{path}", timeout=20) as response:
        return json.load(response)


def paths(daemon: Daemon) -> list[str]:
    return sorted(photo["path"] for photo in fetch(daemon, "/api/photos?per_page=500")["photos"])


@pytest.mark.timeout(240)
def test_photos_come_and_go_by_themselves_and_a_kill_costs_nothing(tmp_path: Path) -> None:
    photos, data = tmp_path / "Pictures", tmp_path / "data"
    for number in range(3):
        make_photo(photos / f"{number}.jpg", number)
    configure(data, QUICK)
    with program(data, photos) as first:
        first.until(lambda: len(first.names()) == 3)
        make_photo(photos / "trip" / "new.jpg", 7)
        first.until(lambda: "/Pictures/trip/new.jpg" in first.names())
        before = first.names()
        (photos / "0.jpg").rename(photos / "trip" / "zero.jpg")
        first.until(lambda: "/Pictures/trip/zero.jpg" in first.names() and "/Pictures/0.jpg" not in first.names())
        assert first.names()["/Pictures/trip/zero.jpg"]["id"] == before["/Pictures/0.jpg"]["id"]
        make_photo(photos / "1.jpg", 77)
        first.until(lambda: first.names()["/Pictures/1.jpg"]["v"] != before["/Pictures/1.jpg"]["v"])
        (photos / "2.jpg").unlink()
        first.until(lambda: "/Pictures/2.jpg" not in first.names())
        light = Path(f"/proc/{first.process.pid}/maps").read_text()
        assert [part for part in HEAVY if part in light] == []
        for number in range(20, 26):
            make_photo(photos / f"{number}.jpg", number)
        first.process.kill()
        first.process.wait()
    (photos / "21.jpg").unlink()
    with program(data, name="second") as second:
        expected = {"/Pictures/1.jpg", "/Pictures/trip/new.jpg", "/Pictures/trip/zero.jpg"}
        expected |= {f"/Pictures/{number}.jpg" for number in range(20, 26) if number != 21}
        second.until(lambda: set(second.names()) == expected)
        assert second.names()["/Pictures/trip/zero.jpg"]["id"] == before["/Pictures/0.jpg"]["id"]
        host, port = second.base.removeprefix("http://").split(":")
        streams = [socket.create_connection((host, int(port))) for _ in range(3)]
        for stream in streams:
            stream.sendall(f"GET /api/events HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        for stream in streams[:2]:  # the third never reads
            stream.settimeout(10)
            received = b""
            while b"event: scan" not in received:
                received += stream.recv(100_000)
        asked = time.monotonic()
        second.process.send_signal(signal.SIGTERM)
        assert second.process.wait(60) == 0
        assert time.monotonic() - asked < 20
        for stream in streams:
            stream.close()
    log = second.log.read_text()
    assert "Traceback" not in log, log
    assert not (data / "library.db.open").exists()
    assert sorted(data.glob("run/*")) == []


async def test_settings_are_taken_over_while_running(tmp_path: Path, inline: None, caplog: pytest.LogCaptureFixture) -> None:
    data, photos = tmp_path / "data", tmp_path / "Pictures"
    make_photo(photos / "a.jpg")
    async with running(data, photos) as daemon:
        port = daemon.port
        assert (await asyncio.to_thread(fetch, daemon, "/api/config"))["pagination"] == {"default_per_page": 64}
        path = configure(data, {**QUICK, "viewer": {"pagination": {"default_per_page": 7}}, "serverr": {}})
        os.kill(os.getpid(), signal.SIGHUP)

        def per_page(number: int) -> bool:
            try:
                return bool(fetch(daemon, "/api/config")["pagination"]["default_per_page"] == number)
            except OSError:
                return False  # between the old and the new

        await eventually(lambda: per_page(7))
        assert daemon.port == port
        assert 'did you mean "server"?' in caplog.text
        bad: list[Any] = [
            '{"viewer": ', {"viewer": {"pagination": {"default_per_page": 0}}}, {"users": {"anna": {"password_hash": "secret"}}},
            {"categories": {"portrait": {"weights": {"no_such_percent": 1}}}},
        ]  # fmt: skip
        for wrong in bad:
            caplog.clear()
            path.write_text(wrong if isinstance(wrong, str) else json.dumps(wrong))
            os.kill(os.getpid(), signal.SIGHUP)
            await eventually(lambda: "the old one stays" in caplog.text)
            assert await asyncio.to_thread(per_page, 7)
        configure(data, {**QUICK, "viewer": {"pagination": {"default_per_page": 9}}})
        await eventually(lambda: per_page(9))  # by itself, without a signal
        await eventually(lambda: paths(daemon) == ["/Pictures/a.jpg"])


async def test_a_job_of_captions_goes_on_with_other_settings(tmp_path: Path, inline: None) -> None:
    data, photos = tmp_path / "data", tmp_path / "Pictures"
    for number in range(4):
        make_photo(photos / f"{number}.jpg", number)
    async with chat_server() as server:
        server.answers = [completion("A dog."), hang]
        captions = {"endpoint": server.endpoint, "model": "slow"}
        async with running(data, photos, raw={**QUICK, "captions": captions}) as daemon:
            await eventually(lambda: len(paths(daemon)) == 4)

            def begin() -> None:
                body = json.dumps({"limit": 3}).encode()
                url = f"http://127.0.0.1:{daemon.port}/api/captions/generate"
                urlopen(Request(url, body, {"Content-Type": "application/json"}), timeout=20).close()

            await asyncio.to_thread(begin)
            await eventually(lambda: len(server.asked) == 2)
            server.answers = [completion("A cat.")]
            configure(data, {**QUICK, "captions": {**captions, "model": "quick"}})
            os.kill(os.getpid(), signal.SIGHUP)

            def written() -> list[str]:
                with sqlite3.connect(data / "library.db") as db:
                    return [f"{text} {source}" for text, source in db.execute("SELECT text, source FROM caption ORDER BY photo_id")]

            await eventually(lambda: len(written()) == 3)
            assert written() == ["A dog. slow", "A cat. quick", "A cat. quick"]
            assert daemon.house is not None
            house = daemon.house
            await eventually(lambda: not house.captioning.running)
            assert (house.captioning.progress.done, house.captioning.progress.error) == (2, None)


async def test_a_job_of_captions_ends_when_who_began_it_may_write_no_more(tmp_path: Path, inline: None) -> None:
    data, photos = tmp_path / "data", tmp_path / "Pictures"
    make_photo(photos / "a.jpg", 1)
    async with chat_server() as server:
        server.answers = [hang]
        captions = {"endpoint": server.endpoint, "model": "slow"}

        def settings(role: str) -> dict[str, Any]:
            entry = {"password_hash": HASHES["bob"], "role": role, "directories": [str(photos)]}
            return {**QUICK, "captions": captions, "users": {"bob": entry}}

        async with running(data, raw=settings("admin")) as daemon:
            house = daemon.house
            assert house is not None
            base = f"http://127.0.0.1:{daemon.port}/api"

            def post(path: str, body: dict[str, Any], token: str = "") -> dict[str, Any]:
                head = {"Content-Type": "application/json", **({"Authorization": f"Bearer {token}"} if token else {})}
                with urlopen(Request(base + path, json.dumps(body).encode(), head), timeout=20) as answer:
                    return dict(json.load(answer))

            token = (await asyncio.to_thread(post, "/auth/login", {"username": "bob", "password": PASSWORDS["bob"]}))["access_token"]
            await eventually(lambda: not house.ingest.scanning)
            await asyncio.to_thread(post, "/captions/generate", {}, token)
            await eventually(lambda: server.asked)
            configure(data, settings("user"))
            await eventually(lambda: not house.captioning.running)
            assert house.captioning.progress.cancelled
            assert daemon.house is house, "nobody else was disturbed"


async def test_a_folder_that_is_unplugged_is_no_reason_not_to_start(tmp_path: Path, inline: None, caplog: pytest.LogCaptureFixture) -> None:
    data, disk = tmp_path / "data", tmp_path / "Disk"
    make_photo(disk / "a.jpg")
    raw = {"scanning": {"settle_s": 0.1, "directories": [str(disk), str(tmp_path / "never")]}}
    async with running(data, raw=raw) as daemon:
        await eventually(lambda: paths(daemon) == ["/Disk/a.jpg"])
    assert "never" in caplog.text
    disk.rename(tmp_path / "elsewhere")
    async with running(data, disk, raw=raw) as daemon:
        await eventually(lambda: fetch(daemon, "/api/scan/status")["roots"][0]["online"] is False)
        assert await asyncio.to_thread(paths, daemon) == ["/Disk/a.jpg"]
    with pytest.raises(FacetdError, match="no such directory"):
        async with running(data, tmp_path / "typo", raw=raw):
            pass


async def test_the_socket_is_for_nobody_else_and_goes_with_the_daemon(
    tmp_path: Path, inline: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for runtime in ("", str(tmp_path)):
        monkeypatch.setenv("XDG_RUNTIME_DIR", runtime)
        async with running(tmp_path / "data"):
            path = socket_path(tmp_path / "data")
            assert path.parent == (tmp_path if runtime else tmp_path / "data" / "run")
            assert stat.S_ISSOCK(path.stat().st_mode)
            assert path.stat().st_mode & 0o777 == 0o600
        assert not path.exists()
    monkeypatch.setenv("XDG_RUNTIME_DIR", "")
    far = socket_path(tmp_path / ("x" * 120))
    assert far.parent == Path(tempfile.gettempdir()) / f"facetd-{os.getuid()}"
    monkeypatch.setattr("tempfile.tempdir", "/" + "t" * 120)
    with pytest.raises(ConfigError, match="no place for a socket"):
        socket_path(tmp_path / ("x" * 120))


def test_the_socket_lies_in_a_folder_of_ones_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    make_private(tmp_path / "mine")
    assert (tmp_path / "mine").stat().st_mode & 0o777 == 0o700
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o755)
    (tmp_path / "link").symlink_to(tmp_path / "mine")
    for place in ("open", "link"):
        with pytest.raises(FacetdError, match="belongs to somebody else or is open"):
            make_private(tmp_path / place)


async def test_a_port_that_is_taken_is_told(tmp_path: Path, inline: None) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(FacetdError, match=r"cannot listen on 127\.0\.0\.1"):
        async with running(tmp_path / "data", address=Address(port=taken.getsockname()[1])):
            pass
    async with opened(tmp_path / "data"):
        pass  # the lock was given back


async def test_a_second_daemon_on_the_same_library_is_refused(tmp_path: Path, inline: None) -> None:
    async with running(tmp_path / "data"):
        with pytest.raises(Conflict, match=rf"in use by process {os.getpid()}"):
            async with opened(tmp_path / "data"):
                pass


async def test_a_library_of_a_newer_program_or_a_damaged_one_is_refused_and_kept(tmp_path: Path, inline: None) -> None:
    data = tmp_path / "data"
    async with opened(data):
        pass
    database = data / "library.db"
    with sqlite3.connect(database) as connection:
        connection.execute("PRAGMA user_version = 999")
    connection.close()
    kept = database.read_bytes()
    with pytest.raises(DatabaseUnusable, match="newer facetd"):
        async with running(data):
            pass
    assert database.read_bytes() == kept
    for leftover in data.glob("library.db-*"):
        leftover.unlink()
    database.write_bytes(b"not a database at all" * 500)
    with pytest.raises(DatabaseUnusable, match="backup"):
        async with running(data):
            pass
    assert database.read_bytes() == b"not a database at all" * 500


async def test_a_data_folder_on_a_network_file_system_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("facetd.ingest.lock.filesystem_type", lambda _path: "nfs4")
    with pytest.raises(DatabaseUnusable, match=r"network file system \(nfs4\)"):
        async with opened(tmp_path / "data"):
            pass


async def test_a_data_folder_that_cannot_be_one_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for place in (tmp_path / "file", tmp_path / "file" / "data"):
        with pytest.raises(FacetdError, match="cannot be the data folder"):
            async with open_house(place, config()):
                pass


async def test_it_listens_to_this_machine_only_and_answers_its_names(tmp_path: Path, inline: None) -> None:
    async with running(tmp_path / "data") as daemon:

        def status(host: str) -> int:
            try:
                with urlopen(Request(f"http://127.0.0.1:{daemon.port}/health", headers={"Host": host})) as response:
                    return int(response.status)
            except HTTPError as error:
                return error.code

        assert await asyncio.to_thread(status, f"localhost:{daemon.port}") == 200
        assert await asyncio.to_thread(status, "evil.example") == 421
    async with running(tmp_path / "data", address=Address(port=0, insecure=True)) as daemon:
        assert await asyncio.to_thread(status, "evil.example") == 200


async def test_an_address_longer_than_any_parameter_is_told_by_name(tmp_path: Path, inline: None) -> None:
    async with running(tmp_path / "data") as daemon:

        def asked() -> Any:
            try:
                return fetch(daemon, "/api/photos?search=" + "x" * 20_000)
            except HTTPError as error:
                return error.code, json.load(error)["errors"][0]["field"]

        assert await asyncio.to_thread(asked) == (400, "search")


async def test_the_data_folder_inside_a_photo_folder_is_not_scanned(tmp_path: Path, inline: None) -> None:
    photos = tmp_path / "Pictures"
    make_photo(photos / "a.jpg")
    async with running(photos / "data", photos) as daemon:
        await eventually(lambda: paths(daemon) == ["/Pictures/a.jpg"])
        await eventually(lambda: fetch(daemon, "/api/scan/status")["finished_at"])
        make_photo(photos / "b.jpg", 2)
        await eventually(lambda: paths(daemon) == ["/Pictures/a.jpg", "/Pictures/b.jpg"])
        await asyncio.sleep(0.5)
        assert await asyncio.to_thread(paths, daemon) == ["/Pictures/a.jpg", "/Pictures/b.jpg"]


@pytest.mark.timeout(120)
async def test_packs_are_taken_over_while_running(tmp_path: Path, inline: None, caplog: pytest.LogCaptureFixture) -> None:
    data, photos = tmp_path / "data", tmp_path / "Pictures"
    make_photo(photos / "a.jpg")
    caplog.set_level("INFO")
    async with running(data, photos) as daemon:
        first = daemon.house
        pack = write_pack(data / "models" / ".new", "all", *entries.ALL).parent
        (data / "models" / "packs").mkdir(parents=True)
        pack.rename(data / "models" / "packs" / "all")
        await eventually(lambda: daemon.house is not first)
        assert "the installed packs of models changed" in caplog.text
        second = daemon.house
        (data / "models" / "packs" / ".all.partial").mkdir()  # one that is being fetched is none
        (data / "models" / "packs" / "all").rename(data / "models" / "packs" / ".gone")
        await eventually(lambda: daemon.house is not second)
        await eventually(lambda: daemon.started.is_set() and paths_or_none(daemon) == ["/Pictures/a.jpg"])


def paths_or_none(daemon: Daemon) -> list[str] | None:
    try:
        return paths(daemon)
    except OSError:
        return None  # between the old and the new
