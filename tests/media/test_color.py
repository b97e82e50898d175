from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from facetd.media.color import to_srgb
from facetd.media.profiles import adobe_rgb, display_p3, profile_of
from tests.media.pictures import look, saved, scene, shown

# Linear Display P3 to linear sRGB (both D65), from the chromaticities of SMPTE EG 432-1 and IEC 61966-2-1.
P3_TO_SRGB = np.array([[1.22494, -0.22494, 0.0], [-0.04206, 1.04206, 0.0], [-0.01964, -0.07864, 1.09828]])
ADOBE_TO_SRGB = np.array([[1.39836, -0.39836, 0.0], [0.0, 1.0, 0.0], [0.0, -0.04293, 1.04293]])


def encode(linear: np.ndarray) -> np.ndarray:
    linear = np.clip(linear, 0, 1)
    return np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055) * 255


def decode_curve(signal: np.ndarray) -> np.ndarray:
    return np.where(signal <= 0.04045, signal / 12.92, ((signal + 0.055) / 1.055) ** 2.4)


def muted() -> Image.Image:
    """Colours that all three spaces hold, so that clipping does not matter."""
    return Image.fromarray((np.asarray(scene()) * 0.4 + 70).astype(np.uint8))


def srgb_from_p3(pixels: np.ndarray) -> np.ndarray:
    return encode(decode_curve(pixels / 255) @ P3_TO_SRGB.T)


def test_display_p3_becomes_srgb_by_the_published_matrix(tmp_path: Path) -> None:
    path = saved(tmp_path, "a.png", muted(), icc_profile=display_p3())
    difference = np.abs(shown(path) - srgb_from_p3(np.asarray(muted())))
    assert difference.mean() < 0.6 and difference.max() < 3


def test_adobe_rgb_becomes_srgb_by_the_published_matrix(tmp_path: Path) -> None:
    expected = encode((np.asarray(muted()) / 255) ** (563 / 256) @ ADOBE_TO_SRGB.T)
    difference = np.abs(shown(saved(tmp_path, "a.tif", muted(), icc_profile=adobe_rgb())) - expected)
    assert difference.mean() < 0.8 and difference.max() < 4


def test_adobe_rgb_that_only_exif_declares(tmp_path: Path) -> None:
    """Cameras set to Adobe RGB embed no profile: the interoperability index R03 says it."""
    exif = Image.Exif()
    details = exif.get_ifd(0x8769)
    details[0xA001] = 65535
    details[0xA005] = {1: "R03"}
    declared = shown(saved(tmp_path, "a.jpg", muted(), exif=exif.tobytes(), quality=98))
    embedded = shown(saved(tmp_path, "b.jpg", muted(), icc_profile=adobe_rgb(), quality=98))
    plain = shown(saved(tmp_path, "c.jpg", muted(), quality=98))
    assert np.array_equal(declared, embedded)
    assert np.abs(declared - plain).max() > 10


def test_primaries_of_a_heif_without_profile() -> None:
    picture = scene()
    picture.info["nclx_profile"] = {"color_primaries": 12}
    assert profile_of(picture) == display_p3()
    picture.info["nclx_profile"] = {"color_primaries": 1}
    assert profile_of(picture) is None


@pytest.mark.parametrize("exif", [b"", b"Exif\0\0", b"Exif\0\0II*\0\x08\0\0\0\xff\xff", b"Exif\0\0MM\0*\0\0\0\x08" + b"\xff" * 40])
def test_damaged_exif_declares_nothing(exif: bytes) -> None:
    picture = scene()
    picture.info["exif"] = exif
    assert profile_of(picture) is None


def test_a_profile_that_is_srgb_changes_nothing(tmp_path: Path) -> None:
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert np.array_equal(shown(saved(tmp_path, "a.png", scene(), icc_profile=srgb)), np.asarray(scene()))


@pytest.mark.parametrize("broken", [b"no profile at all", bytes(500), display_p3()[:300], display_p3()[:128] + b"\xff" * 400])
def test_a_broken_profile_is_ignored(tmp_path: Path, broken: bytes) -> None:
    assert np.array_equal(shown(saved(tmp_path, "a.png", scene(), icc_profile=broken)), np.asarray(scene()))


def test_a_profile_of_another_colour_space_is_ignored() -> None:
    grey = Image.new("L", (4, 4), 100)
    assert to_srgb(grey, display_p3())[0, 0].tolist() == [100, 100, 100]


def grey_profile(gamma_256: int) -> bytes:
    """A grey profile made of the matrix one: other signature, one curve."""
    import struct

    curve = struct.pack(">4sIIHH", b"curv", 0, 1, gamma_256, 0)
    white = b"XYZ " + bytes(4) + struct.pack(">3i", 63190, 65536, 54061)
    head = bytearray(display_p3()[:128])
    head[16:20] = b"GRAY"
    table = struct.pack(">I", 2) + struct.pack(">4sII", b"wtpt", 156, 20) + struct.pack(">4sII", b"kTRC", 176, len(curve))
    data = bytes(head) + table + white + curve
    return struct.pack(">I", len(data)) + data[4:]


def test_grey_profiles_are_applied(tmp_path: Path) -> None:
    linear = saved(tmp_path, "a.png", Image.new("L", (4, 4), 55), icc_profile=grey_profile(256))
    expected = encode(np.array(55 / 255))
    assert np.abs(shown(linear) - expected).max() <= 2


@pytest.mark.corpus
def test_the_same_numbers_in_p3_and_srgb_are_different_colours(corpus: Path) -> None:
    """The two files hold equal pixels and differ in their profile, so only the conversion tells them apart."""
    folder = corpus / "Trips" / "Ísland"
    plain = look(str(folder / "Iceland-sRGB.jpg")).show
    converted = look(str(folder / "Iceland-P3.jpg")).show.astype(int)
    assert np.abs(converted - srgb_from_p3(plain.astype(float))).mean() < 1
    assert np.abs(converted - plain).mean() > 2
