"""RAW files developed by a program that behaves like darktable-cli: well, badly, or not at all."""

from __future__ import annotations

import asyncio
import errno
import os
import shutil
import signal
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from facetd.errors import DiskFull, MediaError, Unavailable
from facetd.ingest.darktable import Developer, RawFile
from tests.house import config
from tests.ingest.fakedarktable import FakeDarktable, alive, make_darktable

RAW = b"raw data " * 1000


@pytest.fixture
def darktable(tmp_path: Path) -> FakeDarktable:
    return make_darktable(tmp_path / "bin")


@pytest.fixture
def descriptor(tmp_path: Path) -> Iterator[int]:
    (tmp_path / "IMG.NEF").write_bytes(RAW)
    opened = os.open(tmp_path / "IMG.NEF", os.O_RDONLY)
    yield opened
    os.close(opened)


def raw(descriptor: int, *, name: str = "IMG.NEF", version: str = "abcdef", sidecars: Mapping[str, bytes] | None = None) -> RawFile:
    return RawFile(descriptor, name, version, sidecars or {})


def developer(tmp_path: Path, darktable: FakeDarktable, **settings: Any) -> Developer:
    settings = {"executable": darktable.executable, "profiles": {"Plain": {}}, **settings}
    return Developer(tmp_path / "cache", tmp_path / "styles", config(viewer={"raw_processor": {"darktable": settings}}))


def leftovers(tmp_path: Path) -> list[Path]:
    """What is left in the scratch folder."""
    return list((tmp_path / "cache" / "tmp").iterdir())


async def until(condition: Callable[[], object]) -> None:
    """Wait until it holds, ten seconds at most."""
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.01)


async def test_a_copy_is_developed_and_the_original_has_nothing_new_beside_it(
    tmp_path: Path, darktable: FakeDarktable, descriptor: int
) -> None:
    before = sorted(os.listdir(tmp_path))
    sidecars = {".nef.xmp": b"<darktable/>", ".xmp": b"<lightroom/>"}
    made = await developer(tmp_path, darktable).jpeg_of(raw(descriptor, sidecars=sidecars), "Plain")
    assert made.read_bytes() == (darktable.folder / "made.jpg").read_bytes()
    assert made.is_relative_to(tmp_path / "cache" / "ab")
    (call,) = darktable.calls
    assert call["files"] == {"input.nef": RAW.decode(), "input.nef.xmp": "<darktable/>", "input.xmp": "<lightroom/>"}
    assert call["arguments"][:2] == ["input.nef", "output.jpg"]
    core = call["arguments"][call["arguments"].index("--core") :]
    for option, value in (("--configdir", str(tmp_path / "styles")), ("--library", ":memory:"), ("--conf", "write_sidecar_files=never")):
        assert core[core.index(option) + 1] == value
    assert "plugins/imageio/format/jpeg/quality=96" in core
    assert set(call["environment"]) <= {
        "PATH", "LD_LIBRARY_PATH", "HOME", "LANG", "LC_ALL", "LC_CTYPE", "MALLOC_ARENA_MAX", "TMPDIR"
    }  # fmt: skip
    assert sorted({*os.listdir(tmp_path)} - {"cache", "styles"}) == before
    assert leftovers(tmp_path) == []


async def test_settings_of_a_profile_become_options(tmp_path: Path, darktable: FakeDarktable, descriptor: int) -> None:
    profiles = {
        "Web": {"width": 2048, "height": 0, "hq": False, "style": "-odd; $(rm) style", "style_overwrite": True, "icc_type": "SRGB"},
        "Own": {"extra_args": ["--icc-intent", "PERCEPTUAL"]},
    }
    maker = developer(tmp_path, darktable, width=1000, height=900, extra_args=["--upscale", "1"], profiles=profiles)
    await maker.jpeg_of(raw(descriptor), "Web")
    await maker.jpeg_of(raw(descriptor), "Own")
    web, own = (call["arguments"][2 : call["arguments"].index("--core")] for call in darktable.calls)
    assert web == [
        "--hq", "false", "--width", "2048", "--style", "-odd; $(rm) style", "--style-overwrite", "--icc-type", "SRGB", "--upscale", "1",
    ]  # fmt: skip
    assert own == ["--hq", "true", "--width", "1000", "--height", "900", "--upscale", "1", "--icc-intent", "PERCEPTUAL"]


async def test_what_was_made_is_kept_until_something_changes(tmp_path: Path, darktable: FakeDarktable, descriptor: int) -> None:
    profiles = {"Plain": {}, "Other": {"width": 10}}
    maker = developer(tmp_path, darktable, profiles=profiles)
    first = await maker.jpeg_of(raw(descriptor), "Plain")
    assert await maker.jpeg_of(raw(descriptor), "Plain") == first
    assert await developer(tmp_path, darktable, profiles=profiles).jpeg_of(raw(descriptor), "Plain") == first
    assert len(darktable.calls) == 1
    others = {
        await maker.jpeg_of(raw(descriptor), "Other"),
        await maker.jpeg_of(raw(descriptor, version="abcdee"), "Plain"),
        await maker.jpeg_of(raw(descriptor, sidecars={".xmp": b"1"}), "Plain"),
        await maker.jpeg_of(raw(descriptor, sidecars={".xmp": b"2"}), "Plain"),
        await maker.jpeg_of(raw(descriptor, sidecars={".nef.xmp": b"1"}), "Plain"),
        await developer(tmp_path, darktable, profiles=profiles, hq=False).jpeg_of(raw(descriptor), "Plain"),
    }
    assert len(others | {first}) == 7
    assert len(darktable.calls) == 7


@pytest.mark.parametrize("name", ["-IMG.NEF", "--core.nef", "a\nb.nef", "$(reboot).NEF", "\udcff.nef", "IMG", "x.tif", "x.so"])
async def test_no_name_becomes_an_option(tmp_path: Path, darktable: FakeDarktable, descriptor: int, name: str) -> None:
    await developer(tmp_path, darktable).jpeg_of(raw(descriptor, name=name), "Plain")
    assert darktable.calls[0]["arguments"][0] in ("input.nef", "input.raw", "input.tif")


async def test_many_who_ask_cause_one_and_different_ones_take_turns(tmp_path: Path, darktable: FakeDarktable, descriptor: int) -> None:
    darktable.tell(seconds=0.3)
    maker = developer(tmp_path, darktable)
    same = [maker.jpeg_of(raw(descriptor), "Plain") for _ in range(5)]
    asking = asyncio.gather(*same, maker.jpeg_of(raw(descriptor, version="other"), "Plain"))
    await until(lambda: darktable.calls)
    assert len(darktable.calls) == 1
    found = await asking
    assert len(set(found)) == 2
    assert len(darktable.calls) == 2


@pytest.mark.parametrize(
    ("told", "message"),
    [
        ({"code": 1, "says": "cannot open $CWD/input.nef\n\n"}, "darktable could not develop the photo: cannot open input.nef"),
        ({"code": 1, "says": "a\x1b[31mb" + "x" * 500}, "darktable could not develop the photo: a [31mb"),
        ({"code": 1}, "darktable could not develop the photo: loading"),
        ({"signal": signal.SIGSEGV, "says": "oh"}, "darktable crashed (signal 11): oh"),
        ({"output": None, "says": "no such style"}, "darktable made no picture: no such style"),
        ({"output": "garbage.jpg"}, "darktable made no JPEG"),
        ({"output": "torn.jpg"}, "darktable made no JPEG"),
        ({"output": "link"}, "darktable made no picture"),
        ({"memory_mb": 900, "says": "so much"}, "darktable could not develop the photo: MemoryError"),
    ],
)
async def test_what_fails_says_why_each_time(
    tmp_path: Path, darktable: FakeDarktable, descriptor: int, told: dict[str, Any], message: str
) -> None:
    darktable.tell(**told)
    maker = developer(tmp_path, darktable, memory_mb=512)
    for _ in range(2):
        with pytest.raises(MediaError) as caught:
            await maker.jpeg_of(raw(descriptor), "Plain")
        assert str(caught.value).startswith(message)
        assert len(str(caught.value)) < 300
    assert leftovers(tmp_path) == []
    darktable.tell()
    assert (await maker.jpeg_of(raw(descriptor), "Plain")).exists()


async def test_one_that_hangs_is_killed_with_its_children(tmp_path: Path, darktable: FakeDarktable, descriptor: int) -> None:
    darktable.tell(seconds=600, spawn=True)
    with pytest.raises(MediaError, match="longer than 1 s"):
        await developer(tmp_path, darktable, timeout_s=1).jpeg_of(raw(descriptor), "Plain")
    await until(lambda: not alive(darktable.calls[0]["pid"]) and not alive(darktable.child))
    assert leftovers(tmp_path) == []


async def test_it_ends_when_nobody_waits_any_more(tmp_path: Path, darktable: FakeDarktable, descriptor: int) -> None:
    darktable.tell(seconds=600)
    maker = developer(tmp_path, darktable)
    asking = [asyncio.create_task(maker.jpeg_of(raw(descriptor), "Plain")) for _ in range(2)]
    await until(lambda: darktable.calls)
    asking[0].cancel()
    await asyncio.wait([asking[0]])
    assert alive(darktable.calls[0]["pid"])
    asking[1].cancel()
    darktable.tell()
    made = await maker.jpeg_of(raw(descriptor), "Plain")  # anew, once the cancelled one is gone
    assert made.exists()
    assert not alive(darktable.calls[0]["pid"])
    assert leftovers(tmp_path) == []


async def test_stopping_ends_it(tmp_path: Path, darktable: FakeDarktable, descriptor: int) -> None:
    darktable.tell(seconds=600)
    maker = developer(tmp_path, darktable)
    asking = asyncio.create_task(maker.jpeg_of(raw(descriptor), "Plain"))
    await until(lambda: darktable.calls)
    await maker.stop()
    assert not alive(darktable.calls[0]["pid"])
    with pytest.raises(asyncio.CancelledError):
        await asking


async def test_a_full_disk_is_told_and_leaves_nothing(
    tmp_path: Path, darktable: FakeDarktable, descriptor: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_arguments: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("facetd.ingest.darktable.os.sendfile", full)
    with pytest.raises(DiskFull) as caught:
        await developer(tmp_path, darktable).jpeg_of(raw(descriptor), "Plain")
    assert str(tmp_path) not in str(caught.value)
    assert leftovers(tmp_path) == []
    assert darktable.calls == []


async def test_no_file_stays_open(tmp_path: Path, darktable: FakeDarktable, descriptor: int) -> None:
    maker = developer(tmp_path, darktable)
    await maker.jpeg_of(raw(descriptor, version="first"), "Plain")  # whatever is opened once
    before = len(os.listdir("/proc/self/fd"))
    for number in range(5):
        await maker.jpeg_of(raw(descriptor, version=f"v{number}"), "Plain")
    assert len(os.listdir("/proc/self/fd")) == before


@pytest.mark.parametrize("executable", ["/nowhere/darktable-cli", "no-such-darktable", "/"])
async def test_a_program_that_is_not_there(tmp_path: Path, darktable: FakeDarktable, descriptor: int, executable: str) -> None:
    with pytest.raises(Unavailable) as caught:
        await developer(tmp_path, darktable, executable=executable).jpeg_of(raw(descriptor), "Plain")
    assert "Install the package darktable" in caught.value.hint


async def test_a_program_that_cannot_be_started(tmp_path: Path, darktable: FakeDarktable, descriptor: int) -> None:
    Path(darktable.executable).write_text("#!/nowhere/python\n")
    with pytest.raises(Unavailable, match="cannot be started"):
        await developer(tmp_path, darktable).jpeg_of(raw(descriptor), "Plain")
    assert leftovers(tmp_path) == []


MONOCHROME = """<?xml version="1.0" encoding="UTF-8"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
 <rdf:Description rdf:about="" xmlns:darktable="http://darktable.sf.net/" darktable:xmp_version="5" darktable:raw_params="0"
  darktable:auto_presets_applied="1" darktable:history_end="1" darktable:iop_order_version="4">
  <darktable:history><rdf:Seq><rdf:li darktable:num="0" darktable:operation="monochrome" darktable:enabled="1" darktable:modversion="2"
   darktable:params="00000000000000000000004000000000" darktable:multi_name="" darktable:multi_priority="0"
   darktable:blendop_version="12" darktable:blendop_params="gz12eJxjYGBgkGAAgRNODESDBnsIHll8ANNSGQM="/></rdf:Seq></darktable:history>
 </rdf:Description></rdf:RDF></x:xmpmeta>"""


@pytest.mark.skipif(shutil.which("darktable-cli") is None and not os.environ.get("CI"), reason="needs darktable")
async def test_darktable_itself(tmp_path: Path, corpus_raw: Path) -> None:
    """Sizes, the sidecar's edits, a style that there is not; the folder of the original stays as it is."""
    profiles = {"Small": {"width": 200, "height": 200}, "Odd": {"style": "no such style"}}
    settings = config(viewer={"raw_processor": {"darktable": {"profiles": profiles}}})
    maker = Developer(tmp_path / "cache", tmp_path / "styles", settings)
    descriptor = os.open(corpus_raw, os.O_RDONLY)
    try:
        plain = await maker.jpeg_of(raw(descriptor, name="a.dng"), "Small")
        edited = await maker.jpeg_of(raw(descriptor, name="a.dng", sidecars={".dng.xmp": MONOCHROME.encode()}), "Small")
        with pytest.raises(MediaError):
            await maker.jpeg_of(raw(descriptor, name="a.dng"), "Odd")
    finally:
        os.close(descriptor)
    with Image.open(plain) as colors, Image.open(edited) as grays:
        assert max(colors.size) == 200
        assert max(high for _low, high in colors.convert("HSV").getextrema()[1:2]) > 50  # type: ignore[misc]
        assert max(high for _low, high in grays.convert("HSV").getextrema()[1:2]) < 10  # type: ignore[misc]
    assert leftovers(tmp_path) == []
