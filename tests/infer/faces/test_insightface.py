"""An installed pack in InsightFace's layout finds faces where they are, at every size and shape of photo, and tells persons apart."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from facetd.infer.catalogue import ArcFace, Catalogue, FaceDetector, ScrfdDetector
from facetd.infer.choice import Choice, Choices
from facetd.infer.engine import Engine
from facetd.infer.faces.align import five_alignment, similarity
from facetd.infer.faces.detect import detect
from facetd.infer.faces.embed import five_points, unpacked
from facetd.infer.faces.found import Found
from facetd.infer.faces.mesh import Meshes
from facetd.infer.faces.pose import Posed
from facetd.infer.faces.scrfd import decode
from facetd.infer.look import look
from facetd.infer.pixels import moved, sample, tensor
from facetd.infer.runner import DETECTOR, EMBEDDING
from facetd.infer.runtimes.session import Plan, RuntimeProblem, Session
from facetd.infer.settings import LookSettings
from tests.infer.constant import constant_starter
from tests.infer.facepack import FIVE, TEMPLATE, draw_face, install

LABELS = ("person", "dog")
SETTINGS = LookSettings(labels=LABELS, animal_first=1, animal_last=1)


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    folder = tmp_path_factory.mktemp("models")
    constant_starter(folder / "starter", FIVE, [((0.1, 0.1, 0.2, 0.2), 0.9)], references=False)
    install(folder / "packs", references=False)
    return Catalogue.load(folder / "starter", folder / "packs")


@pytest.fixture(scope="module")
def engine(catalogue: Catalogue) -> Engine:
    choice = Choice("onnxruntime", "cpu", "f32", 1, 1.0, "made for the test")
    return Engine(catalogue, Choices("key", 1, {model.id: choice for model in catalogue.models}, (), {}))


def picture(width: int, height: int, *boxes: tuple[int, int, int, int]) -> np.ndarray:
    frame = np.full((height, width, 3), 90, np.uint8)
    for number, box in enumerate(boxes):
        draw_face(frame, box, number % 3)
    return frame


@pytest.mark.parametrize(
    ("size", "box"),
    [
        ((640, 640), (100, 200, 140, 250)),
        ((1600, 1067), (900, 300, 1100, 560)),
        ((1067, 1600), (700, 1200, 860, 1380)),
        ((1600, 400), (1490, 40, 1590, 170)),
        ((300, 1600), (5, 10, 265, 330)),
        ((320, 240), (100, 60, 160, 140)),
        ((1600, 1200), (300, 100, 1140, 1120)),
    ],
)
def test_a_face_is_found_at_its_place(engine: Engine, size: tuple[int, int], box: tuple[int, int, int, int]) -> None:
    found = detect(engine, picture(*size, box), SETTINGS)
    assert len(found.scores) == 1
    pixel = max(size) / 640  # what the network sees as one
    assert found.boxes[0] == pytest.approx(np.array(box, np.float32), abs=0.75 * pixel)
    left, top, right, bottom = box
    assert found.five is not None
    assert found.five[0] == pytest.approx(np.array([left, top]) + FIVE * (right - left, bottom - top), abs=0.75 * pixel)


def test_several_faces_of_several_sizes_are_found_once_each(engine: Engine) -> None:
    boxes = [(40, 40, 100, 110), (400, 100, 640, 380), (1300, 900, 1370, 980), (900, 500, 1240, 900)]
    found = detect(engine, picture(1600, 1200, *boxes), SETTINGS)
    assert sorted(map(tuple, np.round(found.boxes, -1).astype(int).tolist())) == sorted(boxes)


def test_tiles_move_boxes_and_points_together(engine: Engine) -> None:
    box = (1200, 820, 1240, 860)  # 16 px of 640: too small for the whole picture
    frame = picture(1600, 1200, box)
    assert len(detect(engine, frame, replace(SETTINGS, tiles=True)).scores) == 1
    found = detect(engine, frame, replace(SETTINGS, tiles=True))
    assert found.boxes[0] == pytest.approx(np.array(box, np.float32), abs=2)
    assert found.five is not None
    assert found.five[0] == pytest.approx(np.array(box[:2]) + FIVE * 40, abs=2)


def test_an_answer_is_read_as_the_publisher_does(catalogue: Catalogue) -> None:
    """One anchor in each stride, worked out by hand: the centre is the cell's corner, both anchors of a cell are neighbours."""
    entry = catalogue.first(ScrfdDetector).scrfd
    outputs = {}
    for stride, score, box, points in zip(entry.strides, entry.scores, entry.boxes, entry.points, strict=True):
        count = (640 // stride) ** 2 * 2
        outputs[score], outputs[box] = np.zeros((count, 1), np.float32), np.ones((count, 4), np.float32)
        outputs[points] = np.zeros((count, 10), np.float32)
    anchor = 2 * (5 * 40 + 7) + 1  # stride 16: row 5, column 7, second anchor
    outputs[entry.scores[1]][anchor] = 0.8
    outputs[entry.boxes[1]][anchor] = (1, 2, 3, 1.5)
    outputs[entry.points[1]][anchor] = np.arange(10) / 4
    found = decode(outputs, entry, 640, (0.4, 0.4), (1600, 1600), 0.3)
    assert found.scores == pytest.approx([0.8])
    assert found.boxes[0] == pytest.approx(np.array([112 - 16, 80 - 32, 112 + 48, 80 + 24]) / 0.4)
    assert found.five is not None
    assert found.five[0].ravel() == pytest.approx((np.tile([112, 80], 5) + np.arange(10) * 4) / 0.4)


def test_pixels_are_scaled_as_the_publisher_does(catalogue: Catalogue) -> None:
    chip = np.random.default_rng(0).integers(0, 256, (112, 112, 3), np.uint8)
    batch = tensor([chip, chip], catalogue.first(ArcFace).input)
    assert batch.shape == (2, 3, 112, 112)
    assert np.abs(batch[1] - (chip.astype(np.float64).transpose(2, 0, 1) - 127.5) / 127.5).max() < 1e-6
    square = tensor([chip], catalogue.first(ScrfdDetector).input)
    assert np.abs(square[0] - (chip.astype(np.float64).transpose(2, 0, 1) - 127.5) / 128).max() < 1e-6


@pytest.mark.parametrize(("scale", "degrees", "shift"), [(1, 0, (0, 0)), (0.4, 30, (50, 20)), (5, -100, (800, 700)), (2, 180, (400, 300))])
def test_the_alignment_undoes_a_known_turn(scale: float, degrees: float, shift: tuple[float, float]) -> None:
    c, s = scale * np.cos(np.radians(degrees)), scale * np.sin(np.radians(degrees))
    turn = np.array([[c, -s, shift[0]], [s, c, shift[1]]])
    five = moved(turn, TEMPLATE)
    found = five_alignment(five, TEMPLATE)
    assert found == pytest.approx(turn, abs=1e-3)
    assert moved(found, TEMPLATE) == pytest.approx(five, abs=1e-2)


def test_the_alignment_is_closest_in_the_chip_and_its_pixels_are_in_place() -> None:
    five = moved(np.array([[3.0, 0, 200], [0, 3.0, 150]]), TEMPLATE) + np.random.default_rng(2).normal(0, 6, (5, 2)).astype(np.float32)
    found = five_alignment(five, TEMPLATE)
    back = similarity(five, TEMPLATE)
    assert moved(back, moved(found, TEMPLATE)) == pytest.approx(TEMPLATE, abs=1e-3)
    frame = np.zeros((600, 700, 3), np.uint8)
    frame[:, :, 0], frame[:, :, 1] = np.arange(700) % 256, np.arange(600)[:, None] % 256
    exact = five_alignment(moved(np.array([[1.0, 0, 40], [0, 1.0, 30]]), TEMPLATE), TEMPLATE)
    chip = sample(frame, exact, 112)
    assert chip[10, 20, :2].tolist() == pytest.approx([60, 40], abs=1)


def test_the_mesh_is_believed_where_the_detector_lost_its_way() -> None:
    five = (FIVE * 100).astype(np.float32)
    points = np.zeros((1, 468, 3), np.float32)
    for eye, place in (((33, 160, 158, 133, 153, 144), five[0]), ((362, 385, 387, 263, 373, 380), five[1])):
        points[0, list(eye), :2] = place
    points[0, [1, 61, 291], :2] = five[2:]

    def chosen(own: np.ndarray | None, disagreement: float) -> np.ndarray:
        none = np.zeros(1, np.float32)
        poses = Posed(np.zeros((1, 68, 2), np.float32), Meshes(points, none + 1), none, none + np.float32(disagreement))
        return five_points(Found(np.zeros((1, 4), np.float32), none + 1, None if own is None else own[None]), poses, 0)

    near, upside_down = five + 2, 100 - five
    assert chosen(near, 0.05) == pytest.approx(near)
    assert chosen(upside_down, 0.05) == pytest.approx(five)
    assert chosen(upside_down, 0.3) == pytest.approx(upside_down)
    assert chosen(None, 0.3) == pytest.approx(five)


def test_faces_have_vectors_in_the_packs_space(engine: Engine) -> None:
    frame = picture(1600, 1200, (100, 100, 300, 340), (600, 100, 800, 340), (1100, 100, 1300, 340), (100, 700, 260, 900))
    sighting = look(engine, frame, {"faces", "objects"}, SETTINGS)
    assert sighting.failures == {}
    faces = sorted(sighting.faces or (), key=lambda face: (round(face.box.y, 1), face.box.x))
    assert {face.space for face in faces} == {"tiny-buffalo/f32"}
    vectors = np.stack([unpacked(face.embedding) for face in faces])
    assert vectors.shape == (4, 512)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-5)
    alike = vectors @ vectors.T
    assert alike[0, 3] > 0.95  # the same person, smaller
    assert np.abs(alike[:3, :3] - np.eye(3)).max() < 0.05
    assert all(face.clusterable and face.quality > 0 and face.eye_openness[0] > 0.2 for face in faces)


def test_without_the_pack_the_starter_pack_looks(catalogue: Catalogue, engine: Engine) -> None:
    plain = Engine(Catalogue.load(catalogue.folder), engine._choices)
    frame = picture(640, 640, (300, 300, 400, 400))
    things = look(plain, frame, {"faces"}, SETTINGS)
    (face,) = things.faces or ()
    assert face.space == "face_recognition-1.7.15/f32"
    assert face.box.x == pytest.approx(0.1, abs=0.01)
    assert plain.installed(ScrfdDetector) is None
    assert engine.installed(FaceDetector) is None


def test_what_is_replaced_is_not_loaded(catalogue: Catalogue) -> None:
    opened: list[str] = []

    def opener(plan: Plan) -> Session:
        opened.append(plan.file.name)
        raise RuntimeProblem("not now")

    choice = Choice("onnxruntime", "cpu", "f32", 1, 1.0, "made for the test")
    for known, missing in ((catalogue, {f"{DETECTOR}.onnx", f"{EMBEDDING}.onnx"}), (Catalogue.load(catalogue.folder), set())):
        opened.clear()
        Engine(known, Choices("key", 1, {model.id: choice for model in known.models}, (), {}), opener=opener).load()
        every = {known.path(model, "f32").name for model in known.models}
        assert every - set(opened) == missing
