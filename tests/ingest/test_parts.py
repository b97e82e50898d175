"""What is scanned of the library, for a batch of changes or for directories that somebody names."""

from __future__ import annotations

import pytest

from facetd.errors import InvalidInput
from facetd.ingest.parts import Part, parts_of_change, parts_of_directories
from facetd.records.files import Root
from facetd.watch.change import Change

ROOT = Root(1, "p", "/p", True)


def parts(gone_folders: tuple[str, ...] = (), **change: tuple[str, ...]) -> list[tuple[str, list[str], list[str]]]:
    made = parts_of_change(ROOT, Change(1, "/p", **change), gone_folders)
    return [(part.folder, sorted(part.files), sorted(part.stems)) for part in made]


def test_changed_files_are_grouped_by_folder() -> None:
    found = parts(paths=("/p/a.jpg", "/p/x/b.jpg", "/p/x/c.heic"), gone=("/p/x/d.jpg",))
    assert found == [("", ["a.jpg"], []), ("x", ["b.jpg", "c.heic", "d.jpg"], [])]


def test_a_sidecar_speaks_of_its_photos() -> None:
    assert parts(paths=("/p/x/a.jpg.xmp", "/p/x/b.XMP")) == [("x", ["a.jpg", "b"], ["a.jpg", "b"])]


def test_other_files_are_nothing() -> None:
    assert parts(paths=("/p/notes.txt", "/p/movie.mp4")) == []


def test_the_outermost_folder_is_enough() -> None:
    assert parts(folders=("/p/a/b", "/p/a", "/p/ab")) == [("a", [], []), ("ab", [], [])]
    assert parts(folders=("/p/a", "/p")) == [("", [], [])]
    assert parts(gone_folders=("was",), gone=("/p/was",)) == [("was", [], [])]


def test_a_part_picks_files_by_name_or_stem() -> None:
    part = Part(ROOT, "x", frozenset({"a.jpg"}), frozenset({"b"}))
    assert [name for name in ("a.jpg", "a.png", "b.cr2", "b.jpg.png", "c") if part.picks(name)] == ["a.jpg", "b.cr2"]


def test_directories_are_parts_of_the_root_they_lie_in() -> None:
    inner, other = Root(2, "q", "/p/x/q", True), Root(3, "pp", "/pp", True)
    roots = [ROOT, inner, other]
    assert parts_of_directories(roots, []) == [Part(ROOT), Part(inner), Part(other)]
    assert parts_of_directories(roots, ["/p/x"]) == [Part(ROOT, "x"), Part(inner)]
    assert parts_of_directories(roots, ["/p/x/q/r", "/pp"]) == [Part(inner, "r"), Part(other)]
    with pytest.raises(InvalidInput, match="/elsewhere: not inside a photo root"):
        parts_of_directories(roots, ["/p", "/elsewhere"])
