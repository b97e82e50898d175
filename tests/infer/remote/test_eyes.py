"""Eyes whose models run on servers: the whole way through the inference process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import numpy as np
import pytest

from facetd.config.eyes import Inference
from facetd.errors import Asleep
from facetd.infer.catalogue import Catalogue
from facetd.infer.client import Eyes
from facetd.infer.remote import settings
from tests.infer.installed import stand_in_eyes
from tests.infer.looks import WELL
from tests.infer.remote.double import Double, Faults

OBJECTS = frozenset({"objects"})
MakeEyes = Callable[..., Eyes]


@pytest.fixture
async def make_eyes(tmp_path: Path, catalogue: Catalogue) -> AsyncIterator[MakeEyes]:
    made: list[Eyes] = []

    def make(*doubles: Double, **more: object) -> Eyes:
        inference = Inference.model_validate({"servers": [each.url for each in doubles], "timeout_s": 30, **more})
        made.append(stand_in_eyes(tmp_path, catalogue.folder, inference))
        return made[-1]

    yield make
    for eyes in made:
        await eyes.stop()


@pytest.fixture
def frame(tmp_path: Path) -> Path:
    picture = np.full((40, 60, 3), 100, np.uint8)
    picture[0, 0, 0] = WELL
    np.save(tmp_path / "frame.npy", picture)
    return tmp_path / "frame.npy"


async def test_photos_are_looked_at_there(make_eyes: MakeEyes, double: Double, frame: Path, catalogue: Catalogue) -> None:
    for file in (catalogue.folder / "onnx").iterdir():
        file.unlink()  # nothing of the networks has to be here
    eyes = make_eyes(double)
    choices = await eyes.prepare()
    assert choices is not None
    assert (choices.streams, eyes.on_cpu) == (4, False)
    assert eyes.models["objects"] == "tiny_objects-1.0.0/f32"  # as of this machine in f32: what was seen before stays
    seen = await asyncio.gather(*(eyes.look(frame, OBJECTS) for _ in range(12)))
    assert all(abs(sighting.objects[0].score - 100 / 255) < 0.01 for sighting in seen if sighting.objects)
    assert not any(sighting.failures for sighting in seen)
    assert sum(count for _model, count, _binary in double.seen.requests) >= 12
    assert await eyes.awake(OBJECTS) == ""


async def test_a_box_that_sleeps_is_no_failure_of_the_photo(make_eyes: MakeEyes, double: Double, frame: Path) -> None:
    double.kill()
    eyes = make_eyes(double)
    await eyes.prepare()
    with pytest.raises(Asleep, match="refused"):
        await eyes.look(frame, OBJECTS)
    pid = eyes.pid
    assert "refused" in await eyes.awake(OBJECTS)
    double.start()
    assert await eyes.awake(OBJECTS) == ""
    assert (await eyes.look(frame, OBJECTS)).failures == {}
    assert eyes.pid == pid


async def test_a_server_of_other_weights_is_not_believed(make_eyes: MakeEyes, double: Double, frame: Path) -> None:
    double.faults = Faults(factor=1.2)
    eyes = make_eyes(double)
    await eyes.prepare()
    with pytest.raises(Asleep, match="wrong numbers"):
        await eyes.look(frame, OBJECTS)
    assert "wrong numbers" in await eyes.awake(OBJECTS)


async def test_this_machine_takes_over_where_that_is_wanted(make_eyes: MakeEyes, double: Double, frame: Path) -> None:
    eyes = make_eyes(double, local_fallback=True, runtime="onnxruntime", device="cpu")
    await eyes.prepare()
    assert (await eyes.look(frame, OBJECTS)).failures == {}
    asked = len(double.seen.requests)
    assert asked
    double.kill()
    seen = await asyncio.gather(*(eyes.look(frame, OBJECTS) for _ in range(6)))
    assert all(sighting.objects for sighting in seen)
    double.start()
    async with asyncio.timeout(30):
        while len(double.seen.requests) == asked:  # and gives it back
            await eyes.look(frame, OBJECTS)
            await asyncio.sleep(0.1)


async def test_a_token_that_cannot_be_read_is_told(make_eyes: MakeEyes, double: Double, tmp_path: Path) -> None:
    eyes = make_eyes(double, server_token_file=str(tmp_path / "absent"))
    assert await eyes.prepare() is None
    assert "server_token_file" in eyes.unavailable
    (tmp_path / "token").write_text("s3cret\n")
    double.faults.token = "s3cret"
    eyes = make_eyes(double, server_token_file=str(tmp_path / "token"))
    await eyes.prepare()
    assert await eyes.awake(OBJECTS) == ""


def test_the_token_may_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(settings.ENVIRONMENT, "from-outside")
    found = settings.Remote.from_settings(Inference(servers=("http://box:8000/",)))
    assert found is not None
    assert (found.token, found.urls) == ("from-outside", ("http://box:8000",))
    assert settings.Remote.from_json(found.to_json()) == found
