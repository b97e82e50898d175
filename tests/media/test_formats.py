from __future__ import annotations

import struct

import pytest

from facetd.media import formats
from facetd.media.formats import is_photo_name, is_raw_name, is_video_name, sniff, suffix_of


@pytest.mark.parametrize(
    "name", ["a.jpg", "A.JPG", "b.JPE", "c.heic", "d.Avif", "e.cr3", "f.dng", "g.jxl", "h.tar.png", "/x.y/z.NEF", "\udcff.jpg"]
)
def test_a_photo_is_recognised_by_its_suffix(name: str) -> None:
    assert is_photo_name(name)


@pytest.mark.parametrize("name", ["a.txt", "jpg", ".jpg", "a.jpg.xmp", "a.psd", "a.svg", "a.mp4", "folder.jpg/readme", ""])
def test_other_files_are_not_opened(name: str) -> None:
    assert not is_photo_name(name)


def test_raw_and_video_names() -> None:
    assert is_raw_name("IMG_1.CR2") and not is_raw_name("IMG_1.JPG")
    assert is_video_name("IMG_1.MOV") and not is_video_name("IMG_1.JPG")
    assert suffix_of("/a.b/c") == ""


def tiff(tag: int = 0x0100, order: str = "<") -> bytes:
    return (b"II" if order == "<" else b"MM") + struct.pack(f"{order}HIHHHII", 42, 8, 1, tag, 3, 1, 1) + bytes(16)


@pytest.mark.parametrize(
    ("head", "name", "expected"),
    [
        (b"\xff\xd8\xff\xe0abc", "photo.png", formats.JPEG),
        (b"\x89PNG\r\n\x1a\nabc", "photo.jpg", formats.PNG),
        (b"GIF89a", "a.gif", formats.GIF),
        (b"RIFF\0\0\0\0WEBPVP8 ", "a.heic", formats.WEBP),
        (b"RIFF\0\0\0\0WAVEfmt ", "a.webp", None),
        (b"\xff\x0a\x00", "a.jxl", formats.JXL),
        (b"\x00\x00\x00\x0cJXL \r\n\x87\n", "a.jxl", formats.JXL),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "a.jpg", formats.HEIF),
        (b"\0\0\0\x1cftypmif1\0\0\0\0mif1avifmiaf", "a.heif", formats.AVIF),
        (b"\0\0\0\x18ftypavif\0\0\0\0mif1avif", "a.avif", formats.AVIF),
        (b"\0\0\0\x18ftypcrx \0\0\0\x01crx isom", "a.jpg", formats.RAW),
        (b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom", "holiday.jpg", None),
        (b"\0\0\0\x18ftypqt  \0\0\0\0qt  mif1", "holiday.heic", None),
        (b"BM" + bytes(12) + b"\x28\0\0\0", "a.bmp", formats.BMP),
        (b"BMW drives well, said the letter", "a.bmp", None),
        (tiff(), "scan.tif", formats.TIFF),
        (tiff(order=">"), "scan.jpg", formats.TIFF),
        (tiff(), "photo.NEF", formats.RAW),
        (tiff(0xC612), "photo.tif", formats.RAW),
        (tiff(0xC612, ">"), "photo.jpg", formats.RAW),
        (b"II*\0\x10\0\0\0CR\x02\0", "photo.tif", formats.RAW),
        (b"FUJIFILMCCD-RAW 0201", "a.raf", formats.RAW),
        (b"IIU\0\x18\0\0\0", "a.rw2", formats.RAW),
        (b"\x01\x02\x03 unknown maker \xff", "a.kdc", formats.RAW),
        (b"\x01\x02\x03 unknown maker \xff", "a.jpg", None),
        (b"8BPS\0\x01", "a.nef", None),
        (b"%PDF-1.7", "a.jpg", None),
        (b"%!PS-Adobe-3.0 EPSF-3.0", "a.jpg", None),
        (b"<svg xmlns='http://www.w3.org/2000/svg'>", "a.jpg", None),
        (b"Just a letter.\n", "a.dng", None),
        (b"", "a.dng", None),
    ],
)
def test_the_format_is_found_by_content_and_only_if_it_is_allowed(head: bytes, name: str, expected: str | None) -> None:
    assert sniff(head, name) == expected


@pytest.mark.parametrize(
    ("head", "kinds"),
    [
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", {"heif"}),
        (tiff(0xC612), {"tiff", "raw"}),
        (b"\xff\xd8\xff\xe0", {"jpeg"}),
        (b"BM" + bytes(12) + b"\x28\0\0\0", {"bmp"}),
        (b"RIFF\0\0\0\0WEBP", {"webp"}),
    ],
)
def test_every_short_beginning_is_answered(head: bytes, kinds: set[str]) -> None:
    beginnings = [head[:length] for length in range(len(head) + 1)]
    assert {sniff(beginning, "a.jpg") for beginning in beginnings} == {None, *kinds}
    assert {sniff(beginning, "a.nef") for beginning in beginnings} <= {None, "raw", *kinds}
