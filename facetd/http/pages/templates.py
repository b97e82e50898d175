"""Jinja: one environment, everything escaped, static() and _() known to every template."""

from __future__ import annotations

from pathlib import Path

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from facetd.http.pages.built import BuiltFiles
from facetd.http.pages.me import signed_in_as
from facetd.i18n import DEFAULT, _, catalogue_version, spoken, translate
from facetd.version import __version__

TEMPLATES: web.AppKey[Environment] = web.AppKey("templates", Environment)


def make_environment(folder: Path, built: BuiltFiles) -> Environment:
    """Templates from `folder`. An undefined name is an error, not an empty string."""
    environment = Environment(
        loader=FileSystemLoader(folder), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, auto_reload=False
    )
    environment.globals |= {"static": built.url, "_": _translated, "version": __version__}
    return environment


def _translated(message: str) -> str:
    return translate(_(message))


def render(request: web.Request, template: str, /, *, status: int = 200, **values: object) -> web.Response:
    """Render `template` as an HTML answer that is revalidated on each visit."""
    language = spoken()
    texts = "" if language == DEFAULT else f"/api/i18n/{language}?scope=pages&v={catalogue_version(language)}"
    me = signed_in_as(request)
    shown = {
        "me": me,
        "signed_in": me is not None and me.signed_in,
        "locked": me is not None and me.locked,
        "may_edit": me is None or me.may_edit,
    }
    values = {"path": request.path, "language": language, "texts": texts, **shown, **values}
    html = request.config_dict[TEMPLATES].get_template(template).render(**values)
    headers = {"Cache-Control": "private, no-cache", "Content-Language": language, "Vary": "Accept-Language, Cookie"}
    return web.Response(text=html, status=status, content_type="text/html", charset="utf-8", headers=headers)
