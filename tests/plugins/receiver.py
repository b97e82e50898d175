"""A web server that notes what it is sent, at an address of this machine's own."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

Answer = Callable[[web.Request], web.StreamResponse]


@dataclass
class Receiver:
    """`got` are the documents, `hosts` the names it was called by; `answers` are given in turn, 200 when there are no more."""

    port: int = 0
    got: list[dict[str, Any]] = field(default_factory=list)
    hosts: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    answers: list[web.StreamResponse] = field(default_factory=list)

    def url(self, host: str = "hook.example") -> str:
        """Its address by a name."""
        return f"http://{host}:{self.port}/secret-path?token=secret"

    async def take(self, request: web.Request) -> web.StreamResponse:
        """Note a document."""
        self.got.append(json.loads(await request.read()))
        self.hosts.append(request.host)
        self.headers.append(dict(request.headers))
        return self.answers.pop(0) if self.answers else web.Response()


@asynccontextmanager
async def receiving(address: str = "127.0.0.1", port: int = 0) -> AsyncIterator[Receiver]:
    """One that listens at `address`."""
    receiver = Receiver()
    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", receiver.take)
    server = TestServer(app, host=address, port=port or None)
    await server.start_server()
    receiver.port = int(server.port or 0)
    try:
        yield receiver
    finally:
        await server.close()
