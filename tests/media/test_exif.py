from __future__ import annotations

import io
import struct
import time
from typing import Any

import pytest

from facetd.media.containers import Blocks
from facetd.media.exif import exif_facts, modify_date, read_directories
from facetd.media.tifftags import Rational, TiffTags
from tests.media.exifs import ASCII, EXIF, GPS, LONG, RATIONAL, SHORT, SIGNED, UNDEFINED, tiff


def facts_of(data: bytes) -> tuple[dict[str, Any], list[str]]:
    return exif_facts(read_directories(Blocks(tiff=io.BytesIO(data))))


def place(latitude: object, south_north: str | None, longitude: object, east_west: str | None) -> dict[str, Any]:
    gps: list[tuple[int, int, object]] = [(2, RATIONAL, latitude), (4, RATIONAL, longitude)]
    gps += [(tag, ASCII, letter) for tag, letter in ((1, south_north), (3, east_west)) if letter is not None]
    return facts_of(tiff([(0x010F, ASCII, "x")], gps=gps))[0]


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("magic", [42, 0x55, 0x4F52])
def test_everything_a_camera_writes(order: str, magic: int) -> None:
    data = tiff(
        [(0x010F, ASCII, "NIKON CORPORATION  "), (0x0110, ASCII, "NIKON D750"), (0x0112, SHORT, 6), (0x4746, SHORT, 4)],
        [
            (0x829A, RATIONAL, (1, 250)),
            (0x829D, RATIONAL, (56, 10)),
            (0x8827, SHORT, 800),
            (0x9003, ASCII, "2024:07:14 18:03:22"),
            (0x9291, ASCII, "25"),
            (0x9011, ASCII, "+02:00"),
            (0x9204, SIGNED, (-2, 3)),
            (0x9209, SHORT, 0x19),
            (0x920A, RATIONAL, (50, 1)),
            (0xA405, SHORT, 75),
            (0xA434, ASCII, "50.0 mm f/1.8"),
        ],
        [
            (1, ASCII, "S"),
            (2, RATIONAL, (33, 1, 27, 1, 1249, 100)),
            (3, ASCII, "W"),
            (4, RATIONAL, (70, 1, 30, 1, 0, 1)),
            (5, UNDEFINED, b"\x01"),
            (6, RATIONAL, (12, 1)),
        ],
        order=order,
        magic=magic,
    )
    facts, warnings = facts_of(data)
    assert warnings == []
    assert facts.pop("gps_latitude") == pytest.approx(-33.4534694, abs=1e-7)
    assert facts.pop("exposure_bias") == pytest.approx(-2 / 3)
    assert facts == {
        "camera_make": "NIKON CORPORATION",
        "camera_model": "NIKON D750",
        "lens_model": "50.0 mm f/1.8",
        "exposure_time": 0.004,
        "f_stop": 5.6,
        "iso": 800,
        "date_taken": "2024-07-14T18:03:22.25",
        "date_offset": "+02:00",
        "flash_fired": True,
        "focal_length": 50.0,
        "focal_length_35mm": 75.0,
        "gps_longitude": -70.5,
        "gps_altitude": -12.0,
        "orientation": 6,
        "rating": 4,
    }


def test_one_odd_value_never_loses_the_others() -> None:
    facts, warnings = facts_of(
        tiff(
            [(0x010F, ASCII, "A"), (0x0110, UNDEFINED, b"caf\xc3\xa9\0junk"), (0x0112, SHORT, 77)],
            [
                (0x829A, RATIONAL, (0, 1)),
                (0x829D, RATIONAL, (1, 0)),
                (0x8827, ASCII, "Auto"),
                (0x9003, ASCII, "2021:02:30 25:61:61"),
                (0x9204, RATIONAL, (4000, 1)),
                (0x920A, RATIONAL, (10**9, 1)),
            ],
            [(1, ASCII, "N"), (2, RATIONAL, (123, 1, 30, 1, 0, 1)), (3, ASCII, "W"), (4, RATIONAL, (12, 1, 0, 1, 0, 1))],
        )
    )
    assert facts == {"camera_make": "A", "camera_model": "café", "orientation": 1}
    assert len(warnings) == 5
    assert all(warning.endswith("left out.") for warning in warnings)


class TestDate:
    def test_digitized_stands_in_for_original_with_its_own_fraction_and_offset(self) -> None:
        exif = [
            (0x9003, ASCII, "yesterday evening!!"),
            (0x9291, ASCII, "11"),
            (0x9011, ASCII, "+01:00"),
            (0x9004, ASCII, "2020:01:02 03:04:05"),
            (0x9292, ASCII, "77"),
            (0x9012, ASCII, "-05:30"),
        ]
        facts, warnings = facts_of(tiff([], exif))
        assert (facts["date_taken"], facts["date_offset"]) == ("2020-01-02T03:04:05.77", "-05:30")
        assert "yesterday evening" in warnings[0]

    def test_the_offset_of_the_last_change_is_never_used(self) -> None:
        facts, _ = facts_of(tiff([], [(0x9003, ASCII, "2020:01:02 03:04:05"), (0x9010, ASCII, "+09:00"), (0x9290, ASCII, "99")]))
        assert facts["date_taken"] == "2020-01-02T03:04:05"
        assert "date_offset" not in facts

    @pytest.mark.parametrize("unset", ["0000:00:00 00:00:00", "    :  :     :  :  ", "", "    -  -  T  :  :  "])
    def test_the_ways_to_say_unknown_are_not_worth_a_warning(self, unset: str) -> None:
        assert facts_of(tiff([(0x010F, ASCII, "A")], [(0x9003, ASCII, unset)])) == ({"camera_make": "A"}, [])

    def test_the_date_of_the_last_change_counts_only_when_a_camera_signed(self) -> None:
        date = (0x0132, ASCII, "2003:04:05 06:07:08")
        signed = read_directories(Blocks(tiff=io.BytesIO(tiff([(0x010F, ASCII, "Kodak"), date]))))
        assert modify_date(signed) == "2003-04-05T06:07:08"
        assert modify_date(read_directories(Blocks(tiff=io.BytesIO(tiff([date]))))) is None
        odd = read_directories(Blocks(tiff=io.BytesIO(tiff([(0x010F, ASCII, "Kodak"), (0x0132, ASCII, "2003:99:99 00:00:00")]))))
        assert modify_date(odd) is None


class TestExposure:
    def test_apex_values_stand_in(self) -> None:
        facts, _ = facts_of(tiff([], [(0x9201, SIGNED, (7, 1)), (0x9202, RATIONAL, (4, 1))]))
        assert (facts["exposure_time"], facts["f_stop"]) == (1 / 128, 4.0)

    def test_a_full_iso_field_refers_to_the_wider_ones(self) -> None:
        wide = [(0x8827, SHORT, 65535), (0x8830, SHORT, 2), (0x8832, LONG, 102400)]
        assert facts_of(tiff([], wide))[0]["iso"] == 102400
        facts, warnings = facts_of(tiff([], wide[:1]))
        assert "iso" not in facts and "65535" in warnings[0]

    def test_of_two_isos_the_first_and_the_tag_of_panasonic(self) -> None:
        assert facts_of(tiff([], [(0x8827, SHORT, (200, 200))]))[0]["iso"] == 200
        assert facts_of(tiff([(0x0017, SHORT, 80)], magic=0x55))[0]["iso"] == 80

    def test_raw_files_may_keep_exposure_in_the_main_directory(self) -> None:
        facts, _ = facts_of(tiff([(0x829A, RATIONAL, (1, 8)), (0x829D, RATIONAL, (2, 1)), (0x920A, RATIONAL, (35, 1))]))
        assert facts == {"exposure_time": 0.125, "f_stop": 2.0, "focal_length": 35.0}


class TestPlace:
    @pytest.mark.parametrize(
        ("ns", "ew", "signs"), [("N", "E", (1, 1)), ("S", "E", (-1, 1)), ("n", "w ", (1, -1)), ("South", "West", (-1, -1))]
    )
    def test_hemispheres(self, ns: str, ew: str, signs: tuple[int, int]) -> None:
        facts = place((10, 1, 30, 1, 36, 1), ns, (20, 1, 0, 1, 0, 1), ew)
        assert facts["gps_latitude"] == pytest.approx(signs[0] * 10.51)
        assert facts["gps_longitude"] == signs[1] * 20

    def test_missing_seconds_count_as_zero(self) -> None:
        assert place((10, 1, 305, 10, 0, 0), "N", (20, 1), "E")["gps_latitude"] == pytest.approx(10 + 30.5 / 60)

    @pytest.mark.parametrize(
        ("latitude", "ns", "longitude", "ew"),
        [
            ((0, 0, 0, 0, 0, 0), "N", (20, 1, 0, 1, 0, 1), "E"),
            ((10, 1, 5, 0, 0, 1), "N", (20, 1, 0, 1, 0, 1), "E"),
            ((10, 1, 0, 1, 0, 1), None, (20, 1, 0, 1, 0, 1), "E"),
            ((10, 1, 0, 1, 0, 1), "N", (20, 1, 0, 1, 0, 1), "?"),
            ((0, 1, 0, 1, 0, 1), "N", (0, 1, 0, 1, 0, 1), "E"),
            ((91, 1, 0, 1, 0, 1), "N", (20, 1, 0, 1, 0, 1), "E"),
            ((10, 1, 0, 1, 0, 1), "N", (181, 1, 0, 1, 0, 1), "E"),
        ],
    )
    def test_a_wrong_place_is_worse_than_none(self, latitude: object, ns: str | None, longitude: object, ew: str | None) -> None:
        assert place(latitude, ns, longitude, ew) == {"camera_make": "x"}

    def test_an_absurd_altitude_is_left_out(self) -> None:
        gps = [(1, ASCII, "N"), (2, RATIONAL, (10, 1)), (3, ASCII, "E"), (4, RATIONAL, (20, 1)), (6, RATIONAL, (4000000000, 1))]
        assert "gps_altitude" not in facts_of(tiff([], gps=gps))[0]


class TestWords:
    def test_words_of_windows(self) -> None:
        words = [
            (0x9C9B, UNDEFINED, "Über den Wolken\0".encode("utf-16-le")),
            (0x9C9E, UNDEFINED, "a;b; a ;\0".encode("utf-16-le")),
            (0x4749, SHORT, 75),
        ]
        facts, _ = facts_of(tiff(words))
        assert facts == {"title": "Über den Wolken", "keywords": ("a", "b"), "rating": 4}

    def test_what_cameras_write_by_themselves_is_no_description(self) -> None:
        assert facts_of(tiff([(0x010E, ASCII, "OLYMPUS DIGITAL CAMERA         ")])) == ({}, [])
        assert facts_of(tiff([(0x010E, ASCII, "Anna\x01 am  See")]))[0] == {"description": "Anna am See"}


class TestHostileStructure:
    def test_directories_that_point_at_themselves_end(self) -> None:
        data = tiff([(0x010F, ASCII, "Loop"), (EXIF, LONG, 8), (GPS, LONG, 8)])
        assert facts_of(data) == ({"camera_make": "Loop"}, [])

    def test_a_directory_of_65535_entries_of_four_gigabytes_each_costs_nothing(self) -> None:
        entry = struct.pack("<HHII", 0x010F, ASCII, 0xFFFFFFFF, 8)
        data = b"II*\0\x08\0\0\0" + struct.pack("<H", 0xFFFF) + entry * 2000
        started = time.process_time()
        facts_of(data)
        assert time.process_time() - started < 1

    @pytest.mark.parametrize(
        "data", [b"", b"II", b"II*\0", b"XX*\0\x08\0\0\0", b"II*\0\xff\xff\xff\xff", b"II\0\0\x08\0\0\0\0\0", b"MM\0+\0\x08\0\0"]
    )
    def test_what_is_no_tiff_has_no_facts(self, data: bytes) -> None:
        assert facts_of(data) == ({}, [])

    def test_every_truncation_is_survived(self) -> None:
        data = tiff(
            [(0x010F, ASCII, "Canon Camera"), (0x0110, ASCII, "EOS")], [(0x9003, ASCII, "2020:01:02 03:04:05")], [(2, RATIONAL, (1, 1))]
        )
        whole = facts_of(data)[0]
        assert len(whole) == 3
        for length in range(len(data)):
            found = facts_of(data[:length])[0]
            assert found.keys() <= whole.keys(), length
            assert whole["camera_make"].startswith(found.get("camera_make", "")), length

    def test_big_tiff(self) -> None:
        entry = struct.pack("<HHQ8s", 0x010F, ASCII, 6, b"Canon\0")
        data = b"II+\0\x08\0\0\0" + struct.pack("<Q", 16) + struct.pack("<Q", 1) + entry
        assert facts_of(data)[0] == {"camera_make": "Canon"}

    def test_all_value_types(self) -> None:
        kinds = [(1, b"\x07\x08"), (6, b"\xff"), (8, b"\xfe\xff"), (9, b"\xfd\xff\xff\xff"), (11, struct.pack("<f", 0.5))]
        table = b"".join(struct.pack("<HHI4s", 100 + i, kind, 2 if kind == 1 else 1, data) for i, (kind, data) in enumerate(kinds))
        tags = TiffTags(io.BytesIO(b"II*\0\x08\0\0\0" + struct.pack("<H", 6) + table + struct.pack("<HHI4s", 110, 99, 1, b"")))
        found = tags.directory(tags.first, range(100, 120))
        assert found == {100: (7, 8), 101: (-1,), 102: (-2,), 103: (-3,), 104: (0.5,)}
        assert tags.directory(tags.first, range(100, 120)) == {}

    def test_fractions_without_a_value(self) -> None:
        assert Rational(1, 0).value() is None and Rational(1, 4).value() == 0.25
