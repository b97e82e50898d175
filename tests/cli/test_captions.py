"""`facetd captions` as a person types it, alone and beside a daemon."""

from __future__ import annotations

import asyncio
import io
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web
from click.testing import CliRunner, Result
from rich.console import Console

from facetd.cli.jobview import JobView
from facetd.cli.tree import facetd
from facetd.daemon import Daemon
from facetd.ingest.lock import DataLock
from facetd.library.jobs import JobProgress
from tests.captionlibrary import Translating, captioned, captions
from tests.chatserver import ChatServer, chat_server, completion, hang
from tests.daemons import QUICK, configure, eventually, running
from tests.house import InlineWorkers


@pytest.fixture
async def server() -> AsyncIterator[ChatServer]:
    async with chat_server() as found:
        yield found


@pytest.fixture
async def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: ChatServer) -> Path:
    """A library of three photos without captions, whose configuration names the server."""
    monkeypatch.setattr("facetd.house.Workers", lambda *_args, **_more: InlineWorkers())
    monkeypatch.setattr("facetd.house.make_eyes", lambda *_: Translating())
    monkeypatch.setenv("XDG_RUNTIME_DIR", "")
    (tmp_path / "Photos").mkdir()
    async with captioned(tmp_path, 3):
        pass
    configure(tmp_path / "data", {**QUICK, "captions": {"endpoint": server.endpoint, "model": "llava"}})
    return tmp_path / "data"


def call(*arguments: object, code: int = 0) -> Result:
    found = CliRunner(env={"COLUMNS": "300"}).invoke(facetd, [os.fspath(a) if isinstance(a, Path) else str(a) for a in arguments])
    if found.exception is not None and not isinstance(found.exception, SystemExit):
        raise found.exception
    assert found.exit_code == code, (found.exit_code, found.stdout, found.stderr)
    return found


async def typed(*arguments: object, code: int = 0) -> Result:
    """In a thread: the server answers in this one."""
    return await asyncio.to_thread(call, *arguments, code=code)


@pytest.fixture
def no_signals(monkeypatch: pytest.MonkeyPatch) -> None:
    """The loop of another thread takes no signals."""
    monkeypatch.setattr("asyncio.unix_events._UnixSelectorEventLoop.add_signal_handler", lambda *_: None)


@pytest.mark.usefixtures("no_signals")
async def test_generated_and_translated_here(data: Path, server: ChatServer) -> None:
    assert "1 described" in (await typed("captions", "generate", "search=2.jpg", "--data", data)).stderr
    status = json.loads((await typed("captions", "generate", "--data", data, "--limit", 1, "--json")).stdout)
    assert (status["done"], status["total"], status["error"]) == (1, 1, None)
    assert "nothing to do" in (await typed("captions", "generate", "search=2.jpg", "--data", data)).stderr
    server.text = "A cat."
    again = await typed("captions", "generate", "--again", "--data", data)
    assert "3 described" in again.stderr
    assert again.stdout == ""
    assert "3 translated" in (await typed("captions", "translate", "--data", data)).stderr
    lacking = (await typed("captions", "translate", "--language", "de", "--data", data, code=1)).stderr
    assert "opus-mt-en-de" in lacking
    assert "nothing to do" not in lacking
    server.answers = [web.json_response({"error": "no such model"}, status=404)]
    failed = await typed("captions", "generate", "--again", "--data", data, code=1)
    assert "no such model" in failed.stderr
    assert "Traceback" not in failed.stderr
    server.answers = [completion("...")]
    vain = await typed("captions", "generate", "--again", "--data", data)
    assert "3 were tried in vain" in vain.stderr
    assert "photo 1: the answer is no sentence" in vain.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("nonsense",), "expected KEY=VALUE"),
        (("nonsense=1",), "nonsense: there is no such filter; GET /api/photos in /api/docs lists them"),
        (("min_isso=400",), 'min_isso: there is no such filter; did you mean "min_iso"?'),
        (("Date_form=2024-07-01",), 'Date_form: there is no such filter; did you mean "date_from"?'),
        (("min_score=x",), "min_score"),
        (("tag=a", "tag=b"), "given twice"),
        (("--limit", "0"), "--limit"),
    ],
)
async def test_what_cannot_be_asked(data: Path, words: tuple[str, ...], said: str, server: ChatServer) -> None:
    assert said in (await typed("captions", "generate", *words, "--data", data, code=2)).stderr
    assert not server.asked


async def test_a_library_in_use_and_nothing_to_cancel(data: Path) -> None:
    assert "no daemon runs" in (await typed("captions", "generate", "--cancel", "--data", data, code=1)).stderr
    lock = DataLock(data)
    lock.acquire(None)
    try:
        assert "in use" in (await typed("captions", "generate", "--data", data, code=1)).stderr
    finally:
        lock.release()


async def test_a_daemon_does_it_and_is_followed(data: Path, server: ChatServer) -> None:
    async with running_with(data, server) as daemon:
        followed = await typed("captions", "generate", "search=jpg", "--data", data)
        assert "3 described" in followed.stderr
        assert daemon.house is not None
        assert len(await captions(daemon.house)) == 3
        assert "3 translated" in (await typed("captions", "translate", "--data", data)).stderr
        assert "no such filter" in (await typed("captions", "generate", "x=1", "--data", data, code=2)).stderr
        assert "no such photo type" in (await typed("captions", "generate", "type=odd", "--data", data, code=2)).stderr
        server.answers = [hang]
        words = ("-m", "facetd", "captions", "generate", "--again", "--json", "--data", str(data))
        follower = await asyncio.create_subprocess_exec(sys.executable, *words, stdout=subprocess.PIPE)  # a runner has stdout for itself
        await eventually(lambda: server.busy)
        assert "already" in (await typed("captions", "generate", "--data", data, code=1)).stderr
        assert "is cancelled" in (await typed("captions", "generate", "--cancel", "--data", data)).stdout
        told, _nothing = await asyncio.wait_for(follower.communicate(), 20)
        assert json.loads(told)["cancelled"]
        assert follower.returncode == 1
        assert "No job" in (await typed("captions", "translate", "--cancel", "--data", data)).stdout


@asynccontextmanager
async def running_with(data: Path, server: ChatServer) -> AsyncIterator[Daemon]:
    """A daemon, after its first scan."""
    async with running(data, raw={**QUICK, "captions": {"endpoint": server.endpoint, "model": "llava"}}) as daemon:
        await eventually(lambda: daemon.house and not daemon.house.ingest.scanning)
        assert daemon.house is not None
        async with daemon.house.db.writing() as connection:  # the photos are not there really, so the scan missed them
            await connection.execute("UPDATE gate SET hide = 0")
            await connection.execute("UPDATE meta SET value = value + 1 WHERE key = 'revision'")
        yield daemon


def test_a_key_is_not_shown(tmp_path: Path) -> None:
    configure(tmp_path, {"captions": {"endpoint": "http://box/v1", "model": "m", "api_key": "sesame"}})
    shown = call("config", "show", "--data", tmp_path).stdout
    assert "sesame" not in shown
    assert json.loads(shown)["captions"]["api_key"] == "(not shown)"
    configure(tmp_path, {"captions": {"endpoint": "http://box/v1"}})
    assert "captions" in call("config", "check", "--data", tmp_path, code=3).stderr


def test_progress_on_a_terminal_and_in_a_log() -> None:
    progress = JobProgress()
    progress.start("generate", "2026-01-01T00:00:00Z")
    progress.total, progress.done, progress.waiting = 30, 3, "[box] does not answer"
    for count in range(25):
        progress.fail(count, "no sentence")
    written = {True: io.StringIO(), False: io.StringIO()}
    for terminal, stream in written.items():
        view = JobView(Console(file=stream, force_terminal=terminal, width=200))
        view.show(progress.as_dict())
        view.close()
    assert "Describing photos" in written[True].getvalue()
    for stream in written.values():
        assert "waiting: [box] does not answer, 25 in vain" in stream.getvalue()
    progress.cancelled, progress.kept, progress.done = True, 1, 28
    progress.finish("2026-01-01T00:01:00Z")
    view.show(progress.as_dict())
    told = written[False].getvalue()
    assert "Cancelled in" in told
    assert "2 described" in told
    assert "1 were changed by somebody meanwhile" in told
    assert "and 5 more" in told
