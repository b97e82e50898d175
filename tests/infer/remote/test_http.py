from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest

from facetd.infer.remote.health import look_at
from facetd.infer.remote.http import Http, Unreachable
from facetd.infer.remote.settings import Remote

WELL = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nwell"


@contextmanager
def saying(*answers: bytes | None) -> Iterator[tuple[str, list[int]]]:
    """A listener that gives one answer for each request, on each connection as many as it can; None closes it before an answer."""
    connections: list[int] = []
    left = list(answers)

    def talk(listener: socket.socket) -> None:
        while left:
            try:
                connection, _address = listener.accept()
            except OSError:
                return
            connections.append(1)
            with connection:
                while left and b"\r\n\r\n" in (connection.recv(65536) or b"\r\n\r\n"[:0]):
                    answer = left.pop(0)
                    if answer is None:
                        break
                    connection.sendall(answer)
                    if b"Content-Length" not in answer and b"chunked" not in answer:
                        break

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=talk, args=(listener,), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", connections
        left.clear()
        listener.shutdown(socket.SHUT_RDWR)
    thread.join(5)


def test_a_connection_is_kept() -> None:
    with saying(WELL, WELL, WELL) as (url, connections):
        http = Http(url)
        assert [bytes(http.ask("GET", "/").body) for _turn in range(3)] == [b"well"] * 3
        http.close()
    assert len(connections) == 1


def test_a_connection_that_the_server_closed_meanwhile_is_replaced() -> None:
    with saying(WELL, None, WELL) as (url, connections):
        http = Http(url)
        assert bytes(http.ask("GET", "/").body) == b"well"
        assert bytes(http.ask("GET", "/").body) == b"well"
        http.close()
    assert len(connections) == 2


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nwe\r\n2\r\nll\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nwell",
    ],
)
def test_an_answer_may_not_tell_its_length(answer: bytes) -> None:
    with saying(answer) as (url, _connections):
        http = Http(url)
        assert bytes(http.ask("GET", "/").body) == b"well"
        http.close()


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 4000\r\n\r\nwell", "longer than 1000"),
        (b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + b"x" * 2000, "longer than 1000"),
        (b"SSH-2.0-OpenSSH\r\n\r\n", "does not speak HTTP properly"),
        (None, "closed the connection"),
    ],
)
def test_what_cannot_be_taken_is_told(answer: bytes | None, why: str) -> None:
    with saying(answer) as (url, _connections), pytest.raises(Unreachable, match=why):
        Http(url).ask("GET", "/", most_bytes=1000)


def test_https_is_not_spoken_with_those_who_do_not() -> None:
    with saying(WELL) as (url, _connections), pytest.raises(Unreachable):
        Http(url.replace("http:", "https:")).ask("GET", "/", timeout_s=2)


@pytest.fixture
def mute() -> Iterator[Callable[[], str]]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield lambda: f"http://127.0.0.1:{listener.getsockname()[1]}"


def test_silence_is_not_waited_for_longer_than_agreed(mute: Callable[[], str]) -> None:
    with pytest.raises(Unreachable, match="in time"):
        Http(mute()).ask("GET", "/", timeout_s=0.2)


@pytest.mark.parametrize("head", [b"Content-Length: 200000000\r\n\r\n", b"Transfer-Encoding: chunked\r\n\r\n180000\r\n" + b"x" * 0x180000])
def test_a_server_that_is_asked_how_it_is_cannot_fill_the_memory(head: bytes) -> None:
    with saying(b"HTTP/1.1 200 OK\r\n" + head) as (url, _connections):
        (health,) = look_at(Remote((url,)), ["objects"])
    assert not health.ready
    assert "longer than" in health.problem


@pytest.mark.parametrize("drop", [b"HTTP/1.1 100 Continue\r\n\r\n", b"x"])
def test_a_head_without_end_is_given_up_in_time(drop: bytes) -> None:
    over = threading.Event()

    def drip(listener: socket.socket) -> None:
        connection, _address = listener.accept()
        with connection, suppress(OSError):
            while not over.wait(0.05):
                connection.sendall(drop)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        dripping = threading.Thread(target=drip, args=(listener,), daemon=True)
        dripping.start()
        begin = time.monotonic()
        with pytest.raises(Unreachable, match="does not answer in time"):
            Http(f"http://127.0.0.1:{listener.getsockname()[1]}").ask("GET", "/", timeout_s=0.5)
        assert time.monotonic() - begin < 15
        over.set()
        dripping.join(5)
