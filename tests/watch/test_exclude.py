"""What is left out of scanning and watching."""

import pytest

from facetd.config.model import DEFAULT_EXCLUDES
from facetd.watch.exclude import Excludes

DEFAULTS = Excludes()


@pytest.mark.parametrize(
    "name",
    [
        "@eaDir",
        "@EADIR",
        "@Recycle",
        "@Recently-Snapshot",
        "#recycle",
        "#Recycle",
        "#snapshot",
        ".thumbnails",
        ".stfolder",
        ".git",
        "$Recycle.Bin",
    ],
)
def test_folders_of_nas_systems_and_dot_folders_are_pruned(name: str) -> None:
    assert DEFAULTS.excluded_dir(name, f"2024/{name}")


@pytest.mark.parametrize("name", ["Thumbnails", "eaDir", "recycle", "a.b", "photo@home", "Trips", "\udcff\udcfe"])
def test_ordinary_folders_are_not_pruned(name: str) -> None:
    assert not DEFAULTS.excluded_dir(name, name)


def test_mac_companions_and_dot_files_are_left_out_but_a_photo_may_begin_with_an_at_sign() -> None:
    assert DEFAULTS.excluded_file("._limes.jpg", "Trips/._limes.jpg")
    assert DEFAULTS.excluded_file(".hidden.jpg", ".hidden.jpg")
    assert not DEFAULTS.excluded_file("@beach.jpg", "@beach.jpg")
    assert not DEFAULTS.excluded_file("limes.jpg", "limes.jpg")


def test_a_users_pattern_matches_the_case_exactly_and_any_component() -> None:
    excludes = Excludes([*DEFAULT_EXCLUDES, "Raw", "*_edit.jpg"])
    assert excludes.excluded_dir("Raw", "a/b/Raw")
    assert not excludes.excluded_dir("raw", "a/b/raw")
    assert not excludes.excluded_dir("Raw2", "Raw2")
    assert excludes.excluded_file("x_edit.jpg", "a/x_edit.jpg")


@pytest.mark.parametrize(
    ("pattern", "path", "excluded"),
    [
        ("2019/Exports", "2019/Exports", True),
        ("2019/Exports", "old/2019/Exports", False),
        ("2019/Exports", "2019/Exports/deep", False),
        ("*/Exports", "2020/Exports", True),
        ("*/Exports", "a/2020/Exports", False),
        ("**/Exports", "a/2020/Exports", True),
        ("**/Exports", "Exports", True),
        ("/Exports", "Exports", True),
        ("/Exports", "a/Exports", False),
        ("a/**", "a/b/c", True),
        ("a/**/c", "a/c", True),
        ("a/**/c", "a/b/b/c", True),
        ("a/[!x]?", "a/yz", True),
        ("a/?", "a/b/c", False),
    ],
)
def test_a_pattern_with_a_slash_is_matched_against_the_path_in_the_root(pattern: str, path: str, excluded: bool) -> None:
    assert Excludes([pattern]).excluded_dir(path.rsplit("/", maxsplit=1)[-1], path) is excluded


def test_a_slash_at_the_end_restricts_a_pattern_to_folders() -> None:
    excludes = Excludes(["old*/", "x/y/"])
    assert excludes.excluded_dir("older", "older")
    assert not excludes.excluded_file("older.jpg", "older.jpg")
    assert excludes.excluded_dir("y", "x/y")
    assert not excludes.excluded_file("y", "x/y")


def test_a_whole_path_is_excluded_by_any_folder_on_its_way() -> None:
    assert DEFAULTS.excluded_path("Trips/@eaDir/limes.jpg/THUMB.jpg")
    assert DEFAULTS.excluded_path(".thumbnails", is_dir=True)
    assert not DEFAULTS.excluded_path("Trips/limes.jpg")
    assert not DEFAULTS.excluded_path("")


def test_nothing_is_excluded_without_patterns() -> None:
    nothing = Excludes(["", "/"])
    assert not nothing.excluded_dir("@eaDir", "@eaDir")
    assert not nothing.excluded_file(".x", ".x")
