"""The header that names a download (RFC 6266), also for names that no header can hold."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import quote

UNSAFE = frozenset('"\\/:*?<>|%;')
NAME_CHARS = "!#$&+-.^_`|~"  # beside letters and digits, what RFC 8187 leaves as it is
JOINERS = "\u200c\u200d"  # formatting signs that words of some scripts, and emoji, need
AT_THE_ENDS = re.compile(r"^[\s.]+|[\s.]+$")
NAMELESS = "photo"
LONGEST_SUFFIX = 64  # bytes
LONGEST = 255  # bytes of a file name on most disks


def attachment(filename: str) -> str:
    """`Content-Disposition` for a file that is saved under `filename` (text, no path).

    `filename*` has the whole name in UTF-8, `filename` what of it any program can read: ASCII without quotes, and never a path.
    """
    name = _one_line(filename)
    plain = unicodedata.normalize("NFKD", name)
    letters = (sign for sign in plain if not unicodedata.combining(sign))
    fallback = _shortened("".join(sign if sign.isascii() and sign.isprintable() and sign not in UNSAFE else "_" for sign in letters))
    header = f'attachment; filename="{fallback}"'
    return header if fallback == name else f"{header}; filename*=UTF-8''{quote(name, safe=NAME_CHARS)}"


def _one_line(filename: str) -> str:
    """The name without what no file name should hold: control and formatting signs, slashes, dots and blanks at its ends."""
    signs = []
    for sign in filename.encode("utf-8", "replace").decode():
        kind = unicodedata.category(sign)
        odd = kind in ("Cc", "Cf", "Cs", "Zl", "Zp") and sign not in JOINERS
        signs.append("_" if odd or sign in "/\\" else sign)
    name = AT_THE_ENDS.sub("", "".join(signs))
    return _shortened(name) if name.strip("_") else NAMELESS


def _shortened(name: str) -> str:
    """At most `LONGEST` bytes of it, the suffix kept."""
    stem, dot, suffix = name.rpartition(".")
    tail = f"{dot}{suffix}" if stem and len(suffix.encode()) <= LONGEST_SUFFIX else ""
    head = name.removesuffix(tail).encode()[: LONGEST - len(tail.encode())].decode("utf-8", "ignore")
    return head + tail
