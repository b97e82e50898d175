"""Opaque keys for going on in a list where the last page ended.

`<id>.n` for a photo without the value that the list is sorted by, `<id>.i<whole number>`, `<id>.f<hex of a big-endian double>`,
`<id>.t<hex of a text in UTF-8, or of a file name>`. Every text of that form can be read.
"""

from __future__ import annotations

import math
import re
import struct

from facetd.db.listing import After, Key
from facetd.errors import FieldError, InvalidInput
from facetd.i18n import _

KEY = r"^[0-9]{1,18}\.(n|i-?[0-9]{1,18}|f[0-9a-f]{16}|t([0-9a-f]{2}){0,2000})$"
NUMBER_KEY = r"^[0-9]{1,18}\.(i-?[0-9]{1,18}|f[0-9a-f]{16})$"
LONGEST = 4096
_DOUBLE = struct.Struct(">d")


def encode_key(key: Key) -> str:
    """The opaque text for `after=`."""
    return f"{key.id}.{_text(key.value)}"


def decode_key(text: str) -> After:
    """What `encode_key` made. Raises InvalidInput for anything else."""
    if len(text) > LONGEST or not re.fullmatch(KEY, text, re.ASCII):
        raise InvalidInput(_("the page key cannot be read"), errors=[FieldError("after", _("expected the `next` of a page"))])
    number, _dot, value = text.partition(".")
    return After(_value(value[0], value[1:]), int(number))


def _text(value: str | bytes | float | int | None) -> str:
    if value is None:
        return "n"
    if isinstance(value, int):
        return f"i{value}"
    if isinstance(value, float):
        return f"f{_DOUBLE.pack(value).hex()}"
    return f"t{(value if isinstance(value, bytes) else value.encode()).hex()}"


def _value(kind: str, text: str) -> str | bytes | float | int | None:
    """A sort value that SQLite can take."""
    if kind == "i":
        return int(text)
    if kind == "f":
        number: float = _DOUBLE.unpack(bytes.fromhex(text))[0]
        return None if math.isnan(number) else number
    if kind == "t":
        raw = bytes.fromhex(text)
        try:
            return raw.decode()
        except UnicodeDecodeError:  # a file name that is not UTF-8
            return raw
    return None
