"""Plugins are files of the user's own; one that fails, or that somebody else may have written, does no harm."""

from __future__ import annotations

import os
import sys
import threading
import time
from pathlib import Path

import pytest

from facetd.plugins.hooks import Photo
from facetd.plugins.loading import Plugin, load_plugins, make_manager
from facetd.plugins.running import PluginThread

PHOTO = Photo(1, "/R/a.jpg", "a.jpg", 8.5, "portrait", None)
NOTING = '''"""Notes what it is told.

And more."""

from facetd.plugins import hookimpl

@hookimpl
def photo_scored(photo):
    with open({out!r}, "a") as file:
        file.write(f"{{photo.filename}} {{photo.aggregate}}\\n")

@hookimpl
def scan_finished():
    pass
'''


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "plugins"
    made.mkdir(mode=0o700)
    return made


def by_name(folder: Path) -> dict[str, Plugin]:
    return {plugin.name: plugin for plugin in load_plugins(folder, make_manager())}


def test_what_a_plugin_is(folder: Path) -> None:
    (folder / "noting.py").write_text(NOTING.format(out=str(folder / "out")))
    assert load_plugins(folder, make_manager()) == [
        Plugin("noting", "noting.py", ("photo_scored", "scan_finished"), "Notes what it is told.")
    ]
    assert load_plugins(folder / "none", make_manager()) == []


def test_those_that_fail_are_named_with_the_reason(folder: Path) -> None:
    (folder / "a_syntax.py").write_text("def")
    (folder / "b_raises.py").write_text("raise RuntimeError('no luck')")
    (folder / "c_exits.py").write_text("import sys; sys.exit(3)")
    (folder / "d_unknown.py").write_text("from facetd.plugins import hookimpl\n@hookimpl\ndef photo_eaten(photo): pass")
    (folder / "e_signature.py").write_text("from facetd.plugins import hookimpl\n@hookimpl\ndef photo_added(picture): pass")
    (folder / "f_good.py").write_text(NOTING.format(out=str(folder / "out")))
    (folder / "_helper.py").write_text("raise RuntimeError")
    (folder / ".hidden.py").write_text("raise RuntimeError")
    (folder / "text.txt").write_text("no plugin")
    found = by_name(folder)
    assert list(found) == ["a_syntax", "b_raises", "c_exits", "d_unknown", "e_signature", "f_good"]
    assert found["b_raises"].problem == "it fails: RuntimeError: no luck"
    assert found["d_unknown"].problem == "there is no hook photo_eaten"
    assert all(plugin.problem for name, plugin in found.items() if name != "f_good")
    assert found["f_good"].problem == ""


def test_files_that_others_may_have_written_are_not_run(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    canary = tmp_path / "canary"
    evil = f"open({str(canary)!r}, 'w')"
    (folder / "writable.py").write_text(evil)
    (folder / "writable.py").chmod(0o666)
    (tmp_path / "elsewhere.py").write_text(evil)
    (folder / "link.py").symlink_to(tmp_path / "elsewhere.py")
    (folder / "folder.py").mkdir()
    os.mkfifo(folder / "pipe.py")
    (folder / "large.py").write_text(evil + "\n#" + "x" * 1024 * 1024)
    found = by_name(folder)
    assert len(found) == 5
    assert all(plugin.problem for plugin in found.values())
    assert "written by everybody" in found["writable"].problem
    (folder / "mine.py").write_text(evil)
    monkeypatch.setattr(os, "getuid", lambda: 12345)
    assert by_name(folder) == {}
    monkeypatch.undo()
    folder.chmod(0o777)
    assert by_name(folder) == {}
    assert not canary.exists()


def test_a_plugin_is_called_and_one_that_fails_is_left_alone(folder: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (folder / "a.py").write_text(
        "import sys\nfrom facetd.plugins import hookimpl\n@hookimpl\ndef photo_scored(photo): raise RuntimeError('no luck')\n"
        "@hookimpl\ndef photo_added(): sys.exit(1)\n"
    )
    (folder / "b.py").write_text(NOTING.format(out=str(tmp_path / "out")))
    manager = make_manager()
    load_plugins(folder, manager)
    thread = PluginThread(manager)
    thread.start()
    thread.tell("photo_added", "photo", PHOTO)
    thread.tell("photo_scored", "photo", PHOTO)
    thread.tell("photo_scored", "photo", PHOTO)
    deadline = time.monotonic() + 10
    while not (tmp_path / "out").exists() or (tmp_path / "out").read_text() != "a.jpg 8.5\n" * 2:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    thread.stop()
    assert caplog.text.count("plugin a fails at photo_scored") == 2
    assert "plugin a fails at photo_added" in caplog.text


def test_one_that_never_returns_holds_up_nobody_who_tells(folder: Path) -> None:
    gate = threading.Event()
    sys.modules["facetd_test_gate"] = type(sys)("facetd_test_gate")
    sys.modules["facetd_test_gate"].gate = gate  # type: ignore[attr-defined]
    (folder / "a.py").write_text(
        "from facetd.plugins import hookimpl\nfrom facetd_test_gate import gate\n@hookimpl\ndef photo_scored(photo): gate.wait(30)\n"
    )
    manager = make_manager()
    load_plugins(folder, manager)
    thread = PluginThread(manager)
    thread.start()
    began = time.monotonic()
    for _ in range(5000):
        thread.tell("photo_scored", "photo", PHOTO)
    thread.stop()
    assert time.monotonic() - began < 5
    gate.set()
