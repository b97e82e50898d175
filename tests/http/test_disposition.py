"""The header that names a download: one line, no path, and the whole name for whoever reads UTF-8."""

from __future__ import annotations

import re
from urllib.parse import unquote

import pytest
from aiohttp import content_disposition_filename, parse_content_disposition
from hypothesis import given, settings
from hypothesis import strategies as st

from facetd.http.disposition import attachment


def read(header: str) -> tuple[str, str]:
    """The fallback and the whole name that a header tells."""
    match = re.fullmatch(r"attachment; filename=\"([^\"]*)\"(?:; filename\*=UTF-8''([A-Za-z0-9!#$&+.^_`|~%-]*))?", header)
    assert match is not None, header
    return match[1], unquote(match[2]) if match[2] is not None else match[1]


@pytest.mark.parametrize(
    ("name", "fallback", "whole"),
    [
        ("IMG_1.jpg", "IMG_1.jpg", "IMG_1.jpg"),
        ("Été à Nîmes.jpg", "Ete a Nimes.jpg", "Été à Nîmes.jpg"),
        ("写真.jpg", "__.jpg", "写真.jpg"),
        ('a"; filename="evil.exe', "a__ filename=_evil.exe", 'a"; filename="evil.exe'),
        ("a\r\nSet-Cookie: x=1.jpg", "a__Set-Cookie_ x=1.jpg", "a__Set-Cookie: x=1.jpg"),
        ("../../etc/passwd", "_.._etc_passwd", "_.._etc_passwd"),
        ("..\\..\\boot.ini", "_.._boot.ini", "_.._boot.ini"),
        ("photo\u202egpj.exe", "photo_gpj.exe", "photo_gpj.exe"),
        ("100%.jpg", "100_.jpg", "100%.jpg"),
        ("%FF%FE.jpg", "_FF_FE.jpg", "%FF%FE.jpg"),
        ("...", "photo", "photo"),
        ("", "photo", "photo"),
        (" a. ", "a", "a"),
    ],
)
def test_names(name: str, fallback: str, whole: str) -> None:
    assert read(attachment(name)) == (fallback, whole)


@settings(max_examples=200, deadline=None)
@given(st.text(st.characters(codec=None), max_size=300))
def test_any_name_makes_one_harmless_line(name: str) -> None:
    header = attachment(name)
    assert header.isascii()
    assert header.isprintable()
    fallback, whole = read(header)
    for said in (fallback, whole):
        assert said
        assert not {"/", "\\"} & set(said)
        assert not said.startswith(".")
        assert len(said.encode()) <= 255
    kind, parameters = parse_content_disposition(header)
    assert (kind, content_disposition_filename(parameters)) == ("attachment", whole)


def test_a_long_name_keeps_its_suffix() -> None:
    _, whole = read(attachment("é" * 300 + ".jpeg"))
    assert whole.endswith("é.jpeg")
    assert len(whole.encode()) <= 255
