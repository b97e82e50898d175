"""The OpenAPI document is valid, complete and true; what does not fit it is refused by name."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator
from pydantic import BaseModel

from facetd.http.api import OPERATIONS
from facetd.http.app import make_app
from facetd.http.description import Installation, document
from facetd.http.openapi import EVENT_STREAM, STREAMS, Operations, everybody, register, require_declared
from facetd.wiring import make_services
from tests.http.serving import Site, problem_of


async def test_the_document_is_valid_and_lists_every_route(library: Site) -> None:
    found = await library.json("/api/openapi.json")
    assert found["openapi"] == "3.1.0"
    OpenAPIV31SpecValidator(found).validate()
    listed = {(method.upper(), path) for path, entry in found["paths"].items() for method in entry}
    app = library.client.server.app
    pages = {
        "/",
        "/account",
        "/login",
        "/logout",
        "/photo/{id}",
        "/persons",
        "/person/{id}",
        "/merge-suggestions",
        "/culling",
        "/scan",
        "/api/docs",
        "/static/{name}",
        "/shared/album/{id}",
    }
    routes = {(route.method, route.resource.canonical) for route in app.router.routes()}
    assert {route for route in routes if route[0] != "HEAD" and route[1] not in pages} == listed
    names = [entry["operationId"] for path in found["paths"].values() for entry in path.values()]
    assert len(names) == len(set(names))


async def test_what_the_document_refers_to_is_in_it(library: Site) -> None:
    found = await library.json("/api/openapi.json")
    referred = set(re.findall(r'"#/components/schemas/(\w+)"', json.dumps(found)))
    assert referred - found["components"]["schemas"].keys() == set()


@pytest.mark.parametrize("path", ["/api/person/\u0663", "/person/\u0661", "/face_thumbnail/\u0661"])
async def test_ids_in_addresses_are_plain_digits(library: Site, path: str) -> None:
    assert (await library.client.get(path)).status == 404


async def test_every_get_has_a_head_but_the_streams(library: Site) -> None:
    for operation in OPERATIONS:
        if operation.method == "GET" and operation.reply not in STREAMS:
            path = operation.path + ("?id=1" if operation.query.model_fields.keys() & {"id"} else "")
            for _ in range(50):  # counts are kept after the first time, capsules are made meanwhile, and numbers of requests grow
                before = await library.client.get(path)
                head, whole = await library.client.head(path), await library.client.get(path)
                assert (head.status, head.headers.get("Content-Type")) == (whole.status, whole.headers.get("Content-Type")), path
                assert await head.read() == b""
                lengths = [len(await each.read()) for each in (before, whole)]
                if lengths[0] == lengths[1] or operation.path == "/metrics":
                    break
            assert head.headers["Content-Length"] == whole.headers["Content-Length"] or operation.path == "/metrics", path


def closed(schema: Any) -> Any:
    """The schema, with every object limited to the properties it lists."""
    if isinstance(schema, list):
        return [closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: closed(value) for key, value in schema.items()}
    if "properties" in made:
        made |= {"additionalProperties": False, "required": list(made["properties"])}
    return made


@pytest.mark.parametrize(
    "path",
    [
        "/api/photos", "/api/photos?per_page=1&sort=filename", "/api/photo?id=1", "/api/photo?id=3", "/api/type_counts", "/api/config",
        "/api/folders", "/api/folders?prefix=/Pictures", "/api/failures", "/api/scan/status", "/api/scan/directories", "/health", "/ready",
        "/api/filter_options/cameras", "/api/filter_options/lenses", "/api/filter_options/tags", "/api/filter_options/patterns",
        "/api/filter_options/categories", "/api/filter_options/apertures", "/api/filter_options/focal_lengths",
        "/api/timeline", "/api/timeline/years", "/api/timeline/months?year=2023", "/api/timeline/dates?year=2023",
        "/api/memories?date=2030-01-01", "/api/memories/check",
    ],
)  # fmt: skip
async def test_what_is_answered_is_what_is_documented(library: Site, path: str) -> None:
    found = document(OPERATIONS, Installation())
    operation = found["paths"][path.partition("?")[0]]["get"]
    schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
    whole = closed({**schema, "components": {"schemas": found["components"]["schemas"]}})
    body = await library.json(path)
    assert [error.message for error in Draft202012Validator(whole).iter_errors(body)] == []


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/api/loose"), ("POST", "/api/photos"), ("*", "/api/{anything:.*}"), ("DELETE", "/api/a/{b}")]
)
def test_a_route_below_api_must_be_declared(method: str, path: str) -> None:
    app = web.Application()
    register(app, OPERATIONS, everybody)
    app.router.add_get("/elsewhere", _loose)
    app.router.add_get("/api/page", _loose)
    require_declared(app, OPERATIONS, pages={"/api/page"})
    app.router.add_route(method, path, _loose)
    with pytest.raises(RuntimeError, match=f"{re.escape(method)} .* is not declared"):
        require_declared(app, OPERATIONS, pages={"/api/page"})


async def _loose(_request: web.Request) -> web.Response:
    return web.Response()


async def test_the_app_itself_refuses_to_start_with_an_undeclared_route(library: Site) -> None:
    app = make_app(make_services(library.house))
    app.router.add_get("/api/loose", _loose)
    with pytest.raises(RuntimeError, match="/api/loose is not declared"):
        await TestServer(app).start_server()


BAD = {
    "page": ["0", "-1", "x", "1.5", "", "9" * 30, "9" * 5000, "NaN"],
    "per_page": ["0", "501", "x", "", "1e2"],
    "sort": ["nonsense", "id", "aggregate;drop", "AGGREGATE"],
    "sort_direction": ["up", "asc", ""],
    "dir": ["up"],
    "after": ["garbage", "!", "W10", "1.t" + "61" * 2047, "1.x", "1.i", "n", "-1.n", "{}", "\u2713"],
    "min_score": ["NaN", "inf", "-inf", "1e999", "x", ""],
    "min_iso": [str(2**63), "-" + str(2**70), "1.5", "ten"],
    "is_monochrome": ["maybe", "2"],
    "hide_blinks": ["maybe"],
    "quality": ["best!", "GOOD"],
    "type": ["no_such_type"],
    "date_from": ["2024", "2024-13-01", "01.02.2024"],
    "gps_lat": ["91", "x"],
    "search": ["x" * 501, "%00"],
    "require_tags": ["x" * 4001],
    "path_prefix": ["x" * 4097],
    "unknown": ["1"],
    "Sort": ["aggregate"],
}


@pytest.mark.parametrize("name", BAD)
async def test_what_does_not_fit_is_refused_by_name(library: Site, name: str) -> None:
    for value in BAD[name]:
        found = await library.problem(f"/api/photos?{name}={value}")
        alias = {"dir": "sort_direction"}.get(name, name)
        assert list(found) in ([name], [alias]), (name, value[:40], found)
        assert all(found.values())


async def test_repeated_parameters_are_refused(library: Site) -> None:
    assert list(await library.problem("/api/photos?page=1&page=2&sort=iso&iso=1&sort=iso")) == ["page", "sort"]


async def test_all_problems_are_told_at_once(library: Site) -> None:
    assert set(await library.problem("/api/photos?page=0&per_page=501&nonsense=1")) == {"page", "per_page", "nonsense"}


async def test_ids_and_paths_of_photos(library: Site) -> None:
    for query in ("id=0", "id=-1", f"id={2**63}", f"id={2**70}", "id=x", "id=", "id=1&path=/x", "", "path=" + "x" * 4097, "id=1&id=2"):
        for route in ("/api/photo", "/thumbnail", "/image"):
            assert (await library.problem(f"{route}?{query}")).keys() & {"id", "path"}, (route, query)
    for query in ("id=999999", f"id={2**63 - 1}", "path=/Pictures/none.jpg", "path=", "path=/", "path=/../etc/passwd"):
        for route in ("/api/photo", "/thumbnail", "/image"):
            await library.problem(f"{route}?{query}", 404)


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ("", "application/json"), ("{}", "text/plain"), ("{", "application/json"), ("[]", "application/json"), ("null", "application/json"),
        ('{"directories": "x"}', "application/json"), ('{"directories": [1]}', "application/json"), ('{"unknown": 1}', "application/json"),
        ('{"confirm_missing": 1}', "application/json"), ('{"directories": ["\\ud800"]}', "application/json"),
        ('{"directories": ["/none"]}', "application/json"), ("[" * 50_000, "application/json"),
        ('{"confirm_missing": "true"}', "application/json"),
    ],
)  # fmt: skip
async def test_bodies_that_do_not_fit(library: Site, body: str, content_type: str) -> None:
    response = await library.client.post("/api/scan/start", data=body.encode(), headers={"Content-Type": content_type})
    if body == "":
        assert response.status == 200
        return
    assert await problem_of(response, 400)


@pytest.mark.parametrize(
    ("number", "status"), [("1", 200), ("1.0", 200), ("1e0", 200), ("1.5", 400), ('"1"', 400), ("1e400", 400), ("true", 400)]
)
async def test_whole_numbers_in_bodies_are_numbers_without_a_fraction(library: Site, number: str, status: int) -> None:
    body = f'{{"photo_id": {number}, "rating": 3.0}}'
    response = await library.client.post("/api/photo/set_rating", data=body, headers={"Content-Type": "application/json"})
    assert response.status == status
    if status != 200:
        assert list(await problem_of(response, status)) == ["photo_id"]


ANY_VALUE = st.one_of(
    st.text(max_size=20),
    st.integers().map(str),
    st.floats().map(str),
    st.sampled_from(["", "0", "1", "true", "null", "/Pictures", "..", "%", "'"]),
)  # fmt: skip


def queries(operation: Any) -> st.SearchStrategy[dict[str, str]]:
    """Some of the documented parameters with any value, and now and then one that is not documented."""
    names = [parameter["name"] for parameter in operation["parameters"]]
    return st.dictionaries(st.sampled_from([*names, "zzz"]) if names else st.just("zzz"), ANY_VALUE, max_size=4)


async def test_no_query_is_a_server_error(library: Site) -> None:
    found = document(OPERATIONS, Installation())
    calls = [
        (path, operation)
        for path, entry in found["paths"].items()
        for method, operation in entry.items()
        if method == "get" and EVENT_STREAM not in operation["responses"]["200"]["content"]
    ]
    asked: list[tuple[str, dict[str, str]]] = []

    @settings(deadline=None, max_examples=300, suppress_health_check=list(HealthCheck), database=None)
    @given(data=st.data())
    def collect(data: st.DataObject) -> None:
        path, operation = data.draw(st.sampled_from(calls))
        asked.append((path, data.draw(queries(operation))))

    collect()
    for path, query in asked:
        text = {name: value.encode("utf-8", "replace").decode() for name, value in query.items()}
        response = await library.client.get(path, params=text)
        body = await response.read()
        documented = found["paths"][path]["get"]["responses"]
        assert str(response.status) in documented, (path, text, response.status, body[:300])
        if response.status >= 400:
            assert response.content_type == "application/problem+json"
            assert json.loads(body)["detail"]


class _Reply(BaseModel):
    value: float


async def test_numbers_that_json_cannot_say_become_null() -> None:
    operations = Operations("test")

    @operations.add("GET", "/odd", summary="Odd", reply=_Reply)
    async def odd(_request: web.Request, _query: object) -> Any:
        return {"value": float("nan"), "more": float("inf")}

    app = web.Application()
    register(app, operations.all, everybody)
    from aiohttp.test_utils import TestClient

    async with TestClient(TestServer(app)) as client:
        assert json.loads(await (await client.get("/odd")).read()) == {"value": None, "more": None}
