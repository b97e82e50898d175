"""`python -m tests.i18n.messages` writes locale/facetd.pot from the sources and brings every facetd.po up to it (`make messages`)."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_javascript, extract_python
from babel.messages.pofile import read_po, write_po
from jinja2.ext import babel_extract

from facetd.i18n import DOMAIN, FOLDER

ROOT = Path(__file__).parents[2]
TEMPLATE = FOLDER / f"{DOMAIN}.pot"
KEYWORDS: dict[str, Any] = {"_": None, "_n": (1, 2)}
SOURCES: tuple[tuple[str, str, Callable[..., Any], dict[str, str]], ...] = (
    ("facetd", "*.py", extract_python, {"encoding": "utf-8"}),
    ("webui/templates", "*.html", babel_extract, {"encoding": "utf-8", "silent": "false", "trim_blocks": "true"}),
    ("webui/src", "*.ts", extract_javascript, {"encoding": "utf-8"}),
)
LABELS = "facetd/score/categories.json"
CHANGING = b"POT-Creation-Date|PO-Revision-Date|Last-Translator|Language-Team|Report-Msgid-Bugs-To|Generated-By"
DATES = re.compile(rb'^"(' + CHANGING + rb"):.*\n", re.MULTILINE)
HEADER = "# What facetd says to people. MIT license, like facetd."


def extracted() -> Catalog:
    """Every message of the sources, with the files that have it."""
    catalog = Catalog(project="facetd", header_comment=HEADER, fuzzy=False, charset="utf-8")
    for name, message in _found():
        catalog.add(message, locations=[(name, 0)])
    return catalog


def _found() -> Iterator[tuple[str, Any]]:
    for folder, pattern, extract, options in SOURCES:
        for path in sorted((ROOT / folder).rglob(pattern)):
            with path.open("rb") as file:
                for _line, function, message, _comments in extract(file, KEYWORDS, (), options):
                    name = path.relative_to(ROOT).as_posix()
                    said = message if isinstance(message, str) else (message or ("",))[0]
                    if function in KEYWORDS and said:
                        yield name, tuple(message[:2]) if function == "_n" else said
    data = json.loads((ROOT / LABELS).read_text(encoding="utf-8"))
    for kind in ("categories", "photo_types"):
        for entry in data[kind].values():
            yield LABELS, entry["label"]


def written(catalog: Catalog) -> bytes:
    """The file of `catalog`: without line numbers and dates, which would change with everything else."""
    for message in catalog:
        message.locations = [(name, None) for name in sorted({name for name, _ in message.locations})]
        message.flags.discard("python-format")  # a per cent sign is one: values are {named}
    out = io.BytesIO()
    write_po(out, catalog, width=120, sort_output=True, ignore_obsolete=True, include_previous=False)
    return DATES.sub(b"", out.getvalue())


def read(path: Path, language: str | None = None) -> Catalog:
    """The catalogue in the file at `path`."""
    with path.open("rb") as file:
        return read_po(file, locale=language)


def update(language: str, template: Catalog) -> bytes:
    """The .po of `language` with the messages of `template`: new ones empty, those that went away dropped, nothing guessed."""
    catalog = read(po_of(language), language)
    catalog.update(template, no_fuzzy_matching=True, update_header_comment=False)
    for message in catalog:
        if message.id and message.fuzzy:  # it has a plural now, or none any more
            message.flags.discard("fuzzy")
            message.string = "" if isinstance(message.id, str) else ("",) * catalog.num_plurals
    return written(catalog)


def untranslated(catalog: Catalog) -> list[str]:
    """The messages that have no translation, or not for every plural form."""
    return [str(message.id) for message in catalog if message.id and not all(forms(message.string))]


def forms(text: Any) -> tuple[str, ...]:
    """One text as a tuple, or those of the plural."""
    return (text,) if isinstance(text, str) else tuple(text)


def po_of(language: str) -> Path:
    """Where the catalogue of `language` is."""
    return FOLDER / language / "LC_MESSAGES" / f"{DOMAIN}.po"


def main() -> None:
    """Write the template and every catalogue; says how many messages have no translation."""
    TEMPLATE.write_bytes(written(extracted()))
    template = read(TEMPLATE)
    print(f"{TEMPLATE.relative_to(ROOT)}: {len(template)} messages")
    for path in sorted(FOLDER.glob(f"*/LC_MESSAGES/{DOMAIN}.po")):
        language = path.parent.parent.name
        path.write_bytes(update(language, template))
        missing = len(untranslated(read(path, language)))
        print(f"{path.relative_to(ROOT)}: {missing} without translation")


if __name__ == "__main__":
    main()
