from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from facetd.media.replace import ChangedMeanwhile, replace_file, scratch_name


def test_a_new_file_is_like_its_photo(tmp_path: Path) -> None:
    photo = tmp_path / "a.jpg"
    photo.write_bytes(b"photo")
    photo.chmod(0o754)
    made = replace_file(str(tmp_path / "a.jpg.xmp"), b"one", like=str(photo), seen=None)
    there = os.lstat(tmp_path / "a.jpg.xmp")
    assert (there.st_ino, there.st_size, there.st_mtime_ns) == (made.st_ino, made.st_size, made.st_mtime_ns)
    assert stat.S_IMODE(there.st_mode) == 0o644
    assert sorted(os.listdir(tmp_path)) == ["a.jpg", "a.jpg.xmp"]


def test_what_was_there_keeps_its_permissions(tmp_path: Path) -> None:
    path = tmp_path / "a.xmp"
    path.write_bytes(b"one")
    path.chmod(0o666)
    replace_file(str(path), b"two", like=str(path), seen=os.lstat(path))
    assert (path.read_bytes(), stat.S_IMODE(path.stat().st_mode)) == (b"two", 0o666)


def test_a_file_that_changed_meanwhile_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.xmp"
    path.write_bytes(b"one")
    seen = os.lstat(path)
    path.write_bytes(b"of another program")
    for known in (seen, None):
        with pytest.raises(ChangedMeanwhile):
            replace_file(str(path), b"two", like=str(path), seen=known)
    path.unlink()
    with pytest.raises(ChangedMeanwhile):
        replace_file(str(path), b"two", like=str(tmp_path), seen=seen)
    assert os.listdir(tmp_path) == []


def test_a_kill_before_the_rename_leaves_the_old_file_and_the_next_write_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "a.xmp"
    path.write_bytes(b"one")
    child = os.fork()
    if child == 0:
        os.rename = lambda *_: os.kill(os.getpid(), 9)  # type: ignore[assignment]
        replace_file(str(path), b"two", like=str(path), seen=os.lstat(path))
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.WTERMSIG(status) == 9
    assert path.read_bytes() == b"one"
    assert sorted(os.listdir(tmp_path)) == sorted([scratch_name("a.xmp"), "a.xmp"])
    replace_file(str(path), b"three", like=str(path), seen=os.lstat(path))
    assert path.read_bytes() == b"three"
    assert os.listdir(tmp_path) == ["a.xmp"]


def test_a_link_laid_in_the_way_is_not_followed(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_bytes(b"precious")
    path = tmp_path / "a.xmp"
    (tmp_path / scratch_name("a.xmp")).symlink_to(victim)
    replace_file(str(path), b"two", like=str(victim), seen=None)
    assert (victim.read_bytes(), path.read_bytes(), path.is_symlink()) == (b"precious", b"two", False)


def test_a_disk_that_is_full_leaves_no_half_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.xmp"
    path.write_bytes(b"one")
    seen = os.lstat(path)

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space"):
            replace_file(str(path), b"two", like=str(path), seen=seen)
    assert path.read_bytes() == b"one"
    assert os.listdir(tmp_path) == ["a.xmp"]


def test_a_long_name_has_a_short_scratch_name() -> None:
    name = "ä" * 125 + ".xmp"
    assert len(os.fsencode(scratch_name(name))) <= 255
    assert scratch_name(name) == scratch_name(name) != scratch_name("b" + name)
    assert scratch_name("a.xmp").startswith(".")
