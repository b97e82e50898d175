"""Sending a document to an address that somebody else chose, without becoming their way into this network."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from facetd.errors import FieldError, Forbidden
from facetd.i18n import _
from facetd.plugins.addresses import is_public
from facetd.version import __version__

TIMEOUT_S = 10.0
MOST_READ = 64 * 1024  # bytes of an answer; nobody looks at them
Resolve = Callable[[str, int], Awaitable[Sequence[str]]]


class NotSent(Exception):
    """The document did not arrive; the message says why, for people."""


async def resolve(host: str, port: int) -> list[str]:
    """The addresses of a host. Raises OSError."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class Sender:
    """Resolves the name once, checks what it stands for, connects to that and to nothing else, and follows no redirect."""

    def __init__(self, *, private: bool = False, resolver: Resolve = resolve, allowed: Callable[[str], bool] = is_public) -> None:
        """`private`: addresses of this machine and network are allowed too."""
        self._private = private
        self._resolve = resolver
        self._allowed = allowed

    async def post(self, url: str, body: bytes) -> int:
        """POST a JSON document; the status of the answer, whatever it is.

        Raises NotSent, and Forbidden for an address that must not be asked.
        """
        try:
            async with asyncio.timeout(TIMEOUT_S):
                return await self._post(url, body)
        except TimeoutError:
            raise NotSent(_("no answer within {limit:g} s").format(limit=TIMEOUT_S)) from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise NotSent(_reason(error)) from error

    async def _post(self, url: str, body: bytes) -> int:
        address = URL(url)  # read once: what is checked is what is asked
        addresses = await self._resolve(address.raw_host or "", address.port or 0)
        if not addresses:
            raise NotSent(_("the host is not known"))
        if not self._private and not all(map(self._allowed, addresses)):
            raise Forbidden(
                _("this address must not be asked"),
                errors=[FieldError("url", _("expected a public address, this one is of a private network or of this machine"))],
                hint=_("plugins.allow_private_webhooks in the configuration allows it."),
            )
        connector = aiohttp.TCPConnector(resolver=_Pinned(addresses), use_dns_cache=False, force_close=True, limit=1)
        headers = {"Content-Type": "application/json", "User-Agent": f"facetd/{__version__}", "Accept-Encoding": "identity"}
        jar = aiohttp.DummyCookieJar()
        async with (
            aiohttp.ClientSession(connector=connector, cookie_jar=jar, headers=headers, auto_decompress=False) as session,
            session.post(address, data=body, allow_redirects=False) as response,
        ):
            await response.content.read(MOST_READ)
            return response.status


class _Pinned(AbstractResolver):
    """Knows the addresses that were checked, and no others."""

    def __init__(self, addresses: Sequence[str]) -> None:
        self._addresses = addresses

    async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET) -> list[ResolveResult]:
        flags = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
        return [
            ResolveResult(
                hostname=host, host=address, port=port, family=socket.AF_INET6 if ":" in address else socket.AF_INET, proto=0, flags=flags
            )
            for address in self._addresses
        ]

    async def close(self) -> None:
        """There is nothing to close."""


def _reason(error: Exception) -> str:
    """Why it failed, without what only the server should know."""
    if isinstance(error, aiohttp.ClientConnectorCertificateError | aiohttp.ClientSSLError):
        return _("the certificate of the host is not valid")
    if isinstance(error, aiohttp.ClientConnectorError | ConnectionError):
        return _("no connection to the host")
    if isinstance(error, socket.gaierror):
        return _("the host is not known")
    if isinstance(error, aiohttp.ClientError):
        return _("the host does not answer as a web server does")
    return _("the address cannot be asked")
