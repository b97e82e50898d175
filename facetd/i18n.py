"""Text that people read: marked where it is written, in English, and said in a person's language where it is shown.

The catalogues are locale/*/LC_MESSAGES/facetd.po, read at their first use.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar
from functools import cache, lru_cache
from pathlib import Path, PurePath
from typing import Any

from facetd.version import __version__

DEFAULT = "en"
FOLDER = Path(__file__).parent / "locale"
DOMAIN = "facetd"
MOST_RANGES = 32  # of an Accept-Language: nobody speaks more
_current: ContextVar[str] = ContextVar("language", default=DEFAULT)


class Text(str):
    """An English text that remembers what it was made of: `msgid` (with `{name}` for values), its plural and the values.

    It is a `str` like any other; only `translate` looks behind it.
    """

    __slots__ = ("msgid", "number", "plural", "positions", "values")

    msgid: str
    plural: str
    number: int
    positions: tuple[object, ...]
    values: Mapping[str, object]

    def __new__(
        cls, english: str, msgid: str, plural: str = "", number: int = 1, positions: tuple[object, ...] = (),
        values: Mapping[str, object] | None = None,
    ) -> Text:  # fmt: skip
        made = super().__new__(cls, english)
        made.msgid, made.plural, made.number = msgid, plural, number
        made.positions, made.values = positions, values or {}
        return made

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle across the worker pipe."""
        return (Text, (str(self), self.msgid, self.plural, self.number, self.positions, dict(self.values)))

    def format(self, *args: object, **kwargs: object) -> Text:
        """The text with its values, which it keeps."""
        positions, values = tuple(map(_kept, args)), {name: _kept(value) for name, value in kwargs.items()}
        return Text(super().format(*args, **kwargs), self.msgid, self.plural, self.number, positions, values)


def _kept(value: object) -> object:
    """A value as it is kept: an exception would hold on to the frames it came through."""
    return str(value) if isinstance(value, BaseException | PurePath) else value


def _(message: str) -> str:
    """Mark `message` (English) for extraction; `translate` says it in another language."""
    return message if isinstance(message, Text) else Text(message, message)


def _n(one: str, many: str, number: int) -> str:
    """Mark a message that depends on a number: `_n("1 photo", "{count} photos", n).format(count=n)`."""
    return Text(one if number == 1 else many, one, many, number)


@cache
def languages() -> tuple[str, ...]:
    """The languages that there are catalogues of, English first."""
    return (DEFAULT, *sorted(path.parent.parent.name for path in FOLDER.glob(f"*/LC_MESSAGES/{DOMAIN}.po")))


@cache
def messages(language: str, part: str = "") -> Mapping[str, str | Sequence[str]]:
    """What the catalogue of `language` has: for each English message its translation, or one for each plural form; English has itself.

    `part`: only messages of source files whose path begins so.
    """
    if language not in languages():
        return {}
    from babel.messages.pofile import read_po  # noqa: PLC0415 - most processes show English only

    english = language == DEFAULT
    path = FOLDER / f"{DOMAIN}.pot" if english else FOLDER / language / "LC_MESSAGES" / f"{DOMAIN}.po"
    with path.open("rb") as file:
        catalog = read_po(file, locale=language)
    found: dict[str, str | Sequence[str]] = {}
    for message in catalog:
        singular = message.id if isinstance(message.id, str) else message.id[0]
        if part and not any(name.startswith(part) for name, _line in message.locations):
            continue
        said = (message.id if english else message.string) or ""
        if singular and all((said,) if isinstance(said, str) else said) and not message.fuzzy:
            found[singular] = said if isinstance(said, str) else tuple(said)
    return found


@cache
def catalogue_version(language: str) -> str:
    """Changes with the texts of `language`."""
    return hashlib.blake2b(repr((__version__, messages(language))).encode(), digest_size=8).hexdigest()


def translate(text: str, language: str = "") -> str:
    """`text` in `language` (that of the request, without one): a message, or what `_` and `format` made; as it is when unknown."""
    language = language or _current.get()
    if language == DEFAULT:
        return text
    if not isinstance(text, Text):
        return _form(messages(language).get(text), language, 1) or text
    said = _form(messages(language).get(text.msgid), language, text.number)
    if said is None:
        said = text.msgid if text.number == 1 or not text.plural else text.plural
    if not text.positions and not text.values:
        return said
    positions = [_said(value, language) for value in text.positions]
    return said.format(*positions, **{name: _said(value, language) for name, value in text.values.items()})


def _said(value: object, language: str) -> object:
    return translate(value, language) if isinstance(value, Text) else value


def _form(found: str | Sequence[str] | None, language: str, number: int) -> str | None:
    if found is None or isinstance(found, str):
        return found
    return found[0] if _plural_rule(language)(number) == "one" else found[-1]


@cache
def _plural_rule(language: str) -> Callable[[float], str]:
    from babel import Locale  # noqa: PLC0415

    return Locale.parse(language).plural_form


def speak(language: str) -> None:
    """From here on, in this task, `translate` says texts in `language`."""
    _current.set(language if language in languages() else DEFAULT)


def spoken() -> str:
    """The language that this task speaks."""
    return _current.get()


@lru_cache(maxsize=256)
def negotiate(accepted: str) -> str:
    """The language that an Accept-Language header (RFC 9110, 12.5.4) likes best of those there are; English when it likes none."""
    from babel.core import negotiate_locale  # noqa: PLC0415

    ranges: list[tuple[float, int, str]] = []
    for place, part in enumerate(accepted.split(",")[:MOST_RANGES]):
        tag, *parameters = (piece.strip() for piece in part.split(";"))
        quality = next((_quality(each[2:]) for each in parameters if each[:2].lower() == "q="), 1.0)
        if tag and quality > 0:
            ranges.append((-quality, place, DEFAULT if tag == "*" else tag.lower()))
    wanted = [tag for _quality_, _place, tag in sorted(ranges)]
    return negotiate_locale(wanted, languages(), sep="-") or DEFAULT


def _quality(text: str) -> float:
    try:
        return min(float(text), 1.0)
    except ValueError:
        return 0.0
