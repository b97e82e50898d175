"""KServe's server runs the models from the repository that we write; its answers are those of this machine."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from facetd.cli.servers import _tensor_names
from facetd.errors import Asleep
from facetd.infer.catalogue import Catalogue
from facetd.infer.reference import reference_input
from facetd.infer.remote.fleet import Fleet
from facetd.infer.remote.health import look_at
from facetd.infer.remote.repository import export_repository
from facetd.infer.remote.server import Fit
from facetd.infer.remote.settings import Remote
from facetd.infer.runtimes import open_session
from facetd.infer.runtimes.session import Plan
from tests.infer.remote.served import Served, need_server, serving

GRAMMAR = Path(__file__).with_name("grammar.py")


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return Catalogue.load()


@pytest.fixture(scope="module")
def repository(catalogue: Catalogue, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("served") / "repository"
    export_repository(catalogue, folder, _tensor_names, layout="ovms")
    return folder


@pytest.fixture(scope="module")
def server(repository: Path) -> Iterator[Served]:
    with serving(repository, repository.with_name("log.txt")) as started:
        yield started


def test_every_model_agrees_with_this_machine(catalogue: Catalogue, server: Served) -> None:
    remote = Remote((server.url,))
    (health,) = look_at(remote, [model.id for model in catalogue.models])
    assert (health.ready, set(health.models)) == (True, {model.id for model in catalogue.models})
    fleet = Fleet(remote, catalogue)
    for model in catalogue.models:
        fit = fleet.examine(model)[server.url]
        assert isinstance(fit, Fit), fit
        assert (fit.binary, fit.contract.limit) == (True, 8)
        assert fit.deviation <= 1
        picture = fleet.exam(model).picture()
        batch = np.concatenate([picture, picture[:, :, ::-1]])
        here = open_session(Plan(catalogue.path(model, "f32"), "onnxruntime")).run(batch)
        for mine, theirs in zip(here, fleet.session(model).run(batch), strict=True):
            assert np.allclose(mine, theirs, rtol=1e-4, atol=1e-4)
    fleet.close()


def test_a_kill_costs_a_retry(catalogue: Catalogue, repository: Path, tmp_path: Path) -> None:
    model = next(model for model in catalogue.models if model.id == "face_landmark_68")
    with serving(repository, tmp_path / "log.txt") as server:
        fleet = Fleet(Remote((server.url,)), catalogue, patience_s=0.5)
        before = fleet.session(model).run(reference_input(model))
        server.kill()
        with pytest.raises(Asleep, match="refused"):
            fleet.session(model).run(reference_input(model))
        server.start()
        fleet.patience_s = 10.0
        after = fleet.session(model).run(reference_input(model))
        fleet.close()
    assert np.array_equal(before[0], after[0])


def test_configurations_follow_tritons_grammar(catalogue: Catalogue, repository: Path) -> None:
    paths = [str(repository / model.id / "config.pbtxt") for model in catalogue.models]
    done = subprocess.run([str(need_server()), str(GRAMMAR), *paths], capture_output=True, text=True, check=True)
    parsed = {each["name"]: each for each in map(json.loads, done.stdout.splitlines())}
    for model in catalogue.models:
        one = parsed[model.id]
        size = model.input.size
        assert (one["platform"], one["max_batch_size"]) == ("onnxruntime_onnx", 8)
        assert one["input"] == [{"name": model.input.name, "data_type": "TYPE_FP32", "dims": ["3", str(size), str(size)]}]
        assert [(each["name"], [int(n) for n in each["dims"]]) for each in one["output"]] == [
            (output.name, list(output.shape)) for output in model.outputs
        ]
        assert "dynamic_batching" in one
        assert one["instance_group"] == [{"count": 1}]
