"""Faces in `.picasa.ini`."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facetd.media.picasa import picasa_faces
from facetd.records.metadata import FaceRegion

INI = """\ufeff[Picasa]
name=Summer; a holiday
[Contacts2]
8e62398ebda8c1a5=Anna  Müller;;
d10a8325c557b085=Bea;bea@example.org;x
[IMG_1.jpg]
star=yes
faces=rect64(4000400080008000),8e62398ebda8c1a5;rect64(a0000000c0004000),ffffffffffffffff
[img_2.JPG]
FACES=rect64(10002000),d10a8325c557b085;rect64(0),d10a8325c557b085;rect64(c0000000a0004000),d10a8325c557b085;nonsense
[IMG_3.jpg]
faces=rect64(4000400080008000),1234
""".encode()


def test_faces_with_their_names() -> None:
    assert picasa_faces(INI, "IMG_1.jpg") == (
        FaceRegion("Anna Müller", "Face", 0.375, 0.375, 0.25, 0.25),
        FaceRegion(None, "Face", 0.6875, 0.125, 0.125, 0.25),
    )


def test_leading_zeros_are_left_out_and_areas_without_size_too() -> None:
    assert picasa_faces(INI, "IMG_2.jpg") == (FaceRegion("Bea", "Face", 0.03125, 0.0625, 0.0625, 0.125),)


def test_unknown_files_and_contacts() -> None:
    assert picasa_faces(INI, "IMG_9.jpg") == ()
    assert [face.name for face in picasa_faces(INI, "IMG_3.jpg")] == [None]


@pytest.mark.parametrize(("line", "name"), [("ab=Old Name;a@b", "Old Name"), ("ab=joe_lh,cb989580bc43a91", None), ("ab=;;", None)])
def test_contacts_of_older_versions(line: str, name: str | None) -> None:
    ini = f"[Contacts]\n{line}\n[a.jpg]\nfaces=rect64(4000400080008000),AB".encode()
    assert [face.name for face in picasa_faces(ini, "a.jpg")] == [name]


@given(st.binary(max_size=300) | st.text(alphabet="[]=;(),rect64fas\n.jpg0f ", max_size=200).map(str.encode))
def test_any_bytes_are_read_without_an_error(ini: bytes) -> None:
    for face in picasa_faces(ini + b"\n[a]\n" + ini, "a"):
        assert 0 <= face.x <= 1
        assert 0 < face.width <= 1
