"""What plugins and webhooks are set up."""

from __future__ import annotations

from typing import Any

from aiohttp import web
from pydantic import BaseModel, Field

from facetd.http.api.models import Strict
from facetd.http.openapi import Access, Nothing, Operations
from facetd.http.services import services, viewer_of

operations = Operations("plugins")
PORT = r"[1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5]"
HEX = "[0-9A-Fa-f]{1,4}"
IPV6 = rf"({HEX}:){{7}}{HEX}|({HEX}:){{1,4}}(:{HEX}){{1,3}}|({HEX}:){{1,7}}:|:(:{HEX}){{1,7}}"
ADDRESS = rf"^https?://([A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?|\[({IPV6})\])(:({PORT}))?([/?#][!-\[\]-~]*)?$"


class PluginOut(BaseModel):
    """A file in the folder of plugins."""

    name: str
    file: str
    events: list[str] = Field(description="The hooks that it implements.")
    doc: str
    problem: str = Field(description="Why it does not run; empty if it does.")


class WebhookOut(BaseModel):
    """An address that is told of events; the host of it only."""

    host: str
    events: list[str]
    min_score: float


class PluginsReply(BaseModel):
    """Plugins and webhooks."""

    enabled: bool = Field(description="Whether the files in the folder of plugins are run.")
    plugins: list[PluginOut]
    webhooks: list[WebhookOut]
    actions: list[dict[str, Any]] = Field(description="What plugins offer to do with photos: nothing, in this version.")


class WebhookTest(Strict):
    """An address to try."""

    url: str = Field(max_length=2000, pattern=ADDRESS, description="http or https, a public host.")


class WebhookTested(BaseModel):
    """What came of it."""

    ok: bool
    url: str
    status: int | None = Field(default=None, description="Of the answer.")
    error: str | None = Field(default=None, description="Why it did not arrive.")


@operations.add("GET", "/api/plugins", summary="Plugins and webhooks", reply=PluginsReply, access=Access.EDITION)
async def get_plugins(request: web.Request, _parameters: Nothing) -> Any:
    """The files that run, the hooks they implement, and the hosts of webhooks."""
    await viewer_of(request)
    return services(request).plugins.describe()


@operations.add("POST", "/api/plugins/test-webhook", summary="Try an address", body=WebhookTest, reply=WebhookTested, access=Access.EDITION)
async def test_webhook(request: web.Request, body: WebhookTest) -> Any:
    """Sends `{"event": "test"}` there. Private addresses are refused (403) unless configured. Redirects are not followed."""
    await viewer_of(request)
    return await services(request).plugins.try_out(body.url)
