"""What people type into the search box: words, "phrases", words to leave out, and dates. Everything else is taken literally."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from facetd.db.folding import fold

MOST_TERMS = 16  # what comes after is left out of account
UNIT = re.compile(r'(-?)(?:"([^"]*)"?|(\S+))')
YEARS = range(1800, 2101)
DAY = re.compile(r"(\d{4})[-./](\d{1,2})(?:[-./](\d{1,2}))?$")
DAY_FIRST = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})$")
# English, German, French, Spanish and Italian, as `fold` writes them.
MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january jan januar janner janvier enero gennaio",
            "february feb februar fevrier febrero febbraio",
            "march mar marz mars marzo",
            "april apr avril abril aprile",
            "may mai mayo maggio",
            "june jun juni juin junio giugno",
            "july jul juli juillet julio luglio",
            "august aug aout agosto",
            "september sep sept septembre septiembre settembre",
            "october oct oktober okt octobre octubre ottobre",
            "november nov novembre noviembre",
            "december dec dezember dez decembre diciembre dicembre",
        ),
        start=1,
    )
    for name in names.split()
}

# Words that only join others, in the same languages and writing, unless they are names or things elsewhere.
FILLERS = frozenset(
    word
    for words in (
        "a an the of with without in on at and or to from for by near my our your his her their its is are this that these those",
        "der die das den dem des ein eine einen einem einer eines und oder mit ohne im am an auf aus bei beim von vom zu zum zur fur bis"
        " mein meine unser unsere ist sind",
        "le la les l un une de du des d et ou avec sans dans en au aux sur sous pour par chez mon ma mes notre nos sa ses est sont",
        "el los las unos unas uno del al y o con sin por para mis nuestro nuestra su sus es",
        "il lo i gli una di dello della dell dei degli delle da dal dalla dai nel nella nei alla allo ai alle sul sulla e con senza per tra"
        " fra nostro nostra sono",
    )
    for word in words.split()
)


@dataclass(frozen=True, slots=True)
class Term:
    """One thing that must be found, or (`negated`) must not.

    `words` are folded and stand next to each other. `prefix`: the last of them may be the beginning of a word. `whole`: also file names
    are looked at word by word, not for any part of them. `days`: from this day to before that one; `month`: in this month of any year.
    """

    words: str
    prefix: bool = False
    negated: bool = False
    whole: bool = False
    days: tuple[str, str] | None = None
    month: int | None = None


def parse(text: str) -> tuple[Term, ...]:
    """The terms of what was typed; all must match. Nothing when there is no letter, number or picture character in it."""
    found: list[Term] = []
    for minus, phrase, word in UNIT.findall(text):
        words = fold(phrase or word)
        if words and len(found) < MOST_TERMS:
            days, month = (None, None) if phrase else (days_of(word), MONTHS.get(words))
            found.append(Term(words, negated=bool(minus), whole=bool(phrase or minus), days=days, month=month))
    if found and not found[-1].whole:
        last = found.pop()
        found.append(Term(last.words, prefix=True, days=last.days, month=last.month))
    return tuple(dict.fromkeys(found))


def meaning(text: str) -> str:
    """What a model is to read of what was typed: without what is to be left out, and without days, which no picture shows."""
    kept = [phrase or word for minus, phrase, word in UNIT.findall(text) if not minus and (phrase or days_of(word) is None)]
    return " ".join(kept) if any(fold(one) for one in kept) else ""


def alone(text: str) -> list[str]:
    """The words and phrases of what was typed that say something alone, in its order and as they were typed; none for a single one."""
    units = [(minus, phrase, word) for minus, phrase, word in UNIT.findall(text) if fold(phrase or word)]
    kept = [f'"{phrase}"' if phrase else word for minus, phrase, word in units if not minus and (phrase or fold(word) not in FILLERS)]
    return list(dict.fromkeys(kept))[:MOST_TERMS] if len(units) > 1 else []


def reworded(text: str, words: Mapping[str, str]) -> str:
    """What was typed with other words, or nothing, in place of some: `words` gives them for the folded ones. What is left out stays."""

    def other(match: re.Match[str]) -> str:
        minus, phrase, word = match.groups()
        meant = words.get(fold(phrase or word or "")) if not minus else None
        if meant is None:
            return match[0]
        return meant if not meant or (phrase is None and " " not in meant) else f'"{meant}"'

    return " ".join(filter(None, (other(match) for match in UNIT.finditer(text))))


def days_of(word: str) -> tuple[str, str] | None:
    """From which day to before which one `2019`, `2019-07`, `2019-07-14` or `14.7.2019` reaches; None for anything else."""
    if word.isascii() and len(word) == 4 and word.isdigit() and int(word) in YEARS:
        return f"{word}-01-01", f"{int(word) + 1}-01-01"
    if match := DAY_FIRST.match(word):
        day, month, year = (int(part) for part in match.groups())
    elif match := DAY.match(word):
        year, month, day = (int(part or 0) for part in match.groups())
    else:
        return None
    if year not in YEARS or not 1 <= month <= 12:
        return None
    if day == 0:
        return f"{year}-{month:02d}-01", f"{year + month // 12}-{month % 12 + 1:02d}-01"
    try:
        first = date(year, month, day)
    except ValueError:
        return None
    return str(first), str(first + timedelta(days=1))
