"""A publisher on loopback: repositories as Hugging Face has them, and whatever can go wrong with a server."""

from __future__ import annotations

import hashlib
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

COMMIT = "0123456789abcdef0123456789abcdef01234567"


def etag(content: bytes) -> str:
    return f'"{hashlib.md5(content, usedforsecurity=False).hexdigest()}"'


@dataclass
class Publisher:
    """Files of repositories by name. `lfs`: files of this many bytes or more are told by SHA-256, smaller ones by Git's hash.

    `cut` breaks a file's answer off after so many bytes, once for each entry; `fails` answers a path with these statuses first, `lies` is
    what the list of files says of one instead. `sent`
    counts the bytes of each file that went out, `ranges` what was asked for.
    """

    repositories: dict[str, dict[str, bytes]]
    commit: str = COMMIT
    lfs: int = 1
    url: str = ""
    cut: dict[str, list[int]] = field(default_factory=dict)
    fails: dict[str, list[int]] = field(default_factory=dict)
    tampered: dict[str, bytes] = field(default_factory=dict)
    redirects: dict[str, str] = field(default_factory=dict)
    lies: dict[str, dict[str, object]] = field(default_factory=dict)
    deaf_to_ranges: bool = False
    sent: dict[str, int] = field(default_factory=dict)
    ranges: list[tuple[str, str, str]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    async def revision(self, request: web.Request) -> web.Response:
        self.asked.append(request.path)
        self._files(request)
        return web.json_response({"id": "x", "sha": self.commit})

    async def tree(self, request: web.Request) -> web.Response:
        self.asked.append(request.path)
        assert request.match_info["commit"] == self.commit
        entries: list[Mapping[str, object]] = [{"type": "directory", "path": "visual", "oid": "0" * 40, "size": 0}]
        for path, content in self._files(request).items():
            git = hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
            entry: dict[str, object] = {"type": "file", "path": path, "size": len(content), "oid": git}
            if len(content) >= self.lfs:
                entry["lfs"] = {"oid": hashlib.sha256(content).hexdigest(), "size": len(content), "pointerSize": 134}
            entries.append(entry | self.lies.get(path, {}))
        return web.json_response(entries)

    async def file(self, request: web.Request) -> web.StreamResponse:
        path = request.match_info["path"]
        self.ranges.append((path, request.headers.get("Range", ""), request.headers.get("If-Range", "")))
        if self.fails.get(path):
            raise _status(self.fails[path].pop(0))
        if path in self.redirects:
            raise web.HTTPFound(self.redirects[path])
        content = self.tampered.get(path, self._files(request)[path])
        begin = self._begin(request, content)
        headers = {"ETag": etag(content), "Content-Length": str(len(content) - begin)}
        if begin:
            headers["Content-Range"] = f"bytes {begin}-{len(content) - 1}/{len(content)}"
        response = web.StreamResponse(status=206 if begin else 200, headers=headers)
        await response.prepare(request)
        cut = self.cut[path].pop(0) if self.cut.get(path) else None
        body = content[begin:] if cut is None else content[begin : begin + cut]
        await response.write(body)
        self.sent[path] = self.sent.get(path, 0) + len(body)
        if cut is not None:
            assert request.transport is not None
            request.transport.close()
            return response
        await response.write_eof()
        return response

    def _begin(self, request: web.Request, content: bytes) -> int:
        asked = re.match(r"bytes=(\d+)-$", request.headers.get("Range", ""))
        condition = request.headers.get("If-Range", etag(content))
        return int(asked[1]) if asked and condition == etag(content) and not self.deaf_to_ranges else 0

    def _files(self, request: web.Request) -> dict[str, bytes]:
        name = f"{request.match_info['owner']}/{request.match_info['name']}"
        if name not in self.repositories:
            raise web.HTTPNotFound
        return self.repositories[name]


def _status(number: int) -> web.HTTPException:
    return {500: web.HTTPInternalServerError, 503: web.HTTPServiceUnavailable, 403: web.HTTPForbidden, 404: web.HTTPNotFound}[number]()


@asynccontextmanager
async def published(repositories: dict[str, dict[str, bytes]]) -> AsyncIterator[Publisher]:
    """The publisher, while it is open."""
    publisher = Publisher(repositories)
    app = web.Application()
    app.router.add_get("/api/models/{owner}/{name}/revision/{revision}", publisher.revision)
    app.router.add_get("/api/models/{owner}/{name}/tree/{commit}", publisher.tree)
    app.router.add_get("/{owner}/{name}/resolve/{commit}/{path:.+}", publisher.file)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    publisher.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield publisher
    finally:
        await runner.cleanup()
