from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

from facetd.errors import MediaError
from facetd.media import decode
from facetd.media.scaling import fit
from tests.media.pictures import look, saved, scene, shown

LOSSLESS = [("a.png", {}), ("a.webp", {"lossless": True}), ("a.tif", {}), ("a.tif", {"compression": "tiff_lzw"}), ("a.bmp", {})]
LOSSY = [
    ("a.jpg", {"quality": 95}),
    ("a.jpg", {"progressive": True}),
    ("a.webp", {"quality": 95}),
    ("a.avif", {"speed": 10, "quality": 95}),
]


@pytest.mark.parametrize(("name", "options"), LOSSLESS)
def test_lossless_formats_keep_every_pixel(tmp_path: Path, name: str, options: dict[str, object]) -> None:
    assert np.array_equal(shown(saved(tmp_path, name, scene(), **options)), np.asarray(scene()))


@pytest.mark.parametrize(("name", "options"), LOSSY)
def test_lossy_formats_look_the_same(tmp_path: Path, name: str, options: dict[str, object]) -> None:
    assert np.abs(shown(saved(tmp_path, name, scene(), **options)) - np.asarray(scene())).mean() < 4


@pytest.mark.parametrize("name", ["a.heic", "a.jxl"])
def test_heif_and_jpeg_xl_look_the_same(tmp_path: Path, name: str) -> None:
    import pillow_heif
    import pillow_jxl  # noqa: F401

    pillow_heif.register_heif_opener()
    assert np.abs(shown(saved(tmp_path, name, scene(), quality=95)) - np.asarray(scene())).mean() < 4


def test_the_same_array_serves_for_measuring_and_showing(tmp_path: Path) -> None:
    path = saved(tmp_path, "a.jpg", scene())
    both = look(path)
    assert both.measure is both.show
    header = decode.read_header(path)
    for one in (decode.decode_for_measuring, decode.decode_for_showing):
        assert np.array_equal(one(path, header, long_side=1600, orientation=1), both.show)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.webp", "a.tif"])
def test_orientation_is_applied_exactly_once(tmp_path: Path, name: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = saved(tmp_path, name, scene(96, 64), exif=exif, **({"lossless": True} if name == "a.webp" else {}))
    header = decode.read_header(path)
    assert (header.width, header.height) == (96, 64)
    upright = scene(96, 64)
    upright.getexif()[0x0112] = orientation
    expected = np.asarray(ImageOps.exif_transpose(upright)).astype(int)
    assert np.abs(shown(path, orientation=orientation) - expected).mean() < 3


@pytest.mark.parametrize("orientation", [1, 2, 3, 6, 8])
def test_avif_turns_by_its_container_and_ignores_exif(tmp_path: Path, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = saved(tmp_path, "a.avif", scene(96, 64), exif=exif, speed=10, quality=95)  # Pillow writes it as irot and imir
    upright = scene(96, 64)
    upright.getexif()[0x0112] = orientation
    expected = np.asarray(ImageOps.exif_transpose(upright)).astype(int)
    header = decode.read_header(path)
    assert (header.width, header.height, header.orientation) == (expected.shape[1], expected.shape[0], 1)
    assert np.abs(shown(path, orientation=6) - expected).mean() < 4


def test_nothing_is_enlarged_and_the_long_side_is_kept(tmp_path: Path) -> None:
    path = saved(tmp_path, "a.jpg", scene(3000, 2000))
    assert shown(path, long_side=1600).shape == (1067, 1600, 3)
    assert shown(path, long_side=1600, orientation=6).shape == (1600, 1067, 3)
    assert shown(path, long_side=9999).shape == (2000, 3000, 3)


@pytest.mark.parametrize(("width", "height"), [(1, 1), (1, 9000), (9000, 3), (2, 1)])
@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.webp", "a.avif", "a.gif"])
def test_extreme_shapes(tmp_path: Path, name: str, width: int, height: int) -> None:
    if name == "a.avif" and width == 9000:
        width = 900  # encoding is slow
    path = saved(tmp_path, name, Image.new("RGB", (width, height), (200, 100, 50)))
    picture = shown(path, long_side=1600)
    assert (picture.shape[1], picture.shape[0]) == fit(width, height, 1600)
    assert np.abs(picture - (200, 100, 50)).mean() < 16


def test_shrinking_does_not_alias(tmp_path: Path) -> None:
    """Stripes finer than the result can hold become grey instead of coarse stripes."""
    stripes = np.zeros((300, 3000, 3), np.uint8)
    stripes[:, ::2] = 255
    picture = shown(saved(tmp_path, "a.png", Image.fromarray(stripes)), long_side=1100)
    assert picture[:, 10:-10].std() < 12
    assert abs(picture.mean() - 127.5) < 2


def test_a_large_jpeg_is_decoded_scaled(tmp_path: Path) -> None:
    """The scaled decode leaves far fewer pixels in memory than the photo has, in the photo's own shape."""
    path = saved(tmp_path, "a.jpg", scene(6000, 4000))
    code = (
        "import sys; from facetd.media import decode; p = sys.argv[1]; h = decode.read_header(p)\n"
        "def peak(): return int(open('/proc/self/status').read().split('VmHWM:')[1].split()[0]) * 1024\n"
        "before = peak(); decode.decode(p, h, long_side=1600, orientation=1)\n"
        "print(peak() - before, h.decode_bytes)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, path], capture_output=True, text=True, check=True, env={"PYTHONPATH": ":".join(sys.path)}
    )
    grown, estimated = map(int, done.stdout.split())
    assert 10e6 < grown < 80e6  # 24 megapixels would be 96 MB in Pillow
    assert grown < estimated * 1.6


class TestModes:
    def test_alpha_is_laid_on_white(self, tmp_path: Path) -> None:
        picture = Image.new("RGBA", (4, 2), (255, 0, 0, 0))
        picture.putpixel((0, 0), (0, 0, 0, 255))
        picture.putpixel((1, 0), (0, 0, 0, 128))
        pixels = shown(saved(tmp_path, "a.png", picture))
        assert pixels[0, 0].tolist() == [0, 0, 0]
        assert abs(pixels[0, 1, 0] - 127) <= 1
        assert pixels[1, 3].tolist() == [255, 255, 255]

    def test_transparent_palette_and_grey_with_alpha(self, tmp_path: Path) -> None:
        palette = Image.new("P", (2, 1), 0)
        palette.putpalette([10, 20, 30, 200, 100, 50])
        palette.putpixel((1, 0), 1)
        assert shown(saved(tmp_path, "a.png", palette))[0].tolist() == [[10, 20, 30], [200, 100, 50]]
        assert shown(saved(tmp_path, "b.png", palette, transparency=0))[0].tolist() == [[255, 255, 255], [200, 100, 50]]
        assert shown(saved(tmp_path, "c.png", Image.new("LA", (1, 1), (50, 0))))[0, 0].tolist() == [255, 255, 255]
        assert shown(saved(tmp_path, "d.png", Image.new("LA", (1, 1), (50, 255))))[0, 0].tolist() == [50, 50, 50]

    @pytest.mark.parametrize("name", ["a.png", "a.tif"])
    def test_16_bit_grey_keeps_its_range(self, tmp_path: Path, name: str) -> None:
        ramp = np.linspace(0, 65535, 256).astype(np.uint16)[None]
        pixels = shown(saved(tmp_path, name, Image.fromarray(ramp)))
        assert np.abs(pixels[0, :, 0] - np.arange(256)).max() <= 1

    def test_32_bit_and_float_tiff_keep_their_range(self, tmp_path: Path) -> None:
        whole = Image.fromarray(np.array([[0, 32768, 65535]], np.int32))
        assert shown(saved(tmp_path, "i.tif", whole))[0, :, 0].tolist() == [0, 127, 255]
        real = Image.fromarray(np.array([[0.0, 0.5, 1.0, np.nan]], np.float32))
        assert shown(saved(tmp_path, "f.tif", real))[0, :, 0].tolist() == [0, 127, 255, 0]

    def test_one_bit_grey_and_cmyk(self, tmp_path: Path) -> None:
        assert shown(saved(tmp_path, "a.png", Image.new("1", (2, 2), 1)))[0, 0].tolist() == [255, 255, 255]
        assert shown(saved(tmp_path, "a.jpg", Image.new("L", (8, 8), 77)))[0, 0].tolist() == [77, 77, 77]
        ink = Image.new("CMYK", (16, 16), (0, 255, 255, 0))  # magenta and yellow make red
        for name, options in [("c.jpg", {"quality": 95}), ("c.tif", {})]:
            red, green, blue = shown(saved(tmp_path, name, ink, **options))[8, 8].tolist()
            assert red > 220 and green < 40 and blue < 40, name

    def test_lab_tiff(self, tmp_path: Path) -> None:
        from PIL import ImageCms

        lab = ImageCms.profileToProfile(scene(), ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), outputMode="LAB")
        assert lab is not None
        assert np.abs(shown(saved(tmp_path, "a.tif", lab)) - np.asarray(scene())).mean() < 4

    @pytest.mark.parametrize("name", ["a.gif", "a.webp", "a.png", "a.tif"])
    def test_the_first_of_many_pictures(self, tmp_path: Path, name: str) -> None:
        first, second = Image.new("RGB", (32, 32), (255, 0, 0)), Image.new("RGB", (32, 32), (0, 0, 255))
        path = saved(tmp_path, name, first, save_all=True, append_images=[second])
        assert np.abs(shown(path)[16, 16] - (255, 0, 0)).max() < 20


class TestDamage:
    def test_bytes_after_the_end_do_not_matter(self, tmp_path: Path) -> None:
        path = saved(tmp_path, "a.jpg", scene(), quality=95)
        whole = shown(path)
        with open(path, "ab") as file:
            file.write(bytes(range(256)) * 200)
        assert np.array_equal(shown(path), whole)

    @pytest.mark.parametrize(("name", "options"), [*LOSSLESS, *LOSSY, ("a.gif", {})])
    def test_a_truncated_file_is_an_error_and_not_a_grey_picture(self, tmp_path: Path, name: str, options: dict[str, object]) -> None:
        path = saved(tmp_path, name, scene(), **options)
        data = Path(path).read_bytes()
        Path(path).write_bytes(data[: len(data) * 6 // 10])
        with pytest.raises(MediaError) as caught:
            look(path)
        assert caught.value.reason in ("truncated", "damaged")
        assert caught.value.message.endswith(".")

    def test_a_scaled_decode_notices_truncation_too(self, tmp_path: Path) -> None:
        path = saved(tmp_path, "a.jpg", scene(3000, 2000), quality=90)
        data = Path(path).read_bytes()
        Path(path).write_bytes(data[: len(data) * 95 // 100])
        with pytest.raises(MediaError) as caught:
            look(path, long_side=300)
        assert caught.value.reason == "truncated"

    def test_a_file_that_vanishes_between_header_and_pixels(self, tmp_path: Path) -> None:
        path = saved(tmp_path, "a.jpg", scene())
        header = decode.read_header(path)
        Path(path).unlink()
        with pytest.raises(MediaError) as caught:
            decode.decode(path, header, long_side=100, orientation=1)
        assert caught.value.reason == "unreadable"

    def test_a_name_of_any_bytes(self, tmp_path: Path) -> None:
        source = Path(saved(tmp_path, "a.jpg", scene()))
        odd = source.with_name("caf\udce9 \udcff.jpg")
        source.rename(odd)
        assert shown(str(odd)).shape == (200, 320, 3)


def test_importing_the_room_stays_light() -> None:
    """Workers are forked from a process that has it imported: rare and heavy libraries are loaded when a file needs them."""
    code = (
        "import sys\n"
        "from facetd.media import appearance, decode, hashes, metadata, render, thumbs, xmp\n"
        "print([name for name in ('rawpy', 'pillow_heif', 'pillow_jxl', 'imagehash', 'scipy', 'defusedxml') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env={"PYTHONPATH": ":".join(sys.path)})
    assert done.stdout.strip() == "[]"
