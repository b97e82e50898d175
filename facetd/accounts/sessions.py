"""Who is signed in: sessions and app passwords, held in memory and written through to the database."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from facetd.accounts.tokens import new_token, token_hash
from facetd.db import accounts as db_accounts
from facetd.db.accounts import Session
from facetd.db.connection import Database

LOGIN, APP = "login", "app"
IDLE = timedelta(days=30)
NOTED_EVERY = timedelta(hours=1)  # how exactly the last use is known after a restart
MOST_PER_USER = 200  # signed in at once; the longest unused goes


def _now() -> datetime:
    return datetime.now(UTC)


class Sessions:
    """Every session by its token. `clock` tells the time. `ended` is told the ids of sessions that are over."""

    def __init__(self, db: Database, clock: Callable[[], datetime] = _now) -> None:
        self._db = db
        self._clock = clock
        self._by_hash: dict[bytes, Session] | None = None
        self._used: dict[int, datetime] = {}
        self._opening = asyncio.Lock()
        self.ended: list[Callable[[int], None]] = []

    async def find(self, token: str) -> Session | None:
        """The session of this token, which counts as used now; None when there is none or it was idle for too long."""
        found = (await self._all()).get(token_hash(token))
        if found is None:
            return None
        moment = self._clock()
        last = self._used[found.id]
        if found.kind == LOGIN and moment - last > IDLE:
            await self.end([found.id])
            return None
        self._used[found.id] = moment
        if moment - datetime.fromisoformat(found.used_at) > NOTED_EVERY:
            noted = replace(found, used_at=moment.isoformat(timespec="seconds"))
            (await self._all())[found.token_hash] = noted
            await db_accounts.touch_session(self._db, found.id, noted.used_at)
            return noted
        return found

    async def open(
        self, user_id: int, stamp: str, *, kind: str = LOGIN, edition: bool = False, label: str = "", network: str = ""
    ) -> tuple[str, Session]:
        """A new session and its token, which is nowhere else."""
        token = new_token()
        known = await self._all()
        moment = self._clock().isoformat(timespec="seconds")
        made = await db_accounts.add_session(
            self._db, user_id=user_id, kind=kind, token_hash=token_hash(token), stamp=stamp, edition=edition, label=label, network=network,
            moment=moment,
        )  # fmt: skip
        self._remember(known, made)
        await self._make_room(user_id, kind, edition=edition)
        return token, made

    async def of_user(self, user_id: int, kind: str) -> list[Session]:
        """The sessions of a user, newest first, with the time of their last use."""
        found = [session for session in (await self._all()).values() if session.user_id == user_id and session.kind == kind]
        used = [replace(session, used_at=self._used[session.id].isoformat(timespec="seconds")) for session in found]
        return sorted(used, key=lambda session: session.id, reverse=True)

    async def end(self, ids: Iterable[int]) -> int:
        """Forget sessions; returns how many there were."""
        gone = set(ids)
        known = await self._all()
        ended = [session for session in known.values() if session.id in gone]
        for session in ended:
            del known[session.token_hash]
            del self._used[session.id]
        if ended:
            await db_accounts.end_sessions(self._db, [session.id for session in ended])
            for session in ended:
                for tell in self.ended:
                    tell(session.id)
        return len(ended)

    async def end_of(self, user_ids: Collection[int]) -> int:
        """Forget every session and app password of these users; returns how many there were."""
        return await self.end([session.id for session in (await self._all()).values() if session.user_id in user_ids])

    async def restamp(self, user_id: int, old: str, new: str, only: Collection[int] | None = None) -> None:
        """The password is written otherwise now: sessions of the old one go on, all or `only` those."""
        known = await self._all()
        found = [
            session
            for session in known.values()
            if session.user_id == user_id and session.stamp == old and (only is None or session.id in only)
        ]
        for session in found:
            known[session.token_hash] = replace(session, stamp=new)
        await db_accounts.restamp(self._db, [session.id for session in found], new)

    async def came_from(self, user_id: int, network: str, *, edition: bool = False) -> bool:
        """Whether this user is signed in from that network, or was within the last month; `edition`: with the edition password."""
        known = (await self._all()).values()
        return any(each.user_id == user_id and each.network == network and each.edition >= edition for each in known)

    async def _make_room(self, user_id: int, kind: str, *, edition: bool) -> None:
        """Sessions that can do less never push out those of the edition password."""
        found = [session for session in await self.of_user(user_id, kind) if session.edition == edition]
        if kind == LOGIN and len(found) > MOST_PER_USER:
            found.sort(key=lambda session: (self._used[session.id], session.id))
            await self.end(session.id for session in found[: len(found) - MOST_PER_USER])

    async def _all(self) -> dict[bytes, Session]:
        if self._by_hash is None:
            async with self._opening:
                if self._by_hash is None:
                    known: dict[bytes, Session] = {}
                    for session in await db_accounts.sessions(self._db):
                        self._remember(known, session)
                    self._by_hash = known
        return self._by_hash

    def _remember(self, known: dict[bytes, Session], session: Session) -> None:
        known[session.token_hash] = session
        self._used[session.id] = datetime.fromisoformat(session.used_at)
