"""The inference process, run in this one: what it does as a process of its own is in test_client.py."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from facetd.infer import wire
from facetd.infer.catalogue import Catalogue
from facetd.infer.choice import Choice, Choices, choices_json
from facetd.infer.process import Desk, read_frame, read_message, serve
from facetd.records.sightings import Sighting
from tests.infer.looks import BREAK, SLOW, WELL, TinySettings


def _messages(data: bytes) -> list[wire.Json]:
    stream = io.BytesIO(data)
    found = []
    while (message := read_message(stream)) is not None:
        found.append(message)
    return found


def nothing_asked(_name: str, _arguments: object) -> wire.Json:
    raise AssertionError("no question was put")


def _request(folder: Path, number: int, order: int) -> bytes:
    picture = np.full((40, 60, 3), 100, np.uint8)
    picture[0, 0, 0] = order
    np.save(folder / f"{number}.npy", picture)
    settings = wire.settings_to_json(TinySettings())
    return wire.frame({"id": number, "frame": str(folder / f"{number}.npy"), "kinds": ["objects"], "settings": settings})


def test_every_request_is_answered_in_any_order(opening: wire.Json, tmp_path: Path) -> None:
    orders = [SLOW, WELL, BREAK, WELL, WELL]
    reader, writer = os.pipe()
    answers, answer_end = os.pipe()
    with (
        os.fdopen(writer, "wb") as requests,
        os.fdopen(reader, "rb") as stdin,
        os.fdopen(answer_end, "wb") as stdout,
        os.fdopen(answers, "rb") as heard,
    ):
        process = threading.Thread(target=serve, args=(stdin, stdout))
        process.start()
        requests.write(wire.frame(opening))
        for number, order in enumerate(orders):
            requests.write(_request(tmp_path, number, order))
        requests.flush()
        assert read_message(heard) == {"ready": True}
        replies = {reply["id"]: wire.sighting_from_json(reply["sighting"]) for reply in (read_message(heard) or {} for _ in orders)}
        requests.close()
        process.join(10)
        assert not process.is_alive()
    for number, order in enumerate(orders):
        assert bool(replies[number].failures) == (order == BREAK)


def test_nothing_to_do_is_nothing_done() -> None:
    output = io.BytesIO()
    serve(io.BytesIO(), output)
    assert output.getvalue() == b""


def test_what_is_no_message_ends_the_process(opening: wire.Json) -> None:
    for tail in (b"\xff\xff\xff\xff", b"\0\0", b"\0\0\0\x09{}"):
        with pytest.raises(wire.WireError):
            serve(io.BytesIO(wire.frame(opening) + tail), io.BytesIO())


def _desk(answer: Any, output: io.BytesIO, count: int) -> list[wire.Json]:
    desk = Desk(answer, nothing_asked, output, 2)
    for number in range(count):
        desk.accept({"id": number, "frame": "f", "kinds": ["objects", "faces"], "settings": {}})
    desk.finish()
    return _messages(output.getvalue())


@pytest.mark.parametrize(
    ("error", "reason"),
    [(MemoryError(), "memory"), (FileNotFoundError("f.npy"), "frame"), (ValueError("odd"), "inference"), (RuntimeError(), "inference")],
)
def test_errors_have_a_stable_word(error: Exception, reason: str) -> None:
    def answer(*_args: object) -> Sighting:
        raise error

    (reply,) = _desk(answer, io.BytesIO(), 1)
    failures = wire.sighting_from_json(reply["sighting"]).failures
    assert {kind: failure.reason for kind, failure in failures.items()} == {"objects": reason, "faces": reason}
    assert type(error).__name__ in failures["faces"].message


def test_a_full_desk_lets_who_asks_wait() -> None:
    gate = threading.Event()

    def answer(*_args: object) -> Sighting:
        gate.wait(10)
        return Sighting()

    output = io.BytesIO()
    desk = Desk(answer, nothing_asked, output, 1)
    crowd = threading.Thread(target=lambda: [desk.accept({"id": n, "frame": "", "kinds": [], "settings": {}}) for n in range(20)])
    crowd.start()
    crowd.join(0.3)
    assert crowd.is_alive()
    gate.set()
    crowd.join(10)
    desk.finish()
    assert sorted(message["id"] for message in _messages(output.getvalue())) == list(range(20))


def test_nobody_reading_ends_the_threads() -> None:
    before = set(threading.enumerate())
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb", buffering=0) as output:
        desk = Desk(lambda *_: Sighting(), nothing_asked, output, 2)
        desk.accept({"id": 1, "frame": "", "kinds": [], "settings": {}})
        desk.accept({"id": 2, "frame": "", "kinds": [], "settings": {}})
        desk.finish()
    assert set(threading.enumerate()) <= before


def test_a_frame_is_mapped_and_cannot_be_written(tmp_path: Path) -> None:
    picture = np.random.default_rng(1).integers(0, 255, (7, 9, 3), np.uint8)
    np.save(tmp_path / "f.npy", picture)
    frame = read_frame(str(tmp_path / "f.npy"))
    assert np.array_equal(frame, picture)
    assert not frame.flags.writeable


@pytest.mark.parametrize("array", [np.zeros((4, 4, 3)), np.zeros((4, 4), np.uint8), np.zeros((4, 4, 4), np.uint8), np.array([object()])])
def test_what_is_no_frame_is_refused(tmp_path: Path, array: Any) -> None:
    np.save(tmp_path / "f.npy", array, allow_pickle=True)
    with pytest.raises(ValueError, match=r"uint8|Python objects"):
        read_frame(str(tmp_path / "f.npy"))


@pytest.fixture
def real_opening(tmp_path: Path) -> wire.Json:
    """With the networks of the starter pack, which take a while to load."""
    catalogue = Catalogue.load()
    chosen = {model.id: Choice("onnxruntime", "cpu", "f32", 1, 0.1, "made for the test") for model in catalogue.models}
    return {
        "models": str(catalogue.folder), "cache": str(tmp_path / "cache"), "choices": choices_json(Choices("key", 1, chosen, (), {})),
        "look": "facetd.infer.look:look", "settings": "facetd.infer.settings:LookSettings",
    }  # fmt: skip


def _started(opening: wire.Json, stderr: int = subprocess.PIPE) -> subprocess.Popen[bytes]:
    process = subprocess.Popen([sys.executable, "-m", "facetd.infer.process"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=stderr)
    assert process.stdin is not None
    process.stdin.write(wire.frame(opening))
    process.stdin.flush()
    return process


def test_it_ends_quietly_when_it_is_left_while_networks_load(real_opening: wire.Json) -> None:
    with _started(real_opening) as process:
        assert process.stdin is not None and process.stdout is not None and process.stderr is not None
        assert read_message(process.stdout) == {"ready": True}  # networks are loaded from here on
        process.stdin.close()
        assert process.wait(30) == 0
        assert process.stderr.read() == b""


def test_what_is_no_message_while_networks_load_is_told(real_opening: wire.Json) -> None:
    with _started(real_opening) as process:
        assert process.stdin is not None and process.stderr is not None
        process.stdin.write(b"\xff\xff\xff\xff")
        process.stdin.close()
        assert process.wait(30) == 1
        assert b"WireError" in process.stderr.read()


def test_ctrl_c_is_not_its_business_but_a_request_to_end_is(real_opening: wire.Json) -> None:
    with _started(real_opening) as process:
        assert process.stdin is not None and process.stdout is not None
        assert read_message(process.stdout) == {"ready": True}
        process.send_signal(signal.SIGINT)
        process.stdin.write(wire.frame({"id": 7, "ask": "nothing", "arguments": {}}))
        process.stdin.flush()
        reply = read_message(process.stdout)
        assert reply is not None and reply["id"] == 7
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == -signal.SIGTERM


def test_it_ends_as_it_should_when_nobody_hears_why(real_opening: wire.Json) -> None:
    """An interpreter that ends by itself with threads in native code aborts (signal 6)."""
    reader, writer = os.pipe()
    os.close(reader)
    try:
        with _started(real_opening, writer) as process:
            assert process.stdin is not None and process.stdout is not None
            assert read_message(process.stdout) == {"ready": True}
            process.stdin.write(b"\xff\xff\xff\xff")
            process.stdin.close()
            assert process.wait(30) == 1
    finally:
        os.close(writer)


@pytest.mark.parametrize(("ahead", "loaded"), [({}, 1), ({"ahead": True}, 1), ({"ahead": False}, 0)])
def test_for_a_question_no_network_is_loaded_ahead(
    opening: wire.Json, monkeypatch: pytest.MonkeyPatch, ahead: dict[str, bool], loaded: int
) -> None:
    begun = threading.Semaphore(0)
    monkeypatch.setattr("facetd.infer.engine.Engine.load", lambda _engine: begun.release())
    serve(io.BytesIO(wire.frame({**opening, **ahead})), io.BytesIO())
    assert begun.acquire(timeout=30 if loaded else 0.3) == bool(loaded)
