"""The people of the real photos: found, and nobody taken for somebody else."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from bench.eyes import manifest, open_engine, see
from facetd.infer.catalogue import Catalogue, FileState
from facetd.ingest.people import usual_distances
from facetd.score.people import LOOSE, Groups, Numbers, apart_in_photos, join

Faces = tuple[np.ndarray, list[str | None], Numbers]


@pytest.fixture(scope="module")
def faces(corpus: Path) -> Faces:
    """The vectors of all faces in photos with labelled people, whose the largest face of a photo of one person is, and the photos."""
    catalogue = Catalogue.load()
    if any(catalogue.state(model, "f32") is not FileState.PRESENT for model in catalogue.models):
        pytest.skip("the models are not built")
    seen = see(corpus, open_engine("onnxruntime", "f32"), [row for row in manifest(corpus) if row["person"]])
    vectors: list[np.ndarray] = []
    labels: list[str | None] = []
    photos: list[int] = []
    for number, path in enumerate(seen.sightings):
        usable = [face for face in seen.faces(path) if face.clusterable and face.embedding]
        person = seen.rows[path]["person"]
        for place, face in enumerate(sorted(usable, key=lambda face: -face.box.width * face.box.height)):
            vectors.append(np.frombuffer(face.embedding or b"", "<f4"))
            labels.append(person if place == 0 and ";" not in person else None)
            photos.append(number)
    return np.stack(vectors), labels, np.array(photos)


def figures(faces: Faces, distance: float, seed: int = 0) -> tuple[float, float]:
    """Pairwise precision and F1 of the labelled faces, all faces being grouped in some order."""
    vectors, labels, photos = faces
    order = np.random.default_rng(seed).permutation(len(labels))
    count = len(labels)
    groups = Groups(
        vectors[order],
        np.ones(count, np.int64),
        np.full(count, LOOSE),
        np.ones(count, bool),
        apart_in_photos(np.arange(count), photos[order]),
    )
    group = join(groups, distance)
    named = [(group[place], labels[face]) for place, face in enumerate(order) if labels[face]]
    both = sum(a == b for a, b in combinations(named, 2))
    together = sum(a[0] == b[0] for a, b in combinations(named, 2))
    same = sum(a[1] == b[1] for a, b in combinations(named, 2))
    return both / together, 2 * both / (together + same)


@pytest.mark.corpus
@pytest.mark.parametrize("seed", range(3))
def test_labelled_people_are_told_apart(faces: Faces, seed: int) -> None:
    precision, f1 = figures(faces, usual_distances().join, seed)
    assert precision == 1
    assert f1 >= 0.98


@pytest.mark.corpus
def test_there_is_room_on_both_sides_of_the_distance(faces: Faces) -> None:
    assert figures(faces, usual_distances().suggest)[0] == 1, "even what is only suggested would be right"
    assert figures(faces, 0.33)[1] >= 0.97
