"""The projection of a network's features to what a photo looks like."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bench.eyes import open_engine
from bench.looks import figures
from facetd.errors import Unavailable
from facetd.infer.catalogue import Appearance, Catalogue, FileState, ModelFile, ObjectDetector
from facetd.infer.things.appearance import Projection

ENTRY = Appearance(space="made-2", dimension=2, output="features", projection=ModelFile(name="made.npy", size=1, sha256="0" * 64))


def stored(path: Path, values: object) -> Path:
    np.save(path, np.asarray(values, np.float16))
    return path


def test_a_vector_is_the_direction_of_matrix_times_features_plus_shift(tmp_path: Path) -> None:
    projection = Projection.load(stored(tmp_path / "made.npy", [[1, 0, 1], [0, 2, 0]]), ENTRY, 2)
    assert projection.vector(np.array([2, 2], np.float32)).tolist() == pytest.approx([0.6, 0.8])
    assert projection.vector(np.array([-1, 0], np.float32)) is None


@pytest.mark.parametrize("values", [[[1, 0], [0, 2]], [[1, 0, np.nan], [0, 2, 0]], [1, 2, 3]])
def test_a_file_that_does_not_fit_is_refused(tmp_path: Path, values: object) -> None:
    with pytest.raises(Unavailable, match="does not fit"):
        Projection.load(stored(tmp_path / "made.npy", values), ENTRY, 2)


@pytest.mark.parametrize("content", [b"", b"no array", b"\x93NUMPY\x01\x00"])
def test_a_file_that_is_no_array_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "made.npy").write_bytes(content)
    with pytest.raises(Unavailable, match="cannot be read"):
        Projection.load(tmp_path / "made.npy", ENTRY, 2)
    with pytest.raises(Unavailable, match="cannot be read"):
        Projection.load(tmp_path / "gone.npy", ENTRY, 2)


def test_the_projection_that_came_with_the_program_is_the_one_of_the_catalogue() -> None:
    catalogue = Catalogue.load()
    model = catalogue.first(ObjectDetector)
    entry = model.appearance
    assert entry is not None
    path = catalogue.folder / entry.projection.name
    assert path.stat().st_size == entry.projection.size
    projection = Projection.load(path, entry, model.output(entry.output).shape[0])
    assert np.linalg.norm(projection.vector(np.ones(1248, np.float32))) == pytest.approx(1)


@pytest.mark.corpus
@pytest.mark.timeout(900)
def test_vectors_of_real_photos_tell_what_the_perceptual_hash_does_not(corpus: Path) -> None:
    catalogue = Catalogue.load()
    if catalogue.state(catalogue.first(ObjectDetector), "f32") is not FileState.PRESENT:
        pytest.skip("the models are not built")
    found = figures(corpus, open_engine("openvino", "f32"))
    assert found["same_kind"] >= 0.32, found
    assert found["hash_same_kind"] < 0.1
    assert found["chance"] < 0.06
    assert found["duplicates_in_5"] >= 0.95, found["missed"]
    assert found["burst"] >= 0.95
