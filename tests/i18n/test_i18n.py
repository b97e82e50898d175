"""Texts remember what they are made of, and are said in a language afterwards."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from facetd import i18n
from facetd.errors import MediaError
from facetd.i18n import Text, _, _n, negotiate, speak, spoken, translate

PO = """msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"
"Language: fr\\n"
"Plural-Forms: nplurals=2; plural=(n > 1);\\n"

#: webui/src/strings.ts
msgid "a {color} house"
msgstr "une maison {color}"

msgid "red"
msgstr "rouge"

msgid "{count} photo"
msgid_plural "{count} photos"
msgstr[0] "{count} photo"
msgstr[1] "{count} photos à voir"

msgid "nothing yet"
msgstr ""
"""


@pytest.fixture(autouse=True)
def few_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A catalogue of few words; nothing that is kept of the real ones."""
    file = tmp_path / "fr" / "LC_MESSAGES" / "facetd.po"
    file.parent.mkdir(parents=True)
    file.write_text(PO, encoding="utf-8")
    monkeypatch.setattr(i18n, "FOLDER", tmp_path)
    for kept in (i18n.languages, i18n.messages, negotiate):
        kept.cache_clear()  # type: ignore[attr-defined]
    yield  # type: ignore[misc]
    for kept in (i18n.languages, i18n.messages, negotiate):
        kept.cache_clear()  # type: ignore[attr-defined]


def test_a_text_is_english_until_it_is_translated() -> None:
    text = _("a {color} house").format(color=_("red"))
    assert text == "a red house"
    assert translate(text, "fr") == "une maison rouge"
    assert translate(text, "en") == "a red house"


def test_values_that_are_no_texts_of_ours_stay() -> None:
    assert translate(_("a {color} house").format(color="red"), "fr") == "une maison red"


def test_what_has_no_translation_stays_english() -> None:
    assert translate(_("nothing yet"), "fr") == "nothing yet"
    assert translate(_("unheard of: {x}").format(x=1), "fr") == "unheard of: 1"
    assert translate(_("red"), "de") == "red"


@pytest.mark.parametrize(
    ("number", "english", "french"), [(0, "0 photos", "0 photo"), (1, "1 photo", "1 photo"), (2, "2 photos", "2 photos à voir")]
)
def test_plurals_follow_the_language(number: int, english: str, french: str) -> None:
    text = _n("{count} photo", "{count} photos", number).format(count=number)
    assert text == english
    assert translate(text, "fr") == french


def test_a_text_comes_through_a_pipe() -> None:
    error = pickle.loads(pickle.dumps(MediaError("damaged", _("a {color} house").format(color=_("red")))))
    assert isinstance(error.message, Text)
    assert translate(error.message, "fr") == "une maison rouge"


def test_a_text_does_not_hold_on_to_an_exception() -> None:
    text = _("a {color} house").format(color=ValueError("red"))
    assert isinstance(text, Text)
    assert text.values == {"color": "red"}


def test_a_part_of_the_messages_by_file() -> None:
    assert dict(i18n.messages("fr", "webui/")) == {"a {color} house": "une maison {color}"}
    assert "nothing yet" not in i18n.messages("fr")


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("fr", "fr"),
        ("fr-CA,en;q=0.5", "fr"),
        ("en, fr;q=0.9", "en"),
        ("fr;q=0.1, en;q=0.2", "en"),
        ("FR-fr;Q=1", "fr"),
        ("fr;q=0", "en"),
        ("pt, fr;q=0.3", "fr"),
        ("*", "en"),
        ("de", "en"),
        ("", "en"),
        (";;,,q=,\x00,fr_", "en"),
        ("fr;q=abc", "en"),
        ("fr;q=nan, en;q=0.1", "en"),
        (",".join(["pt"] * 40 + ["fr"]), "en"),
    ],
)
def test_the_best_language_is_negotiated(accepted: str, language: str) -> None:
    assert negotiate(accepted) == language


def test_a_task_speaks_a_language_that_there_is() -> None:
    speak("fr")
    assert translate(_("red")) == "rouge"
    speak("xx")
    assert spoken() == "en"
