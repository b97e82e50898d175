"""The `users` section of scoring_config.json: read, changed and written back with everything else as it was."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from facetd.config.load import load_config, save_config
from facetd.errors import NotFound
from facetd.i18n import _

SHARED = "shared_directories"
Section = dict[str, Any]


def change_users(path: Path, change: Callable[[Section], None]) -> Path | None:
    """Let `change` work on the section and write the file; returns the backup of what was there.

    Raises ConfigError, and whatever `change` raises; then nothing was written.
    """
    load_config(path)  # says what is wrong with a file that cannot be read
    raw: dict[str, Any] = json.loads(path.read_text(encoding="utf-8-sig")) if path.exists() else {}
    users = raw.setdefault("users", {})
    change(users)
    return save_config(path, raw)


def entry_of(users: Section, name: str) -> Section:
    """The entry of a user. Raises NotFound."""
    entry = users.get(name) if name != SHARED else None
    if not isinstance(entry, dict):
        raise NotFound(_("there is no user called '{name}'").format(name=name), hint=_("`facetd user list` shows them."))
    return entry


def set_hash(users: Section, name: str, made: str) -> None:
    """Give a user another password hash. Raises NotFound."""
    entry_of(users, name)["password_hash"] = made
