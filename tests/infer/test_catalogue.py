"""The catalogue of models: what it says, and what it says when something is wrong."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from facetd.errors import ConfigError, NotFound
from facetd.infer.catalogue import Catalogue, FaceDetector, FaceEmbedding, FaceLandmarks, FaceMesh, FileState, ObjectDetector


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return Catalogue.load()


@pytest.fixture
def folder(tmp_path: Path, catalogue: Catalogue) -> Path:
    """The starter pack's catalogue without its models."""
    for name in ("models.toml", "coco80.txt"):
        shutil.copy(catalogue.folder / name, tmp_path)
    return tmp_path


def change(folder: Path, old: str, new: str) -> Path:
    path = folder / "models.toml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    return folder


def test_the_starter_pack_does_five_tasks(catalogue: Catalogue) -> None:
    assert {model.task: model.id for model in catalogue.models} == {
        "face_detection": "ssd_mobilenetv1",
        "face_landmarks": "face_landmark_68",
        "face_mesh": "facemesh",
        "face_embedding": "face_recognition",
        "object_detection": "centernet",
    }
    assert [model.id for model in catalogue.for_task("face_mesh")] == ["facemesh"]
    assert catalogue.model("centernet").input.fit == "stretch"


def test_each_kind_has_its_own_fields(catalogue: Catalogue) -> None:
    assert catalogue.first(FaceDetector).detection.second_pass_scale == 0.7
    assert len(catalogue.first(FaceLandmarks).points.left_eye) == 6
    assert catalogue.first(FaceMesh).mesh.flag < catalogue.first(FaceMesh).mesh.flag_people
    embedding = catalogue.first(FaceEmbedding).embedding
    assert embedding.merge < embedding.same < embedding.suggest
    assert embedding.dimension == catalogue.first(FaceEmbedding).output("embedding").shape[0]
    assert embedding.space_name("int8") != embedding.space_name("f32")


def test_objects_are_never_run_in_bytes(catalogue: Catalogue) -> None:
    model = catalogue.model("centernet")
    assert model.precisions == ("f32", "bf16")
    with pytest.raises(ValueError, match="centernet does not run in int8, only in f32, bf16"):
        catalogue.path(model, "int8")


def test_the_animals_that_veto_a_face_are_animals(catalogue: Catalogue) -> None:
    detector = catalogue.first(ObjectDetector)
    labels = catalogue.labels(detector)
    assert len(labels) == len(set(labels)) == 80
    assert (labels[0], labels[15], labels[16], labels[79]) == ("person", "cat", "dog", "toothbrush")
    animals = labels[detector.objects.veto_first : detector.objects.veto_last + 1]
    assert (animals[0], animals[-1], len(animals)) == ("bird", "giraffe", 10)


def test_built_files_are_what_the_catalogue_says(catalogue: Catalogue) -> None:
    states = {catalogue.verify(model, precision) for model in catalogue.models for precision in model.precisions}
    assert states == {FileState.PRESENT}


def test_a_missing_or_changed_file_is_noticed(folder: Path) -> None:
    catalogue = Catalogue.load(folder)
    model = catalogue.model("facemesh")
    assert catalogue.state(model, "f32") is FileState.MISSING
    path = catalogue.path(model, "bf16")
    path.parent.mkdir()
    path.write_bytes(b"half")
    assert catalogue.state(model, "f32") is FileState.DAMAGED
    path.write_bytes(bytes(model.files["f32"].size))
    assert catalogue.state(model, "f32") is FileState.PRESENT
    assert catalogue.verify(model, "f32") is FileState.DAMAGED


def test_an_unknown_model_is_answered_with_the_known_ones(catalogue: Catalogue) -> None:
    with pytest.raises(NotFound, match=r"no model 'clip'; known are ssd_mobilenetv1, face_landmark_68"):
        catalogue.model("clip")


def test_a_kind_that_is_not_there_is_named(folder: Path) -> None:
    text = (folder / "models.toml").read_text()
    (folder / "models.toml").write_text(text[: text.rindex("[[models]]")])
    with pytest.raises(NotFound, match="no model of the kind ObjectDetector"):
        Catalogue.load(folder).first(ObjectDetector)


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("size = 192", 'size = "big"', "models.facemesh.input.size"),
        ("weak = 0.2", "weak = 20", "models.ssd_mobilenetv1.detection.weak"),
        ("stride = 4", "strides = 4", "models.centernet.objects.stride"),
        ('fit = "aligned"', 'fit = "lying"', "models.face_recognition.input.fit"),
        ("merge = 0.33\n", "", "models.face_recognition.embedding.merge"),
        ('task = "face_mesh"', 'task = "hands"', "models.facemesh"),
        ('precisions = ["f32", "bf16"]', 'precisions = ["f32", "int8"]', "models.facemesh"),
    ],
)
def test_what_is_wrong_is_named_by_file_and_key(folder: Path, old: str, new: str, key: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Catalogue.load(change(folder, old, new))
    assert str(folder / "models.toml") in str(caught.value)
    assert key in {error.field for error in caught.value.errors}


def test_two_models_of_one_id_are_refused(folder: Path) -> None:
    with pytest.raises(ConfigError, match="two models share an id"):
        Catalogue.load(change(folder, 'id = "facemesh"', 'id = "centernet"'))


def test_a_file_that_is_no_toml_or_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"models.toml: the catalogue of models cannot be read"):
        Catalogue.load(tmp_path)
    (tmp_path / "models.toml").write_text("[[models]")
    with pytest.raises(ConfigError, match="expected TOML"):
        Catalogue.load(tmp_path)


def test_labels_have_to_fit_the_model(folder: Path) -> None:
    catalogue = Catalogue.load(folder)
    detector = catalogue.first(ObjectDetector)
    labels = folder / "coco80.txt"
    labels.write_text("person\ndog\n")
    with pytest.raises(ConfigError, match="2 labels, but centernet tells 80 kinds apart"):
        catalogue.labels(detector)
    labels.unlink()
    with pytest.raises(ConfigError, match="the labels of centernet cannot be read"):
        catalogue.labels(detector)
