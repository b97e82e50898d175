"""Signing in: what a caller proves by a password or a token, and who they are then."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import TypeVar

from facetd.accounts.leaving import Ended, end_absent, leave
from facetd.accounts.passwords import fits, fits_nobody, fits_setting, hash_password, is_outdated
from facetd.accounts.sessions import APP, LOGIN, Sessions
from facetd.accounts.throttle import Throttle
from facetd.accounts.tokens import stamp_of
from facetd.accounts.users import KnownUser, Users
from facetd.accounts.viewers import READER, SINGLE_USER_ID, SUPERADMIN, single_viewer
from facetd.config import Config
from facetd.db.accounts import Session
from facetd.db.connection import Database
from facetd.errors import Conflict, FacetdError, FieldError, Forbidden, InvalidInput, NotFound, Unauthorized, Unavailable
from facetd.i18n import _
from facetd.records.viewer import Viewer

logger = logging.getLogger(__name__)
FAILED_TAKES_S = 0.5  # a refusal comes after this time, whatever was wrong
AT_ONCE = 2  # passwords that are hashed side by side: each takes a core and 20 MB
WAITING = 64  # sign-ins that may wait for their turn
APP_PASSWORDS = 50  # per user
SHORTEST_PASSWORD = 8
OWNER = ""  # whom passwords of single-user mode belong to
T = TypeVar("T")
KeepHash = Callable[[str, str], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, and by which session; None where nobody has to sign in."""

    viewer: Viewer
    session: Session | None = None
    display_name: str = ""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A new session: its token is told once."""

    token: str
    caller: Caller


async def keep_nowhere(_name: str, _hash: str) -> None:
    """Nobody wants to know a new hash."""


class Authentication:
    """Passwords and tokens against the configuration in force. `keep_hash` writes a user's new hash into the configuration."""

    def __init__(
        self, db: Database, config: Config, *, keep_hash: KeepHash = keep_nowhere, throttle: Throttle | None = None,
        sessions: Sessions | None = None,
    ) -> None:  # fmt: skip
        self.sessions = sessions or Sessions(db)
        self.users = Users(db, config)
        self.throttle = throttle or Throttle()
        self._db = db
        self._config = config
        self._keep_hash = keep_hash
        self._hashing = asyncio.Semaphore(AT_ONCE)
        self._waiting = 0

    def take(self, config: Config) -> None:
        """Another configuration is in force; sessions whose password changed are over."""
        self._config = config
        self.users.take(config)

    @property
    def multi_user(self) -> bool:
        """Whether there are users."""
        return self.users.any

    @property
    def login_needed(self) -> bool:
        """Whether nothing can be seen without signing in."""
        return self.multi_user or bool(self._config.viewer.password)

    @property
    def edition_locked(self) -> bool:
        """Whether changes need the edition password (single-user mode)."""
        return not self.multi_user and bool(self._config.viewer.edition_password)

    async def anonymous(self) -> Caller | None:
        """Who asks without any token: nobody where one has to sign in."""
        if self.login_needed:
            return None
        return Caller(await single_viewer(self._db, READER if self.edition_locked else SUPERADMIN))

    async def local_viewer(self) -> Viewer:
        """Who uses the machine itself: every root, every right, and the things of single-user mode."""
        return await single_viewer(self._db)

    async def looking_as(self, user_id: int) -> Viewer | None:
        """A user as one who only looks, whoever asks; None for one who is gone. Number 0 is there as long as there are no users."""
        if user_id == SINGLE_USER_ID:
            return None if self.multi_user else await single_viewer(self._db, READER)
        user = await self.users.numbered(user_id)
        return None if user is None else replace(await self.users.viewer(user), role=READER)

    async def as_now(self, viewer: Viewer) -> Viewer | None:
        """Somebody who asked before, with what they may see and do now; None for a user that there is not any more."""
        if viewer.user_id == SINGLE_USER_ID:
            return await single_viewer(self._db, viewer.role)
        user = await self.users.numbered(viewer.user_id)
        return None if user is None else await self.users.viewer(user)

    async def caller(self, token: str) -> Caller | None:
        """Whose token this is; None for one that is unknown, ended, or of another password than the one in force."""
        session = await self.sessions.find(token)
        return await self._of_session(session) if session is not None else None

    async def app_caller(self, name: str, secret: str) -> Caller | None:
        """Whose app password this is, sent with a user name (HTTP Basic); None when the two do not fit. Where there are no users, any name
        fits: programs insist on one.

        An app password is a random number of 256 bits: there is nothing to guess, and nothing to slow down.
        """
        found = await self.caller(secret)
        if found is None or found.session is None or found.session.kind != APP:
            return None
        return found if not self.multi_user or name in (found.viewer.name, OWNER) else None

    async def login(self, username: str | None, password: str, *, network: str, label: str = "") -> SignedIn:
        """Sign in by password. Raises InvalidInput without a user name where it is needed, Unauthorized, TooManyRequests."""
        if not self.multi_user:
            return await self._login_owner(password, network, label)
        if not username:
            raise InvalidInput(_("a user name is needed"), errors=[FieldError("username", _("expected the name of a user"))])
        user = await self.users.named(username)
        trusted = user is not None and await self.sessions.came_from(user.id, network)
        await self._examine(username, network, lambda: _fits_user(password, user), trusted=trusted)
        if user is None:  # nobody's password fits
            raise _wrong()
        user = await self._renewed(user, password)
        token, session = await self.sessions.open(user.id, stamp_of(user.entry.password_hash), label=label, network=network)
        return SignedIn(token, await self._required(session))

    async def _login_owner(self, password: str, network: str, label: str) -> SignedIn:
        setting = self._config.viewer.password
        if setting:
            trusted = await self.sessions.came_from(SINGLE_USER_ID, network)
            await self._examine(OWNER, network, lambda: fits_setting(password, setting), trusted=trusted)
        token, session = await self.sessions.open(SINGLE_USER_ID, self._owner_stamp(edition=False), label=label, network=network)
        return SignedIn(token, await self._required(session))

    async def unlock(self, caller: Caller, password: str, *, network: str, label: str = "") -> SignedIn:
        """Edition mode, by its password; the caller's session gives way to the new one.

        Raises Conflict, Unauthorized, Forbidden for an app password, TooManyRequests.
        """
        if self.multi_user:
            raise Conflict(_("there are users: what they may do is their role"), hint=_("Sign in as a user with the role admin."))
        _in_person(caller)
        setting = self._config.viewer.edition_password
        trusted = await self.sessions.came_from(SINGLE_USER_ID, network, edition=True)
        await self._examine(OWNER, network, lambda: bool(setting) and fits_setting(password, setting), trusted=trusted)
        return await self._instead(caller, edition=True, network=network, label=label)

    async def lock(self, caller: Caller, *, network: str, label: str = "") -> SignedIn:
        """Give edition mode up and stay signed in. Raises Conflict, Forbidden for an app password."""
        if self.multi_user:
            raise Conflict(_("there are users: what they may do is their role"))
        _in_person(caller)
        return await self._instead(caller, edition=False, network=network, label=label)

    async def _instead(self, caller: Caller, *, edition: bool, network: str, label: str) -> SignedIn:
        stamp = self._owner_stamp(edition=edition)
        token, session = await self.sessions.open(SINGLE_USER_ID, stamp, edition=edition, label=label, network=network)
        if caller.session is not None:
            await self.sessions.end([caller.session.id])
        return SignedIn(token, await self._required(session))

    async def logout(self, caller: Caller) -> bool:
        """End the caller's session; returns whether there was one. An app password is no session that is signed out of."""
        if caller.session is None or caller.session.kind == APP:
            return False
        await self.sessions.end([caller.session.id])
        return True

    async def add_app_password(self, caller: Caller, label: str) -> tuple[str, Session]:
        """A password for a program, which may do what the caller may, and how it is kept. Raises Forbidden, Conflict."""
        owner = _in_person(caller)
        edition = caller.session.edition if caller.session else caller.viewer.role == SUPERADMIN
        if sum(each.edition == edition for each in await self.sessions.of_user(owner, APP)) >= APP_PASSWORDS:
            raise Conflict(_("there are too many app passwords; remove one first"))
        stamp = await self._stamp(owner, edition=edition)
        if stamp is None:
            raise _wrong()
        return await self.sessions.open(owner, stamp, kind=APP, edition=edition, label=label)

    async def sessions_of(self, caller: Caller, kind: str) -> list[Session]:
        """The caller's sessions of a kind; who only looks has nothing to do with those of the edition password.

        Raises Forbidden for an app password.
        """
        found = await self.sessions.of_user(_in_person(caller), kind)
        return [session for session in found if caller.viewer.role != READER or not session.edition]

    async def end(self, caller: Caller, kind: str, session_id: int) -> None:
        """End one of the caller's own sessions. Raises NotFound."""
        if session_id not in {session.id for session in await self.sessions_of(caller, kind)}:
            raise NotFound(_("there is no such session"))
        await self.sessions.end([session_id])

    async def end_others(self, caller: Caller) -> int:
        """End every sign-in of the caller but this one; returns how many."""
        mine = caller.session.id if caller.session else 0
        return await self.sessions.end([session.id for session in await self.sessions_of(caller, LOGIN) if session.id != mine])

    async def leave(self, name: str, *, aside: bool = False) -> Ended:
        """End what a user opened who is removed, see leaving.py."""
        return await leave(self._db, self.sessions, name, aside=aside)

    async def end_absent(self) -> None:
        """End what was opened by whoever is not among the users. Without any nothing ends: that may be a slip, and they come back."""
        if self.multi_user:
            ended = await end_absent(self._db, self.sessions, {user.id for user in (await self.users.all()).values()})
            if ended.sessions or ended.links:
                logger.info("users are gone: %d sign-ins and app passwords and %d links ended", ended.sessions, ended.links)

    async def change_password(self, caller: Caller, current: str, new: str, *, network: str) -> int:
        """A user's new password; every other sign-in of theirs is over. Returns how many those were.

        Raises InvalidInput, Unauthorized, Forbidden, TooManyRequests, Unavailable.
        """
        owner = _in_person(caller)
        user = await self.users.numbered(owner)
        if user is None:
            raise Conflict(_("there are no users"), hint=_("The password is viewer.password in the configuration."))
        require_good(new, field="new_password")
        await self._examine(user.name, network, lambda: _fits_user(current, user), trusted=True)
        before = stamp_of(user.entry.password_hash)
        made = await self._hashed(lambda: hash_password(new))
        mine = {caller.session.id} if caller.session else set()
        going_on = mine | {session.id for session in await self.sessions.of_user(owner, APP)}
        try:
            await self._set_hash(user, made)
        except (FacetdError, OSError) as error:
            logger.error("the new password of %s cannot be kept: %s", user.name, error)
            raise Unavailable(_("the new password cannot be kept; the log says why")) from error
        await self.sessions.restamp(owner, before, stamp_of(made), going_on)  # who signs in by the old one meanwhile is not among them
        return await self.end_others(caller)

    async def _of_session(self, session: Session) -> Caller | None:
        if session.stamp != await self._stamp(session.user_id, edition=session.edition):
            return None
        if session.user_id == SINGLE_USER_ID:
            role = READER if self.edition_locked and not session.edition else SUPERADMIN
            return Caller(await single_viewer(self._db, role), session)
        user = await self.users.numbered(session.user_id)
        return Caller(await self.users.viewer(user), session, user.display_name) if user is not None else None

    async def _required(self, session: Session) -> Caller:
        found = await self._of_session(session)
        if found is None:  # the configuration changed meanwhile
            raise _wrong()
        return found

    async def _stamp(self, user_id: int, *, edition: bool) -> str | None:
        """What a session of this user has to carry; None when there can be none now."""
        if user_id == SINGLE_USER_ID:
            return None if self.multi_user else self._owner_stamp(edition=edition)
        user = await self.users.numbered(user_id)
        return stamp_of(user.entry.password_hash) if user is not None else None

    def _owner_stamp(self, *, edition: bool) -> str:
        viewer = self._config.viewer
        return stamp_of(viewer.password, viewer.edition_password) if edition else stamp_of(viewer.password)

    async def _renewed(self, user: KnownUser, password: str) -> KnownUser:
        """The user with an up-to-date hash of the password that was right just now."""
        if not is_outdated(user.entry.password_hash):
            return user
        made = await self._hashed(lambda: hash_password(password))
        before = stamp_of(user.entry.password_hash)
        try:
            await self._set_hash(user, made)
        except (FacetdError, OSError) as error:
            logger.warning("the password of %s cannot be kept in today's form: %s", user.name, error)
            return user
        await self.sessions.restamp(user.id, before, stamp_of(made))
        return await self.users.named(user.name) or user

    async def _set_hash(self, user: KnownUser, made: str) -> None:
        """Raises ConfigError, OSError when the configuration cannot be written."""
        await self._keep_hash(user.name, made)
        entry = user.entry.model_copy(update={"password_hash": made})
        self.take(self._config.model_copy(update={"users": {**self._config.users, user.name: entry}}))

    async def _examine(self, name: str, network: str, right: Callable[[], bool], *, trusted: bool) -> None:
        """Look at a password, in its turn. A wrong one is answered after FAILED_TAKES_S. Raises Unauthorized, TooManyRequests."""
        began = time.monotonic()
        if self._waiting >= WAITING:
            raise self.throttle.crowded()
        self._waiting += 1
        try:
            await asyncio.sleep(self.throttle.begin(name, network, trusted=trusted))
            correct = await self._hashed(right)
        finally:
            self._waiting -= 1
        if correct:
            self.throttle.succeeded(name, network)
            return
        await asyncio.sleep(max(0.0, began + FAILED_TAKES_S - time.monotonic()))
        raise _wrong()

    async def _hashed(self, work: Callable[[], T]) -> T:
        async with self._hashing:
            return await asyncio.to_thread(work)


def require_good(password: str, *, field: str) -> None:
    """Raise InvalidInput for a password that is too short."""
    if len(password) < SHORTEST_PASSWORD:
        raise InvalidInput(
            _("the password is too short"),
            errors=[FieldError(field, _("expected at least {count} characters").format(count=SHORTEST_PASSWORD))],
        )


def _in_person(caller: Caller) -> int:
    """The user who is signed in; an app password must not manage passwords. Raises Forbidden."""
    if caller.session is not None and caller.session.kind == APP:
        raise Forbidden(_("an app password cannot look after passwords and sessions"))
    return caller.viewer.user_id


def _fits_user(password: str, user: KnownUser | None) -> bool:
    if user is None:
        fits_nobody(password)
        return False
    return fits(password, user.entry.password_hash)


def _wrong() -> Unauthorized:
    return Unauthorized(_("The name or the password is not right."))
