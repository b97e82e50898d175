"""Signing in and out, edition mode, and what one looks after oneself: sessions, app passwords, the password."""

from __future__ import annotations

from typing import Annotated, Any

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from facetd.accounts.authentication import SHORTEST_PASSWORD, Caller, SignedIn
from facetd.accounts.passwords import LONGEST
from facetd.accounts.sessions import APP, LOGIN
from facetd.accounts.viewers import ADMIN, SUPERADMIN
from facetd.http.access import caller_of, drop_cookie, set_cookie
from facetd.http.api.config import shown_features
from facetd.http.api.models import Strict
from facetd.http.api.persons import id_in
from facetd.http.openapi import Access, Nothing, Operations, json_response
from facetd.http.remote import network_of
from facetd.http.services import CALLER, services
from facetd.together import needed_with_users

operations = Operations("auth")
Password = Annotated[str, Field(max_length=LONGEST)]
LONGEST_LABEL = 200


class Login(Strict):
    """Who signs in."""

    model_config = ConfigDict(json_schema_extra=needed_with_users("username"))

    username: str | None = Field(default=None, max_length=200, description="Needed when there are users.")
    password: Password = ""


class UserOut(BaseModel):
    """A user."""

    user_id: str
    role: str
    display_name: str


class Token(BaseModel):
    """A bearer token; the same is set as a cookie."""

    access_token: str
    token_type: str
    user: UserOut | None = Field(default=None, description="Only when there are users.")


class Unlock(Strict):
    """The edition password."""

    password: Password


class Status(BaseModel):
    """Who asks, and what may be done."""

    authenticated: bool
    login_required: bool = Field(description="Whether nothing can be seen without signing in.")
    multi_user: bool
    edition_enabled: bool = Field(
        description="Whether the caller can come to change things: by the edition password, or because of the role."
    )
    edition_authenticated: bool = Field(description="Whether the caller may change things now.")
    user_id: str | None
    user_role: str | None
    display_name: str | None
    features: dict[str, bool]
    download_profiles: list[str]


class SessionOut(BaseModel):
    """Somebody signed in as you, or a program with an app password."""

    id: int
    label: str
    network: str
    created_at: str
    used_at: str
    current: bool


class SessionsReply(BaseModel):
    """Newest first."""

    sessions: list[SessionOut]


class Ended(BaseModel):
    """How many sessions are over."""

    success: bool
    ended: int


class NewAppPassword(Strict):
    """What the password is for."""

    label: str = Field(min_length=1, max_length=LONGEST_LABEL)


class AppPassword(BaseModel):
    """The password is told this once only."""

    id: int
    label: str
    password: str


class PasswordChange(Strict):
    """The password in force and the new one."""

    current_password: Password
    new_password: Annotated[str, Field(max_length=LONGEST, json_schema_extra={"minLength": SHORTEST_PASSWORD})]


@operations.add("POST", "/api/auth/login", summary="Sign in", body=Login, reply=Token, access=Access.PUBLIC, errors=(401, 429))
async def login(request: web.Request, body: Login) -> Any:
    """Answers a token for `Authorization: Bearer` and sets a cookie. Wrong passwords are slowed down: 429 says for how long."""
    found = await services(request).authentication.login(body.username, body.password, network=_network(request), label=_label(request))
    return _signed_in(request, found)


@operations.add("POST", "/api/auth/logout", summary="Sign out", reply=Ended, access=Access.PUBLIC)
async def logout(request: web.Request, _parameters: Nothing) -> Any:
    """Ends the session of the token or cookie. An app password is ended where it was made."""
    caller = request[CALLER]
    ended = caller is not None and await services(request).authentication.logout(caller)
    response = json_response({"success": True, "ended": int(ended)})
    response.headers["Clear-Site-Data"] = '"cache"'
    drop_cookie(response)
    return response


@operations.add("POST", "/api/auth/edition/login", summary="Unlock edition mode", body=Unlock, reply=Token, errors=(401, 403, 409, 429))
async def edition_login(request: web.Request, body: Unlock) -> Any:
    """A token with which things can be changed, instead of the one in use. Single-user mode only."""
    house = services(request)
    found = await house.authentication.unlock(caller_of(request), body.password, network=_network(request), label=_label(request))
    return _signed_in(request, found)


@operations.add("POST", "/api/auth/edition/logout", summary="Lock edition mode", reply=Token, access=Access.LOGIN, errors=(403, 409))
async def edition_logout(request: web.Request, _parameters: Nothing) -> Any:
    """A token with which things can only be looked at, instead of the one in use."""
    house = services(request)
    return _signed_in(request, await house.authentication.lock(caller_of(request), network=_network(request), label=_label(request)))


@operations.add("GET", "/api/auth/status", summary="Who am I", reply=Status, access=Access.PUBLIC)
async def auth_status(request: web.Request, _parameters: Nothing) -> Any:
    """Whether and as whom the caller is signed in, and which parts of the product are there."""
    house = services(request)
    caller: Caller | None = request[CALLER]
    multi = house.authentication.multi_user
    role = caller.viewer.role if caller else None
    named = caller if multi else None
    return {
        "authenticated": caller is not None,
        "login_required": house.authentication.login_needed,
        "multi_user": multi,
        "edition_enabled": role in (ADMIN, SUPERADMIN) if multi else True,
        "edition_authenticated": role in (ADMIN, SUPERADMIN),
        "user_id": named.viewer.name if named else None,
        "user_role": named.viewer.role if named else None,
        "display_name": named.display_name if named else None,
        "features": shown_features(house.config, caller.viewer.role) if caller else {},
        "download_profiles": house.downloads.profiles() if caller else [],
    }


@operations.add("GET", "/api/auth/sessions", summary="Where I am signed in", reply=SessionsReply, access=Access.LOGIN, errors=(403,))
async def list_sessions(request: web.Request, _parameters: Nothing) -> Any:
    """Your sign-ins, newest first."""
    return {"sessions": await _sessions(request, LOGIN)}


@operations.add("DELETE", r"/api/auth/sessions/{id:[0-9]+}", summary="End a session", reply=Ended, access=Access.LOGIN, errors=(404,))
async def end_session(request: web.Request, _parameters: Nothing) -> Any:
    """Sign one of your devices out."""
    await services(request).authentication.end(caller_of(request), LOGIN, id_in(request))
    return {"success": True, "ended": 1}


@operations.add("POST", "/api/auth/sessions/end_others", summary="End every other session", reply=Ended, access=Access.LOGIN)
async def end_other_sessions(request: web.Request, _parameters: Nothing) -> Any:
    """Sign all your other devices out; app passwords stay."""
    return {"success": True, "ended": await services(request).authentication.end_others(caller_of(request))}


@operations.add("GET", "/api/auth/app_passwords", summary="Passwords of programs", reply=SessionsReply, access=Access.LOGIN, errors=(403,))
async def list_app_passwords(request: web.Request, _parameters: Nothing) -> Any:
    """Your app passwords, newest first, without the passwords."""
    return {"sessions": await _sessions(request, APP)}


@operations.add(
    "POST", "/api/auth/app_passwords", summary="A password for a program", body=NewAppPassword, reply=AppPassword, access=Access.LOGIN,
    errors=(409,),
)  # fmt: skip
async def add_app_password(request: web.Request, body: NewAppPassword) -> Any:
    """For scripts and WebDAV: as a bearer token, or with your name by HTTP Basic. It may do what you may, but look after no passwords."""
    token, session = await services(request).authentication.add_app_password(caller_of(request), body.label)
    return {"id": session.id, "label": session.label, "password": token}


@operations.add(
    "DELETE", r"/api/auth/app_passwords/{id:[0-9]+}", summary="End an app password", reply=Ended, access=Access.LOGIN, errors=(404,)
)
async def end_app_password(request: web.Request, _parameters: Nothing) -> Any:
    """The program that has it is signed out at once."""
    await services(request).authentication.end(caller_of(request), APP, id_in(request))
    return {"success": True, "ended": 1}


@operations.add(
    "POST", "/api/auth/password", summary="Change my password", body=PasswordChange, reply=Ended, access=Access.LOGIN,
    errors=(403, 409, 429, 503),
)  # fmt: skip
async def change_password(request: web.Request, body: PasswordChange) -> Any:
    """Your other sign-ins are over with it."""
    change = services(request).authentication.change_password
    ended = await change(caller_of(request), body.current_password, body.new_password, network=_network(request))
    return {"success": True, "ended": ended}


async def _sessions(request: web.Request, kind: str) -> list[dict[str, Any]]:
    caller = caller_of(request)
    mine = caller.session.id if caller.session else None
    return [
        {
            "id": session.id,
            "label": session.label,
            "network": session.network,
            "created_at": session.created_at,
            "used_at": session.used_at,
            "current": session.id == mine,
        }
        for session in await services(request).authentication.sessions_of(caller, kind)
    ]


def _signed_in(request: web.Request, found: SignedIn) -> web.Response:
    viewer = found.caller.viewer
    user = {"user_id": viewer.name, "role": viewer.role, "display_name": found.caller.display_name} if viewer.name else None
    response = json_response({"access_token": found.token, "token_type": "bearer", "user": user}, headers={"Cache-Control": "no-store"})
    set_cookie(request, response, found.token)
    return response


def _network(request: web.Request) -> str:
    return network_of(request, services(request).config.server.trusted_proxies)


def _label(request: web.Request) -> str:
    """What the browser or program calls itself."""
    return request.headers.get("User-Agent", "").encode("utf-8", "replace").decode()[:LONGEST_LABEL]
