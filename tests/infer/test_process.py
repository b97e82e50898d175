"""The inference process, run in this one: what it does as a process of its own is in test_client.py."""

from __future__ import annotations

import io
import os
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from facetd.infer import wire
from facetd.infer.process import Desk, read_frame, read_message, serve
from facetd.records import Sighting
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
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb", buffering=0) as output:
        desk = Desk(lambda *_: Sighting(), nothing_asked, output, 2)
        desk.accept({"id": 1, "frame": "", "kinds": [], "settings": {}})
        desk.accept({"id": 2, "frame": "", "kinds": [], "settings": {}})
        desk.finish()


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
