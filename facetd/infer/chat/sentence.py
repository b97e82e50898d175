"""From what a language model writes to a caption: one line of plain text."""

from __future__ import annotations

import re

from facetd.i18n import _
from facetd.infer.chat.problems import NoSentence

LONGEST = 2000  # characters
READ = 2 * LONGEST  # characters of an answer without thoughts; what is behind is not looked at, which would take ever longer
SHOWN = 80  # of an answer that is told in a message
THOUGHT = re.compile(r"<(think|thinking|thought|reasoning)>.*?(</\1>|\Z)", re.DOTALL | re.IGNORECASE)
THOUGHT_BEFORE = re.compile(r"\A.*</(think|thinking|thought|reasoning)>", re.DOTALL | re.IGNORECASE)  # some servers cut the opening tag
SPECIAL = re.compile(r"<\|[^|<>\n]{1,60}\|>|</?s>|\[/?INST\]")
UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ud800-\udfff\ufeff\ufffd]")
FENCE = re.compile(r"^[ \t]*(```|~~~).*$", re.MULTILINE)
LEADING = re.compile(r"^[ \t]*(#{1,6}[ \t]+|[-*+•][ \t]+|>[ \t]?|\d{1,2}[.)][ \t]+)", re.MULTILINE)
LINK = re.compile(r"!?\[([^\]\n]*)\]\([^)\n]*\)")
STRONG = re.compile(r"(\*\*\*|\*\*|\*|___|__|`+)(?=\S)(.+?)(?<=\S)\1", re.DOTALL)
EMPHASIS = re.compile(r"(?<!\w)_(?=\S)([^_\n]+?)(?<=\S)_(?!\w)")
PREAMBLE = re.compile(
    r"\A(?:(?:sure|certainly|of course|okay|ok|absolutely)\b[^:.!\n]{0,40}[!.,:]\s*)?"
    r"(?:(?:here(?:'s|’s| is| are)|this is)\b[^:\n]{0,80}:\s*|(?:(?:image|photo|picture|suggested|short|possible|one)\s+){0,2}"
    r"(?:caption|description|answer|output|sentence)s?\s*:\s*)?",
    re.IGNORECASE,
)
QUOTES = (('"', '"'), ("'", "'"), ("“", "”"), ("‘", "’"), ("„", "“"), ("„", "”"), ("«", "»"), ("»", "«"), ("`", "`"))
REFUSAL = re.compile(
    r"\A(?:(?:i['’]?m|i am) (?:sorry|unable|not able)\b|sorry\b|i (?:cannot|can['’]?t|can not|won['’]?t)\b|unfortunately, i\b|as an ai\b)",
    re.IGNORECASE,
)
SENTENCE_END = re.compile(r"[.!?。！？…][\"'”’»)]*(?=\s|\Z)")


def caption_of(answer: str, *, cut_short: bool = False) -> str:
    """The caption in an answer: without thoughts, markup, preamble and quotation marks, at most LONGEST characters.

    `cut_short`: the model ran out of tokens; only whole sentences count then. Raises NoSentence.
    """
    text = UNPRINTABLE.sub("", SPECIAL.sub(" ", THOUGHT_BEFORE.sub("", THOUGHT.sub(" ", answer)))).strip()
    too_long = len(text) > READ
    text = " ".join(_plain(text[:READ]).split())
    text = _unquoted(PREAMBLE.sub("", _unquoted(text), count=1).strip())
    if cut_short:
        text = _whole_sentences(text)
        if not text:
            raise NoSentence(_("the answer was cut off before its first sentence ended"), hint=_("Raise captions.max_tokens."))
    if too_long or len(text) > LONGEST:
        text = _whole_sentences(text[:LONGEST]) or f"{text[: LONGEST - 1].rsplit(' ', 1)[0]}…"
    if REFUSAL.match(text):
        raise NoSentence(_("the model declines: {answer}").format(answer=text[:SHOWN]))
    if sum(letter.isalpha() for letter in text) < 2:
        raise NoSentence(
            _("the answer is no sentence: {answer}").format(answer=repr(answer[:SHOWN])) if answer.strip() else _("the answer is empty")
        )
    return text


def _plain(text: str) -> str:
    """Markdown as the words in it."""
    text = LEADING.sub("", FENCE.sub("", text))
    text = EMPHASIS.sub(r"\1", LINK.sub(r"\1", text))
    for _round in range(3):  # ***bold and italic*** is nested
        text = STRONG.sub(r"\2", text)
    return text


def _unquoted(text: str) -> str:
    for first, last in QUOTES:
        inner = text[1:-1]
        if len(text) > 2 and text[0] == first and text[-1] == last and first not in inner and last not in inner:
            return inner.strip()
    return text


def _whole_sentences(text: str) -> str:
    ends = [found.end() for found in SENTENCE_END.finditer(text)]
    return text[: ends[-1]] if ends else ""
