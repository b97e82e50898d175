"""Requests are answered in their language: pages, labels, errors; the catalogues behind /api/i18n/."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from facetd import i18n
from facetd.http.api import i18n as api
from tests.http.serving import Site

PO = """msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"
"Language: {language}\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"

#: facetd/fields.py
msgid "Sharpness"
msgstr "{mark}Schärfe"

#: facetd/fields.py
msgid "Technical"
msgstr "{mark}Technik"

#: webui/src/strings.ts
msgid "{{n}} photo"
msgid_plural "{{n}} photos"
msgstr[0] "{{n}} {mark}Foto"
msgstr[1] "{{n}} {mark}Fotos"

#: facetd/http/openapi.py
msgid "the request has parameters that do not fit"
msgstr "{mark}Parameter passen nicht"

#: facetd/errors.py
msgid "The request is not valid"
msgstr "{mark}Anfrage ungültig"

#: facetd/http/openapi.py
msgid "unknown parameter"
msgstr "{mark}unbekannt"

#: webui/templates/base.html
msgid "Skip to content"
msgstr "{mark}Zum <Inhalt>"

#: facetd/http/middlewares.py
msgid "There is nothing at this address."
msgstr "{mark}Hier ist nichts."

#: facetd/filters.py
msgid "expected a day as YYYY-MM-DD"
msgstr "{mark}ein Tag"

#: facetd/score/categories.json
msgid "Portraits"
msgstr "{mark}Porträt"
"""
KEPT = (i18n.languages, i18n.messages, i18n.negotiate, i18n.catalogue_version, api._catalogue)


@pytest.fixture(autouse=True)
def speaks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """German and French of few words, told apart by a mark; nothing that is kept of the real catalogues."""
    folder = tmp_path / "locale"
    for language, mark in (("de", ""), ("fr", "f")):
        file = folder / language / "LC_MESSAGES" / "facetd.po"
        file.parent.mkdir(parents=True)
        file.write_text(PO.format(language=language, mark=mark), encoding="utf-8")
    shutil.copy(i18n.FOLDER / "facetd.pot", folder)
    monkeypatch.setattr(i18n, "FOLDER", folder)
    for kept in KEPT:
        kept.cache_clear()
    yield
    for kept in KEPT:
        kept.cache_clear()


async def test_the_languages(own: Site) -> None:
    assert await own.json("/api/i18n/languages") == {"languages": ["en", "de", "fr"], "default": "en"}


async def test_a_catalogue_may_be_kept(own: Site) -> None:
    answer = await own.get("/api/i18n/de")
    found = await answer.json()
    assert found["language"] == "de"
    assert found["messages"]["Sharpness"] == "Schärfe"
    assert found["messages"]["{n} photo"] == ["{n} Foto", "{n} Fotos"]
    assert answer.headers["Cache-Control"] == "public, no-cache"
    assert (await own.get("/api/i18n/de", If_None_Match=answer.headers["ETag"])).status == 304
    assert (await own.get("/api/i18n/fr", If_None_Match=answer.headers["ETag"])).status == 200
    present = await own.get(f"/api/i18n/de?v={found['version']}")
    assert present.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert (await own.get("/api/i18n/de?v=old")).headers["Cache-Control"] == "public, no-cache"


async def test_a_catalogue_for_pages_has_what_their_scripts_say(own: Site) -> None:
    assert (await own.json("/api/i18n/de?scope=pages"))["messages"] == {"{n} photo": ["{n} Foto", "{n} Fotos"]}


async def test_english_has_itself(own: Site) -> None:
    messages = (await own.json("/api/i18n/en"))["messages"]
    assert messages["Sharpness"] == "Sharpness"
    assert messages["{n} photo"] == ["{n} photo", "{n} photos"]


@pytest.mark.parametrize("language", ["xx", "DE", "..", "%2e%2e", "de.po", "x" * 500, "%00"])
async def test_a_language_that_there_is_not(own: Site, language: str) -> None:
    assert (await own.get(f"/api/i18n/{language}")).status in (400, 404)


async def sharpness(site: Site, language: str) -> str:
    answer = await (await site.get("/api/config", Accept_Language=language)).json()
    return dict(answer["sort_options"])["tech_sharpness"]


async def test_labels_are_in_the_language_of_the_request(library: Site) -> None:
    english = await library.json("/api/config")
    german = await (await library.get("/api/config", Accept_Language="de-AT,en;q=0.4")).json()
    labels = [await sharpness(library, each) for each in ("de", "fr", "pt")]
    assert labels == ["Schärfe", "fSchärfe", "Sharpness"]
    assert german["category_labels"]["portrait"] == "Porträt"
    assert english["category_labels"]["portrait"] == "Portraits"
    assert "Technik" in german["sort_options_grouped"]
    assert german.keys() == english.keys()


async def test_what_asks_for_a_language_goes_first(own: Site) -> None:
    async def heading(path: str, **headers: str) -> str:
        return (await (await own.get(path, Accept="text/html", **headers)).text()).partition(" data-icons")[0].partition("<html ")[2]

    assert await heading("/scan") == 'lang="en"'
    assert (await heading("/scan", Accept_Language="fr")).startswith('lang="fr" data-messages="/api/i18n/fr?scope=pages&amp;v=')
    assert (await heading("/scan", Accept_Language="fr", Cookie="facetd_lang=de")).startswith('lang="de"')
    assert (await heading("/scan?lang=en", Accept_Language="fr", Cookie="facetd_lang=de")) == 'lang="en"'
    assert (await heading("/scan?lang=xx", Cookie="facetd_lang=%22%3E%3Cscript")) == 'lang="en"'


async def test_pages_are_translated_and_escaped(own: Site) -> None:
    answer = await own.get("/scan", Accept_Language="de")
    text = await answer.text()
    assert "Zum &lt;Inhalt&gt;" in text
    assert answer.headers["Content-Language"] == "de"
    assert answer.headers["Vary"] == "Accept-Language, Cookie"


async def test_a_page_keeps_the_language_it_was_asked_for(own: Site) -> None:
    answer = await own.get("/scan?lang=fr")
    assert answer.cookies["facetd_lang"].value == "fr"
    assert "facetd_lang" not in (await own.get("/scan?lang=xx")).cookies
    assert "facetd_lang" not in (await own.get("/api/config?lang=de")).cookies


async def test_errors_are_told_in_the_language_of_the_request(own: Site) -> None:
    answer = await own.get("/api/photos?colour=red", Accept_Language="de")
    found = json.loads(await answer.text())
    assert answer.status == 400
    assert (found["title"], found["detail"]) == ("Anfrage ungültig", "Parameter passen nicht")
    assert found["errors"] == [{"field": "colour", "message": "unbekannt"}]
    page = await own.get("/nowhere", Accept="text/html", Accept_Language="de")
    assert (page.status, "Hier ist nichts." in await page.text()) == (404, True)


async def test_lang_goes_with_every_operation(own: Site) -> None:
    assert dict((await own.json("/api/config?lang=de"))["sort_options"])["tech_sharpness"] == "Schärfe"
    assert await own.problem("/api/config?lang=xx") == {"lang": "expected one of en, de, fr"}
    assert await own.problem("/api/config?lang=de&lang=fr") == {"lang": "expected one value"}
    assert await own.problem("/api/config?lang=de&other=1") == {"other": "unbekannt"}


async def test_one_connection_may_change_its_language(own: Site) -> None:
    for language, label in (("de", "Schärfe"), ("en", "Sharpness"), ("fr", "fSchärfe")):
        assert dict((await own.json(f"/api/config?lang={language}"))["sort_options"])["tech_sharpness"] == label


async def test_versions_of_a_list_differ_by_language(library: Site) -> None:
    tags = [(await library.get("/api/photos", Accept_Language=each)).headers["ETag"] for each in ("de", "fr", "de")]
    assert tags[0] == tags[2] != tags[1]


async def test_what_filters_refuse_can_be_translated(own: Site) -> None:
    assert await own.problem("/api/photos?date_from=soon&lang=de") == {"date_from": "ein Tag"}
