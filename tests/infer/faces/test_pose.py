"""Landmarks, mesh, and the roll on which both agree."""

from __future__ import annotations

import numpy as np
import pytest

from facetd.infer.faces import heads as heads_
from facetd.infer.faces.align import FIVE
from facetd.infer.faces.landmarks import find_landmarks, five
from facetd.infer.faces.mesh import find_meshes, openness_of, roll_of, yaw_of
from facetd.infer.faces.pose import TURNS, find_poses
from facetd.infer.runner import LANDMARKS, MESH
from tests.infer.networks import landmarks, mesh, runner

FRAME = np.zeros((600, 800, 3), np.uint8)
BOX = np.array([[200, 100, 400, 300]], np.float32)


def test_landmarks_come_back_to_the_picture():
    found = find_landmarks(runner(), FRAME, heads_.of_boxes(BOX))
    assert five(found)[0] == pytest.approx(FIVE / 150 * 200 + [199.5, 99.5], abs=0.05)


def test_a_narrow_box_is_padded_with_black():
    fake = runner()
    find_landmarks(fake, np.full_like(FRAME, 200), heads_.of_boxes(np.array([[300, 100, 400, 300]], np.float32)))
    ((_, batch),) = fake.asked
    assert batch[0, :, :, :28].max() == batch[0, :, :, -28:].max() == 0
    assert batch[0, :, :, 29:83].min() == 200
    find_landmarks(fake, np.full_like(FRAME, 200), heads_.of_boxes(np.array([[200, 100, 400, 200]], np.float32)))
    assert fake.asked[1][1] == pytest.approx(batch.transpose(0, 1, 3, 2))


def test_mesh_points_come_back_to_the_picture_in_a_larger_crop_of_zero_to_one():
    fake = runner()
    found = find_meshes(fake, np.full_like(FRAME, 255), heads_.of_boxes(BOX))
    assert fake.asked[0][1].max() == pytest.approx(1)
    assert found.points[0, 1, :2] == pytest.approx(FIVE[2] / 150 * 200 + [200, 100], abs=1)


def test_many_faces_go_in_batches_of_eight():
    fake = runner()
    find_meshes(fake, FRAME, heads_.of_boxes(np.repeat(BOX, 19, axis=0)))
    assert [len(batch) for _, batch in fake.asked] == [8, 8, 3]


def test_networks_that_agree_are_asked_once():
    fake = runner()
    poses = find_poses(fake, FRAME, BOX)
    assert [name for name, _ in fake.asked] == [MESH, LANDMARKS]
    assert poses.rolls_deg == pytest.approx([0], abs=0.1)
    assert poses.disagreements == pytest.approx([0], abs=0.02)


def test_networks_that_disagree_look_in_all_directions():
    fake = runner(landmarks=landmarks(FIVE[[1, 0, 2, 4, 3]] / 150))
    poses = find_poses(fake, FRAME, BOX)
    turned = [batch for name, batch in fake.asked if name == LANDMARKS]
    assert sum(len(batch) for batch in turned) == 1 + len(TURNS)
    assert poses.disagreements[0] > 0.5  # nothing better was found: it stays as it was
    assert poses.rolls_deg == pytest.approx([0], abs=0.1)


def test_a_head_on_its_side_is_turned_upright():
    frame = FRAME.copy()
    frame[:, 300:] = 255  # its top lies to the right, as that of a head turned clockwise by a quarter

    def upright(batch: np.ndarray) -> np.ndarray:
        middle = batch.shape[-1] // 2
        light = batch.mean(axis=(1, 2, 3)) + 1e-6
        return (batch[:, :, :middle].mean(axis=(1, 2, 3)) - batch[:, :, middle:].mean(axis=(1, 2, 3))) / light > 1.8

    def sees_mesh(batch: np.ndarray) -> tuple[np.ndarray, ...]:
        points, flags = mesh()(batch)
        return points, np.where(upright(batch)[:, None], flags, 0).astype(np.float32)

    def sees_landmarks(batch: np.ndarray) -> tuple[np.ndarray, ...]:
        return (np.where(upright(batch)[:, None], landmarks()(batch)[0], landmarks(FIVE[[1, 0, 2, 4, 3]] / 150)(batch)[0]),)

    poses = find_poses(runner(mesh=sees_mesh, landmarks=sees_landmarks), frame, BOX)
    assert poses.rolls_deg == pytest.approx([90], abs=0.5)
    assert poses.meshes.flags == pytest.approx([1])
    assert poses.disagreements[0] < 0.1


def test_the_head_of_a_mesh_is_about_the_detectors_box():
    meshes = find_meshes(runner(), FRAME, heads_.of_boxes(BOX))
    again = heads_.of_meshes(meshes.points, np.zeros(1, np.float32))
    assert again.centres[0] == pytest.approx([295, 192.5], abs=1)  # the mesh reaches lower and further right than the box
    assert again.sizes[0] == pytest.approx([160, 168], abs=5)


def test_a_turned_mesh_gives_the_same_head_turned():
    meshes = find_meshes(runner(), FRAME, heads_.of_boxes(BOX).turned(np.array([50], np.float32)))
    assert roll_of(meshes.points) == pytest.approx([50], abs=0.1)
    upright = heads_.of_meshes(find_meshes(runner(), FRAME, heads_.of_boxes(BOX)).points, np.zeros(1, np.float32))
    again = heads_.of_meshes(meshes.points, roll_of(meshes.points))
    assert again.sizes == pytest.approx(upright.sizes, abs=0.1)


@pytest.mark.parametrize("degrees", [-60, 0, 25])
def test_yaw_is_positive_towards_the_right_of_the_picture(degrees):
    points = np.zeros((1, 468, 3), np.float32)
    turn = np.radians(degrees)
    for cheek, side in ((234, -1), (454, 1)):
        points[0, cheek] = side * np.cos(turn), 0, side * np.sin(turn)
    assert yaw_of(points) == pytest.approx([degrees])


@pytest.mark.parametrize("opening", [0.05, 0.25])
def test_openness_is_height_over_width(opening):
    points = find_meshes(runner(mesh=mesh(opening=opening)), FRAME, heads_.of_boxes(BOX)).points
    assert openness_of(points) == pytest.approx(np.full((1, 2), opening), rel=0.02)
