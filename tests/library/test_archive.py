"""Zip files that are sent while they grow: whatever they hold, two programs can read them."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import time
import zipfile
from datetime import datetime
from pathlib import Path

import pytest

from facetd.library.archive import Archive

NOON = datetime(2024, 7, 14, 12, 0, 1)


def whole(files: dict[str, bytes], *, size: int | None = None) -> bytes:
    archive = Archive()
    made = b""
    for name, data in files.items():
        made += archive.begin(name, len(data) if size is None else size, NOON)
        for start in range(0, len(data), 1000):
            made += archive.add(data[start : start + 1000])
        made += archive.end()
    return made + archive.finish()


def unzip(path: Path) -> str:
    if shutil.which("unzip") is None and not os.environ.get("CI"):
        pytest.skip("needs unzip")
    done = subprocess.run(["unzip", "-t", str(path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


FILES = {"a.jpg": b"x" * 5000, "Été/写真 👨‍👩‍👧.jpg": b"\0\1\2" * 1000, "empty.jpg": b"", "100%_a b.jpg": b"PK\x03\x04"}


@pytest.mark.parametrize("size", [None, 5 * 1024**3])
def test_what_is_put_in_comes_out(tmp_path: Path, size: int | None) -> None:
    """Also where a file was announced as larger than 4 GB, so that its fields are wide."""
    made = whole(FILES, size=size)
    with zipfile.ZipFile(io.BytesIO(made)) as opened:
        assert opened.testzip() is None
        assert {info.filename: opened.read(info) for info in opened.infolist()} == FILES
        assert {info.date_time for info in opened.infolist()} == {(2024, 7, 14, 12, 0, 0)}
        assert {info.compress_type for info in opened.infolist()} == {zipfile.ZIP_STORED}
        assert {info.external_attr >> 16 for info in opened.infolist()} == {0o100644}
    (tmp_path / "x.zip").write_bytes(made)
    assert "No errors" in unzip(tmp_path / "x.zip")


def test_a_file_over_the_limit_of_narrow_fields(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", 4000)  # really 2 GiB
    with zipfile.ZipFile(io.BytesIO(whole(FILES))) as opened:
        assert {info.filename: opened.read(info) for info in opened.infolist()} == FILES


def test_an_empty_one(tmp_path: Path) -> None:
    made = Archive().finish()
    with zipfile.ZipFile(io.BytesIO(made)) as opened:
        assert opened.namelist() == []


def test_more_files_than_a_plain_zip_can_count(tmp_path: Path) -> None:
    archive = Archive()
    with open(tmp_path / "x.zip", "wb") as file:
        for number in range(65_537):
            file.write(archive.begin(f"{number}.jpg", 0, NOON) + archive.end())
        file.write(archive.finish())
    with zipfile.ZipFile(tmp_path / "x.zip") as opened:
        assert len(opened.namelist()) == 65_537
        assert opened.read("65536.jpg") == b""


@pytest.mark.parametrize(
    ("moment", "told"),
    [
        (datetime(1970, 1, 1), (1980, 1, 1, 0, 0, 0)),
        (datetime(9999, 1, 1), (2107, 12, 31, 23, 59, 58)),
        (time.struct_time((2000, 2, 29, 23, 59, 61, 0, 60, 0)), (2000, 2, 29, 23, 59, 58)),
    ],
)
def test_times_that_a_zip_cannot_tell(moment: datetime | time.struct_time, told: tuple[int, ...]) -> None:
    archive = Archive()
    made = archive.begin("a", 0, moment) + archive.end() + archive.finish()
    with zipfile.ZipFile(io.BytesIO(made)) as opened:
        assert opened.infolist()[0].date_time == told


def test_one_that_is_not_finished_is_given_up_quietly() -> None:
    archive = Archive()
    archive.begin("a", 100, NOON)
    archive.add(b"x")
    archive.abandon()
    archive.abandon()
