"""The section `plugins`: Python files that are told of what happens, and addresses that are."""

from __future__ import annotations

from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, Strict, field_validator

from facetd.config.section import Section
from facetd.i18n import _

Event = Literal["photo_added", "photo_scored", "scan_finished"]
LONGEST_URL = 2000


def check_url(url: str) -> str:
    """The address of a webhook. Raises ValueError."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        raise ValueError(_("expected an address such as https://example.org/hook"))
    if parts.username is not None or parts.password is not None:
        raise ValueError(_("expected an address without user and password"))
    if len(url) > LONGEST_URL:
        raise ValueError(_("expected at most {count} characters").format(count=LONGEST_URL))
    return url


class Webhook(Section):
    """An address that gets a JSON document by POST for each of these events; of photos from a score (0..10) on."""

    url: str = Field(repr=False)
    events: Annotated[tuple[Event, ...], Strict(False), Field(min_length=1)] = ("photo_scored",)
    min_score: float = Field(default=0, ge=0, le=10)

    _checked = field_validator("url")(check_url)


class Plugins(Section):
    """`enabled`: the files `<data>/plugins/*.py` are run. Webhooks are sent in any case, to private addresses where that is allowed."""

    enabled: bool = False
    webhooks: Annotated[tuple[Webhook, ...], Strict(False), Field(max_length=20)] = ()
    allow_private_webhooks: bool = False
