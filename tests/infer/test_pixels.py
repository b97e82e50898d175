"""Pictures as networks want them."""

from __future__ import annotations

import numpy as np
import pytest

from facetd.infer.pixels import batch_of, letterbox, moved, resized, sample, turned_square


def dot(width: int, height: int, x: int, y: int, size: int = 8) -> np.ndarray:
    """A white square around (x, y) on black."""
    picture = np.zeros((height, width, 3), np.uint8)
    picture[y - size // 2 : y + size // 2, x - size // 2 : x + size // 2] = 255
    return picture


def centre_of(picture: np.ndarray) -> np.ndarray:
    """Where the light is, in the middle of pixels."""
    light = picture[..., 0].astype(float)
    y, x = np.indices(light.shape)
    return np.array([(x * light).sum(), (y * light).sum()]) / light.sum()


@pytest.mark.parametrize(("width", "height"), [(1600, 1067), (640, 480), (300, 900), (512, 512), (90, 40)])
def test_a_letterbox_can_be_undone(width, height):
    x, y = width // 2 + 10, height // 2 + 6
    box = letterbox(dot(width, height, x, y), 512, 512)
    assert centre_of(box.image) + 0.5 == pytest.approx(np.array([x, y]) * box.scale, abs=0.6)


def test_a_letterbox_is_at_the_top_left_and_black_beside():
    box = letterbox(np.full((100, 200, 3), 255, np.uint8), 512, 360)
    assert box.image[:180, :360].min() == 255
    assert box.image[180:].max() == box.image[:, 360:].max() == 0


@pytest.mark.parametrize("shape", [(1, 1), (10, 3000), (3000, 10), (1, 700)])
def test_odd_shapes_fit(shape):
    assert letterbox(np.full((*shape, 3), 7, np.uint8), 512, 512).image.shape == (512, 512, 3)


def test_fine_stripes_become_grey_and_not_waves():
    stripes = np.zeros((900, 1600, 3), np.uint8)
    stripes[:, ::2] = 255
    small = resized(stripes, 500, 300)
    assert small.std() < 8
    assert small.mean() == pytest.approx(127.5, abs=2)


def test_batches_are_planes_of_floats():
    image = np.zeros((4, 4, 3), np.uint8)
    image[1, 2] = 10, 20, 30
    batch = batch_of([image, image], 0.1)
    assert batch.shape == (2, 3, 4, 4)
    assert batch[1, :, 1, 2] == pytest.approx([1, 2, 3])


@pytest.mark.parametrize("side", [40, 150, 400, 1000])
@pytest.mark.parametrize("roll", [0, 30, -90])
def test_a_chip_shows_its_square_whatever_its_size(side, roll):
    picture = dot(1200, 1200, 600, 640, 40)
    matrix = turned_square((599.5, 599.5), side, roll, 100)
    chip = sample(picture, matrix, 100)
    where = centre_of(chip) if chip[..., 0].any() else np.array([0.0, 0.0])
    if side >= 150:
        assert moved(matrix, where[None])[0] == pytest.approx([599.5, 639.5], abs=1.2 + side / 300)


@pytest.mark.parametrize("side", [90, 160, 270, 440])
def test_shrinking_moves_nothing(side):
    slope = np.broadcast_to((np.arange(500) / 2)[None, :, None], (500, 500, 3))
    ramp = np.clip(np.rint(slope + np.random.default_rng(2).normal(0, 4, (500, 500, 3))), 0, 255).astype(np.uint8)
    matrix = turned_square((250, 250), side, 0, 100)
    places = moved(matrix, np.stack([np.arange(100), np.full(100, 50)], axis=1).astype(np.float32))[:, 0]
    assert (sample(ramp, matrix, 100).mean(axis=(0, 2)) - places / 2).mean() == pytest.approx(0, abs=0.2)


def test_a_tilted_head_stands_upright_in_the_chip():
    picture = np.zeros((400, 400, 3), np.uint8)
    angle = np.radians(30)  # the line between its eyes falls to the right
    for direction in (-1, 1):
        x, y = 200 + direction * 80 * np.cos(angle), 200 + direction * 80 * np.sin(angle)
        picture[round(y) - 5 : round(y) + 5, round(x) - 5 : round(x) + 5] = 255
    chip = sample(picture, turned_square((199.5, 199.5), 300, 30, 150), 150)
    left, right = centre_of(chip[:, :75]), centre_of(chip[:, 75:])
    assert left[1] == pytest.approx(right[1], abs=0.5)


def test_beyond_the_picture_is_black():
    white = np.full((50, 50, 3), 255, np.uint8)
    assert sample(white, turned_square((500, 500), 30, 0, 20), 20).max() == 0
    half = sample(white, turned_square((0, 25), 40, 0, 40), 40)
    assert half[:, :18].max() == 0
    assert half[5:35, 22:].min() == 255
