from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import numpy as np
import pytest

from facetd.config.eyes import Inference
from facetd.errors import Unavailable
from facetd.infer import client
from facetd.infer.choice import Choice, Choices, choices_json, save_choices
from facetd.infer.client import Eyes
from facetd.infer.measure import choice_path, key_of
from facetd.records.sightings import Sighting
from tests.infer.installed import stand_in_eyes
from tests.infer.looks import BREAK, CHATTER, CRASH, GIBBERISH, HANG, NAN, SLOW, WELL
from tests.infer.tiny import tiny_catalogue

OBJECTS = frozenset({"objects"})
MakeEyes = Callable[..., Eyes]


@pytest.fixture
async def make_eyes(tmp_path: Path) -> AsyncIterator[MakeEyes]:
    """Eyes of tiny networks whose choice is made already; stopped at the end."""
    made: list[Eyes] = []

    def make(*, look: str = "tests.infer.looks:look", **settings: object) -> Eyes:
        inference = Inference.model_validate({"streams": 2, "timeout_s": 30, **settings})
        models = tmp_path / "models"
        catalogue = tiny_catalogue(models)
        choice = Choice("onnxruntime", "cpu", "f32", 1, 0.1, "made for the test")
        choices = Choices(key_of(catalogue, inference), 2, {"tiny_objects": choice}, (), {"tiny_embedding": "not here"})
        save_choices(choice_path(tmp_path), choices)
        made.append(stand_in_eyes(tmp_path, models, inference, look))
        return made[-1]

    yield make
    for eyes in made:
        await eyes.stop()
        assert not eyes.started


@pytest.fixture
def frame(tmp_path: Path) -> Callable[[int], Path]:
    """A frame whose first pixel is an order to the stand-in."""

    def make(order: int) -> Path:
        path = tmp_path / f"{order}.npy"
        picture = np.full((40, 60, 3), 100, np.uint8)
        picture[0, 0, 0] = order
        np.save(path, picture)
        return path

    return make


def _well(sighting: Sighting | BaseException) -> bool:
    return isinstance(sighting, Sighting) and sighting.objects is not None and abs(sighting.objects[0].score - 100 / 255) < 0.01


def _gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


async def _until(condition: Callable[[], bool], seconds: float = 20) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.02)


async def test_many_photos_are_looked_at_by_one_process(make_eyes: MakeEyes, frame: Callable[[int], Path]) -> None:
    eyes = make_eyes()
    assert await eyes.prepare() is not None
    assert not eyes.started
    assert all(map(_well, await asyncio.gather(*(eyes.look(frame(WELL), OBJECTS) for _ in range(30)))))
    assert eyes.started
    pid = eyes.pid
    assert _well(await eyes.look(frame(WELL), OBJECTS))
    assert eyes.pid == pid


async def test_models_are_named_with_version_and_precision(make_eyes: MakeEyes) -> None:
    eyes = make_eyes()
    assert dict(eyes.models) == {}
    await eyes.prepare()
    assert dict(eyes.models) == {"objects": "tiny_objects-1.0.0/f32"}
    assert "faces" in eyes.unavailable
    with pytest.raises(Unavailable, match="faces"):
        await eyes.look(Path("nowhere.npy"), frozenset({"objects", "faces"}))


async def test_switched_off_eyes_see_nothing(make_eyes: MakeEyes) -> None:
    eyes = make_eyes(enabled=False)
    assert await eyes.prepare() is None
    assert dict(eyes.models) == {}
    assert "inference.enabled" in eyes.unavailable


async def test_missing_model_files_say_what_to_do(make_eyes: MakeEyes, tmp_path: Path) -> None:
    eyes = make_eyes()
    for file in (tmp_path / "models" / "onnx").iterdir():
        file.unlink()
    assert await eyes.prepare() is None
    assert dict(eyes.models) == {}
    assert "Install facetd again" in eyes.unavailable


async def test_what_one_photo_breaks_is_its_own_failure(make_eyes: MakeEyes, frame: Callable[[int], Path], tmp_path: Path) -> None:
    eyes = make_eyes()
    await eyes.prepare()
    (tmp_path / "text.npy").write_bytes(b"no picture")
    np.save(tmp_path / "grey.npy", np.zeros((4, 4), np.uint8))
    names = [frame(WELL), frame(BREAK), frame(NAN), tmp_path / "gone.npy", tmp_path / "text.npy", tmp_path / "grey.npy", frame(CHATTER)]
    well, broken, nan, gone, text, grey, chatter = await asyncio.gather(*(eyes.look(name, OBJECTS) for name in names))
    pid = eyes.pid
    assert _well(well)
    assert _well(chatter)  # what a library prints is no answer
    assert broken.failures["objects"].reason == "inference"
    assert "this photo is odd" in broken.failures["objects"].message
    assert nan.failures["objects"].reason == "inference"
    assert gone.failures["objects"].reason == "frame"
    assert text.failures["objects"].reason == "inference"
    assert "uint8" in grey.failures["objects"].message
    assert _well(await eyes.look(frame(WELL), OBJECTS))
    assert eyes.pid == pid  # nothing of this ended the process


@pytest.mark.parametrize("order", [CRASH, GIBBERISH])
async def test_the_photo_that_ends_the_process_is_found(make_eyes: MakeEyes, frame: Callable[[int], Path], order: int) -> None:
    eyes = make_eyes()
    await eyes.prepare()
    orders = [WELL, SLOW, order, WELL, WELL, SLOW]
    seen = await asyncio.gather(*(eyes.look(frame(each), OBJECTS) for each in orders))
    for each, sighting in zip(orders, seen, strict=True):
        if each == order:
            assert sighting.objects is None
            assert sighting.failures["objects"].reason == "crash"
        else:
            assert _well(sighting), sighting


async def test_the_photo_that_hangs_is_found(make_eyes: MakeEyes, frame: Callable[[int], Path]) -> None:
    eyes = make_eyes(timeout_s=3)
    await eyes.prepare()
    orders = [WELL, HANG, WELL, WELL]
    seen = await asyncio.gather(*(eyes.look(frame(each), OBJECTS) for each in orders))
    assert [sighting.failures["objects"].reason for sighting in seen if sighting.failures] == ["timeout"]
    assert seen[1].failures["objects"].message == "Looking at the photo took longer than 3 s."
    assert sum(map(_well, seen)) == 3


async def test_a_kill_in_the_middle_costs_nobody_anything(make_eyes: MakeEyes, frame: Callable[[int], Path]) -> None:
    eyes = make_eyes()
    await eyes.prepare()
    await eyes.look(frame(WELL), OBJECTS)
    looks = [asyncio.create_task(eyes.look(frame(SLOW), OBJECTS)) for _ in range(6)]
    for _ in range(2):
        await asyncio.sleep(0.5)
        assert eyes.pid is not None
        os.kill(eyes.pid, signal.SIGKILL)
        pid = eyes.pid
        await _until(lambda pid=pid: eyes.pid not in (pid, None))  # type: ignore[misc]
    assert all(map(_well, await asyncio.gather(*looks)))


async def test_a_process_killed_at_rest_is_replaced(make_eyes: MakeEyes, frame: Callable[[int], Path]) -> None:
    eyes = make_eyes()
    await eyes.prepare()
    await eyes.look(frame(WELL), OBJECTS)
    pid = eyes.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    assert _well(await eyes.look(frame(WELL), OBJECTS))
    assert eyes.pid != pid


async def test_an_idle_process_ends_and_comes_back(make_eyes: MakeEyes, frame: Callable[[int], Path]) -> None:
    eyes = make_eyes(idle_s=1)
    await eyes.prepare()
    begin = time.monotonic()
    await eyes.look(frame(WELL), OBJECTS)
    pid = eyes.pid
    assert pid is not None
    await _until(lambda: not eyes.started)
    assert time.monotonic() - begin > 0.8
    await _until(lambda: _gone(pid))
    assert _well(await eyes.look(frame(WELL), OBJECTS))


async def test_cancelling_a_look_disturbs_no_other(make_eyes: MakeEyes, frame: Callable[[int], Path]) -> None:
    eyes = make_eyes()
    await eyes.prepare()
    await eyes.look(frame(WELL), OBJECTS)
    pid = eyes.pid
    looks = [asyncio.create_task(eyes.look(frame(SLOW), OBJECTS)) for _ in range(8)]
    await asyncio.sleep(0.1)
    for look in looks[::2]:
        look.cancel()
    seen = await asyncio.gather(*looks, return_exceptions=True)
    assert [isinstance(each, asyncio.CancelledError) for each in seen] == [True, False] * 4
    assert all(map(_well, seen[1::2]))
    assert eyes.pid == pid
    assert eyes._turns.nobody


async def test_stopping_ends_what_is_under_way(make_eyes: MakeEyes, frame: Callable[[int], Path]) -> None:
    eyes = make_eyes()
    await eyes.prepare()
    await eyes.look(frame(WELL), OBJECTS)
    pid = eyes.pid
    assert pid is not None
    looks = [asyncio.create_task(eyes.look(frame(HANG), OBJECTS)) for _ in range(6)]
    await asyncio.sleep(0.2)
    await eyes.stop()
    assert _gone(pid)
    assert all(isinstance(each, Unavailable) for each in await asyncio.gather(*looks, return_exceptions=True))
    assert not eyes.started
    assert _well(await eyes.look(frame(WELL), OBJECTS))


async def test_a_process_that_does_not_start_is_no_photos_fault(make_eyes: MakeEyes, frame: Callable[[int], Path]) -> None:
    eyes = make_eyes(look="tests.infer.nowhere:look")
    await eyes.prepare()
    with pytest.raises(Unavailable, match="nowhere"):
        await eyes.look(frame(WELL), OBJECTS)
    assert not eyes.started


async def test_when_every_photo_ends_the_process_the_photos_are_not_blamed(
    make_eyes: MakeEyes, frame: Callable[[int], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "STRIKES", 1)
    eyes = make_eyes()
    await eyes.prepare()
    assert (await eyes.look(frame(CRASH), OBJECTS)).failures["objects"].reason == "crash"
    with pytest.raises(Unavailable, match="in a row"):
        await eyes.look(frame(CRASH), OBJECTS)
    assert _well(await eyes.look(frame(WELL), OBJECTS))


def test_the_client_loads_neither_numpy_nor_a_runtime() -> None:
    code = "import sys, facetd.infer.client; print([name for name in ('numpy', 'cv2', 'openvino', 'onnxruntime') if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"


def test_no_process_is_left_when_the_daemon_is_killed(tmp_path: Path) -> None:
    catalogue = tiny_catalogue(tmp_path / "models")
    choice = Choice("onnxruntime", "cpu", "f32", 1, 0.1, "made for the test")
    choices = Choices(key_of(catalogue, Inference()), 1, {"tiny_objects": choice}, (), {})
    opening = {
        "models": str(tmp_path / "models"),
        "cache": str(tmp_path),
        "choices": choices_json(choices),
        "look": "tests.infer.looks:look",
        "settings": "tests.infer.looks:TinySettings",
    }
    code = (
        "import asyncio, os, signal\n"
        "from facetd.infer.link import Link\n"
        "async def main():\n"
        f"    link = await Link.start({opening!r}, 60)\n"
        "    print(link.pid, flush=True)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "asyncio.run(main())\n"
    )
    daemon = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert daemon.returncode == -signal.SIGKILL
    pid = int(daemon.stdout)
    deadline = time.monotonic() + 30
    while not (_gone(pid) or _zombie(pid)):
        assert time.monotonic() < deadline, "the inference process outlives its daemon"
        time.sleep(0.05)


def _zombie(pid: int) -> bool:
    """Nobody collects orphans in some containers."""
    try:
        return ") Z" in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return True
