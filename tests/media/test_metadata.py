from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, PngImagePlugin

from facetd.errors import MediaError
from facetd.media.headers import read_header
from facetd.media.metadata import read_metadata
from facetd.media.sidecars import find_sidecars
from facetd.records.files import PictureHeader
from facetd.records.metadata import Metadata
from tests.media.exifs import ASCII, RATIONAL, SHORT, tiff
from tests.media.pictures import saved, scene
from tests.media.test_xmp import bag, packet

CANON = tiff(
    [(0x010F, ASCII, "Canon"), (0x0112, SHORT, 6), (0x4746, SHORT, 1)],
    [(0x9003, ASCII, "2020:01:02 03:04:05"), (0x8827, SHORT, 400)],
    [(1, ASCII, "N"), (2, RATIONAL, (10, 1)), (3, ASCII, "E"), (4, RATIONAL, (20, 1))],
)


def metadata_of(path: str, *sidecars: str) -> Metadata:
    return read_metadata(path, read_header(path), sidecars)


def jpeg(folder: Path, *segments: bytes) -> str:
    """A JPEG with `segments` as APP1, in this order."""
    path = Path(saved(folder, "a.jpg", scene(40, 30)))
    data = path.read_bytes()
    inserted = b"".join(b"\xff\xe1" + struct.pack(">H", len(segment) + 2) + segment for segment in segments)
    path.write_bytes(data[:2] + b"\xff\xff" + inserted[1:] + data[2:] if inserted else data)
    return str(path)


EXIF = b"Exif\0\0" + CANON
XMP = b"http://ns.adobe.com/xap/1.0/\0"


@pytest.mark.parametrize(
    ("name", "options"),
    [("a.jpg", {}), ("a.png", {}), ("a.webp", {}), ("a.avif", {"speed": 10}), ("a.heic", {}), ("a.jxl", {}), ("a.tif", {})],
)
def test_exif_and_xmp_are_found_in_every_format(tmp_path: Path, name: str, options: dict[str, Any]) -> None:
    import pillow_heif
    import pillow_jxl  # noqa: F401

    pillow_heif.register_heif_opener()
    xmp = packet(bag("dc:subject", "sea"))
    exif = Image.Exif()
    exif.load(CANON)
    if name == "a.png":
        options = {"pnginfo": PngImagePlugin.PngInfo()}
        options["pnginfo"].add_itxt("XML:com.adobe.xmp", xmp.decode())
    elif name == "a.tif":
        exif[700] = xmp
    path = saved(tmp_path, name, scene(40, 30), exif=exif.tobytes(), xmp=xmp, **options)
    found = metadata_of(path)
    assert (found.camera_make, found.date_taken, found.iso) == ("Canon", "2020-01-02T03:04:05", 400)
    assert (found.gps_latitude, found.gps_longitude) == (10, 20)
    turns_itself = name in ("a.avif", "a.heic", "a.jxl")
    assert found.orientation == (1 if turns_itself else 6)
    assert found.keywords == ("sea",)


def test_who_wins(tmp_path: Path) -> None:
    inside = packet(
        bag("dc:subject", "inside"),
        'xmp:Rating="2" photoshop:Headline="Inside" exif:DateTimeOriginal="2001-01-01" exif:GPSLatitude="1N" exif:GPSLongitude="1E"',
    )
    path = jpeg(tmp_path, EXIF, XMP + inside)
    plain = metadata_of(path)
    assert (plain.rating, plain.title, plain.keywords) == (2, "Inside", ("inside",))
    assert (plain.date_taken, plain.gps_latitude) == ("2020-01-02T03:04:05", 10)

    specific, general = tmp_path / "a.jpg.xmp", tmp_path / "a.xmp"
    specific.write_bytes(packet(attributes='xmp:Rating="5"'))
    general.write_bytes(packet(bag("dc:subject", "general"), 'xmp:Rating="4" exif:GPSLatitude="3N" exif:GPSLongitude="3E"'))
    both = metadata_of(path, *find_sidecars(path, {"a.jpg", "a.xmp", "a.jpg.xmp"}))
    assert (both.rating, both.title, both.keywords) == (5, "Inside", ("general",))
    assert both.gps_latitude == 10


def test_xmp_fills_in_what_exif_lacks_and_keeps_pairs_together(tmp_path: Path) -> None:
    path = jpeg(
        tmp_path, XMP + packet(attributes='exif:DateTimeOriginal="2001-01-01T01:01:01+01:00" exif:GPSLatitude="1N" exif:GPSLongitude="1E"')
    )
    sidecar = tmp_path / "a.xmp"
    sidecar.write_bytes(packet(attributes='exif:DateTimeOriginal="2002-02-02T02:02:02"'))
    assert (metadata_of(path).date_taken, metadata_of(path).date_offset) == ("2001-01-01T01:01:01", "+01:00")
    found = metadata_of(path, str(sidecar))
    assert (found.date_taken, found.date_offset, found.gps_longitude) == ("2002-02-02T02:02:02", None, 1)


def test_a_sidecar_that_cannot_be_used_is_a_warning(tmp_path: Path) -> None:
    path = jpeg(tmp_path, EXIF)
    (tmp_path / "empty.xmp").touch()
    (tmp_path / "broken.xmp").write_bytes(b"<x:xmpmeta>")
    found = metadata_of(path, str(tmp_path / "empty.xmp"), str(tmp_path / "gone.xmp"), str(tmp_path / "broken.xmp"))
    assert found.camera_make == "Canon"
    assert len(found.warnings) == 3
    assert "empty.xmp" in found.warnings[0] and "gone.xmp" in found.warnings[1]


def test_the_date_of_the_last_change_comes_last(tmp_path: Path) -> None:
    changed = b"Exif\0\0" + tiff([(0x010F, ASCII, "Kodak"), (0x0132, ASCII, "2003:04:05 06:07:08")])
    assert metadata_of(jpeg(tmp_path, changed)).date_taken == "2003-04-05T06:07:08"
    assert metadata_of(jpeg(tmp_path, changed, XMP + packet(attributes='xmp:CreateDate="2001-01-01"'))).date_taken == "2001-01-01T00:00:00"


def test_an_unreadable_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(MediaError) as caught:
        read_metadata(str(tmp_path / "gone.jpg"), PictureHeader("jpeg", 1, 1, 1), [])
    assert caught.value.reason == "unreadable"


class TestContainers:
    def test_extended_xmp_of_jpeg_is_put_together_in_order(self, tmp_path: Path) -> None:
        more = packet(bag("dc:subject", *(f"word{number}" for number in range(9000))))
        header = b"http://ns.adobe.com/xmp/extension/\0" + b"A" * 32 + struct.pack(">I", len(more))
        parts = [header + struct.pack(">I", at) + more[at : at + 60000] for at in range(0, len(more), 60000)]
        assert len(parts) > 1
        found = metadata_of(jpeg(tmp_path, XMP + packet(attributes='xmp:Rating="3"'), *reversed(parts)))
        assert found.rating == 3 and len(found.keywords) == 9000

    def test_compressed_xmp_of_png(self, tmp_path: Path) -> None:
        path = Path(saved(tmp_path, "a.png", scene(8, 8)))
        whole = path.read_bytes()

        def rating(text: bytes) -> int | None:
            data = b"XML:com.adobe.xmp\0\x01\0\0\0" + text
            chunk = struct.pack(">I", len(data)) + b"iTXt" + data + struct.pack(">I", zlib.crc32(b"iTXt" + data))
            path.write_bytes(whole[:33] + chunk + whole[33:])
            return metadata_of(str(path)).rating

        assert rating(zlib.compress(packet(attributes='xmp:Rating="3"'))) == 3
        assert rating(b"not compressed at all") is None

    def raw(self, folder: Path, name: str, data: bytes) -> Metadata:
        (folder / name).write_bytes(data)
        return read_metadata(str(folder / name), PictureHeader("raw", 100, 80, 1, orientation=8), [])

    def test_canon_cr3(self, tmp_path: Path) -> None:
        def box(kind: bytes, data: bytes) -> bytes:
            return struct.pack(">I", len(data) + 8) + kind + data

        parts = box(b"CMT1", tiff([(0x010F, ASCII, "Canon"), (0x0112, SHORT, 6)]))
        parts += box(b"CMT2", tiff([(0x9003, ASCII, "2020:01:02 03:04:05"), (0xA434, ASCII, "RF50mm F1.8 STM")]))
        parts += box(b"CMT4", tiff([(1, ASCII, "N"), (2, RATIONAL, (10, 1)), (3, ASCII, "E"), (4, RATIONAL, (20, 1))]))
        data = box(b"ftyp", b"crx \0\0\0\1crx isom") + box(b"moov", box(b"uuid", bytes.fromhex("85c0b687820f11e08111f4ce462b6a48") + parts))
        data += box(b"uuid", bytes.fromhex("be7acfcb97a942e89c71999491e3afac") + packet(attributes='xmp:Rating="4"'))
        found = self.raw(tmp_path, "a.cr3", data + struct.pack(">I4sQ", 1, b"mdat", 1 << 40))
        assert (found.camera_make, found.lens_model, found.date_taken) == ("Canon", "RF50mm F1.8 STM", "2020-01-02T03:04:05")
        assert (found.gps_longitude, found.rating) == (20, 4)
        assert found.orientation == 8  # the decoder's word counts

    def test_fujifilm_raf_and_minolta_mrw(self, tmp_path: Path) -> None:
        inside = Path(jpeg(tmp_path, EXIF)).read_bytes()
        raf = (b"FUJIFILMCCD-RAW 0201".ljust(84, b"\0") + struct.pack(">II", 148, len(inside))).ljust(148, b"\0") + inside
        assert self.raw(tmp_path, "a.raf", raf).camera_make == "Canon"
        mrw = b"\0MRM" + struct.pack(">I", 500) + b"\0TTW" + struct.pack(">I", len(CANON)) + CANON
        assert self.raw(tmp_path, "a.mrw", mrw).iso == 400

    def test_the_offset_in_front_of_exif_in_jpeg_xl(self, tmp_path: Path) -> None:
        for prefix in (b"\0\0\0\0", b"\0\0\0\x06Exif\0\0", b""):
            box = struct.pack(">I4s", 8 + len(prefix + CANON), b"Exif") + prefix + CANON
            (tmp_path / "a.jxl").write_bytes(b"\0\0\0\x0cJXL \r\n\x87\n" + box)
            assert read_metadata(str(tmp_path / "a.jxl"), PictureHeader("jxl", 1, 1, 1, orientation=1), []).iso == 400

    def test_boxes_that_lie_about_their_size_end_the_search(self, tmp_path: Path) -> None:
        for size in (0, 1, 2, 7, 0xFFFFFFFF):
            data = struct.pack(">I4s", 24, b"ftyp") + b"crx \0\0\0\1crx isom" + struct.pack(">I4s", size, b"moov") + b"\xff" * 64
            assert self.raw(tmp_path, "a.cr3", data).camera_make is None


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ({"a.jpg"}, []),
        ({"a.jpg", "a.xmp", "b.xmp"}, ["a.xmp"]),
        ({"a.jpg", "a.xmp", "a.jpg.xmp"}, ["a.jpg.xmp", "a.xmp"]),
        ({"a.jpg", "a.XMP", "A.jpg.xmp"}, ["a.XMP"]),
    ],
)
def test_sidecars_the_most_specific_first(names: set[str], expected: list[str]) -> None:
    assert find_sidecars("/photos/a.jpg", names) == [f"/photos/{name}" for name in expected]


def test_picasa_names_faces_where_nobody_else_does(tmp_path: Path) -> None:
    path = jpeg(tmp_path, EXIF)
    ini = tmp_path / ".picasa.ini"
    name = Path(path).name
    ini.write_text(f"[Contacts2]\nab12=Anna;;\n[{name}]\nfaces=rect64(4000400080008000),ab12\n")
    sidecars = find_sidecars(path, {name, ".picasa.ini"})
    assert sidecars == [str(ini)]
    found = metadata_of(path, *sidecars)
    assert [(region.name, region.x, region.width) for region in found.regions] == [("Anna", 0.375, 0.25)]
    assert found.warnings == ()
    ini.write_bytes(b"")
    assert metadata_of(path, *sidecars).regions == ()
