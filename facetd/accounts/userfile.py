"""The `users` section of scoring_config.json: read, changed and written back with everything else as it was."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
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
    with _alone(path.resolve().parent):
        load_config(path)  # says what is wrong with a file that cannot be read
        raw: dict[str, Any] = json.loads(path.read_text(encoding="utf-8-sig")) if path.exists() else {}
        users = raw.setdefault("users", {})
        change(users)
        return save_config(path, raw)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One at a time, of all processes: a new password must not bring back a user who is removed at the same moment."""
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with suppress(OSError):  # file systems that know no locks
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def entry_of(users: Section, name: str) -> Section:
    """The entry of a user. Raises NotFound."""
    entry = users.get(name) if name != SHARED else None
    if not isinstance(entry, dict):
        raise NotFound(_("there is no user called '{name}'").format(name=name), hint=_("`facetd user list` shows them."))
    return entry


def set_hash(users: Section, name: str, made: str) -> None:
    """Give a user another password hash. Raises NotFound."""
    entry_of(users, name)["password_hash"] = made
