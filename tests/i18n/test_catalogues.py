"""The catalogues have exactly what the sources say, and what they have can be shown."""

from __future__ import annotations

import string

import pytest

from facetd.i18n import languages
from tests.i18n.messages import TEMPLATE, extracted, forms, po_of, read, untranslated, update, written

OTHERS = languages()[1:]


def placeholders(text: str) -> set[str]:
    found = string.Formatter().parse(text)
    return {f"{name}!{conversion or ''}:{spec}" for _, name, spec, conversion in found if name is not None}


def test_the_languages_are_those_of_the_product() -> None:
    assert languages() == ("en", "de", "es", "fr", "it")


def test_the_template_has_what_the_sources_have() -> None:
    assert TEMPLATE.read_bytes() == written(extracted()), "run `make messages`"


@pytest.mark.parametrize("language", OTHERS)
def test_a_catalogue_has_exactly_the_messages_of_the_template(language: str) -> None:
    assert po_of(language).read_bytes() == update(language, read(TEMPLATE)), "run `make messages`"
    assert not any(message.fuzzy for message in read(po_of(language), language) if message.id)


@pytest.mark.parametrize("language", OTHERS)
def test_everything_is_translated(language: str) -> None:
    missing = untranslated(read(po_of(language), language))
    assert not missing, f"{len(missing)} without translation, such as {missing[:5]}"


@pytest.mark.parametrize("language", OTHERS)
def test_translations_have_the_values_of_the_english_text(language: str) -> None:
    wrong = []
    for message in read(po_of(language), language):
        if not message.id or not any(forms(message.string)):
            continue
        wanted = placeholders(forms(message.id)[-1])
        for number, text in enumerate(forms(message.string)):
            found = placeholders(text)
            # The form for one may say it without the number.
            if found != wanted and not (number < len(forms(message.string)) - 1 and found < wanted):
                wrong.append((message.id, text))
    assert not wrong


def test_placeholders_are_told_apart() -> None:
    assert placeholders("{a} {b:g} {{c}}") == {"a!:", "b!:g"}
