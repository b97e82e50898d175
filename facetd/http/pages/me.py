"""Who looks at a page, as templates show it."""

from __future__ import annotations

from dataclasses import dataclass

from aiohttp import web

from facetd.accounts.viewers import ADMIN, READER, SUPERADMIN
from facetd.http.caller import CALLER


@dataclass(frozen=True, slots=True)
class Me:
    """The viewer of a page. `name` is empty in single-user mode: there `locked` and `unlocked` tell of the edition password."""

    name: str
    display_name: str
    role: str
    signed_in: bool
    locked: bool
    unlocked: bool

    @property
    def shown(self) -> str:
        """What to call them: nothing in single-user mode."""
        return self.display_name or self.name

    @property
    def may_edit(self) -> bool:
        """Whether they may name people and write captions: controls for that are not shown to others."""
        return self.role in (ADMIN, SUPERADMIN)


def signed_in_as(request: web.Request) -> Me | None:
    """Who asks for the page; None for nobody."""
    caller = request.get(CALLER)
    if caller is None:
        return None
    viewer, session = caller.viewer, caller.session
    return Me(
        name=viewer.name,
        display_name=caller.display_name if viewer.name else "",
        role=viewer.role,
        signed_in=session is not None,
        locked=viewer.role == READER,
        unlocked=session is not None and session.edition,
    )
