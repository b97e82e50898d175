"""Reading published weights: every stored type, and files that do not fit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.build.weights import WeightsError, read_manifest


def publish(folder: Path, packed: bytes, *weights: dict[str, Any], files: int = 1) -> Path:
    """A manifest with one group whose bytes are cut into `files` files."""
    cuts = [len(packed) * number // files for number in range(files + 1)]
    paths = [f"part{number}.bin" for number in range(files)]
    for path, start, end in zip(paths, cuts, cuts[1:], strict=False):
        (folder / path).write_bytes(packed[start:end])
    manifest = folder / "net-weights_manifest.json"
    manifest.write_text(json.dumps([{"paths": paths, "weights": weights}]))
    return manifest


def entry(name: str, shape: list[int], dtype: str = "float32", stored: str = "", **numbers: float) -> dict[str, Any]:
    quantization = {"quantization": {"dtype": stored, **numbers}} if stored else {}
    return {"name": name, "shape": shape, "dtype": dtype, **quantization}


def test_plain_and_quantised_tensors_follow_each_other_without_padding(tmp_path: Path) -> None:
    packed = (
        np.array([0, 128, 255], "u1").tobytes()
        + np.array([[1.5, -2.0]], "<f4").tobytes()
        + np.array([0.5, 65504], "<f2").tobytes()
        + np.array([-7, 2**31 - 1], "<i4").tobytes()
        + np.array([300, 65535], "<u2").tobytes()
    )
    manifest = publish(
        tmp_path,
        packed,
        entry("bytes", [3], stored="uint8", scale=0.1, min=-3.0),
        entry("plain", [1, 2]),
        entry("halves", [2], stored="float16"),
        entry("whole", [2], "int32"),
        entry("words", [2], stored="uint16", scale=0.5, min=1.0),
        files=3,
    )
    tensors = read_manifest(manifest)
    assert np.allclose(tensors["bytes"], [-3.0, 9.8, 22.5])
    assert tensors["plain"].tolist() == [[1.5, -2.0]]
    assert tensors["halves"].tolist() == [0.5, 65504.0]
    assert tensors["whole"].tolist() == [-7, 2**31 - 1]
    assert tensors["words"].tolist() == [151.0, 32768.5]
    types = {name: tensor.dtype.name for name, tensor in tensors.items()}
    assert types == {"bytes": "float32", "plain": "float32", "halves": "float32", "whole": "int32", "words": "float32"}


def test_whole_numbers_stored_in_bytes_are_rounded(tmp_path: Path) -> None:
    manifest = publish(tmp_path, bytes([0, 255]), entry("axes", [2], "int32", "uint8", scale=0.0117647, min=-1.0))
    assert read_manifest(manifest)["axes"].tolist() == [-1, 2]


def test_a_single_number_has_no_dimensions(tmp_path: Path) -> None:
    manifest = publish(tmp_path, np.array([4.0], "<f4").tobytes(), entry("three", []))
    assert read_manifest(manifest)["three"].shape == ()


@pytest.mark.parametrize(
    ("size", "message"),
    [(11, "tensor weights ends at byte 12, the file has 11"), (13, "has 13 bytes, its tensors take 12")],
)
def test_a_file_of_the_wrong_size_is_refused_with_numbers(tmp_path: Path, size: int, message: str) -> None:
    manifest = publish(tmp_path, bytes(size), entry("weights", [3]))
    with pytest.raises(WeightsError, match=message):
        read_manifest(manifest)


def test_an_unknown_type_is_named(tmp_path: Path) -> None:
    manifest = publish(tmp_path, bytes(8), entry("weights", [1], "complex64"))
    with pytest.raises(WeightsError, match="weights has the unknown type complex64"):
        read_manifest(manifest)


def test_a_tensor_listed_twice_is_refused(tmp_path: Path) -> None:
    manifest = publish(tmp_path, bytes(8), entry("weights", [1]), entry("weights", [1]))
    with pytest.raises(WeightsError, match="weights is listed twice"):
        read_manifest(manifest)
