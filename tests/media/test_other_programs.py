"""Sidecars that facetd wrote, read and changed by other programs: exiftool, and exiv2, which is how darktable and digiKam read."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from facetd.media.xmp import xmp_facts
from facetd.media.xmpedit import Changes, edited, fresh
from tests.media.xmpsamples import DARKTABLE, DIGIKAM, LIGHTROOM

MOMENT = "2024-01-02T03:04:05+01:00"
ALL = frozenset({"rating", "label", "caption", "keywords"})
WISHES = Changes(ALL, 5, "Green", 'Tom & "Anna" <3 \u00e9\u4e2d', ("sea", "B&B", "Stra\u00dfe"))
BEFORE = {"new": None, "darktable": DARKTABLE, "lightroom": LIGHTROOM, "digikam": DIGIKAM}


def run(*words: str) -> str:
    """What a program says. Skips where it is not installed; never in CI."""
    if shutil.which(words[0]) is None and not os.environ.get("CI"):
        pytest.skip(f"needs {words[0]}")
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout


@pytest.fixture(params=BEFORE)
def sidecar(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    before = BEFORE[request.param]
    path = tmp_path / "a.jpg.xmp"
    path.write_bytes(fresh(WISHES, MOMENT) if before is None else edited(before, WISHES, MOMENT))
    return path


def test_exiftool_reads_it(sidecar: Path) -> None:
    told = run("exiftool", "-s3", "-sep", "|", "-Rating", "-Label", "-Description", "-XMP-dc:Subject", str(sidecar)).splitlines()
    assert told[:3] == ["5", "Green", WISHES.caption]
    assert set(told[3].split("|")) == set(WISHES.keywords)
    faults = run("exiftool", "-validate", "-a", "-warning", "-error", "-s3", str(sidecar)).splitlines()[1:]
    ignored = ("MicrosoftPhoto", "masks_history")  # as other programs wrote them
    assert [line for line in faults if not any(word in line for word in ignored)] == []


def test_exiv2_reads_it(sidecar: Path) -> None:
    lines = run("exiv2", "-PXkt", str(sidecar)).splitlines()
    told = dict(line.split(maxsplit=1) for line in lines if len(line.split(maxsplit=1)) == 2)
    assert (told["Xmp.xmp.Rating"], told["Xmp.xmp.Label"]) == ("5", "Green")
    assert told["Xmp.dc.description"] == f'lang="x-default" {WISHES.caption}'
    assert set(told["Xmp.dc.subject"].split(", ")) == set(WISHES.keywords)


@pytest.mark.parametrize(
    "words",
    [
        ("exiftool", "-q", "-overwrite_original", "-Rating=2", "-XMP-dc:Subject-=sea", "-XMP-dc:Subject+=sun"),
        ("exiv2", "-Mset Xmp.xmp.Rating 2", "-Mdel Xmp.dc.subject", "-Mset Xmp.dc.subject B&B", "-Mset Xmp.dc.subject Straße",
         "-Mset Xmp.dc.subject sun"),
    ],
)  # fmt: skip
def test_what_they_change_is_read_and_changed_again(tmp_path: Path, words: tuple[str, ...]) -> None:
    path = tmp_path / "a.jpg.xmp"
    path.write_bytes(fresh(WISHES, MOMENT))
    run(*words, str(path))
    facts, warnings = xmp_facts(path.read_bytes(), stored_size=(1, 1), orientation=1)
    assert warnings == []
    assert (facts["rating"], set(facts["keywords"]), facts["description"]) == (2, {"B&B", "Stra\u00dfe", "sun"}, WISHES.caption)
    after = edited(path.read_bytes(), WISHES, MOMENT)
    facts, warnings = xmp_facts(after, stored_size=(1, 1), orientation=1)
    assert (facts["rating"], set(facts["keywords"]), facts["label"], warnings) == (5, set(WISHES.keywords), "Green", [])
