"""Hashes, thumbnails, placeholder, colours and renderings: what is derived from a decoded picture."""

from __future__ import annotations

import hashlib
import math
from pathlib import Path

import imagehash
import numpy as np
import pytest
from PIL import Image

from facetd.media import decode
from facetd.media.appearance import describe_appearance, dominant_colors, thumbhash
from facetd.media.formats import CONTENT_TYPES
from facetd.media.hashes import content_hash, perceptual_hash
from facetd.media.render import render_jpeg
from facetd.media.thumbnail_paths import SIZES, snap_size, thumbnail_path
from facetd.media.thumbs import save_jpeg, write_thumbnails
from tests.media.pictures import look, saved, scene

HASH = "0123456789abcdef0123456789abcdef"


class TestHashes:
    def test_content_hash_is_blake2b_of_the_whole_file(self, tmp_path: Path) -> None:
        data = bytes(range(256)) * 10000
        (tmp_path / "a.jpg").write_bytes(data)
        assert content_hash(str(tmp_path / "a.jpg")) == hashlib.blake2b(data, digest_size=16).hexdigest()
        with pytest.raises(FileNotFoundError):
            content_hash(str(tmp_path / "b.jpg"))

    def test_perceptual_hashes_of_versions_are_near_and_of_other_pictures_far(self, tmp_path: Path) -> None:
        rng = np.random.default_rng(3)
        photo = Image.fromarray(rng.integers(0, 256, (12, 16, 3), np.uint8)).resize((640, 480), Image.Resampling.BICUBIC)
        other = Image.fromarray(rng.integers(0, 256, (12, 16, 3), np.uint8)).resize((640, 480), Image.Resampling.BICUBIC)
        small = look(saved(tmp_path, "a.jpg", photo.resize((320, 240)), quality=60)).show

        def distance(one: np.ndarray, two: np.ndarray) -> int:
            return (int(perceptual_hash(one), 16) ^ int(perceptual_hash(two), 16)).bit_count()

        assert len(perceptual_hash(small)) == 16
        assert distance(np.asarray(photo), small) <= 4
        assert distance(np.asarray(photo), np.asarray(other)) >= 16

    def test_perceptual_hashes_are_those_of_imagehash(self) -> None:
        rng = np.random.default_rng(5)
        for side in (5, 12, 40):
            photo = Image.fromarray(rng.integers(0, 256, (side, side, 3), np.uint8)).resize((240, 160), Image.Resampling.BICUBIC)
            assert perceptual_hash(np.asarray(photo)) == str(imagehash.phash(photo))
        flat = [perceptual_hash(np.full((160, 240, 3), level, np.uint8)) for level in (1, 127, 254)]
        assert len(set(flat)) == 1, "rounding errors are no picture"


class TestThumbnails:
    def test_three_sizes_derived_from_one_picture(self, tmp_path: Path) -> None:
        smallest = write_thumbnails(np.asarray(scene(1600, 1000)), tmp_path, HASH, quality=82)
        assert smallest.shape == (150, 240, 3)
        for size in SIZES:
            path = thumbnail_path(tmp_path, HASH, size)
            assert path == tmp_path / "01" / "23" / f"{HASH}_{size}.jpg"
            with Image.open(path) as picture:
                assert (picture.format, picture.size, "progressive" in picture.info) == ("JPEG", (size, size * 10 // 16), False)
                assert np.abs(np.asarray(picture).astype(int) - np.asarray(scene(*picture.size))).mean() < 4

    def test_a_small_photo_has_all_three_files_in_its_own_size(self, tmp_path: Path) -> None:
        assert write_thumbnails(np.asarray(scene(300, 90)), tmp_path, HASH, quality=82).shape == (72, 240, 3)
        for size, expected in zip(SIZES, [(240, 72), (300, 90), (300, 90)], strict=True):
            with Image.open(thumbnail_path(tmp_path, HASH, size)) as picture:
                assert picture.size == expected

    @pytest.mark.parametrize(("asked", "size"), [(1, 240), (240, 240), (241, 640), (640, 640), (1000, 1600), (9999, 1600)])
    def test_a_request_snaps_up_to_a_stored_size(self, asked: int, size: int) -> None:
        assert snap_size(asked) == size

    def test_a_file_is_complete_or_absent(self, tmp_path: Path) -> None:
        target = tmp_path / "deep" / "a.jpg"
        save_jpeg(scene(), target, quality=80, scratch=tmp_path / "tmp")
        before = target.read_bytes()
        with pytest.raises(OSError, match="cannot write mode"):
            save_jpeg(Image.new("RGBA", (5, 5)), target, quality=80, scratch=tmp_path / "tmp")
        assert target.read_bytes() == before
        assert [path.name for path in target.parent.iterdir()] == ["a.jpg"]


def picture_of_thumbhash(data: bytes) -> np.ndarray:
    """A small decoder of an opaque ThumbHash, by the published description: RGB 0..1 of 32 px on the long side."""
    head, tail = int.from_bytes(data[:3], "little"), int.from_bytes(data[3:5], "little")
    assert not head >> 23
    wide, count = tail >> 15, tail & 7
    limits = (7, max(3, count)) if wide else (max(3, count), 7)
    means = (head & 63) / 63, (head >> 6 & 63) / 31.5 - 1, (head >> 12 & 63) / 31.5 - 1
    scales = (head >> 18 & 31) / 31, (tail >> 3 & 63) / 63 * 1.25, (tail >> 9 & 63) / 63 * 1.25
    nibbles = iter([part for byte in data[5:] for part in (byte & 15, byte >> 4)])
    waves_x, waves_y = (7, count) if wide else (count, 7)
    width, height = (32, round(32 * waves_y / 7)) if wide else (round(32 * waves_x / 7), 32)
    planes = []
    for mean, scale, (nx, ny) in zip(means, scales, (limits, (3, 3), (3, 3)), strict=True):
        plane = np.full((height, width), mean)
        for cy in range(ny):
            for cx in range(0 if cy else 1, math.ceil(nx * (ny - cy) / ny)):
                across = np.cos(np.pi / width * (np.arange(width) + 0.5) * cx)
                down = np.cos(np.pi / height * (np.arange(height) + 0.5) * cy)
                plane += np.outer(down, across) * (next(nibbles) / 7.5 - 1) * scale * 2
        planes.append(plane)
    luma, yellow_blue, red_green = planes
    blue = luma - 2 / 3 * yellow_blue
    red = (3 * luma - blue + red_green) / 2
    return np.clip(np.stack([red, red - red_green, blue], axis=-1), 0, 1)


class TestAppearance:
    @pytest.mark.parametrize(("width", "height"), [(96, 64), (64, 96), (80, 80), (100, 20), (1, 1), (3, 90)])
    def test_a_placeholder_has_25_bytes_at_most_and_the_mean_colour(self, width: int, height: int) -> None:
        picture = np.asarray(scene(width, height))
        data = thumbhash(picture)
        assert 5 < len(data) <= 25
        head = int.from_bytes(data[:3], "little")
        red, green, blue = picture.reshape(-1, 3).mean(axis=0) / 255
        assert (head & 63) / 63 == pytest.approx((red + green + blue) / 3, abs=0.01)
        assert (head >> 6 & 63) / 31.5 - 1 == pytest.approx((red + green) / 2 - blue, abs=0.02)

    @pytest.mark.parametrize(("width", "height"), [(96, 64), (64, 96)])
    def test_a_placeholder_shows_where_the_colours_are(self, width: int, height: int) -> None:
        decoded = picture_of_thumbhash(thumbhash(np.asarray(scene(width, height))))
        expected = np.asarray(scene(decoded.shape[1], decoded.shape[0])) / 255
        assert np.abs(decoded - expected).mean() < 0.07

    def test_a_picture_of_one_colour(self) -> None:
        appearance = describe_appearance(np.full((40, 60, 3), (200, 30, 60), np.uint8))
        assert appearance.colors == ("#c81e3c",)
        assert np.abs(picture_of_thumbhash(appearance.placeholder).mean(axis=(0, 1)) * 255 - (200, 30, 60)).max() < 12

    def test_dominant_colours_most_common_first(self) -> None:
        pixels = np.full((60, 60, 3), (250, 250, 250), np.uint8)
        pixels[:20] = (200, 0, 0)
        pixels[20:30] = (0, 0, 180)
        assert dominant_colors(pixels) == ("#fafafa", "#c80000", "#0000b4")
        assert len(dominant_colors(np.asarray(scene()))) <= 5

    def test_the_same_picture_gives_the_same_answer(self) -> None:
        assert describe_appearance(np.asarray(scene())) == describe_appearance(np.asarray(scene()))


class TestRender:
    def test_full_resolution_and_upright(self, tmp_path: Path) -> None:
        exif = Image.Exif()
        exif[0x0112] = 6
        path = saved(tmp_path, "a.tif", scene(2000, 1200), exif=exif)
        render_jpeg(path, decode.read_header(path), 6, 90, tmp_path / "cache" / "a.jpg", scratch=tmp_path / "tmp")
        with Image.open(tmp_path / "cache" / "a.jpg") as picture:
            assert picture.size == (1200, 2000)
            expected = np.asarray(scene(2000, 1200).transpose(Image.Transpose.ROTATE_270)).astype(int)
            assert np.abs(np.asarray(picture) - expected).mean() < 3

    def test_what_browsers_show_needs_no_rendering(self) -> None:
        assert {"jpeg", "png", "webp", "avif", "gif"} <= set(CONTENT_TYPES)
        assert not {"raw", "heif", "tiff", "jxl"} & set(CONTENT_TYPES)
