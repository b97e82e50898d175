"""So much at once of each who asks: requests that come through a proxy, and downloads of many photos."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Hashable, Iterator
from contextlib import contextmanager

from aiohttp import web
from aiohttp.typedefs import Middleware

from facetd.errors import TooManyRequests
from facetd.http.remote import network_of, network_to_bound
from facetd.http.services import services
from facetd.i18n import _

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
REQUESTS = 256  # of one network; a browser asks for a hundred pictures at once through a proxy that speaks HTTP/2
ZIPS = 4  # of one session
RETRY_S = 5


class AtOnce:
    """Counts what goes on of each; more than `most` is refused."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._running: Counter[Hashable] = Counter()

    @contextmanager
    def one(self, who: Hashable) -> Iterator[None]:
        """While one more goes on. Raises TooManyRequests."""
        if self._running[who] >= self._most:
            raise TooManyRequests(_("too much is going on for you at once"), retry_after_s=RETRY_S, hint=_("Wait until something is done."))
        self._running[who] += 1
        try:
            yield
        finally:
            self._running[who] -= 1
            if not self._running[who]:
                del self._running[who]


ZIPPING: web.AppKey[AtOnce] = web.AppKey("zipping", AtOnce)


def proxied(most: int = REQUESTS) -> Middleware:
    """Requests of one network that are answered at once. Connections bound those that come directly, see connections.py; this those that
    share the connections of a proxy."""
    running = AtOnce(most)

    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        proxies = services(request).config.server.trusted_proxies
        client = network_of(request, proxies)
        if network_to_bound(request.remote, proxies) is not None or network_to_bound(client.partition("/")[0], proxies) is None:
            return await handler(request)
        with running.one(client):
            return await handler(request)

    return guard
