"""Where a request notes who asks."""

from __future__ import annotations

from aiohttp import web

from facetd.accounts.authentication import Caller

CALLER: web.RequestKey[Caller | None] = web.RequestKey("caller", Caller)
