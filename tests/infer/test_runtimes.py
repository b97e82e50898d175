from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from facetd.infer.runtimes import devices, open_session
from facetd.infer.runtimes.session import Array, Outputs, Plan, RuntimeProblem, chunks, run_in_chunks, sizes_up_to
from tests.infer.tiny import SIZE, tiny_network

RUNTIMES = ("openvino", "onnxruntime")


@pytest.fixture
def network(tmp_path: Path) -> Path:
    path = tmp_path / "tiny.onnx"
    tiny_network(path, factor=2.0)
    return path


def _pictures(count: int) -> Array:
    return np.random.default_rng(count).random((count, 3, SIZE, SIZE), np.float32)


@pytest.mark.parametrize("runtime", RUNTIMES)
@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 9])
def test_any_number_of_items_comes_out_in_order(network: Path, runtime: str, count: int) -> None:
    session = open_session(Plan(network, runtime, batch=4))
    pictures = _pictures(count)
    (means,) = session.run(pictures)
    assert means.dtype == np.float32
    np.testing.assert_allclose(means, 2 * pictures.mean(axis=(2, 3)), rtol=1e-5)


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_threads_share_a_session(network: Path, runtime: str) -> None:
    session = open_session(Plan(network, runtime, streams=2))
    batches = [_pictures(1) * factor for factor in range(40)]
    with ThreadPoolExecutor(6) as pool:
        for batch, (means,) in zip(batches, pool.map(session.run, batches), strict=True):
            np.testing.assert_allclose(means, 2 * batch.mean(axis=(2, 3)), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_results_stay_when_the_session_runs_again(network: Path, runtime: str) -> None:
    session = open_session(Plan(network, runtime))
    (first,) = session.run(_pictures(1))
    kept = first.copy()
    session.run(_pictures(1) * 9)
    assert np.array_equal(first, kept)


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_there_is_always_a_processor(runtime: str) -> None:
    assert "cpu" in devices(runtime)


def test_openvino_keeps_compiled_networks(network: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    pictures = _pictures(1)
    first = open_session(Plan(network, "openvino", cache=cache)).run(pictures)
    assert list((cache / "openvino").glob("*.blob"))
    assert np.array_equal(open_session(Plan(network, "openvino", cache=cache)).run(pictures)[0], first[0])


@pytest.mark.parametrize("runtime", RUNTIMES)
@pytest.mark.parametrize(("device", "precision"), [("moon", "f32"), ("cpu", "f8"), ("cuda", "bf16")])
def test_what_a_runtime_does_not_have_is_a_problem(network: Path, runtime: str, device: str, precision: str) -> None:
    with pytest.raises(RuntimeProblem, match=device):
        open_session(Plan(network, runtime, device, precision))


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_a_device_that_is_not_here_is_a_problem(network: Path, runtime: str) -> None:
    device = "npu" if runtime == "openvino" else "tensorrt"
    if device in devices(runtime):
        pytest.skip("this machine has one")
    with pytest.raises(RuntimeProblem):
        open_session(Plan(network, runtime, device))


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_a_file_that_is_no_network_is_a_problem(tmp_path: Path, runtime: str) -> None:
    (tmp_path / "broken.onnx").write_bytes(b"this is no network")
    with pytest.raises(RuntimeProblem):
        open_session(Plan(tmp_path / "broken.onnx", runtime))


def test_an_unknown_runtime_is_a_problem(network: Path) -> None:
    with pytest.raises(RuntimeProblem, match="abacus"):
        open_session(Plan(network, "abacus"))
    with pytest.raises(RuntimeProblem, match="abacus"):
        devices("abacus")


@pytest.mark.parametrize(
    ("count", "sizes", "expected"),
    [
        (1, (1, 8), [(1, 1)]),
        (5, (1, 8), [(1, 1)] * 5),
        (6, (1, 8), [(6, 8)]),
        (17, (1, 8), [(8, 8), (8, 8), (1, 1)]),
        (3, (1, 2, 4, 8, 16), [(3, 4)]),
        (5, (1, 2, 4, 8, 16), [(4, 4), (1, 1)]),
        (40, (1, 2, 4, 8, 16), [(16, 16), (16, 16), (8, 8)]),
    ],
)
def test_items_are_cut_into_runs(count: int, sizes: tuple[int, ...], expected: list[tuple[int, int]]) -> None:
    assert list(chunks(count, sizes)) == expected


def test_batch_sizes_of_devices() -> None:
    assert sizes_up_to(1) == (1,)
    assert sizes_up_to(16) == (1, 2, 4, 8, 16)
    assert sizes_up_to(6) == (1, 2, 4, 6)


def test_padding_never_comes_out() -> None:
    lock, seen = threading.Lock(), []

    def run(batch: Array) -> Outputs:
        with lock:
            seen.append(len(batch))
        return (batch + 1,)

    (result,) = run_in_chunks(np.arange(7, dtype=np.float32)[:, None], (1, 8), run)
    assert result[:, 0].tolist() == [1, 2, 3, 4, 5, 6, 7]
    assert seen == [8]
