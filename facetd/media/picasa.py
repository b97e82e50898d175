"""Faces that Picasa named: `.picasa.ini` beside the photos.

A section for each file has `faces=rect64(hhhh hhhh hhhh hhhh),contact;...`: left, top, right and bottom as 16-bit fractions of the upright
picture in hexadecimal, leading zeros left out; `[Contacts2]` (`[Contacts]` before Picasa 3.9) gives contacts their names.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from facetd.records.metadata import FaceRegion

LARGEST = 16 << 20
NOBODY = "ffffffffffffffff"  # a face that was not named
_FACE = re.compile(r"rect64\(([0-9A-Fa-f]{1,16})\)\s*,\s*([0-9A-Fa-f]+)")
_SCALE = 65536
_MOST_FACES = 500


def picasa_faces(ini: bytes, filename: str) -> tuple[FaceRegion, ...]:
    """The faces of the photo `filename` in the contents of a `.picasa.ini`; what cannot be read is left out."""
    sections = _sections(ini)
    contacts = {**_contacts(sections.get("contacts", {})), **_contacts(sections.get("contacts2", {}))}
    text = sections.get(filename.casefold(), {}).get("faces", "")
    found = []
    for match in list(_FACE.finditer(text))[:_MOST_FACES]:
        bits = int(match[1], 16)
        left, top, right, bottom = ((bits >> shift & 0xFFFF) / _SCALE for shift in (48, 32, 16, 0))
        if right > left and bottom > top:
            name = None if match[2].lower() == NOBODY else contacts.get(match[2].lower())
            centre = (round((left + right) / 2, 6), round((top + bottom) / 2, 6))
            found.append(FaceRegion(name, "Face", *centre, round(right - left, 6), round(bottom - top, 6)))
    return tuple(found)


@lru_cache(maxsize=2)  # one file tells about a whole folder
def _sections(ini: bytes) -> dict[str, dict[str, str]]:
    """Keys and values by section, names folded; a section or key that comes twice counts as the last one says."""
    found: dict[str, dict[str, str]] = {}
    current: dict[str, str] = {}
    for line in ini[:LARGEST].decode("utf-8-sig", "replace").splitlines():
        text = line.strip()
        if text.startswith("[") and text.endswith("]"):
            current = found.setdefault(text[1:-1].casefold(), {})
        elif "=" in text and not text.startswith((";", "#")):
            key, _, value = text.partition("=")
            current[key.strip().casefold()] = value.strip()
    return found


def _contacts(lines: Mapping[str, str]) -> dict[str, str]:
    """Names by contact; `Name;address;...`, and older lines that name an account instead of a person are left out."""
    names = {key: " ".join(value.split(";", 1)[0].split()) for key, value in lines.items() if not re.match(r"[^;]*_lh,", value)}
    return {key: name for key, name in names.items() if name}
