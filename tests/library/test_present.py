"""Small things of presentation."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis.strategies import from_regex

from facetd.db.listing import Key
from facetd.db.names import candidates, from_stored, shown, to_stored
from facetd.errors import InvalidInput
from facetd.library.paging import KEY, decode_key, encode_key
from facetd.library.present import date_formatted, exposure_text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.004, "1/250"), (0.25, "1/4"), (0.3, "0.3"), (1.3, "1.3"), (30, "30"), (1 / 8000, "1/8000"), (0, None), (None, None), (-1, None)],
)
def test_exposure_times_as_photographers_write_them(seconds: float | None, text: str | None) -> None:
    assert exposure_text(seconds) == text


def test_dates() -> None:
    assert date_formatted("2024-07-14T18:03:22.25") == "14/07/2024 18:03"
    assert date_formatted(None) is None


@pytest.mark.parametrize(
    "key", [Key(1, 5.25), Key(2**59, None), Key(3, "2024-01-01T00:00:00"), Key(4, 'ü"\\'), Key(5, -7), Key(6, b"\xff.jpg"), Key(7, "")]
)
def test_page_keys_come_back(key: Key) -> None:
    after = decode_key(encode_key(key))
    assert (after.id, after.value) == (key.id, key.value)


@pytest.mark.parametrize(
    "text",
    ["", "x", "1", "1.", "1.n5", "1.i", "1.i1.5", "1.i" + "9" * 19, "-1.n", "1.f00", "1.t0", "1.tAB", "é.n", "[1, 2]", "9" * 19 + ".n"],
)
def test_what_is_no_page_key_is_named(text: str) -> None:
    with pytest.raises(InvalidInput) as error:
        decode_key(text)
    assert error.value.errors[0].field == "after"


@given(from_regex(KEY, fullmatch=True))
def test_what_looks_like_a_page_key_can_be_read(text: str) -> None:
    after = decode_key(text)
    assert after.id == int(text.partition(".")[0])


@pytest.mark.parametrize("raw", [b"plain.jpg", "café.jpg".encode(), b"caf\xe9.jpg", b"100%.jpg", b"\xff%FF\xfe"])
def test_names_are_stored_shown_and_found(raw: bytes) -> None:
    name = raw.decode("utf-8", "surrogateescape")
    stored = to_stored(name)
    assert from_stored(stored) == name
    assert isinstance(stored, str) == (raw.decode("utf-8", "replace").encode() == raw)
    assert shown(name).isprintable()
    if b"%" not in raw:
        assert stored in candidates(shown(name))
