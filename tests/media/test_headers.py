from __future__ import annotations

import resource
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import pytest
from PIL import Image

from facetd.errors import MediaError
from facetd.media.headers import check_limits, read_header
from facetd.media.sizes import jxl_size, webp_size
from facetd.records.files import PictureHeader
from tests.media.pictures import saved, scene


def reason_of(path: str) -> tuple[str, str]:
    with pytest.raises(MediaError) as caught:
        read_header(path)
    return caught.value.reason, caught.value.message


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("a.jpg", {}),
        ("a.png", {}),
        ("a.webp", {}),
        ("a.webp", {"lossless": True}),
        ("a.webp", {"exif": b"Exif\0\0II*\0\x08\0\0\0\0\0\0\0\0\0"}),
        ("a.tif", {}),
        ("a.bmp", {}),
        ("a.gif", {}),
        ("a.avif", {"speed": 10}),
    ],
)
def test_dimensions_come_from_the_header(tmp_path: Path, name: str, options: dict[str, object]) -> None:
    header = read_header(saved(tmp_path, name, scene(321, 123), **options))
    assert (header.width, header.height) == (321, 123)
    assert header.decode_bytes >= 321 * 123 * 3


@pytest.mark.parametrize(("width", "height"), [(64, 64), (256, 8), (300, 200), (1, 1), (5000, 17), (1280, 720)])
def test_jpeg_xl_dimensions_in_every_way_of_writing_them(tmp_path: Path, width: int, height: int) -> None:
    pillow_jxl = pytest.importorskip("pillow_jxl")
    assert pillow_jxl
    path = saved(tmp_path, "a.jxl", scene(width, height))
    assert jxl_size(Path(path).read_bytes()) == (width, height)
    header = read_header(path)
    assert (header.width, header.height, header.orientation) == (width, height, 1)


def test_jpeg_xl_orientation_is_part_of_its_dimensions() -> None:
    # SizeHeader: small, height 8 x 1, no ratio, width 8 x 2; ImageMetadata: not default, extra fields, orientation 6 stored less one
    bits = "1" + "00000" + "000" + "10000" + "0" + "1" + "101"
    data = int(bits[::-1], 2).to_bytes(3, "little")
    assert jxl_size(b"\xff\x0a" + data) == (8, 16)
    assert jxl_size(b"\0\0\0\x0cJXL \r\n\x87\n" + struct.pack(">I4s", 8 + 5, b"jxlc") + b"\xff\x0a" + data) == (8, 16)


@pytest.mark.parametrize(
    "head", [b"\xff\x0a", b"\0\0\0\x0cJXL \r\n\x87\n", b"\0\0\0\x0cJXL \r\n\x87\n" + struct.pack(">I4s", 13, b"jxlc") + b"abcde"]
)
def test_a_jpeg_xl_file_without_picture_is_explained(head: bytes) -> None:
    with pytest.raises(MediaError, match="JPEG XL"):
        jxl_size(head)


@pytest.mark.parametrize("head", [b"RIFF", b"RIFF\0\0\0\0WEBPVP8 " + bytes(20), b"RIFF\0\0\0\0WEBPABCD" + bytes(20)])
def test_a_webp_file_without_header_is_explained(head: bytes) -> None:
    with pytest.raises(MediaError, match="WebP"):
        webp_size(head)


def test_a_limit_in_megapixels_protects_the_decoder() -> None:
    header = PictureHeader("png", 30000, 30000, 10**9)
    with pytest.raises(MediaError) as caught:
        check_limits(header, max_megapixels=300)
    assert caught.value.reason == "too_large"
    assert "30000 x 30000" in caught.value.message and "300" in caught.value.message
    check_limits(header, max_megapixels=900)


def png_that_claims(width: int, height: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
        + chunk(b"IDAT", b"x")
        + chunk(b"IEND", b"")
    )


def test_a_header_that_lies_costs_no_memory(tmp_path: Path) -> None:
    (tmp_path / "bomb.png").write_bytes(png_that_claims(50000, 50000))
    (tmp_path / "bomb.webp").write_bytes(b"RIFF\x16\0\0\0WEBPVP8X" + struct.pack("<I", 10) + bytes(4) + b"\xfe\x3f\0" * 2)
    code = "import sys; from facetd.media.headers import read_header; print([read_header(p).width for p in sys.argv[1:]])"
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "bomb.png"), str(tmp_path / "bomb.webp")],
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (400 << 20, 400 << 20)),
        env={"OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": ":".join(sys.path)},
    )
    assert done.stdout.strip() == "[50000, 16383]", done.stderr


def test_what_is_wrong_is_said_in_words(tmp_path: Path) -> None:
    for name, data, expected in [
        ("empty.jpg", b"", "empty"),
        ("letter.jpg", b"Dear Anna,", "not_a_photo"),
        ("drawing.jpg", b"%!PS-Adobe-3.0 EPSF-3.0\n", "not_a_photo"),
        ("start.jpg", b"\xff\xd8\xff\xe0\x00\x10JFIF", "truncated"),
        ("zero.png", png_that_claims(0, 10), "damaged"),
        ("start.heic", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "damaged"),
        ("start.nef", b"MM\0*\0\0\0\x08\0\0", "truncated"),
    ]:
        (tmp_path / name).write_bytes(data)
        reason, message = reason_of(str(tmp_path / name))
        assert reason == expected, name
        assert message[0].isupper() and message.endswith(".") and "Error" not in message and "'" not in message
    assert reason_of(str(tmp_path / "gone.jpg"))[0] == "unreadable"


def test_a_progressive_jpeg_is_known_to_need_more_memory(tmp_path: Path) -> None:
    picture = Image.new("RGB", (4000, 3000))
    plain = read_header(saved(tmp_path, "plain.jpg", picture)).decode_bytes
    progressive = read_header(saved(tmp_path, "progressive.jpg", picture, progressive=True)).decode_bytes
    assert progressive == plain + 4000 * 3000 * 3  # two bytes for each of 1.5 samples per pixel
