"""The pages as the server sends them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from aiohttp import web

from facetd.errors import FacetdError
from facetd.http.pages import FIND_PERSON, FIND_PHOTO, error_page, setup_pages, wants_html
from facetd.http.pages.built import load_built_files

BUILT = {name: f"{name.rpartition('.')[0]}-0123abcd.{name.rpartition('.')[2]}" for name in (
    "account.js", "app.css", "culling.js", "docs.css", "docs.js", "gallery.js", "icons.svg", "licenses.txt", "logo.svg",
    "merge-suggestions.js",
    "page.js", "person.js", "persons.js", "photo.js", "scan.js",
)}  # fmt: skip


@web.middleware
async def errors_as_pages(request: web.Request, handler):
    try:
        return await handler(request)
    except FacetdError as error:
        if not wants_html(request):
            return web.json_response({"detail": error.message}, status=error.status)
        return error_page(request, error.status, error.title, error.message, hint=error.hint)


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A web UI as the build leaves it, beside the real templates."""
    from facetd.assets import asset_dir

    static = tmp_path / "webui" / "static"
    static.mkdir(parents=True)
    for name in BUILT.values():
        (static / name).write_text(f"/* {name} */", encoding="utf-8")
    (static / "manifest.json").write_text(json.dumps(BUILT), encoding="utf-8")
    (tmp_path / "webui" / "templates").symlink_to(asset_dir("webui") / "templates")
    monkeypatch.setattr("facetd.http.pages.setup.asset_dir", lambda name: tmp_path / name)
    return static


def an_app(*, find=None, find_person=None) -> web.Application:
    app = web.Application(middlewares=[errors_as_pages])
    if find:
        app[FIND_PHOTO] = find
    if find_person:
        app[FIND_PERSON] = find_person
    setup_pages(app)
    return app


HTML = {"Accept": "text/html"}


@pytest.mark.parametrize("path", ["/", "/scan", "/photo/7", "/api/docs", "/persons", "/person/7", "/merge-suggestions", "/culling"])
async def test_a_page_has_no_inline_script_or_style(aiohttp_client, built: Path, path: str):
    client = await aiohttp_client(an_app())
    response = await client.get(path)
    html = await response.text()
    assert response.status == 200
    assert response.headers["Cache-Control"] == "private, no-cache"
    assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:|https?://", html.replace("http://www.w3.org", ""))
    assert all("src=" in script for script in re.findall(r"<script[^>]*>", html))


async def test_every_file_that_a_page_names_is_served_for_ever(aiohttp_client, built: Path):
    client = await aiohttp_client(an_app())
    html = await (await client.get("/")).text()
    names = set(re.findall(r'"(/static/[^"#]+)', html))
    assert {"/static/app-0123abcd.css", "/static/gallery-0123abcd.js"} <= names
    for name in names:
        response = await client.get(name)
        assert response.status == 200
        assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert (await client.get("/static/gallery-0123abcd.js")).content_type == "text/javascript"


@pytest.mark.parametrize("name", ["manifest.json", "gallery.js", "..%2fmanifest.json", "%2e%2e%2ftemplates%2fbase.html", "nothing.js"])
async def test_nothing_but_built_files_is_served(aiohttp_client, built: Path, name: str):
    client = await aiohttp_client(an_app())
    assert (await client.get(f"/static/{name}")).status == 404


async def test_compressed_copies_are_used(aiohttp_client, built: Path):
    import gzip

    (built / "gallery-0123abcd.js.gz").write_bytes(gzip.compress(b"/* small */"))
    client = await aiohttp_client(an_app())
    response = await client.get("/static/gallery-0123abcd.js", headers={"Accept-Encoding": "gzip"})
    assert response.headers["Content-Encoding"] == "gzip"
    assert response.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert await response.text() == "/* small */"


async def test_a_photo_page_names_the_photo_and_escapes_its_name(aiohttp_client, built: Path):
    async def find(_request: web.Request, photo_id: int):
        return {"filename": "<img src=x onerror=alert(1)>.jpg"} if photo_id == 7 else None

    client = await aiohttp_client(an_app(find=find))
    html = await (await client.get("/photo/7")).text()
    assert "<title>&lt;img src=x onerror=alert(1)&gt;.jpg · facetd</title>" in html
    assert '<span id="name" dir="auto">&lt;img src=x onerror=alert(1)&gt;.jpg</span>' in html, (
        "there before the script: nothing moves when it runs"
    )
    assert 'data-id="7"' in html


@pytest.mark.parametrize("path", ["/photo/8", "/photo/9999999999999999999"])
async def test_a_photo_that_one_may_not_see_is_a_404(aiohttp_client, built: Path, path: str):
    async def find(_request: web.Request, _photo_id: int):
        return None

    client = await aiohttp_client(an_app(find=find))
    response = await client.get(path, headers=HTML)
    assert response.status == 404
    assert "There is no such photo." in await response.text()


async def test_a_person_page_names_the_person_and_escapes_the_name(aiohttp_client, built: Path):
    async def find(_request: web.Request, person: int):
        return {"name": "Béla & <b>Co</b>"} if person == 7 else None

    client = await aiohttp_client(an_app(find_person=find))
    html = await (await client.get("/person/7")).text()
    assert "<title>Béla &amp; &lt;b&gt;Co&lt;/b&gt; · facetd</title>" in html
    assert 'data-id="7"' in html
    for path in ("/person/8", "/person/0", "/person/9999999999999999999"):
        response = await client.get(path, headers=HTML)
        assert response.status == 404
        assert "There is no such person." in await response.text()


@pytest.mark.parametrize("path", ["/photo/x", "/person/x", "/person/-1", "/persons/", "/photo/-1", "/photo/1.5", "/photo/"])
async def test_other_ids_are_no_route(aiohttp_client, built: Path, path: str):
    client = await aiohttp_client(an_app())
    assert (await client.get(path)).status == 404


async def test_an_error_page_escapes_what_it_repeats(aiohttp_client, built: Path):
    app = web.Application(middlewares=[errors_as_pages])

    async def fail(request: web.Request) -> web.Response:
        return error_page(request, 404, "Not found", f"no {request.query['name']}", hint="look <b>there</b>")

    app.router.add_get("/fail", fail)
    setup_pages(app)
    client = await aiohttp_client(app)
    response = await client.get("/fail", params={"name": "<script>alert(1)</script>"})
    html = await response.text()
    assert response.status == 404
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert "<script>" not in html
    assert "<b>there" not in html


@pytest.mark.parametrize(
    ("path", "accept", "page"),
    [("/x", "text/html,*/*", True), ("/x", "*/*", False), ("/x", "application/json", False), ("/api/x", "text/html", False)],
)
async def test_only_browsers_that_ask_for_pages_get_pages(aiohttp_client, built: Path, path: str, accept: str, page: bool):
    app = web.Application()

    async def answer(request: web.Request) -> web.Response:
        return web.json_response(wants_html(request))

    app.router.add_get(path, answer)
    client = await aiohttp_client(app)
    assert await (await client.get(path, headers={"Accept": accept})).json() is page


async def test_without_a_build_the_answer_says_what_to_do(aiohttp_client, built: Path):
    (built / "manifest.json").unlink()
    client = await aiohttp_client(an_app())
    response = await client.get("/", headers={"Accept": "application/json"})
    assert response.status == 503
    assert "not been built" in (await response.json())["detail"]


def test_names_are_hashed(tmp_path: Path):
    (tmp_path / "manifest.json").write_text('{"app.css": "app-XYZ.css"}', encoding="utf-8")
    assert load_built_files(tmp_path).url("app.css") == "/static/app-XYZ.css"
