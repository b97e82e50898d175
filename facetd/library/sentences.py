"""Captions by rule: a sentence from the people, the things, the place and the month of a photo. Pure text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from facetd.i18n import _

MOST_PEOPLE = 4  # named one by one
MOST_THINGS = 3
NUMBERS = (_("no"), _("one"), _("two"), _("three"), _("four"), _("five"), _("six"), _("seven"), _("eight"), _("nine"), _("ten"))
MONTHS = (
    _("January"), _("February"), _("March"), _("April"), _("May"), _("June"), _("July"), _("August"), _("September"), _("October"),
    _("November"), _("December"),
)  # fmt: skip
SAME_IN_PLURAL = frozenset({"sheep", "skis", "scissors", "broccoli"})
PLURALS = {"person": "people", "knife": "knives", "mouse": "mice"}


def sentence(names: Sequence[str], others: int, things: Mapping[str, int], place: str | None, date_taken: str | None) -> str | None:
    """`Anna and Ben with a dog in Rome, July 2019`; None when there is nothing to say.

    `names` are of the people who are known, `others` how many more there are; `things` how many of each, most prominent first;
    `date_taken` is ISO 8601.
    """
    people = _people(names, others)
    some = enumerated([counted(thing, count) for thing, count in list(things.items())[:MOST_THINGS]])
    subject = _("{people} with {things}").format(people=people, things=some) if people and some else people or some
    where = _("{subject} in {place}").format(subject=subject, place=place) if subject and place else subject or place
    when = month(date_taken)
    if where and when:
        where = _("{where}, {when}").format(where=where, when=when)
    text = where or when
    return text[:1].upper() + text[1:] if text else None


def month(date_taken: str | None) -> str | None:
    """`July 2019` of an ISO date; None without one."""
    if not date_taken or len(date_taken) < 7 or not (date_taken[5:7].isdigit() and 1 <= int(date_taken[5:7]) <= 12):
        return None
    return f"{MONTHS[int(date_taken[5:7]) - 1]} {date_taken[:4]}"


def enumerated(parts: Sequence[str]) -> str:
    """`a, b and c`."""
    if len(parts) < 2:
        return "".join(parts)
    return _("{first} and {last}").format(first=", ".join(parts[:-1]), last=parts[-1])


def counted(thing: str, count: int) -> str:
    """`a dog`, `an apple`, `two dogs`, `12 dogs`."""
    if count == 1 and thing in SAME_IN_PLURAL:
        return thing
    if count == 1:
        return f"{'an' if thing[:1] in 'aeiou' else 'a'} {thing}"
    return f"{_number(count)} {plural(thing)}"


def plural(thing: str) -> str:
    """The English plural of a label."""
    first, _space, last = thing.rpartition(" ")
    if last in SAME_IN_PLURAL:
        return thing
    if last in PLURALS:
        many = PLURALS[last]
    elif last.endswith(("s", "x", "ch", "sh")):
        many = f"{last}es"
    elif last.endswith("y") and last[-2:-1] not in "aeiou":
        many = f"{last[:-1]}ies"
    else:
        many = f"{last}s"
    return f"{first} {many}".strip()


def _people(names: Sequence[str], others: int) -> str:
    shown = list(names[:MOST_PEOPLE])
    more = others + len(names) - len(shown)
    if not shown:
        return "" if more <= 0 else _("a person") if more == 1 else _("{number} people").format(number=_number(more))
    if more <= 0:
        return enumerated(shown)
    last = _("one other") if more == 1 else _("{number} others").format(number=_number(more))
    return enumerated([*shown, last])


def _number(count: int) -> str:
    return NUMBERS[count] if count < len(NUMBERS) else str(count)
