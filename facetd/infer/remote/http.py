"""HTTP to one server: connections that are kept, shared by threads, with a limit to what is waited for and taken."""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

Buffer = bytes | bytearray | memoryview

CONNECT_S = 3.0  # a box at home answers at once or is off
PIECE = 256 * 1024
MOST_BYTES = 256 * 1024 * 1024
FEW_BYTES = 1024 * 1024  # of what is no tensor
STALE = (http.client.RemoteDisconnected, ConnectionError)


class Unreachable(Exception):
    """No whole answer came from the server; the text says why."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server said."""

    status: int
    headers: Mapping[str, str]
    body: Buffer


class Http:
    """The server at `url`. `ask` may be called by several threads; each call has a connection of its own while it lasts."""

    def __init__(self, url: str, *, token: str = "", timeout_s: float = 30.0, connect_s: float = CONNECT_S) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "", parts.port
        self._prefix = parts.path.rstrip("/")
        self._tls = ssl.create_default_context() if parts.scheme == "https" else None
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._timeout_s = timeout_s
        self._connect_s = connect_s
        self._idle: list[http.client.HTTPConnection] = []
        self._lock = threading.Lock()

    def ask(
        self,
        method: str,
        path: str,
        body: Sequence[Buffer] = (),
        headers: Mapping[str, str] | None = None,
        *,
        timeout_s: float | None = None,
        most_bytes: int = MOST_BYTES,
    ) -> Answer:
        """The answer to one request; redirects are not followed. Raises Unreachable.

        What is asked may arrive twice: a kept connection that the server has closed meanwhile is replaced by a new one.
        """
        deadline = time.monotonic() + (timeout_s or self._timeout_s)
        with self._lock:
            kept = self._idle.pop() if self._idle else None
        if kept is not None:
            try:
                return self._exchange(kept, method, path, body, headers, deadline, most_bytes)
            except STALE:
                kept.close()
            except (OSError, http.client.HTTPException, ValueError) as error:
                raise self._broken(kept, error) from error
        fresh = self._connected(deadline)
        try:
            return self._exchange(fresh, method, path, body, headers, deadline, most_bytes)
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise self._broken(fresh, TimeoutError() if time.monotonic() >= deadline else error) from error

    def close(self) -> None:
        """Close the connections that are kept."""
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def _connected(self, deadline: float) -> http.client.HTTPConnection:
        patience = max(0.01, min(self._connect_s, deadline - time.monotonic()))
        if self._tls is not None:
            connection: http.client.HTTPConnection = http.client.HTTPSConnection(
                self._host, self._port, timeout=patience, context=self._tls
            )
        else:
            connection = http.client.HTTPConnection(self._host, self._port, timeout=patience)
        try:
            connection.connect()
        except (OSError, http.client.HTTPException) as error:
            raise self._broken(connection, error) from error
        return connection

    def _exchange(
        self,
        connection: http.client.HTTPConnection,
        method: str,
        path: str,
        body: Sequence[Buffer],
        headers: Mapping[str, str] | None,
        deadline: float,
        most_bytes: int,
    ) -> Answer:
        _limit(connection, deadline)
        with _ended_at(connection, deadline):
            told = {**self._headers, **(headers or {})}
            if body:
                told["Content-Length"] = str(sum(len(part) for part in body))
            connection.request(method, self._prefix + path, body=body or None, headers=told)
            response = connection.getresponse()
            content = _content(connection, response, deadline, most_bytes)
            if response.will_close:
                connection.close()
            else:
                with self._lock:
                    self._idle.append(connection)
            return Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, content)

    def _broken(self, connection: http.client.HTTPConnection, error: Exception) -> Unreachable:
        connection.close()
        self.close()  # the others lead to the same server
        return Unreachable(_said(error))


def _content(connection: http.client.HTTPConnection, response: http.client.HTTPResponse, deadline: float, most_bytes: int) -> Buffer:
    """The body, in one piece. Raises OSError, HTTPException, ValueError."""
    if response.length is None:  # chunked, or until the end of the connection
        parts = bytearray()
        while part := response.read(PIECE):
            parts += part
            if len(parts) > most_bytes:
                raise ValueError(f"its answer is longer than {most_bytes} bytes")
            _limit(connection, deadline)
        return parts
    if response.length > most_bytes:
        raise ValueError(f"its answer of {response.length} bytes is longer than {most_bytes}")
    content = bytearray(response.length)
    view, filled = memoryview(content), 0
    while filled < len(content):
        count = response.readinto(view[filled : filled + PIECE])
        if not count:
            raise ConnectionError("its answer was cut short")
        filled += count
        _limit(connection, deadline)
    response.read()  # nothing, and the response is done
    return content


@contextmanager
def _ended_at(connection: http.client.HTTPConnection, deadline: float) -> Iterator[None]:
    """End the connection at `deadline`: the limit of a socket holds for each byte anew, and a head may come byte by byte."""
    waiting = connection.sock

    def end() -> None:
        with suppress(OSError):
            waiting.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(max(0.0, deadline - time.monotonic()), end)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _limit(connection: http.client.HTTPConnection, deadline: float) -> None:
    """Wait no longer than until `deadline`. Raises TimeoutError."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    if connection.sock is not None:
        connection.sock.settimeout(left)


def _said(error: Exception) -> str:
    """One line about a failure."""
    if isinstance(error, TimeoutError):
        return "it does not answer in time"
    if isinstance(error, http.client.RemoteDisconnected):
        return "it closed the connection"
    if isinstance(error, http.client.HTTPException):
        return f"it does not speak HTTP properly ({type(error).__name__})"
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return (text or type(error).__name__).splitlines()[0]
