"""Who is answered, how errors look, and the headers that every answer carries."""

from __future__ import annotations

import asyncio
import io

import pytest
from aiohttp import ClientPayloadError, web
from aiohttp.log import server_logger
from aiohttp.test_utils import TestServer

from facetd.errors import NotFound, Unavailable
from facetd.http.app import MAX_BODY_BYTES
from facetd.http.middlewares import add_headers, error_guard, is_about_us
from tests.house import config, opened
from tests.http.serving import Site, problem_of, served

OUR_NAMES = [
    "localhost", "localhost:5000", "LOCALHOST", "localhost.", "127.0.0.1", "127.0.0.1:80", "127.8.9.1", "[::1]", "[::1]:5000",
    "ip6-localhost",
]  # fmt: skip
OTHER_NAMES = [
    "evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "evil.example:5000", "192.168.1.5", "0.0.0.0", "[::]", "[fe80::1]",
    "2130706433", "0x7f000001", "127.1", "0177.0.0.1", "evil@localhost", "localhost/x", "localhost#", "localhost:x", "localhost:123456",
    "[::1", "::1", "loc alhost", "", ".", "[::ffff:10.0.0.1]", "lоcalhost".encode().decode("latin-1"),
]  # fmt: skip


@pytest.mark.parametrize("host", OUR_NAMES)
async def test_the_names_of_this_machine_are_answered(library: Site, host: str) -> None:
    response = await library.client.get("/api/photos", headers={"Host": host})
    assert response.status == 200


@pytest.mark.parametrize("path", ["/api/photos", "/thumbnail?id=1", "/health", "/nothing"])
async def test_a_rebound_name_is_refused_everywhere(library: Site, path: str) -> None:
    await problem_of(await library.client.get(path, headers={"Host": "evil.example"}), 421)


async def test_other_names_are_refused(library: Site) -> None:
    for host in OTHER_NAMES:
        response = await library.client.get("/health", headers={"Host": host})
        assert response.status in (400, 421), host


async def test_configured_names_are_answered(tmp_path) -> None:
    async with (
        opened(tmp_path / "data", config(server={"allowed_hosts": ["NAS.local", "photos.example:8080"]})) as house,
        served(house) as site,
    ):
        for host in ("nas.local", "NAS.LOCAL.", "nas.local:5000", "photos.example:8080"):
            assert (await site.client.get("/health", headers={"Host": host})).status == 200, host
        for host in ("photos.example", "photos.example:81", "xnas.local"):
            assert (await site.client.get("/health", headers={"Host": host})).status == 421, host


async def test_an_open_daemon_answers_any_name(tmp_path) -> None:
    async with opened(tmp_path / "data") as house, served(house, any_host=True) as site:
        assert (await site.client.get("/health", headers={"Host": "evil.example"})).status == 200


FOREIGN = [
    {"Origin": "http://evil.example"}, {"Origin": "null"}, {"Origin": "http://["}, {"Origin": ""}, {"Origin": "https://localhost:1"},
    {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "http://evil.example", "Sec-Fetch-Site": "none"},
]  # fmt: skip


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
async def test_a_page_of_another_site_changes_nothing(library: Site, headers: dict[str, str]) -> None:
    for path in ("/api/scan/start", "/api/scan/cancel"):
        await problem_of(await library.client.post(path, json={}, headers=headers), 403)
    assert not library.house.ingest.scanning
    assert (await library.client.get("/api/photos", headers=headers)).status == 200


@pytest.mark.parametrize("origin", ["http://nas.evil.example", "http://nas:80", "http://evil-nas", "http://nas@evil.example", "nas"])
async def test_a_site_whose_name_holds_ours_is_another_site(library: Site, origin: str) -> None:
    await problem_of(await library.client.post("/api/scan/cancel", json={}, headers={"Host": "localhost", "Origin": "http://nas"}), 403)
    foreign = {"Host": "localhost", "Origin": origin.replace("nas", "localhost")}
    await problem_of(await library.client.post("/api/scan/cancel", json={}, headers=foreign), 403)
    own = {"Host": "localhost", "Origin": "http://LOCALHOST"}
    assert (await library.client.post("/api/scan/cancel", json={}, headers=own)).status == 200


async def test_our_own_page_and_scripts_may_write(library: Site) -> None:
    origin = str(library.client.make_url("/")).rstrip("/")
    for headers in ({"Origin": origin, "Sec-Fetch-Site": "same-origin"}, {}):
        assert (await library.client.post("/api/scan/cancel", headers=headers)).status == 200


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/photos", 200), ("GET", "/thumbnail?id=1", 200), ("GET", "/image?id=1", 200), ("GET", "/health", 200),
        ("GET", "/api/photos?page=0", 400), ("GET", "/api/photo?id=999", 404), ("POST", "/api/photos", 405), ("GET", "/nothing", 404),
        ("GET", "/api/openapi.json", 200), ("HEAD", "/api/photos", 200),
    ],
)  # fmt: skip
async def test_every_answer_carries_the_security_headers(library: Site, method: str, path: str, status: int) -> None:
    response = await library.client.request(method, path)
    assert response.status == status
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in response.headers["Content-Security-Policy"]
    assert "unsafe" not in response.headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in response.headers["Content-Security-Policy"]
    assert response.headers["Referrer-Policy"] == "same-origin"
    assert response.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "Access-Control-Allow-Origin" not in response.headers
    assert response.headers["Server"] == "facetd", "no versions of its parts"
    assert status >= 400 or response.headers["Cache-Control"].startswith("private")


async def test_methods_that_are_not_allowed_name_those_that_are(library: Site) -> None:
    for method, path, allowed in [
        ("POST", "/api/photos", {"GET", "HEAD"}),
        ("GET", "/api/scan/start", {"POST"}),
        ("PUT", "/image", {"GET", "HEAD"}),
    ]:
        response = await library.client.request(method, path)
        await problem_of(response, 405)
        assert set(response.headers["Allow"].split(",")) == allowed


async def test_a_browser_gets_a_page_and_a_script_gets_a_problem(library: Site) -> None:
    page = await library.client.get("/nothing<script>", headers={"Accept": "text/html,application/xhtml+xml"})
    assert (page.status, page.content_type) == (404, "text/html")
    text = await page.text()
    assert "<script>" not in text.replace('<script type="module"', "")
    assert '<p dir="auto">There is nothing at this address.</p>' in text
    for headers in ({"Accept": "*/*"}, {"Accept": "application/json"}, {"Accept": "image/avif,image/*"}):
        await problem_of(await library.client.get("/nothing", headers=headers), 404)
    await problem_of(await library.client.get("/api/nothing", headers={"Accept": "text/html"}), 404)


async def test_what_is_not_to_be_had_now_is_logged_once_in_a_while(library: Site, monkeypatch: pytest.MonkeyPatch, caplog) -> None:
    """A page of photos whose disk is not connected asks for all of them."""

    async def asleep(*_args: object, **_more: object) -> None:
        raise Unavailable("the disk of this test sleeps")

    monkeypatch.setattr("facetd.library.browse.Browse.roots", asleep)
    for again_s, lines in ((60.0, 1), (0.0, 3)):
        monkeypatch.setattr("facetd.http.middlewares.LOGGED_AGAIN_S", again_s)
        for _ in range(2):
            assert (await library.client.get("/api/scan/directories")).status == 503
        assert caplog.text.count("the disk of this test sleeps") == lines


async def test_an_unexpected_error_tells_nothing_of_the_inside(library: Site, monkeypatch: pytest.MonkeyPatch, caplog) -> None:
    async def broken(*_args: object, **_more: object) -> None:
        raise ValueError("/secret/path")

    monkeypatch.setattr("facetd.library.browse.Browse.roots", broken)
    response = await library.client.get("/api/scan/directories")
    text = await response.text()
    await problem_of(response, 500)
    assert "secret" not in text
    assert "/secret/path" in caplog.text


ERRORS = [ValueError("/secret/path"), NotFound("there is no such photo"), web.HTTPNotFound(), web.HTTPFound("/elsewhere")]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("length", [None, 1000])
@pytest.mark.parametrize("part", [b"the beginning", b""])
async def test_an_answer_that_fails_in_the_middle_ends_there(error: Exception, length: int | None, part: bytes, caplog) -> None:
    async def fails(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        response.content_length = length
        await response.prepare(request)
        if part:
            await response.write(part)
        raise error

    async def works(_request: web.Request) -> web.StreamResponse:
        return web.Response(text="works")

    app = web.Application(middlewares=[error_guard])
    app.on_response_prepare.append(add_headers)
    app.router.add_get("/fails", fails)
    app.router.add_get("/works", works)
    async with TestServer(app) as server:
        reader, writer = await asyncio.open_connection(server.host, server.port)
        writer.write(b"GET /works HTTP/1.1\r\nHost: x\r\n\r\nGET /fails HTTP/1.1\r\nHost: x\r\n\r\nGET /works HTTP/1.1\r\nHost: x\r\n\r\n")
        received = await asyncio.wait_for(reader.read(), 10)
        writer.close()
        await writer.wait_closed()
    first, answer = received.split(b"works", 1)
    assert first.startswith(b"HTTP/1.1 200 OK")
    assert answer.count(b"HTTP/1.1") <= 1, "no second answer in the middle of the first"
    assert not answer.endswith(b"0\r\n\r\n"), "a part does not end as a whole"
    assert b"secret" not in answer
    assert answer.rstrip().endswith(part)
    assert "failed in the middle of its answer" in caplog.text


async def test_clients_that_leave_are_no_error(caplog: pytest.LogCaptureFixture) -> None:
    """In the middle of a picture, as browsers do all the time, and in the middle of a body."""
    begun, left = asyncio.Event(), asyncio.Event()
    noted: list[int] = []

    async def slow(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        try:
            while True:
                await response.write(b"x" * 65536)
                await asyncio.sleep(0)
        finally:
            left.set()

    async def reads(request: web.Request) -> web.StreamResponse:
        begun.set()
        try:
            noted.append(len(await request.read()))
        finally:
            left.set()
        return web.Response()

    app = web.Application(middlewares=[error_guard])
    app.on_response_prepare.append(add_headers)
    app.router.add_get("/slow", slow)
    app.router.add_post("/reads", reads)
    runner = web.AppRunner(app)  # the test server cancels what the daemon lets run on
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0]
        for asked in (b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n", b"POST /reads HTTP/1.1\r\nHost: x\r\nContent-Length: 999\r\n\r\nab"):
            left.clear()
            reader, writer = await asyncio.open_connection(host, port)
            writer.write(asked)
            if asked.startswith(b"GET"):
                assert await reader.read(1000)
            else:
                await asyncio.wait_for(begun.wait(), 10)
            writer.transport.abort()
            await asyncio.wait_for(left.wait(), 10)
    finally:
        await runner.cleanup()
    assert not noted
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


async def test_what_is_no_http_is_not_our_error(caplog: pytest.LogCaptureFixture) -> None:
    server_logger.addFilter(is_about_us)
    try:
        async with TestServer(web.Application(middlewares=[error_guard])) as server:
            for asked in (b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\r\n\r\n", b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"):
                reader, writer = await asyncio.open_connection(server.host, server.port)
                writer.write(asked)
                assert b" 400 " in await asyncio.wait_for(reader.read(1000), 10)
                writer.close()
                await writer.wait_closed()
    finally:
        server_logger.removeFilter(is_about_us)
    assert "Traceback" not in caplog.text


async def test_a_stream_that_fails_ends_without_an_end(library: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_args: object, **_more: object) -> None:
        raise ValueError

    monkeypatch.setattr("facetd.http.sse._next", broken)
    response = await library.client.get("/api/scan/stream")
    assert response.status == 200
    with pytest.raises(ClientPayloadError):
        await response.read()
    assert (await library.client.get("/health")).status == 200


async def test_a_body_that_is_too_large_is_refused(library: Site) -> None:
    body = b'{"directories": ["' + b"x" * MAX_BODY_BYTES + b'"]}'
    response = await library.client.post("/api/scan/start", data=io.BytesIO(body), headers={"Content-Type": "application/json"})
    await problem_of(response, 413)
