"""Photos as networks of packs take them: the numbers that Pillow and torchvision give."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from facetd.infer.catalogue import Input
from facetd.infer.fit import batch_for, middle, square

RANDOM = np.random.default_rng(5)
NOISE = np.asarray(Image.fromarray(RANDOM.integers(0, 256, (110, 172, 3), np.uint8)).resize((517, 331), Image.Resampling.BILINEAR))


def entry(size: int = 64, **facts: object) -> Input:
    return Input.model_validate(
        {"name": "image", "size": size, "range": (0, 1), "fit": "crop_shortest", "interpolation": "bicubic", **facts}
    )


def published(picture: np.ndarray, size: int) -> np.ndarray:
    """Resize(size, BICUBIC) and CenterCrop(size) of torchvision, step by step."""
    image = Image.fromarray(picture)
    short, long = sorted(image.size)
    other = int(size * long / short)
    image = image.resize((size, other) if image.width <= image.height else (other, size), Image.Resampling.BICUBIC)
    left, top = round((image.width - size) / 2.0), round((image.height - size) / 2.0)
    return np.asarray(image.crop((left, top, left + size, top + size)))


@pytest.mark.parametrize("picture", [NOISE, NOISE.transpose(1, 0, 2), NOISE[:64, :64], NOISE[:20, :33], NOISE[:331, :331]])
@pytest.mark.parametrize("size", [64, 67, 224])
def test_the_middle_is_what_resizing_first_and_cutting_then_gives(picture, size):
    found = square(picture, entry(size))
    assert found.shape == (size, size, 3)
    assert np.abs(found.astype(int) - published(picture, size)).max() <= 1, "Pillow rounds between its two passes, in whichever order"


@pytest.mark.parametrize(("name", "kind"), [("bicubic", Image.Resampling.BICUBIC), ("bilinear", Image.Resampling.BILINEAR)])
def test_the_whole_photo_is_squeezed(name, kind):
    found = square(NOISE, entry(fit="stretch", interpolation=name))
    assert (found == np.asarray(Image.fromarray(NOISE).resize((64, 64), kind))).all()


def test_filters_differ():
    found = {name: square(NOISE, entry(fit="stretch", interpolation=name)).tobytes() for name in ("area", "bilinear", "bicubic")}
    assert len(set(found.values())) == 3


@pytest.mark.parametrize("shape", [(1, 1), (1, 2), (3, 3000), (3000, 3)])
@pytest.mark.parametrize("fit", ["crop_shortest", "stretch"])
def test_odd_shapes_fit(shape, fit):
    assert (square(np.full((*shape, 3), 90, np.uint8), entry(fit=fit)) == 90).all()


def test_the_part_never_leaves_the_picture():
    for width in range(1, 90):
        for height in (1, 7, 50, 89):
            left, top, right, bottom = middle(width, height, 32)
            assert 0 <= left < right <= width
            assert 0 <= top < bottom <= height


def test_values_are_scaled_then_normalised_by_colour():
    picture = np.zeros((40, 40, 3), np.uint8)
    picture[..., 0] = 255
    batch = batch_for(picture, entry(8, mean=(0.5, 0.25, 0.0), std=(0.25, 0.5, 1.0)))
    assert batch.shape == (1, 3, 8, 8)
    assert batch.dtype == np.float32
    assert batch[0, :, 0, 0].tolist() == [2.0, -0.5, 0.0]


def test_other_fits_are_refused():
    with pytest.raises(ValueError, match="aligned"):
        square(NOISE, entry(fit="aligned"))
