"""Names in zip files: unique on any disk, never a way out of the folder they are unpacked in."""

from __future__ import annotations

import random
import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from facetd.library.filenames import portable_name
from facetd.library.zipnames import ERRORS, member_names

part = st.text(st.characters(codec="utf-8", exclude_characters="/\0"), min_size=1, max_size=12).filter(lambda name: name not in (".", ".."))
odd_part = st.sampled_from(
    ["a", "A", "ä", "a\u0308", "con", "CON.jpg", "a.", "a ", "a:b", "a\\b", "..\\x", "errors.txt", "x.jpg", "X.JPG", "ß", "ss"]
)
path = st.lists(part | odd_part, min_size=2, max_size=4).map(lambda parts: "/" + "/".join(parts))


@pytest.mark.parametrize(
    ("paths", "names"),
    [
        (["/R/a.jpg"], ["a.jpg"]),
        (["/R/x/a.jpg", "/R/x/b.jpg"], ["a.jpg", "b.jpg"]),
        (["/R/x/a.jpg", "/R/a.jpg"], ["x/a.jpg", "a.jpg"]),
        (["/R/a.jpg", "/S/a.jpg"], ["R/a.jpg", "S/a.jpg"]),
        (["/R/2020/a.jpg", "/R/2021/x/a.jpg"], ["2020/a.jpg", "2021/x/a.jpg"]),
        (["/R/IMG.jpg", "/R/IMG.jpg", "/R/IMG.jpg"], ["IMG.jpg", "IMG (2).jpg", "IMG (3).jpg"]),
        (["/R/b.JPG", "/R/B.jpg"], ["b (2).JPG", "B.jpg"]),
        (["/R/a.jpg", "/R/a (2).jpg", "/R/a.jpg"], ["a.jpg", "a (2).jpg", "a (3).jpg"]),
        (["/R/errors.txt"], ["errors (2).txt"]),
        (["/R/x.jpg", "/R/X.jpg/y.jpg"], ["x (2).jpg", "X.jpg/y.jpg"]),
        (["/R/..\\..\\evil.jpg"], [".._.._evil.jpg"]),
        (["/R/a?:*.jpg", '/R/"<>|.jpg'], ["a___.jpg", "____.jpg"]),
        (["/R/con.jpg", "/R/nul"], ["_con.jpg", "_nul"]),
        (["/R/x./a.jpg", "/R/y /b.jpg"], ["x_/a.jpg", "y/b.jpg"]),
        ([], []),
    ],
)
def test_names(paths: list[str], names: list[str]) -> None:
    assert member_names(paths) == names


@settings(max_examples=150, deadline=None)
@given(st.lists(path, max_size=12))
@example(["/R/a", "/R/a (2)", "/R/a", "/R/A/a"])
def test_any_names_can_be_unpacked_anywhere(paths: list[str]) -> None:
    names = member_names(paths)
    assert len(names) == len(paths)
    keys = [unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold()) for name in names]
    assert len(set(keys)) == len(keys)
    assert ERRORS not in keys
    folders = {key.rpartition("/")[0] for key in keys}
    assert not folders & set(keys)
    for name in names:
        for each in name.split("/"):
            assert each not in ("", ".", "..")
            assert len(each.encode()) <= 255
            assert not set('<>:"|?*\\\0\n\r') & set(each)
            assert each == each.strip()
            assert not each.endswith(".")


@settings(max_examples=100, deadline=None)
@given(st.lists(path, max_size=12, unique=True), st.randoms(use_true_random=False))
def test_names_do_not_depend_on_the_order(paths: list[str], chance: random.Random) -> None:
    mixed = list(paths)
    chance.shuffle(mixed)
    assert dict(zip(paths, member_names(paths), strict=True)) == dict(zip(mixed, member_names(mixed), strict=True))


@settings(max_examples=200, deadline=None)
@given(st.text(st.characters(codec=None), max_size=300))
@example("." * 300)
@example("é" * 200 + ". ")
@example("com1")
@example("x" * 254 + "é.")
def test_a_portable_name_is_settled(name: str) -> None:
    made = portable_name(name)
    assert made
    assert len(made.encode()) <= 255
    assert portable_name(made) == made


def test_thousands_of_the_same_name_take_no_time() -> None:
    names = member_names([f"/R/{index}/IMG.jpg" for index in range(10)] * 1000)
    assert len(set(names)) == 10_000
