"""Each command as a person types it: what it does, what it says, and its exit code."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import os
import pty
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from rich.console import Console

from facetd.cli.progress import ProgressView, duration, facts, summary
from facetd.cli.tree import facetd
from facetd.daemon import Daemon
from facetd.ingest.lock import DataLock
from facetd.ingest.progress import Broadcast, Progress
from facetd.version import __version__
from tests.daemons import QUICK, configure, eventually, running
from tests.house import InlineWorkers
from tests.photos import make_photo

WIDE = {"COLUMNS": "400"}


@pytest.fixture(autouse=True)
def inline(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Decode workers in this process, no models, and nobody's own settings."""
    monkeypatch.setattr("facetd.house.Workers", lambda *_args, **_more: InlineWorkers())
    monkeypatch.setattr("facetd.house.make_eyes", lambda *_: None)
    monkeypatch.setattr("facetd.cli.scan.open_nursery", lambda: None)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))
    monkeypatch.setenv("XDG_RUNTIME_DIR", "")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    configure(tmp_path / "data", QUICK)
    return tmp_path / "data"


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    for number in range(3):
        make_photo(tmp_path / "Pictures" / f"{number}.jpg", number)
    return tmp_path / "Pictures"


def call(*arguments: object, code: int = 0, answer: str | None = None) -> Result:
    """Run the command line in this process and check its exit code."""
    result = CliRunner(env=WIDE).invoke(facetd, [os.fspath(a) if isinstance(a, Path) else str(a) for a in arguments], input=answer)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == code, (result.exit_code, result.stdout, result.stderr)
    if code and result.stderr:
        assert "Traceback" not in result.stderr
    return result


def status_of(result: Result) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_help_version_and_usage() -> None:
    assert __version__ in call("--version").stdout
    for command in ("", "serve", "scan", "root", "config", "db", "doctor"):
        assert "Usage" in call(*command.split(), "-h").stdout
    assert "No such command" in call("scna", code=2).stderr
    assert "--nonsense" in call("scan", "--nonsense", code=2).stderr
    assert call("serve", "--port", "70000", code=2)


def test_scan_makes_a_root_and_does_nothing_twice(data: Path, photos: Path) -> None:
    first = call("scan", photos, "--data", data)
    assert "3 new" in first.stderr
    assert first.stdout == ""
    again = status_of(call("scan", "--data", data, "--json"))
    assert (again["added"], again["unchanged"], again["done"], again["state"]) == (0, 3, 0, "idle")
    make_photo(photos / "sub" / "new.jpg", 9)
    (photos / "broken.jpg").write_bytes(b"\xff\xd8\xff")
    part = status_of(call("scan", photos / "sub", "--data", data, "--json"))
    assert (part["added"], part["failed"]) == (1, 0)
    whole = call("scan", "--data", data)
    assert "1 unreadable" in whole.stderr
    assert status_of(call("scan", "--data", data, "--retry-failed", "--json"))["failed"] == 1
    roots = json.loads(call("root", "list", "--json", "--data", data).stdout)
    assert roots == [{"name": "Pictures", "path": str(photos), "online": True, "photos": 4}]


@pytest.mark.parametrize(("what", "said"), [("nowhere", "no such directory"), ("file", "not a directory"), ("data/inner", "never scanned")])
def test_scan_of_what_cannot_be_scanned(data: Path, tmp_path: Path, what: str, said: str) -> None:
    (tmp_path / "file").write_text("x")
    (data / "inner").mkdir()
    found = call("scan", tmp_path / what, "--data", data, code=2)
    assert str(tmp_path / what) in found.stderr
    assert said in found.stderr
    assert json.loads(call("root", "list", "--json", "--data", data).stdout) == []


def test_scan_of_a_folder_inside_a_root_that_is_not_there(data: Path, photos: Path) -> None:
    call("scan", photos, "--data", data)
    assert "no such directory" in call("scan", photos / "typo", "--data", data, code=2).stderr


def test_scan_takes_the_configured_folders_and_tells_of_those_that_are_not_there(data: Path, photos: Path, tmp_path: Path) -> None:
    configure(data, {"scanning": {"directories": [str(photos), str(tmp_path / "unplugged")], "settle_s": 0}})
    found = call("scan", "--data", data, "--json")
    assert status_of(found)["added"] == 3
    assert "unplugged" in found.stderr


def test_a_folder_named_by_odd_bytes(data: Path, tmp_path: Path) -> None:
    odd = Path(os.fsdecode(os.fsencode(tmp_path) + b"/b\xff[red]"))
    make_photo(tmp_path / "plain" / "a.jpg").parent.rename(odd)
    assert "1 new" in call("scan", odd, "--data", data).stderr
    assert f"b%FF[red]\t{tmp_path}/b%FF[red]\t1 photos" in call("root", "list", "--data", data).stdout


def test_many_vanished_photos_are_asked_about(data: Path, tmp_path: Path, photos: Path) -> None:
    configure(data, {"scanning": {"settle_s": 0, "confirm_missing_photos": 1}})
    call("scan", photos, "--data", data)
    for number in (0, 1):
        (photos / f"{number}.jpg").unlink()
    asked = call("scan", "--data", data)
    assert "2 of 3 photos of Pictures are not there any more" in asked.stderr
    assert status_of(call("scan", "--data", data, "--confirm-missing", "--json"))["missing"] == 2


def test_ctrl_c_ends_a_scan_that_goes_on_later(tmp_path: Path) -> None:
    for number in range(40):
        make_photo(tmp_path / "Pictures" / f"{number:02}.jpg", number)
    command = [sys.executable, "-m", "facetd", "scan", str(tmp_path / "Pictures"), "--data", str(tmp_path / "data"), "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        database = tmp_path / "data" / "library.db"
        end = time.monotonic() + 60
        while time.monotonic() < end and process.poll() is None and _photos_in(database) < 1:
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert process.returncode == 1, err
    assert "Traceback" not in err
    stopped = json.loads(out)
    assert stopped["cancelled"] is True
    assert 0 < stopped["added"] < 40
    rest = status_of(call("scan", "--data", tmp_path / "data", "--json"))
    assert rest["added"] + stopped["added"] == 40


def _photos_in(database: Path) -> int:
    try:
        connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    except sqlite3.Error:
        return 0
    try:
        return int(connection.execute("SELECT COUNT(*) FROM photo").fetchone()[0])
    except sqlite3.Error:
        return 0
    finally:
        connection.close()


def test_roots_are_listed_added_renamed_and_removed(data: Path, photos: Path, tmp_path: Path) -> None:
    make_photo(photos / "sub" / "x.jpg", 5)
    call("scan", photos, "--data", data)
    assert call("root", "add", photos / "sub", "--data", data).stdout == f"sub: {photos / 'sub'}\n"
    listed = call("root", "list", "--data", data).stdout.splitlines()
    assert listed == [f"Pictures\t{photos}\t3 photos", f"sub\t{photos / 'sub'}\t1 photos"]
    call("root", "rename", "SUB", "Trips", "--data", data)
    assert "there is a root called 'pictures' already" in call("root", "rename", "Trips", "pictures", "--data", data, code=2).stderr
    assert "cannot name a root" in call("root", "rename", "Trips", "a/b", "--data", data, code=2).stderr
    assert "no root called 'sub'" in call("root", "rename", "sub", "x", "--data", data, code=1).stderr
    assert "no root called 'sub'" in call("root", "remove", "sub", "--yes", "--data", data, code=1).stderr
    asked = call("root", "remove", "Trips", "--data", data, code=1, answer="n\n")
    assert "1 photos" in asked.stdout + asked.stderr
    call("root", "remove", "Trips", "--data", data, answer="y\n")
    assert call("root", "list", "--data", data).stdout == f"Pictures\t{photos}\t4 photos\n"
    call("root", "remove", photos, "--yes", "--data", data)
    assert call("root", "list", "--data", data).stdout == ""
    assert sorted(path.name for path in photos.iterdir()) == ["0.jpg", "1.jpg", "2.jpg", "sub"]
    assert "no such directory" in call("root", "add", tmp_path / "nowhere", "--data", data, code=2).stderr


def test_config_check_tells_everything_at_once(data: Path, tmp_path: Path) -> None:
    path = data / "scoring_config.json"
    assert call("config", "check", "--data", data).stdout == f"{path} is valid.\n"
    assert "does not exist; the defaults are in force" in call("config", "check", "--config", tmp_path / "none.json").stdout
    configure(data, {"viewr": 1, "viewer": {"pagination": {"default_per_page": 0}}, "scanning": {"workers": "2", "[/bold]": 1}})
    told = call("config", "check", "--data", data, code=3)
    assert str(path) in told.stderr
    assert "viewer.pagination.default_per_page" in told.stderr
    assert "scanning.workers" in told.stderr
    configure(data, {"viewr": 1, "scanning": {"[/bold]": 1}})
    warned = call("config", "check", "--data", data)
    assert 'viewr: unknown key, ignored; did you mean "viewer"?' in warned.stderr
    assert "scanning.[/bold]: unknown key" in warned.stderr
    assert "2 keys were ignored" in warned.stdout
    for text, said in [("[]", "expected a JSON object"), ("{", "line 1"), ('{"categories": {"x": {"weights": {"y": 1}}}}', "categories.x")]:
        path.write_text(text)
        assert said in call("config", "check", "--data", data, code=3).stderr
    assert call("config", "check", "--config", tmp_path, code=2).stderr


def test_config_show_is_the_whole_configuration(data: Path) -> None:
    configure(data, {"scanning": {"workers": 3}})
    for options in ([], ["--json"]):
        shown = json.loads(call("config", "show", "--data", data, *options).stdout)
        assert shown["scanning"]["workers"] == 3
        assert shown["viewer"]["pagination"] == {"default_per_page": 64}


def test_the_database_is_checked_backed_up_restored_tuned_and_counted(data: Path, photos: Path, tmp_path: Path) -> None:
    assert "no library yet" in call("db", "backup", tmp_path / "early.db", "--data", data, code=1).stderr
    call("scan", photos, "--data", data)
    assert "sound" in call("db", "check", "--data", data).stdout
    backup = tmp_path / "backup.db"
    call("db", "backup", backup, "--data", data)
    (photos / "0.jpg").unlink()
    call("scan", "--data", data)
    counted = json.loads(call("db", "stats", "--data", data, "--json").stdout)
    assert (counted["photos"], counted["missing"], counted["roots"]) == (2, 1, 1)
    assert "photos: 2" in call("db", "stats", "--data", data).stdout
    call("db", "optimize", "--data", data)
    restored = call("db", "restore", backup, "--data", data)
    assert "The old database is" in restored.stdout
    assert json.loads(call("db", "stats", "--data", data, "--json").stdout)["photos"] == 3
    (tmp_path / "junk.db").write_bytes(b"x" * 5000)
    call("db", "restore", tmp_path / "junk.db", "--data", data, code=1)
    assert call("db", "restore", tmp_path / "none.db", "--data", data, code=2).stderr
    assert "could not be written" in call("db", "backup", tmp_path / "no" / "where.db", "--data", data, code=1).stderr
    assert json.loads(call("db", "stats", "--data", data, "--json").stdout)["photos"] == 3


def test_a_damaged_database_is_told_by_check(data: Path, photos: Path) -> None:
    call("scan", photos, "--data", data)
    with sqlite3.connect(data / "library.db") as connection:
        connection.execute("PRAGMA foreign_keys = OFF")
        connection.execute("DELETE FROM gate WHERE photo_id = 1")
        connection.execute("UPDATE gate_count SET photos = photos + 5")
    connection.close()
    told = call("db", "check", "--data", data, code=1).stderr
    assert "have no entry in gate" in told
    assert "counter of root" in told
    (data / "library.db").write_bytes(b"garbage" * 1000)
    assert "library.db" in call("db", "check", "--data", data, code=1).stderr


def test_doctor_says_what_this_machine_can_do(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = {each["name"]: each for each in json.loads(call("doctor", "--data", data, "--json").stdout)}
    assert {"facetd", "cores", "memory", "SQLite", "Pillow", "rawpy", "data folder", "configuration", "watching"} <= found.keys()
    assert found["configuration"]["state"] == "ok"
    assert "Pillow" in call("doctor", "--data", data).stdout
    odd = tmp_path / "[/bold]"
    configure(odd, {"categories": {"portrait": {"weights": {"nonsense_percent": 1}}}, "nonsense": 1})
    result = call("doctor", "--data", odd, code=1)
    assert "[/bold]" in result.stdout
    assert "nonsense_percent" in result.stdout
    (tmp_path / "file").write_text("")
    monkeypatch.setattr("facetd.cli.doctor.filesystem_type", lambda _path: "cifs")
    network = {each["name"]: each for each in json.loads(call("doctor", "--data", data, "--json", code=1).stdout)}
    assert (network["data folder"]["state"], "cifs" in network["data folder"]["text"]) == ("problem", True)
    monkeypatch.setattr("facetd.cli.doctor.DECODERS", {"no_such_module": "nothing", "pillow_jxl_missing": "JPEG XL"})
    broken = {each["name"]: each for each in json.loads(call("doctor", "--data", data, "--json", code=1).stdout)}
    assert "No module named" in broken["no_such_module"]["text"]


def test_doctor_says_whether_darktable_is_there(data: Path) -> None:
    data.mkdir(parents=True, exist_ok=True)
    for executable, state in (("/nowhere/darktable-cli", "warning"), (sys.executable, "ok")):
        profiles = {"viewer": {"raw_processor": {"darktable": {"executable": executable, "profiles": {"Web": {}}}}}}
        (data / "scoring_config.json").write_text(json.dumps(profiles))
        found = {each["name"]: each for each in json.loads(call("doctor", "--data", data, "--json").stdout)}
        assert found["darktable"]["state"] == state


def test_doctor_warns_of_a_key_that_anybody_can_read(data: Path) -> None:
    def warned(endpoint: str) -> bool:
        configure(data, {"captions": {"endpoint": endpoint, "model": "m", "api_key": "secret"}})
        found = json.loads(call("doctor", "--data", data, "--json").stdout)
        return "captions.endpoint" in {each["name"] for each in found if each["state"] == "warning"}

    assert warned("http://llm.example.com/v1")
    assert not warned("http://gpu-box:11434/v1")


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "::", "nas.local", ""])
def test_serve_is_for_this_machine_only_unless_told_otherwise(data: Path, host: str) -> None:
    assert "--insecure" in call("serve", "--host", host, "--data", data, code=2).stderr


def test_errors_of_serve_have_words_and_codes(data: Path, tmp_path: Path) -> None:
    configure(data, {"viewer": {"pagination": {"default_per_page": 0}}})
    assert "viewer.pagination.default_per_page" in call("serve", "--data", data, code=3).stderr
    (data / "scoring_config.json").write_text("{")
    assert "expected JSON" in call("serve", "--data", data, code=3).stderr
    configure(data, QUICK)
    assert "no such directory" in call("serve", "--photos", tmp_path / "nowhere", "--port", 0, "--data", data, code=2).stderr
    (tmp_path / "file").write_text("")
    below = ["--data", tmp_path / "file" / "x", "--config", tmp_path / "none.json"]
    assert "cannot be the data folder" in call("serve", "--port", 0, *below, code=1).stderr
    lock = DataLock(data)
    lock.acquire()
    try:
        assert f"in use by process {os.getpid()}" in call("serve", "--port", 0, "--data", data, code=1).stderr
        assert "in use by process" in call("scan", "--data", data, code=1).stderr
        assert "in use by process" in call("root", "list", "--data", data, code=1).stderr
        assert "in use by process" in call("db", "restore", __file__, "--data", data, code=1).stderr
    finally:
        lock.release()


def test_cancel_without_a_daemon(data: Path) -> None:
    assert "no daemon runs" in call("scan", "--cancel", "--data", data, code=1).stderr


@pytest.fixture
async def daemon(data: Path, photos: Path) -> AsyncIterator[Daemon]:
    async with running(data, photos) as found:
        await eventually(lambda: found.house and not found.house.ingest.scanning)
        yield found


async def command(*arguments: object, code: int = 0, answer: str | None = None) -> Result:
    """A command beside the daemon of this event loop."""
    return await asyncio.to_thread(call, *arguments, code=code, answer=answer)


async def test_scan_is_done_by_the_daemon_which_watches_the_new_folder(daemon: Daemon, data: Path, tmp_path: Path) -> None:
    other = tmp_path / "Öther\udcff"
    make_photo(tmp_path / "temporary" / "x.jpg", 8).parent.rename(other)
    found = status_of(await command("scan", other, "--data", data, "--json"))
    assert (found["added"], found["state"]) == (1, "idle")
    assert daemon.house is not None
    make_photo(tmp_path / "temporary" / "y.jpg", 9).rename(other / "y.jpg")

    async def photos() -> int:
        assert daemon.house is not None
        row = await daemon.house.db.row("SELECT COUNT(*) FROM photo")
        return int(row[0]) if row else 0

    for _ in range(400):
        if await photos() == 5:
            break
        await asyncio.sleep(0.05)
    assert await photos() == 5
    assert "2 unchanged" in (await command("scan", other, "--data", data)).stderr
    assert "no such directory" in (await command("scan", tmp_path / "nowhere", "--data", data, code=2)).stderr


async def test_a_scan_of_the_daemon_is_followed_and_cancelled(
    daemon: Daemon, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    more = tmp_path / "More"
    for number in range(20):
        make_photo(more / f"{number:02}.jpg", number)
    began, go_on = asyncio.Event(), asyncio.Event()
    plain = InlineWorkers.visit

    async def slowly(self: InlineWorkers, task: Any) -> Any:
        began.set()
        await go_on.wait()
        return await plain(self, task)

    monkeypatch.setattr(InlineWorkers, "visit", slowly)
    asked = [sys.executable, "-m", "facetd", "scan", str(more), "--data", str(data), "--json"]
    following = await asyncio.create_subprocess_exec(*asked, stdout=subprocess.PIPE)
    await asyncio.wait_for(began.wait(), 60)
    await eventually(lambda: daemon.house is not None and daemon.house.ingest.scanning)  # the watcher may have been first
    assert "running already" in (await command("scan", "--data", data, code=1)).stderr
    assert "a scan is running" in (await command("root", "remove", "Pictures", "--yes", "--data", data, code=1)).stderr
    assert (await command("scan", "--cancel", "--data", data)).stdout == "The scan is cancelled.\n"
    out, _ = await asyncio.wait_for(following.communicate(), 30)
    assert following.returncode == 1
    assert json.loads(out)["cancelled"] is True
    assert (await command("scan", "--cancel", "--data", data)).stdout == "No scan is running.\n"
    go_on.set()


async def test_roots_are_cared_for_by_the_daemon(daemon: Daemon, data: Path, photos: Path, tmp_path: Path) -> None:
    make_photo(tmp_path / "Two" / "x.jpg", 8)
    assert (await command("root", "add", tmp_path / "Two", "--data", data)).stdout == f"Two: {tmp_path / 'Two'}\n"
    await command("root", "rename", "two", "Drei", "--data", data)
    listed = json.loads((await command("root", "list", "--json", "--data", data)).stdout)
    assert [(each["name"], each["path"]) for each in listed] == [("Drei", str(tmp_path / "Two")), ("Pictures", str(photos))]
    make_photo(tmp_path / "Two" / "y.jpg", 9)
    assert daemon.house is not None
    for _ in range(400):
        listed = json.loads((await command("root", "list", "--json", "--data", data)).stdout)
        if next(each["photos"] for each in listed if each["name"] == "Drei"):
            break
        await asyncio.sleep(0.05)
    else:
        pytest.fail("the new root is not watched")
    await command("root", "remove", tmp_path / "Two", "--data", data, answer="y\n")
    assert "no root called" in (await command("root", "remove", "Drei", "--yes", "--data", data, code=1)).stderr
    assert "there is no root called" in (await command("root", "rename", "Drei", "x", "--data", data, code=1)).stderr
    assert "no such directory" in (await command("root", "add", tmp_path / "nowhere", "--data", data, code=2)).stderr


async def test_a_backup_works_while_the_daemon_runs(daemon: Daemon, data: Path, tmp_path: Path) -> None:
    await command("db", "backup", tmp_path / "b.db", "--data", data)
    assert "in use by process" in (await command("db", "restore", tmp_path / "b.db", "--data", data, code=1)).stderr
    assert any(each["name"] == "daemon" for each in json.loads((await command("doctor", "--data", data, "--json")).stdout))


def test_progress_in_words() -> None:
    assert [duration(seconds) for seconds in (0.04, 9.94, 10, 59.4, 60, 3599, 3600, 7384)] == [
        "0.0 s", "9.9 s", "10 s", "59 s", "1 min 00 s", "59 min 59 s", "1 h 00 min", "2 h 03 min",
    ]  # fmt: skip
    progress = Progress()
    assert summary(progress.as_dict()) == ["Scan done in 0.0 s: no photos found."]
    assert summary({**progress.as_dict(), "done": 3, "elapsed_s": 2.0}) == ["Scan done in 2.0 s (1.5 photos/s): 3 looked at again."]
    progress = Progress(added=2, failed=1, ignored_videos=3, unreadable_folders=1, offline=["[NAS]"], cancelled=True)
    lines = summary(progress.as_dict())
    assert lines[0] == "Scan cancelled in 0.0 s: 2 new, 1 unreadable."
    assert lines[1:] == [
        "3 videos were left out.",
        "1 folders may not be read; their photos stay as they were.",
        "[NAS] is offline; its photos stay in the library.",
    ]
    waiting = Progress(unseen=3, waiting_for="http://gpu-box:8000: it is off").as_dict()
    assert "3 photos wait for an inference server: http://gpu-box:8000: it is off." in summary(waiting)
    assert facts(waiting) == "0.0/s, waiting for the inference server, 3 photos to look at"
    assert facts({"rate_per_s": 2.5, "eta_s": 75, "failed": 2}) == "2.5/s, 1 min 15 s left, 2 unreadable"


async def test_a_terminal_shows_a_bar_and_a_log_a_line_now_and_then() -> None:
    running_scan = Progress(state="running", phase="analysing", done=3, total=10).as_dict()
    ended = Progress(added=10, finished_at="2026-01-01T00:00:00Z").as_dict()
    for terminal in (True, False):
        text = io.StringIO()
        view = ProgressView(Console(file=text, force_terminal=terminal, width=100))
        events = Broadcast()
        with events.listening() as queue:
            events.publish("photos", {})
            events.publish("scan", Progress().as_dict())
            events.publish("scan", {**running_scan, "elapsed_s": 11.0})
            events.publish("scan", {**running_scan, "elapsed_s": 12.0, "done": 4})
            events.publish("scan", ended)
            events.close()
            await view.follow(queue)
        shown = text.getvalue()
        assert "Scan done in 0.0 s: 10 new." in shown
        assert ("Scoring photos" in shown) is terminal
        assert ("3/10 photos, " in shown) is not terminal
        assert "4/10 photos, " not in shown


def test_a_scan_in_a_real_terminal(tmp_path: Path) -> None:
    for number in range(4):
        make_photo(tmp_path / "Pictures" / f"{number}.jpg", number)
    ours, theirs = pty.openpty()
    command_line = [sys.executable, "-m", "facetd", "scan", str(tmp_path / "Pictures"), "--data", str(tmp_path / "data")]
    with subprocess.Popen(command_line, stdout=theirs, stderr=theirs, stdin=theirs, env={**os.environ, "TERM": "xterm"}) as process:
        os.close(theirs)
        said = b""
        with contextlib.suppress(OSError):  # the end of a terminal
            while part := os.read(ours, 4096):
                said += part
        assert process.wait(60) == 0
    os.close(ours)
    assert b"Scoring photos" in said
    assert b"4 new" in said
    assert b"Traceback" not in said


def test_a_scan_of_unknown_analyses_is_refused(data: Path) -> None:
    outcome = call("scan", "--data", data, "--only", "faces,ghosts", code=2)
    assert re.search(r"'ghosts' is not one of .*\bembedding, .*\bfaces, .*\bobjects, .*\bthumbnail", outcome.output)
    assert "--again goes with --only" in call("scan", "--data", data, "--again", code=2).output


def test_a_scan_of_some_analyses_repeats_them_on_request(data: Path, photos: Path) -> None:
    call("scan", photos, "--data", data, "--json")
    make_photo(photos / "new.jpg", 9)
    assert json.loads(call("scan", "--data", data, "--only", "technical", "--json").stdout)["done"] == 0
    again = json.loads(call("scan", "--data", data, "--only", "technical", "--again", "--json").stdout)
    assert (again["done"], again["added"]) == (3, 0)


def test_who_reads_only_the_first_lines_gets_no_complaint(data: Path) -> None:
    command = [sys.executable, "-m", "facetd", "config", "show", "--data", str(data)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.close()
    _, complaints = process.communicate(timeout=60)
    assert complaints == b""
