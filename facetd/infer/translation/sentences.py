"""Cutting a text into what a translator takes: sentence by sentence, and long ones where they breathe."""

from __future__ import annotations

import re
from collections.abc import Callable

END = re.compile(r"(?<=[.!?…])[\"'”’»)]*\s+(?=[\"'“‘«(¿¡]*[^\W_a-z])|(?<=[。！？])")
NO_END = re.compile(r"(?:\b(?:Mr|Mrs|Ms|Dr|Prof|St|Mt|[Nn]o|vs|etc|e\.g|i\.e|approx|ca)|\b[A-Z])\.$")
BREATH = (re.compile(r"(?<=[;:])\s+"), re.compile(r"(?<=,)\s+"), re.compile(r"\s+"))


def sentences(text: str, fits: Callable[[str], bool]) -> list[str]:
    """The sentences of one line of text, in order; one that does not fit is cut at ; and :, else at commas, else between words.

    A single word that does not fit stays whole.
    """
    return [part for sentence in _split(text) for part in _fitting(sentence, fits, 0)]


def _split(text: str) -> list[str]:
    found: list[str] = []
    begin = 0
    for gap in END.finditer(text):
        piece = text[begin : gap.end()].strip()
        if piece and not NO_END.search(piece):
            found.append(piece)
            begin = gap.end()
    rest = text[begin:].strip()
    return [*found, rest] if rest else found


def _fitting(text: str, fits: Callable[[str], bool], way: int) -> list[str]:
    """Pieces that fit, as long as possible."""
    if way == len(BREATH) or fits(text):
        return [text]
    pieces: list[str] = []
    for part in BREATH[way].split(text):
        if pieces and fits(f"{pieces[-1]} {part}"):
            pieces[-1] = f"{pieces[-1]} {part}"
        else:
            pieces.append(part)
    return [smaller for piece in pieces for smaller in _fitting(piece, fits, way + 1)]
