"""Who asks. With neither users nor a password there is one viewer, on this machine, who may do everything."""

from __future__ import annotations

from facetd.config import Config
from facetd.db import roots as db_roots
from facetd.db.connection import Database
from facetd.errors import ConfigError, FieldError
from facetd.i18n import _
from facetd.records import Viewer

SINGLE_USER_ID = 0


def require_single_user(config: Config) -> None:
    """Refuse settings that ask for a login: this version has none, and must not show photos that were meant to be protected.

    Raises ConfigError naming the keys.
    """
    closed = [
        ("viewer.password", config.viewer.password),
        ("viewer.edition_password", config.viewer.edition_password),
        ("users", config.users),
    ]
    errors = [FieldError(key, _("logins are not part of this version; remove the key")) for key, value in closed if value]
    if errors:
        raise ConfigError(_("the configuration asks for a login"), errors=errors)


async def single_viewer(db: Database) -> Viewer:
    """The one viewer of single-user mode, who sees every root."""
    roots = await db.per_revision("roots", lambda: db_roots.roots(db))
    return Viewer(SINGLE_USER_ID, "superadmin", frozenset(root.id for root in roots))
