"""Documents go to the address that was checked, or nowhere."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Sequence

import pytest
from aiohttp import web

from facetd.errors import Forbidden
from facetd.plugins import sending
from facetd.plugins.sending import NotSent, Sender
from tests.plugins.receiver import receiving


class Names:
    """A resolver that gives these answers in turn, the last one from then on."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self._answers = list(answers)
        self.asked: list[str] = []

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append(host)
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]


def is_the_second(address: str) -> bool:
    """For tests, 127.0.0.2 is the internet."""
    return address == "127.0.0.2"


async def test_a_name_that_changes_its_address_is_asked_at_the_one_that_was_checked() -> None:
    async with receiving("127.0.0.2") as outside, receiving("127.0.0.1", outside.port) as inside:
        names = Names(["127.0.0.2"], ["127.0.0.1"])
        sender = Sender(resolver=names, allowed=is_the_second)
        assert await sender.post(outside.url(), b'{"a": 1}') == 200
        assert (outside.got, inside.got) == ([{"a": 1}], [])
        assert names.asked == ["hook.example"]
        assert outside.hosts == [f"hook.example:{outside.port}"]
        with pytest.raises(Forbidden) as caught:
            await sender.post(outside.url(), b"{}")
        assert caught.value.errors[0].field == "url"
        assert inside.got == []


@pytest.mark.parametrize("addresses", [["127.0.0.2", "127.0.0.1"], ["127.0.0.1"], ["::1"], ["10.0.0.1"]])
async def test_one_private_address_among_them_is_enough_to_refuse(addresses: list[str]) -> None:
    with pytest.raises(Forbidden):
        await Sender(resolver=Names(addresses), allowed=is_the_second).post("http://hook.example/", b"{}")


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "localhost", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "0",
        "0.0.0.0",
    ],
)  # fmt: skip
async def test_every_way_to_write_this_machine_is_refused(host: str) -> None:
    async with receiving() as receiver:
        with pytest.raises((Forbidden, NotSent)):
            await Sender().post(receiver.url(host), b"{}")
        assert receiver.got == []


async def test_private_addresses_by_configuration() -> None:
    async with receiving() as receiver:
        sender = Sender(private=True)
        assert await sender.post(receiver.url("127.0.0.1"), b"{}") == 200
        assert await sender.post(receiver.url("localhost"), b"{}") == 200
        assert "Cookie" not in receiver.headers[0]
        assert receiver.headers[0]["Content-Type"] == "application/json"


async def test_redirects_are_not_followed() -> None:
    async with receiving() as receiver:
        receiver.answers.append(web.Response(status=302, headers={"Location": receiver.url("127.0.0.1")}))
        receiver.answers.append(web.Response(status=307, headers={"Location": "/x"}))
        sender = Sender(private=True)
        assert await sender.post(receiver.url("127.0.0.1"), b"{}") == 302
        assert await sender.post(receiver.url("127.0.0.1"), b"{}") == 307
        assert len(receiver.got) == 2


async def test_a_host_that_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "TIMEOUT_S", 0.3)

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        with pytest.raises(NotSent, match="no answer within"):
            await Sender(private=True).post(f"http://127.0.0.1:{port}/", b"{}")
    with pytest.raises(NotSent, match="no connection"):
        await Sender(private=True).post(f"http://127.0.0.1:{port}/", b"{}")


async def test_an_endless_answer_is_not_read() -> None:
    async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        try:
            while True:
                writer.write(bytes(1024 * 1024))
                await writer.drain()
        except ConnectionError:
            writer.close()

    server = await asyncio.start_server(endless, "127.0.0.1", 0)
    async with server:
        assert await Sender(private=True).post(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/", b"{}") == 200


async def test_what_is_no_web_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "TIMEOUT_S", 1.0)

    async def rude(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(10)
        writer.write(b"SSH-2.0-OpenSSH\r\n")
        writer.close()

    server = await asyncio.start_server(rude, "127.0.0.1", 0)
    async with server:
        with pytest.raises(NotSent):
            await Sender(private=True).post(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/", b"{}")
        with pytest.raises(NotSent):
            await Sender(private=True).post(f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/", b"{}")


async def test_a_host_that_is_not_known() -> None:
    async def unknown(_host: str, _port: int) -> Sequence[str]:
        raise socket.gaierror(-2, "Name or service not known")

    with pytest.raises(NotSent, match="not known"):
        await Sender(resolver=unknown).post("http://nowhere.example/", b"{}")
    with pytest.raises(NotSent, match="not known"):
        await Sender(resolver=Names([])).post("http://nowhere.example/", b"{}")
