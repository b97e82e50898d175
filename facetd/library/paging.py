"""Opaque keys for going on in a list where the last page ended."""

from __future__ import annotations

import base64
import binascii
import json

from facetd.db.listing import After, Key
from facetd.errors import FieldError, InvalidInput


def encode_key(key: Key) -> str:
    """The opaque text for `after=`."""
    return base64.urlsafe_b64encode(json.dumps([key.value, key.id]).encode()).decode().rstrip("=")


def decode_key(text: str) -> After:
    """What `encode_key` made. Raises InvalidInput for anything else."""
    try:
        value, number = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        if not isinstance(number, int) or not isinstance(value, str | float | int | None) or not -(2**63) <= number < 2**63:
            raise ValueError
    except (ValueError, TypeError, binascii.Error) as error:
        raise InvalidInput("the page key cannot be read", errors=[FieldError("after", "expected the `next` of a page")]) from error
    return After(value, number)
