"""One way of writing for words that are the same to people: case, diacritics, scripts without spaces, separators."""

from __future__ import annotations

import re
import unicodedata

FOLD_VERSION = 1  # another one writes the index of words anew
LETTERS = str.maketrans(
    {"ø": "o", "đ": "d", "ð": "d", "ħ": "h", "ı": "i", "ł": "l", "ŧ": "t", "æ": "ae", "œ": "oe", "þ": "th", "ŋ": "ng", "ĸ": "k"}
)
# Marks that change a letter of an alphabet. Those of other scripts (vowel signs, voicing) are part of the word.
MARKS = re.compile(
    "[\u0300-\u036f\u0483-\u0489\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe00-\ufe2f]"
)
# Scripts that put no space between words: each character is a word of the index, and what was typed a phrase of them.
UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u2e80-\u2fdf\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uac00-\ud7ff\uf900-\ufaff\U00020000-\U0003ffff"
)
SIGNED = "\u0900-\u0963\u0971-\u0dff"  # scripts of India, whose vowel signs are no letters to Python
PARTS = re.compile(rf"[{UNSPACED}]|(?:[{SIGNED}]|[^\W\d_{UNSPACED}])+|\d+|[^\w\s]")
ASCII_PARTS = re.compile("[a-z]+|[0-9]+")


def fold(text: str) -> str:
    """The words of `text` as the index keeps them, separated by single spaces.

    Letters without case and diacritics (ß is ss, ø is o); numbers apart from letters (`IMG_0012` is `img 0012`); each character of a
    script without spaces, and each picture character, by itself. Nothing else is left, so what comes out never means anything to FTS5
    inside its quotes.
    """
    if text.isascii():
        return " ".join(ASCII_PARTS.findall(text.lower()))
    return " ".join(part for part in PARTS.findall(plain(text)) if len(part) > 1 or _is_word(part))


def plain(text: str) -> str:
    """`text` without case and diacritics (ß is ss, ø is o); what is no letter stays as it is."""
    if text.isascii():
        return text.lower()
    letters = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    return unicodedata.normalize("NFC", MARKS.sub("", letters).translate(LETTERS))


def _is_word(character: str) -> bool:
    """Letters, numbers and picture characters."""
    category = unicodedata.category(character)
    return category[0] in "LN" or category == "So"
