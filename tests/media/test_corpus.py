"""The whole room against the real photos and what their MANIFEST says about them."""

from __future__ import annotations

import csv
import functools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from facetd.errors import MediaError
from facetd.media import decode, formats
from facetd.media.metadata import read_metadata
from facetd.media.orientation import upright_size, valid_orientation
from facetd.media.render import render_jpeg
from facetd.media.sidecars import find_sidecars
from facetd.records.metadata import Metadata
from tests.media.pictures import look

pytestmark = pytest.mark.corpus

# MANIFEST has no decoder for these; they were opened by their suffix only.
DECODABLE_BY_CONTENT = {"Formats/raw-headers/Issue 247-1.nef"}  # a complete JPEG under a raw name
NOT_SUPPORTED = {"Formats/psd/8x4x8bit-Grayscale.psd"}
# Raw EXIF values that are no facts: {path: fields that are None on purpose}. Orientation is judged by `expected_orientation`.
LEFT_OUT = {
    "Cameras/Fujifilm/FujiFilm DX-5.jpg": {"date_taken"},  # blanks: the camera's way to say that its clock is not set
    "Cameras/Nikon/Nikon E885.jpg": {"date_taken"},  # zeros, the same
    "Cameras/Nikon/Nikon E900 (2).jpg": {"date_taken"},
    "Cameras/Olympus/Olympus C860L.jpg": {"date_taken"},
    "Odd/Dates/date_error.JPG": {"date_taken"},
    "Odd/Dates/made_zero_date.jpg": {"date_taken"},
    "Odd/Dates/made_impossible_date.jpg": {"date_taken"},  # 30 February, 25:61:61
    "Odd/Dates/made_letters_date.jpg": {"date_taken"},
    "Cameras/Fujifilm/FujiFilm FinePixS1Pro (1).jpg": {"iso", "focal_length"},  # 0
    "Cameras/Fujifilm/FujiFilm FinePixS1Pro (4).jpg": {"iso"},  # 0
    "Cameras/Samsung/Samsung GT-I9000 (Galaxy S).jpg": {"gps_latitude", "gps_longitude"},  # 0, 0: no fix
    "Odd/Metadata/buggy_panorama.jpg": {"gps_latitude", "gps_longitude"},  # 213 degrees north
    "Odd/Metadata/made_gps_out_of_range.jpg": {"gps_latitude", "gps_longitude"},
    "Odd/Metadata/made_absurd.jpg": {"iso", "f_stop", "exposure_time", "focal_length"},  # 65535, 0, 0, 1e9
}
# The EXIF text of this date is "2009:09:09 20:27:09.60:04:00".
ODD_DATES = {"Family/Friends/fr_02.jpg": "2009-09-09T20:27:09.60"}


@functools.cache
def manifest(corpus: Path) -> list[dict[str, str]]:
    with (corpus / "MANIFEST.csv").open(encoding="utf-8", newline="") as file:
        return [row for row in csv.DictReader(file) if row["decoder"] != "n/a"]


@functools.cache
def metadata_of(path: str) -> Metadata:
    return read_metadata(path, decode.read_header(path), [])


def test_every_photo_decodes_upright_in_its_own_shape(corpus: Path) -> None:
    wrong = []
    for row in manifest(corpus):
        if not row["decoder"] or row["path"] in NOT_SUPPORTED:
            continue
        path = str(corpus / row["path"])
        header = decode.read_header(path)
        orientation = metadata_of(path).orientation
        upright = upright_size(header.width, header.height, orientation)
        expected = int(row["decoded_width"]), int(row["decoded_height"])
        if header.orientation is None:  # the MANIFEST's decoder left EXIF orientation to us
            expected = upright_size(*expected, orientation)
        if upright != expected:
            wrong.append((row["path"], upright, expected))
        # Raw: a quad of sensor pixels is one pixel for measuring, a preview may be cropped by a few percent for showing.
        picture = decode.decode_photo(path, header, long_side=400, orientation=orientation)
        for pixels, tolerance in ((picture.measure, 0.02), (picture.show, 0.06 if header.format == formats.RAW else 0.02)):
            height, width = pixels.shape[:2]
            slack = 1 / min(width, height)  # rounding to whole pixels
            if (
                abs(width / height / (expected[0] / expected[1]) - 1) > tolerance + slack
                or pixels.dtype != np.uint8
                or pixels.shape[2] != 3
            ):
                wrong.append((row["path"], pixels.shape, expected))
    assert wrong == []


def test_every_broken_file_is_explained_in_words(corpus: Path) -> None:
    reasons = {}
    for row in manifest(corpus):
        if row["path"] in DECODABLE_BY_CONTENT or (row["decoder"] and row["path"] not in NOT_SUPPORTED):
            continue
        with pytest.raises(MediaError) as caught:
            look(str(corpus / row["path"]), long_side=400)
        message = caught.value.message
        assert message[0].isupper() and message.endswith(".") and not {"Error", "b'", "<", "("} & set(message.split()), message
        reasons[Path(row["path"]).name] = caught.value.reason
    assert len(reasons) == 20
    assert reasons["made_zero_bytes.jpg"] == "empty"
    assert reasons["made_bomb.png"] == "too_large"
    assert reasons["made_text.jpg"] == reasons["._limes.jpg"] == reasons["8x4x8bit-Grayscale.psd"] == "not_a_photo"
    assert reasons["made_truncated_60.jpg"] == reasons["made_truncated.KDC"] == reasons["broken.jpg"] == "truncated"
    assert reasons["beach.jpg"] == reasons["made_bad_crc.png"] == "damaged"


def expected_facts(row: dict[str, str]) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    if row["date_taken"]:
        fraction = f".{row['subsec']}" if row["subsec"] else ""
        moment = row["date_taken"][:10].replace(":", "-") + "T" + row["date_taken"][11:] + fraction
        facts["date_taken"] = ODD_DATES.get(row["path"], moment)
    for column, field in (("make", "camera_make"), ("model", "camera_model"), ("lens", "lens_model"), ("offset", "date_offset")):
        if row[column]:
            facts[field] = row[column].strip()
    for column, field in (("iso", "iso"), ("f_number", "f_stop"), ("exposure_time", "exposure_time"), ("focal_length", "focal_length")):
        if row[column]:
            facts[field] = pytest.approx(float(row[column].split(",")[0]), rel=1e-4)
    for column, field in (("gps_lat", "gps_latitude"), ("gps_lon", "gps_longitude")):
        if row[column]:
            facts[field] = pytest.approx(float(row[column]), abs=2e-6)
    if row["rating"]:
        facts["rating"] = int(row["rating"])
    return facts | dict.fromkeys(LEFT_OUT.get(row["path"], ()))


def expected_orientation(row: dict[str, str], header_format: str) -> int:
    """HEIF turns itself and its EXIF orientation must be ignored; 0 and 77 are no orientations."""
    return 1 if header_format == formats.HEIF else valid_orientation(int(row["orientation"] or 1))


def test_metadata_equals_what_exiftool_reads(corpus: Path) -> None:
    wrong, compared = [], 0
    for row in manifest(corpus):
        path = str(corpus / row["path"])
        try:
            found, header = metadata_of(path), decode.read_header(path)
        except MediaError:
            continue
        expected = expected_facts(row)
        expected["orientation"] = expected_orientation(row, header.format)
        compared += len(expected)
        wrong += [(row["path"], key, getattr(found, key), value) for key, value in expected.items() if getattr(found, key) != value]
        if row["regions"] and [region.name for region in found.regions] != row["regions"].split(";"):
            wrong.append((row["path"], "regions", found.regions, row["regions"]))
    assert wrong == []
    assert compared > 1500


def test_what_was_left_out_has_a_reason_unless_the_camera_said_unknown(corpus: Path) -> None:
    for path, fields in LEFT_OUT.items():
        if fields != {"date_taken"} or "impossible" in path or "letters" in path:
            assert metadata_of(str(corpus / path)).warnings, path


def test_all_eight_orientations_look_the_same(corpus: Path) -> None:
    folder = corpus / "Odd" / "Orientation"
    paths = [str(folder / f"landscape_{number}.jpg") for number in range(1, 9)]
    pictures = [look(path, orientation=metadata_of(path).orientation).show.astype(int) for path in paths]
    assert {picture.shape for picture in pictures} == {(450, 600, 3)}
    for picture in pictures[1:]:
        # Each file has its own caption, so compare most of the pixels and not all.
        assert np.median(np.abs(picture - pictures[0])) <= 3


def test_raw_files_for_measuring_and_showing_are_the_same_way_up(corpus: Path) -> None:
    for name in ("Formats/raw/made_orientation6.dng", "Trips/USA 2015/IMG_6455.dng", "Formats/raw/test.dng"):
        path = str(corpus / name)
        picture = look(path)
        assert picture.show.shape[0] > picture.measure.shape[0]
        if name == "Formats/raw/test.dng":  # a picture of the night: nothing to compare
            continue
        small = [
            np.asarray(Image.fromarray(pixels).convert("L").resize((24, 24))).astype(float).ravel()
            for pixels in (picture.show, picture.measure)
        ]
        assert np.corrcoef(small)[0, 1] > 0.9, name


def test_a_raw_file_without_preview_shows_its_demosaic(corpus: Path) -> None:
    path = str(corpus / "Formats/raw/made_nopreview.dng")
    picture = look(path)
    assert picture.show is picture.measure and picture.show.shape == (248, 165, 3)
    assert decode.embedded_preview(path).shape == (496, 330, 3)
    header = decode.read_header(path)
    for one in (decode.decode, decode.decode_for_measuring):
        assert np.array_equal(one(path, header, long_side=100, orientation=1), decode.decode_raw_neutral(path, 100))


def test_raw_exposure_that_only_libraw_finds(corpus: Path) -> None:
    found = metadata_of(str(next((corpus / "Formats/raw").glob("RAW_KODAK*.KDC"))))
    assert (found.f_stop, found.exposure_time, found.focal_length) == (pytest.approx(6.2), pytest.approx(0.00435), 37)


def test_regions_are_the_same_faces_whichever_way_the_file_is_stored(corpus: Path) -> None:
    folder = corpus / "Odd" / "Regions"
    upright, turned = (metadata_of(str(folder / name)).regions for name in ("portrait.jpg", "portrait-orientation-6.jpg"))
    assert [region.name for region in upright] == ["Marie Curie", "Pierre Curie"]
    for one, two in zip(upright, turned, strict=True):
        assert (two.x, two.y, two.width, two.height) == pytest.approx((one.x, one.y, one.width, one.height), abs=0.002)


@pytest.mark.parametrize(
    ("name", "facts"),
    [
        ("Trips/Misc/elephants.jpg", {"rating": 4, "title": "Éléphants", "keywords": ("éléphant", "Addo", "safari")}),
        ("Trips/USA 2015/IMG_6455.dng", {"rating": 5, "title": "Mono Lake road", "keywords": ("road", "desert", "California")}),
        ("Trips/USA 2015/IMG_5910.jpg", {"rating": 4}),
        ("Odd/Sidecars/no_metadata.jpg", {"keywords": ("first", "second"), "date_taken": "2018-11-17T20:27:31", "date_offset": "+01:00"}),
        ("Formats/heic/iphone_7.heic", {"gps_latitude": 34.79745, "gps_longitude": pytest.approx(134.7646333)}),
    ],
)
def test_sidecars_of_other_programs(corpus: Path, name: str, facts: dict[str, Any]) -> None:
    path = corpus / name
    sidecars = find_sidecars(str(path), {entry.name for entry in path.parent.iterdir()})
    assert sidecars
    found = read_metadata(str(path), decode.read_header(str(path)), sidecars)
    assert {key: getattr(found, key) for key in facts} == facts


@pytest.mark.parametrize(
    "name", ["Formats/heic/arrow.heic", "Formats/raw/made_orientation6.dng", "Formats/jxl/8bit-sRGB.jxl", "Formats/tiff/Issue 151.tif"]
)
def test_what_browsers_cannot_show_is_rendered(corpus: Path, tmp_path: Path, name: str) -> None:
    path = str(corpus / name)
    header = decode.read_header(path)
    render_jpeg(path, header, header.orientation or 1, 88, tmp_path / "a.jpg", scratch=tmp_path / "tmp")
    with Image.open(tmp_path / "a.jpg") as picture:
        assert picture.size == upright_size(header.width, header.height, header.orientation or 1)
