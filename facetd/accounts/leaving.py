"""Users who leave: what opened the library to them, or to others by them, ends. Ratings and albums stay, for when they come back."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from facetd.accounts.sessions import Sessions
from facetd.accounts.viewers import SINGLE_USER_ID
from facetd.db import accounts as db_accounts
from facetd.db import shares as db_shares
from facetd.db.connection import Database


@dataclass(frozen=True, slots=True)
class Ended:
    """How many sign-ins with app passwords, and how many links to albums there were; `aside` names who has ratings and albums now."""

    sessions: int
    links: int
    aside: str = ""


async def leave(db: Database, sessions: Sessions, name: str, *, aside: bool = False) -> Ended:
    """End what a user opened. `aside`: what is theirs gets another name, so that the next user called so begins with nothing."""
    user_id = await db_accounts.account_id(db, name)
    if user_id is None:
        return Ended(0, 0)
    ended = await _end(db, sessions, {user_id})
    return Ended(ended.sessions, ended.links, await db_accounts.set_aside(db, user_id, name) if aside else "")


async def end_absent(db: Database, sessions: Sessions, present: Collection[int]) -> Ended:
    """End what was opened by whoever is not among the users `present`.

    Links of single-user mode stay: they sleep, and go with its albums to the user who takes these over.
    """
    absent = (await db_accounts.known_ids(db)) - set(present)
    ended = await _end(db, sessions, absent)
    return Ended(ended.sessions + await sessions.end_of({SINGLE_USER_ID}), ended.links)


async def _end(db: Database, sessions: Sessions, user_ids: Collection[int]) -> Ended:
    return Ended(await sessions.end_of(user_ids), await db_shares.end_of(db, user_ids))
