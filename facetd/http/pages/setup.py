"""Adds the pages to the app."""

from __future__ import annotations

from aiohttp import web

from facetd.assets import asset_dir
from facetd.http.pages import views
from facetd.http.pages.built import load_built_files
from facetd.http.pages.templates import TEMPLATES, make_environment
from facetd.http.pages.views import FIND_PERSON, FIND_PHOTO

__all__ = ["FIND_PERSON", "FIND_PHOTO", "setup_pages"]


def setup_pages(app: web.Application) -> None:
    """Add the pages and /static/ to `app`. Errors are left to the app's middleware, which may answer with error_page()."""
    folder = asset_dir("webui")
    built = load_built_files(folder / "static")
    app[TEMPLATES] = make_environment(folder / "templates", built)
    app.add_routes(
        [
            web.get("/login", views.login, name="login-page"),
            web.post("/logout", views.logout, name="logout-page"),
            web.get("/", views.gallery, name="gallery"),
            web.get(r"/photo/{id:[0-9]{1,19}}", views.photo, name="photo"),
            web.get("/persons", views.persons, name="persons"),
            web.get(r"/person/{id:[0-9]{1,19}}", views.person, name="person"),
            web.get("/merge-suggestions", views.merge_suggestions, name="merge-suggestions"),
            web.get("/culling", views.culling, name="culling"),
            web.get("/scan", views.scan, name="scan"),
            web.get("/account", views.account, name="account"),
            web.get("/api/docs", views.api_docs, name="api-docs"),
            web.get("/static/{name}", built.serve, name="static"),
        ]
    )
