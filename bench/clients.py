"""Clients of the API: each a process of its own with one connection that it keeps, so that they take no time from each other."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Mapping, Sequence
from multiprocessing import get_context
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Any, NamedTuple

from bench import program


class Answer(NamedTuple):
    """How long it took, in ms, and the status."""

    ms: float
    status: int


class Client:
    """One connection with a sign-in."""

    def __init__(self, port: int, token: str = "") -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.token = token
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}

    def ask(self, target: str) -> Answer:
        """GET `target` and read the answer."""
        start = time.perf_counter()
        self._connection.request("GET", target, headers=self._headers)
        response = self._connection.getresponse()
        response.read()
        return Answer(1000 * (time.perf_counter() - start), response.status)

    def json(self, path: str, parameters: Mapping[str, object] | None = None) -> Any:
        """The JSON of a GET. Raises RuntimeError for what is not answered."""
        return program.get_json(self._connection, path, parameters, self._headers)

    def post(self, path: str, body: object) -> Any:
        """The JSON of a POST. Raises RuntimeError for what is refused."""
        self._connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json", **self._headers})
        response = self._connection.getresponse()
        text = response.read()
        if response.status >= 300:
            raise RuntimeError(f"{path}: {response.status} {text[:500]!r}")
        return json.loads(text) if text else None

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


def sign_in(port: int, name: str, password: str) -> Client:
    """A client that is signed in."""
    first = Client(port)
    token = first.post("/api/auth/login", {"username": name, "password": password})["access_token"]
    first.close()
    return Client(port, token)


class Crowd:
    """`count` client processes, ready inside the `with` block."""

    def __init__(self, count: int, port: int, token: str) -> None:
        context = get_context("forkserver")
        self._pipes: list[Connection] = []
        self._processes = []
        for _ in range(count):
            mine, theirs = context.Pipe()
            self._pipes.append(mine)
            self._processes.append(context.Process(target=_serve, args=(theirs, port, token), daemon=True))

    def __enter__(self) -> Crowd:
        for process in self._processes:
            process.start()
        self.ask(["/ready"] * len(self._pipes))
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for pipe in self._pipes:
            pipe.send(None)
        for process in self._processes:
            process.join(10)

    def ask(self, targets: Sequence[str], clients: int = 0) -> tuple[list[Answer], float]:
        """The answers when the first `clients` of them (0: all) share the requests, and how many came in a second."""
        used = self._pipes[: clients or len(self._pipes)]
        start = time.perf_counter()
        for number, pipe in enumerate(used):
            pipe.send(list(targets[number :: len(used)]))
        answers = [answer for pipe in used for answer in pipe.recv()]
        return answers, len(targets) / (time.perf_counter() - start)


def _serve(pipe: Connection, port: int, token: str) -> None:
    client = Client(port, token)
    while (targets := pipe.recv()) is not None:
        pipe.send([client.ask(target) for target in targets])
    client.close()
