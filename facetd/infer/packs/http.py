"""HTTP as packs are fetched by it: encrypted, few redirects, and errors that say whether another try may help."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import urljoin, urlsplit

from aiohttp import ClientError, ClientResponse, ClientSession, ClientTimeout

from facetd.errors import ConfigError, NotFound, Unavailable
from facetd.i18n import _
from facetd.infer.addresses import is_local

MOST_REDIRECTS = 5
MOST_JSON = 16 * 1024 * 1024  # bytes of an answer about a repository
REDIRECTS = frozenset({301, 302, 303, 307, 308})
TRANSIENT = frozenset({408, 425, 429, 500, 502, 503, 504})


class Transient(Exception):
    """It did not work this time; another try may. `after_s` is how long the server asks to wait."""

    def __init__(self, text: str, after_s: float = 0.0) -> None:
        super().__init__(text)
        self.after_s = after_s


@dataclass(frozen=True, slots=True)
class Patience:
    """How often and how long: `tries` in a row without a single byte, the first pause, and what a server may ask for at most (seconds)."""

    tries: int = 5
    pause_s: float = 1.0
    longest_s: float = 60.0
    connect_s: float = 30.0
    silence_s: float = 60.0

    def pause(self, failures: int, asked_s: float) -> float:
        """Before the next try, after so many failures in a row; twice as long each time."""
        return min(max(self.pause_s * float(2 ** (failures - 1)), asked_s), self.longest_s)


def offline_hint() -> str:
    """What somebody without the internet can do."""
    how = _("Without the internet: fetch the files elsewhere, and install them with `--from DIR`.")
    return f"{how} " + _("With an empty DIR it says which files, and from where.")


def check_mirror(url: str) -> str:
    """`url` without a slash at its end. Raises ConfigError for one that is neither encrypted nor in this network."""
    parts = urlsplit(url)
    if parts.scheme == "https" and parts.hostname:
        return url.rstrip("/")
    if parts.scheme == "http" and parts.hostname and is_local(parts.hostname):
        return url.rstrip("/")
    raise ConfigError(
        _("FACETD_PACKS_URL: {url!r} is no address to fetch packs from").format(url=url),
        hint=_("Expected https://, or http:// to a machine of this network."),
    )


class Http:
    """Fetches from publishers. `mirror` (checked) is the only place that may be without encryption. Proxies are the environment's."""

    def __init__(self, mirror: str = "", patience: Patience | None = None) -> None:
        self.mirror = mirror
        self.patience = patience or Patience()
        timeout = ClientTimeout(total=None, connect=self.patience.connect_s, sock_read=self.patience.silence_s)
        # What is fetched is hashed as it is: nothing is unpacked on the way.
        self._session = ClientSession(
            timeout=timeout, auto_decompress=False, trust_env=True, headers={"Accept-Encoding": "identity", "User-Agent": "facetd"}
        )

    async def __aenter__(self) -> Http:
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self._session.close()

    @asynccontextmanager
    async def open(self, url: str, headers: Mapping[str, str] | None = None) -> AsyncIterator[ClientResponse]:
        """The answer to GET, after redirects; its status is below 400, or 416. Raises Transient, NotFound, Unavailable."""
        for _hop in range(MOST_REDIRECTS + 1):
            self._require_allowed(url)
            try:
                response = await self._session.get(url, headers=headers, allow_redirects=False)
            except (ClientError, TimeoutError, OSError) as error:
                raise Transient(_("{host} cannot be reached: {why}").format(host=urlsplit(url).netloc, why=_reason(error))) from error
            async with response:
                if response.status not in REDIRECTS:
                    _require_success(response, url)
                    yield response
                    return
                url = _redirected(url, response.headers.get("Location", ""))
        raise Unavailable(_("{url}: too many redirects").format(url=url))

    async def json(self, url: str) -> Any:
        """The JSON document at `url`. Raises like `open`, Unavailable for something else."""
        async with self.open(url) as response:
            try:
                body = await response.content.read(MOST_JSON)
                while not response.content.at_eof() and len(body) < MOST_JSON:
                    body += await response.content.read(MOST_JSON - len(body))
                return json.loads(body)
            except (ClientError, TimeoutError) as error:
                raise Transient(_("{host} broke off: {why}").format(host=urlsplit(url).netloc, why=_reason(error))) from error
            except (ValueError, RecursionError) as error:
                raise Unavailable(_("{url}: expected JSON").format(url=url)) from error

    def _require_allowed(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme == "https":
            return
        mirror = urlsplit(self.mirror)
        if parts.scheme == "http" == mirror.scheme and parts.netloc == mirror.netloc:
            return
        raise Unavailable(_("{url}: is not encrypted, so nothing is fetched from there").format(url=url))


def _redirected(url: str, location: str) -> str:
    """Where `url` is said to be. Raises Unavailable."""
    try:
        return urljoin(url, location)
    except ValueError as error:
        raise Unavailable(_("{url}: is said to be at {location}, which is no address").format(url=url, location=repr(location))) from error


def _require_success(response: ClientResponse, url: str) -> None:
    status = response.status
    if status < HTTPStatus.BAD_REQUEST or status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
        return
    text = _("{url}: the server answers {status} {reason}").format(url=url, status=status, reason=response.reason or "").rstrip()
    if status in TRANSIENT:
        after = response.headers.get("Retry-After", "")
        raise Transient(text, float(after) if after.isascii() and after.isdigit() else 0.0)
    if status == HTTPStatus.NOT_FOUND:
        raise NotFound(text)
    raise Unavailable(text)


def _reason(error: BaseException) -> str:
    return str(error) or type(error).__name__
