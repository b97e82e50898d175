from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from facetd.errors import Asleep
from facetd.infer.catalogue import Catalogue
from facetd.infer.remote.fleet import Fleet
from facetd.infer.remote.server import Fit, Unfit
from tests.infer.remote.double import Double, Faults

FleetOf = Callable[..., Fleet]
MODEL = "tiny_objects"


def pictures(count: int = 1, seed: int = 3) -> np.ndarray:
    return np.random.default_rng(seed).random((count, 3, 32, 32), np.float32) * 255


def means(batch: np.ndarray) -> np.ndarray:
    return batch.mean(axis=(2, 3))


def run(fleet: Fleet, catalogue: Catalogue, batch: np.ndarray) -> np.ndarray:
    (output,) = fleet.session(catalogue.model(MODEL)).run(batch)
    return output


def test_outputs_are_those_of_the_network(catalogue: Catalogue, double: Double, fleet_of: FleetOf) -> None:
    fleet = fleet_of(double)
    for count in (1, 2, 8):
        batch = pictures(count)
        assert np.allclose(run(fleet, catalogue, batch), means(batch), atol=1e-3)
    assert all(binary for _model, _count, binary in double.seen.requests)
    assert double.seen.connections == 1  # which is kept


def test_a_batch_longer_than_a_request_is_cut(catalogue: Catalogue, double: Double, fleet_of: FleetOf) -> None:
    batch = pictures(19)
    assert np.allclose(run(fleet_of(double), catalogue, batch), means(batch), atol=1e-3)
    assert [count for _model, count, _binary in double.seen.requests[-3:]] == [8, 8, 3]


def test_the_largest_batch_of_the_server_counts(catalogue: Catalogue, double: Double, fleet_of: FleetOf) -> None:
    double.faults = Faults(max_batch=2)
    batch = pictures(5)
    assert np.allclose(run(fleet_of(double), catalogue, batch), means(batch), atol=1e-3)
    assert [count for _model, count, _binary in double.seen.requests[-3:]] == [2, 2, 1]


def test_a_server_of_fixed_batches_gets_full_ones(catalogue: Catalogue, double: Double, fleet_of: FleetOf) -> None:
    def fix(metadata: dict) -> None:
        metadata["inputs"][0]["shape"][0] = 4

    double.faults = Faults(metadata=fix)
    batch = pictures(6)
    assert np.allclose(run(fleet_of(double), catalogue, batch), means(batch), atol=1e-3)
    assert {count for _model, count, _binary in double.seen.requests} == {4}


@pytest.mark.parametrize("faults", [Faults(refuse_binary=True), Faults(answer_json=True)])
def test_servers_without_binary_tensors_speak_json(catalogue: Catalogue, double: Double, fleet_of: FleetOf, faults: Faults) -> None:
    double.faults = faults
    batch = pictures(3)
    assert np.allclose(run(fleet_of(double), catalogue, batch), means(batch), atol=1e-3)
    assert double.seen.requests[-1] == (MODEL, 3, faults.answer_json)


@pytest.mark.parametrize(
    ("faults", "why"),
    [
        (Faults(factor=1.5), "wrong numbers"),
        (Faults(value=float("nan")), "wrong numbers"),
        (Faults(missing=frozenset({MODEL})), "has no model tiny_objects"),
        (Faults(loading=frozenset({MODEL})), "is not ready"),
        (Faults(ready=False), "it is not ready"),
        (Faults(status=500), "HTTP 500 out of memory"),
        (Faults(datatype="FP16"), "expected FP32"),
        (Faults(transpose=True), "expected .1, 3."),
        (Faults(garbage=b"<html>"), "cannot be understood"),
        (Faults(garbage=b'{"outputs": []}'), "lacks the output means"),
        (Faults(cut=True), "cut short|Connection reset"),
        (Faults(token="secret"), "wants another token .HTTP 401."),
        (Faults(redirect="http://127.0.0.1:1/"), "not ready"),
        (Faults(metadata=lambda told: told["inputs"][0].update(datatype="UINT8")), "images is UINT8; expected FP32"),
        (Faults(metadata=lambda told: told["inputs"][0].update(shape=[-1, 3, 64, 64])), r"expected \[-1, 3, 32, 32\]"),
        (Faults(metadata=lambda told: told["inputs"].append(dict(told["inputs"][0], name="mask"))), "2 inputs; expected 1"),
        (Faults(metadata=lambda told: told["outputs"][0].update(shape="many")), "cannot be understood: outputs"),
    ],
)
def test_a_server_that_is_not_right_is_not_used(
    catalogue: Catalogue, double: Double, other: Double, fleet_of: FleetOf, faults: Faults, why: str
) -> None:
    double.faults = faults
    with pytest.raises(Asleep, match=why):
        run(fleet_of(double, patience_s=0.3), catalogue, pictures())
    both = fleet_of(double, other)
    for seed in range(4):
        batch = pictures(1, seed)
        assert np.allclose(run(both, catalogue, batch), means(batch), atol=1e-3)


def test_a_network_of_other_names_is_told_by_its_numbers(catalogue: Catalogue, double: Double, fleet_of: FleetOf) -> None:
    def nameless(metadata: dict) -> None:
        del metadata["inputs"], metadata["outputs"]

    double.faults = Faults(metadata=nameless)
    assert run(fleet_of(double), catalogue, pictures()).shape == (1, 3)


@pytest.mark.parametrize(
    "faults",
    [
        Faults(status=503, times=1),
        Faults(cut=True, times=1),
        Faults(garbage=b"{", times=1),
        Faults(value=float("inf"), times=1),
        Faults(transpose=True, times=1),
    ],
)
def test_one_wrong_answer_costs_a_retry(catalogue: Catalogue, double: Double, fleet_of: FleetOf, faults: Faults) -> None:
    fleet = fleet_of(double, patience_s=3.0)
    run(fleet, catalogue, pictures())
    double.faults = faults
    if faults.value is not None:
        # no numbers, but the reference is right: so the photo is odd
        assert not np.isfinite(run(fleet, catalogue, pictures())).any()
    else:
        batch = pictures(2)
        assert np.allclose(run(fleet, catalogue, batch), means(batch), atol=1e-3)


def test_a_slow_server_is_left_for_another(catalogue: Catalogue, double: Double, other: Double, fleet_of: FleetOf) -> None:
    fleet = fleet_of(double, other, patience_s=20.0, timeout_s=1.5)
    fleet.examine(catalogue.model(MODEL))
    double.faults = Faults(slow_s=6.0)
    for _turn in range(4):
        assert run(fleet, catalogue, pictures()).shape == (1, 3)
    assert fleet.servers[0].problem == "it does not answer in time"


def test_a_killed_server_comes_back(catalogue: Catalogue, double: Double, fleet_of: FleetOf) -> None:
    fleet = fleet_of(double, patience_s=20.0)
    run(fleet, catalogue, pictures())
    double.faults.slow_s = 0.3
    with ThreadPoolExecutor(4) as pool:
        batches = [pictures(2, seed) for seed in range(4)]
        futures = [pool.submit(run, fleet, catalogue, batch) for batch in batches]
        time.sleep(0.15)
        double.kill()
        time.sleep(0.3)
        double.faults = Faults()
        double.start()
        for batch, future in zip(batches, futures, strict=True):
            assert np.allclose(future.result(30), means(batch), atol=1e-3)


def test_a_server_that_comes_back_with_another_network_is_found_out(catalogue: Catalogue, double: Double, fleet_of: FleetOf) -> None:
    fleet = fleet_of(double, patience_s=0.5)
    run(fleet, catalogue, pictures())
    double.kill()
    double.faults = Faults(factor=2.0)
    back = threading.Timer(0.3, double.start)
    back.start()
    with pytest.raises(Asleep, match=r"wrong numbers|refused"):
        run(fleet, catalogue, pictures())
    back.join()
    assert isinstance(fleet.examine(catalogue.model(MODEL))[double.url], Unfit)


def test_nobody_home_is_told_soon_and_with_the_address(catalogue: Catalogue, double: Double, fleet_of: FleetOf) -> None:
    double.kill()
    fleet = fleet_of(double, patience_s=0.2)
    with pytest.raises(Asleep, match=f"{double.url}: .*refused"):
        run(fleet, catalogue, pictures())
    begin = time.monotonic()
    with pytest.raises(Asleep):
        run(fleet, catalogue, pictures())
    assert time.monotonic() - begin < 10


def test_a_box_that_swallows_what_it_gets_is_not_waited_for_by_all(catalogue: Catalogue, double: Double, fleet_of: FleetOf) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=8) as mute:
        double.kill()
        double.port = mute.getsockname()[1]
        fleet = fleet_of(double, patience_s=0.0, timeout_s=0.5)
        begin = time.monotonic()
        for _turn in range(3):
            with pytest.raises(Asleep, match="in time"):
                run(fleet, catalogue, pictures())
        assert time.monotonic() - begin < 15


def test_work_is_shared_out(catalogue: Catalogue, double: Double, other: Double, fleet_of: FleetOf) -> None:
    fleet = fleet_of(double, other)
    fleet.examine(catalogue.model(MODEL))
    asked = len(double.seen.requests), len(other.seen.requests)
    double.faults.slow_s = other.faults.slow_s = 0.05
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda seed: run(fleet, catalogue, pictures(1, seed)), range(12)))
    assert len(double.seen.requests) - asked[0] == len(other.seen.requests) - asked[1] == 6


def test_the_token_is_told_to_each_server(catalogue: Catalogue, double: Double, fleet_of: FleetOf) -> None:
    double.faults.token = "secret"
    run(fleet_of(double, token="secret"), catalogue, pictures())
    assert double.seen.tokens == {"Bearer secret"}


def test_an_exam_tells_how_well_a_server_does(catalogue: Catalogue, double: Double, fleet_of: FleetOf) -> None:
    found = fleet_of(double).examine(catalogue.model(MODEL))[double.url]
    assert isinstance(found, Fit)
    assert found.binary
    assert found.deviation <= 1
    assert found.ms > 0
