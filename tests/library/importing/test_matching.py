"""Which photo is which: by path, however it is written, and by name, date and looks where it moved."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from facetd.db.facetvalues import ForeignPhoto
from facetd.db.importing import KnownPhoto
from facetd.errors import InvalidInput
from facetd.library.importing.matching import AMBIGUOUS, GONE, TWICE, Matched, match_photos
from facetd.library.importing.paths import PathRules, common_end, file_name

DATE = "2024-07-14T18:03:22.25"


def foreign(path: str, date: str | None = "2024:07:14 18:03:22", size: tuple[int, int] = (30, 20)) -> ForeignPhoto:
    return ForeignPhoto(path, file_name(path), date, *size)


def known(number: int, path: str, date: str | None = DATE, phash: int | None = None, *, missing: bool = False) -> KnownPhoto:
    return KnownPhoto(number, path, path.rpartition("/")[2], date, 20, 30, phash, missing)


def match(
    theirs: Sequence[ForeignPhoto], ours: Sequence[KnownPhoto], rules: Sequence[str] = (), hashes: Mapping[str, int] | None = None
) -> Matched:
    return match_photos(
        theirs, ours, PathRules.parse(rules, {}), ["/p"], lambda paths: {p: h for p, h in (hashes or {}).items() if p in paths}
    )


def test_accents_and_letters_are_written_in_two_ways() -> None:
    plain, apart = "/p/Café/Ö.jpg", unicodedata.normalize("NFD", "/p/Café/Ö.jpg")
    assert match([foreign(apart)], [known(1, plain)]).photos == {apart: 1}
    both = match([foreign(apart), foreign(plain)], [known(1, plain), known(2, apart)])
    assert both.photos == {plain: 1, apart: 2}
    windows = "\\\\NAS\\photo\\CAFÉ\\A.JPG"
    rules = ["//nas/Photo=/p"]
    assert match([foreign(windows)], [known(1, "/p/Café/a.jpg")], rules).photos == {windows: 1}
    assert match([foreign(windows)], [known(1, "/p/Café/a.jpg"), known(2, "/p/café/A.jpg")], rules).left == {windows: AMBIGUOUS}
    assert match([foreign("/p/IMG.JPG", None)], [known(1, "/p/img.jpg", None)]).left == {"/p/IMG.JPG": GONE}


def test_links_are_followed_and_a_photo_is_taken_once(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    linked, direct = f"{tmp_path}/link/a.jpg", f"{tmp_path}/real/a.jpg"
    ours = [known(1, direct)]
    assert match([foreign(linked)], ours).photos == {linked: 1}
    found = match([foreign(linked), foreign(direct)], ours)
    assert (found.photos, found.left) == ({direct: 1}, {linked: TWICE})


def test_a_photo_that_moved_is_known_by_name_date_and_looks() -> None:
    found = match([foreign("/old/2024/a.jpg")], [known(1, "/p/x/a.jpg"), known(2, "/p/x/b.jpg")])
    assert (found.photos, found.moved) == ({"/old/2024/a.jpg": 1}, 1)
    assert match([foreign("/old/a.jpg", "2024:07:14 18:03:23")], [known(1, "/p/a.jpg")]).left == {"/old/a.jpg": GONE}
    assert match([foreign("/old/a.jpg", size=(31, 20))], [known(1, "/p/a.jpg")]).left == {"/old/a.jpg": GONE}
    raw = match([foreign("/old/a.jpg", size=(15, 10))], [known(1, "/p/a.jpg", phash=0b111)], hashes={"/old/a.jpg": 0})
    assert raw.photos == {"/old/a.jpg": 1}
    assert match([foreign("/old/a.jpg")], [known(1, "/p/a.jpg", phash=2**20 - 1)], hashes={"/old/a.jpg": 0}).left == {"/old/a.jpg": GONE}


@pytest.mark.parametrize(("phash", "found"), [(0b1, True), (2**8 - 1, False), (None, False)])
def test_without_a_date_the_looks_decide(phash: int | None, found: bool) -> None:
    theirs = foreign("/old/a.jpg", None)
    assert bool(match([theirs], [known(1, "/p/a.jpg", None, phash)], hashes={"/old/a.jpg": 0}).photos) is found
    assert match([foreign("/old/a.jpg", "0000:00:00 00:00:00")], [known(1, "/p/a.jpg", None)]).photos == {}


def test_of_several_the_folders_tell_which_and_else_none_is_taken() -> None:
    theirs = foreign("/old/100CANON/a.jpg")
    copies = [known(1, "/p/1/101CANON/a.jpg"), known(2, "/p/2/100CANON/a.jpg")]
    assert match([theirs], copies).photos == {theirs.path: 2}
    assert match([theirs], [*copies, known(3, "/p/3/100CANON/a.jpg")]).left == {theirs.path: AMBIGUOUS}
    assert match([theirs], [known(3, "/p/3/100CANON/a.jpg", missing=True), copies[0]]).photos == {theirs.path: 1}
    two = [foreign("/old/1/a.jpg"), foreign("/old/2/a.jpg")]
    assert match(two, [known(1, "/p/a.jpg")]).left == {photo.path: AMBIGUOUS for photo in two}


def test_a_file_that_is_where_it_was_did_not_move(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").touch()
    found = match([foreign(f"{tmp_path}/a.jpg")], [known(1, "/p/a.jpg")])
    assert (found.photos, list(found.left.values())) == ({}, ["in no root"])


def test_rules_for_paths() -> None:
    rules = PathRules.parse(["/a=b=/c", "C:\\Photos=/p/"], {"/old/": "/new", "": "/x"})
    assert rules.place("/a=b/x.jpg") == "/c/x.jpg"
    assert rules.place("c:/photos/Sub\\x.jpg") == "/p/Sub/x.jpg"
    assert rules.place("C:\\PhotosOld\\x.jpg") == "C:/PhotosOld/x.jpg"
    assert rules.place("/old/../x.jpg") == "/x.jpg"
    assert rules.place("/older/a\\b.jpg") == "/older/a\\b.jpg"
    assert rules.place("relative/x.jpg") == "relative/x.jpg"
    for wrong in ("", "=", "/a", "/a=", "=/b", "/a=b"):
        with pytest.raises(InvalidInput, match="FROM=TO"):
            PathRules.parse([wrong], {})


def test_folders_in_common_from_the_end() -> None:
    assert [common_end("/a/b/c.jpg", other) for other in ("/a/b/c.jpg", "/x/b/c.jpg", "C:\\B\\C.JPG", "/a/b/d.jpg")] == [4, 2, 2, 0]


def test_a_name_that_everything_has_costs_no_hours() -> None:
    ours = [known(number, f"/p/{number}/image.jpg", None, number) for number in range(3000)]
    theirs = [foreign(f"/old/{number}/image.jpg", None) for number in range(3000)]
    assert set(match(theirs, ours).left.values()) == {AMBIGUOUS}
    dated = [known(number, f"/p/{number}/image.jpg", f"2024-07-14T18:{number // 60:02}:{number % 60:02}") for number in range(3000)]
    moved = [foreign(f"/old/{number}/image.jpg", f"2024:07:14 18:{number // 60:02}:{number % 60:02}") for number in range(3000)]
    assert match(moved, dated).moved == 3000
