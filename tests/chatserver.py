"""A loopback server that speaks the OpenAI chat API as far as tests need it, well or badly."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

Answer = Callable[[dict[str, Any], web.Request], Awaitable[web.StreamResponse]]


def completion(text: object, **more: Any) -> web.Response:
    """A chat completion that says `text`."""
    message = {"role": "assistant", "content": text, **more.pop("message", {})}
    return web.json_response({"object": "chat.completion", "choices": [{"index": 0, "message": message, "finish_reason": "stop", **more}]})


class ChatServer:
    """Answers by `answers`, one after the other, the last one again and again; without any by `text`. `asked` are the bodies."""

    def __init__(self, port: int = 0) -> None:
        self.port = port
        self.text = "A dog on a beach."
        self.answers: list[Answer | web.Response] = []
        self.asked: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.busy = self.most = 0
        self._runner: web.AppRunner | None = None

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def pictures(self) -> list[bytes]:
        """The pictures that came."""
        urls = [body["messages"][0]["content"][1]["image_url"]["url"] for body in self.asked]
        assert all(url.startswith("data:image/jpeg;base64,") for url in urls)
        return [base64.b64decode(url.partition(",")[2], validate=True) for url in urls]

    async def start(self) -> None:
        app = web.Application(client_max_size=16 * 1024 * 1024)
        app.router.add_post("/v1/chat/completions", self._answer)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port, reuse_address=True).start()
        self.port = int(self._runner.addresses[0][1])

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        self.busy += 1
        self.most = max(self.most, self.busy)
        try:
            body = await request.json()
            self.asked.append(body)
            self.headers.append(dict(request.headers))
            if not self.answers:
                return completion(self.text)
            answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
            if isinstance(answer, web.Response):  # a response can be sent once
                return web.Response(body=answer.body, status=answer.status, headers=answer.headers)
            return await answer(body, request)
        finally:
            self.busy -= 1


async def hang(_body: dict[str, Any], _request: web.Request) -> web.StreamResponse:
    """Never answers."""
    await asyncio.sleep(3600)
    raise AssertionError


async def cut(_body: dict[str, Any], request: web.Request) -> web.StreamResponse:
    """Begins to answer and goes away."""
    response = web.StreamResponse(headers={"Content-Type": "application/json", "Content-Length": "1000"})
    await response.prepare(request)
    await response.write(b'{"choices": [{"mess')
    assert request.transport is not None
    request.transport.abort()
    return response


@asynccontextmanager
async def chat_server() -> AsyncIterator[ChatServer]:
    """A running one."""
    server = ChatServer()
    await server.start()
    try:
        yield server
    finally:
        await server.stop()
