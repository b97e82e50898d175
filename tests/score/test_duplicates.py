"""The same picture: what may have been done to it, and what must not be taken for it."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter

from facetd.score.duplicates import Agreement, Square, agreement, in_position, is_flat, is_same_picture, to_square
from tests.photos import scene

SIZE = (240, 160)


def square(picture: Image.Image) -> Square:
    return to_square(np.asarray(picture.convert("L").resize(SIZE if picture.width > picture.height else SIZE[::-1])))


def cropped(picture: Image.Image) -> Image.Image:
    width, height = picture.size
    return picture.crop((round(0.04 * width), round(0.04 * height), round(0.96 * width), round(0.96 * height)))


def again(picture: Image.Image) -> Image.Image:
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=45)
    return Image.open(buffer)


def written_on(picture: Image.Image) -> Image.Image:
    found = picture.copy()
    ImageDraw.Draw(found).text((270, 190), "2024", fill=(255, 200, 90))
    return found


CHANGES: dict[str, Callable[[Image.Image], Image.Image]] = {
    "again as JPEG": again,
    "smaller": lambda picture: picture.resize((120, 80)),
    "cropped": cropped,
    "brighter": lambda picture: ImageEnhance.Brightness(picture).enhance(1.15),
    "flatter": lambda picture: ImageEnhance.Contrast(picture).enhance(0.7),
    "grey": lambda picture: picture.convert("L"),
    "written on": written_on,
    "softer": lambda picture: picture.filter(ImageFilter.GaussianBlur(1)),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_copy_is_the_same_picture(change: str) -> None:
    for seed in (1, 2, 3):
        picture = scene(seed)
        found = agreement(square(picture), square(CHANGES[change](picture)))
        assert is_same_picture(found, other_shot=False), (seed, found)


@pytest.mark.parametrize("position", range(8))
def test_a_turned_copy_is_the_same_picture_in_its_position(position: int) -> None:
    pixels = np.asarray(scene(4).convert("L"))
    turned = np.ascontiguousarray(np.rot90(pixels[:, ::-1] if position >= 4 else pixels, position % 4))
    found = agreement(to_square(turned), in_position(to_square(pixels), position))
    assert is_same_picture(found, other_shot=False), found
    if position:
        assert not is_same_picture(agreement(to_square(turned), to_square(pixels)), other_shot=False)


def test_other_pictures_are_not_the_same() -> None:
    squares = [square(scene(seed)) for seed in range(6)]
    for one in range(6):
        for other in range(one):
            assert not is_same_picture(agreement(squares[one], squares[other]), other_shot=False)


def test_a_moved_subject_makes_another_picture() -> None:
    def frame(x: int) -> Image.Image:
        picture = scene(5, (240, 160))
        draw = ImageDraw.Draw(picture)
        draw.rectangle((x, 40, x + 45, 130), fill=(250, 250, 250))
        draw.ellipse((x + 5, 20, x + 40, 60), fill=(10, 10, 10))
        return picture

    assert not is_same_picture(agreement(square(frame(40)), square(frame(150))), other_shot=False)


def test_pages_that_differ_in_a_word_are_not_the_same() -> None:
    def page(word: str) -> Image.Image:
        picture = Image.new("RGB", (240, 160), (16, 18, 22))
        ImageDraw.Draw(picture).text((70, 60), word, fill=(240, 240, 240), font_size=26)
        ImageDraw.Draw(picture).text((40, 130), "World Clock", fill=(240, 240, 240), font_size=26)
        return picture

    assert is_same_picture(agreement(square(page("Lisbon")), square(again(page("Lisbon")))), other_shot=False)
    assert not is_same_picture(agreement(square(page("Lisbon")), square(page("Athens"))), other_shot=False)


def test_flat_pictures_show_nothing() -> None:
    noise = np.random.default_rng(1).normal(128, 1.5, (160, 240)).clip(0, 255).astype(np.uint8)
    assert is_flat(to_square(noise))
    assert not is_flat(square(scene(1)))
    assert agreement(to_square(noise), to_square(noise)).share == 0.0


def test_another_shot_must_have_the_same_pixels_too() -> None:
    alike, identical = Agreement(1.0, 0.8, 3.0), Agreement(1.0, 0.8, 0.1)
    assert is_same_picture(alike, other_shot=False)
    assert not is_same_picture(alike, other_shot=True)
    assert is_same_picture(identical, other_shot=True)
    assert not is_same_picture(Agreement(0.85, 0.2, 0.7), other_shot=True), "few pixels differ, but those that matter"


def test_how_much_must_agree_is_configured() -> None:
    assert is_same_picture(Agreement(0.8, 0.8, 9.0), other_shot=False, like=0.75)
    assert not is_same_picture(Agreement(0.8, 0.8, 9.0), other_shot=False)
