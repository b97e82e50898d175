"""Names of files that others save: harmless in any header, on any disk."""

from __future__ import annotations

import re
import unicodedata

JOINERS = "\u200c\u200d"  # formatting signs that words of some scripts, and emoji, need
ODD_CATEGORIES = ("Cc", "Cf", "Cs", "Zl", "Zp")
AT_THE_ENDS = re.compile(r"^[\s.]+|[\s.]+$")
NAMELESS = "photo"
LONGEST = 255  # bytes of a file name on most disks
LONGEST_SUFFIX = 64  # bytes
REFUSED_BY_WINDOWS = re.compile(r'[<>:"|?*]')
DEVICES = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(\s*\..*)?\s*", re.IGNORECASE | re.DOTALL)


def safe_name(name: str) -> str:
    """A file name of one line that is no path: without control and formatting signs, slashes, dots and blanks at its ends."""
    made = AT_THE_ENDS.sub("", "".join("_" if _is_odd(sign) or sign in "/\\" else sign for sign in _characters(name)))
    return shortened(made) if made.strip("_") else NAMELESS


def portable_name(name: str) -> str:
    """The name of a file or folder that can be written to any disk, also to one of Windows; as much of `name` as that allows."""
    made = unicodedata.normalize("NFC", "".join("_" if _is_odd(sign) or sign in "/\\" else sign for sign in _characters(name)))
    made = shortened(REFUSED_BY_WINDOWS.sub("_", made).strip()).rstrip()
    ends = len(made) - len(made.rstrip("."))
    made = made[: len(made) - ends] + "_" * ends
    return f"_{made}"[:LONGEST] if not made or DEVICES.fullmatch(made) else made


def shortened(name: str, room: int = LONGEST) -> str:
    """At most `room` bytes of a name, the suffix kept."""
    stem, end = stem_and_end(name)
    return stem.encode()[: max(0, room - len(end.encode()))].decode("utf-8", "ignore") + end


def stem_and_end(name: str) -> tuple[str, str]:
    """A name without its suffix, and the suffix with its dot; what is too long for one is none."""
    stem, dot, suffix = name.rpartition(".")
    return (stem, dot + suffix) if stem and len(suffix.encode()) <= LONGEST_SUFFIX else (name, "")


def _characters(name: str) -> str:
    """The name without what UTF-8 cannot hold."""
    return name.encode("utf-8", "replace").decode()


def _is_odd(sign: str) -> bool:
    return unicodedata.category(sign) in ODD_CATEGORIES and sign not in JOINERS
