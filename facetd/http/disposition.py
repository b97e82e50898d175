"""The header that names a download (RFC 6266), also for names that no header can hold."""

from __future__ import annotations

import unicodedata
from urllib.parse import quote

from facetd.library.filenames import safe_name, shortened

UNSAFE = frozenset('"\\/:*?<>|%;')
NAME_CHARS = "!#$&+-.^_`|~"  # beside letters and digits, what RFC 8187 leaves as it is


def attachment(filename: str) -> str:
    """`Content-Disposition` for a file that is saved under `filename` (text, no path).

    `filename*` has the whole name in UTF-8, `filename` what of it any program can read: ASCII without quotes, and never a path.
    """
    name = safe_name(filename)
    letters = (sign for sign in unicodedata.normalize("NFKD", name) if not unicodedata.combining(sign))
    fallback = shortened("".join(sign if sign.isascii() and sign.isprintable() and sign not in UNSAFE else "_" for sign in letters))
    header = f'attachment; filename="{fallback}"'
    return header if fallback == name else f"{header}; filename*=UTF-8''{quote(name, safe=NAME_CHARS)}"
