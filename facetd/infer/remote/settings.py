"""Which servers there are and how they are spoken to, as the settings say it. Light: the daemon and the commands use it too."""

from __future__ import annotations

import os
import string
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from facetd.config.eyes import Inference
from facetd.errors import ConfigError
from facetd.i18n import _

ENVIRONMENT = "FACETD_INFERENCE_TOKEN"
STREAMS = 4  # photos at once for each server: requests of several gather while it computes
MOST_STREAMS = 64
SHARE = 4  # of the time that a photo may take: so long may one request take, and the photo can still be asked elsewhere
PRINTABLE = frozenset(string.printable) - frozenset(string.whitespace)


@dataclass(frozen=True, slots=True)
class Remote:
    """`urls` of the servers without a slash at the end; `token` for `Authorization: Bearer`, empty for none; `timeout_s` of a request."""

    urls: tuple[str, ...]
    token: str = ""
    timeout_s: float = 30.0

    @classmethod
    def from_settings(cls, settings: Inference) -> Self | None:
        """None when everything runs on this machine. Raises ConfigError for a token that cannot be read."""
        if not settings.servers:
            return None
        return cls(tuple(url.rstrip("/") for url in settings.servers), _token(settings.server_token_file), settings.timeout_s / SHARE)

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> Self:
        """The inverse of `to_json`. Raises KeyError, TypeError, ValueError."""
        return cls(tuple(map(str, raw["urls"])), str(raw["token"]), float(raw["timeout_s"]))

    def to_json(self) -> dict[str, Any]:
        """As it travels to the inference process."""
        return asdict(self)

    @property
    def streams(self) -> int:
        """Photos at once that keep all servers busy."""
        return min(MOST_STREAMS, STREAMS * len(self.urls))


def _token(file: str | None) -> str:
    """The content of `file`, else the environment's, else nothing. Raises ConfigError."""
    if file is None:
        token, where = os.environ.get(ENVIRONMENT, "").strip(), ENVIRONMENT
    else:
        where = f"inference.server_token_file: {file}"
        try:
            token = Path(file).expanduser().read_text(encoding="ascii").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(_("{where}: cannot be read: {error}").format(where=where, error=error)) from error
        if not token:
            raise ConfigError(_("{where}: is empty; expected a token").format(where=where))
    if not set(token) <= PRINTABLE:
        raise ConfigError(_("{where}: expected one word of printable ASCII").format(where=where))
    return token
