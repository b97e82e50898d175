"""One declaration for each operation: from it come the route, the checking of parameters, and its part of the description."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, TypeVar

from aiohttp import web
from multidict import MultiDict, MultiMapping
from pydantic import BaseModel, ValidationError
from pydantic_core import PydanticSerializationError, from_json, to_json

from facetd.accounts.viewers import ADMIN, READER, SUPERADMIN, USER
from facetd.errors import FieldError, InvalidInput
from facetd.http.connections import receiving
from facetd.http.language import PARAMETER, said
from facetd.i18n import _, languages
from facetd.validation import told

Handler = Callable[[web.Request, Any], Awaitable[Any]]
EVENT_STREAM = "text/event-stream"
TABLE = "text/csv, application/json"  # one or the other, as asked
STREAMS = frozenset({EVENT_STREAM, TABLE})  # what is sent while it is made: its length is not known before
ALWAYS = (400, 421)  # what any operation may answer: parameters that do not fit, a host name that is not ours
WRITES = (403, 413)  # a page of another site, a body that is too large
PUBLIC_BODY_BYTES = 16 * 1024  # what anybody may have us keep in memory, of each connection
BODY_S = 60.0  # for the body of a request
WHOLE = frozenset({"int_type", "int_from_float"})  # what pydantic calls a number with a point where an integer is expected
ModelT = TypeVar("ModelT", bound=BaseModel)
READS = frozenset({"GET", "HEAD"})


class Access(Enum):
    """Who may call an operation; the levels of the API's rules."""

    PUBLIC = "public"  # anybody, also without login where logins exist
    OPEN = "open"
    LOGIN = "login"
    RATE = "rate"
    EDITION = "edition"
    SUPERADMIN = "superadmin"


NEEDED = {Access.OPEN: READER, Access.LOGIN: READER, Access.RATE: USER, Access.EDITION: ADMIN, Access.SUPERADMIN: SUPERADMIN}


class Nothing(BaseModel):
    """An operation without parameters."""

    model_config = {"extra": "forbid"}


class Problem(BaseModel):
    """RFC 9457 problem details."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[dict[str, str]]


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of the API.

    `query` describes the parameters in the address, `body` the JSON body, `reply` the answer: a model, or a media type (or several of them,
    separated by `, `).
    `others` are further successful statuses, with what they mean (304, 206); `errors` the statuses of problem details. `shared`: it also
    answers who comes by a link to an album, see http/sharing.py.
    """

    method: str
    path: str
    handler: Handler
    summary: str
    tag: str
    access: Access
    query: type[BaseModel]
    body: type[BaseModel] | None
    reply: type[BaseModel] | str
    errors: tuple[int, ...]
    others: tuple[int, ...]
    shared: bool = False

    @property
    def name(self) -> str:
        """The operationId."""
        return self.handler.__name__

    @property
    def methods(self) -> tuple[str, ...]:
        """GET answers HEAD too, except for streams, which have no end to tell."""
        return ("GET", "HEAD") if self.method == "GET" and self.reply not in STREAMS else (self.method,)


class Operations:
    """A collection of operations; one module of http/api/ fills one."""

    def __init__(self, tag: str) -> None:
        self.tag = tag
        self.all: list[Operation] = []

    def add(
        self, method: str, path: str, *, summary: str, reply: type[BaseModel] | str, query: type[BaseModel] = Nothing,
        body: type[BaseModel] | None = None, access: Access = Access.OPEN, errors: Sequence[int] = (), others: Sequence[int] = (),
        shared: bool = False,
    ) -> Callable[[Handler], Handler]:  # fmt: skip
        """Declare the operation that the decorated coroutine `(request, parameters)` answers.

        `parameters` is the checked query, or the checked body where there is one.
        """

        def declare(handler: Handler) -> Handler:
            refused = () if access is Access.PUBLIC else (401,) if access in (Access.OPEN, Access.LOGIN) else (401, 403)
            possible = tuple(sorted({*ALWAYS, *refused, *(() if method in READS else WRITES), *errors}))
            self.all.append(
                Operation(method, path, handler, summary, self.tag, access, query, body, reply, possible, tuple(others), shared)
            )
            return handler

        return declare


REGISTERED: web.AppKey[tuple[Operation, ...]] = web.AppKey("operations", tuple)


Authorize = Callable[[web.Request, Operation], Awaitable[None]]


async def everybody(_request: web.Request, _operation: Operation) -> None:
    """Whoever reaches the app may call everything: for the daemon's own socket."""


def register(app: web.Application, operations: Iterable[Operation], authorize: Authorize) -> None:
    """Add the routes of `operations` to `app`, which knows them as REGISTERED afterwards. `authorize` raises before what is not allowed."""
    app[REGISTERED] = tuple(operations)
    for operation in app[REGISTERED]:
        resource = app.router.add_resource(operation.path, name=operation.name)
        handler = _bound(operation, authorize)
        for method in operation.methods:
            resource.add_route(method, handler)


def require_declared(app: web.Application, operations: Iterable[Operation], *, pages: Collection[str]) -> None:
    """Raise RuntimeError for a route below /api/ that is no declared operation, so that none is unchecked or undocumented.

    `pages` are the addresses there that answer people.
    """
    declared = {(method, documented(operation.path)) for operation in operations for method in operation.methods}
    for route in app.router.routes():
        path = route.resource.canonical if route.resource is not None else ""
        if path.startswith("/api/") and path not in pages and (route.method, path) not in declared:
            raise RuntimeError(f"{route.method} {path} is not declared with Operations.add()")


def documented(path: str) -> str:
    """The address as OpenAPI writes it: path parameters without their patterns."""
    return re.sub(r"\{(\w+):[^}]*\}", r"{\1}", path)


def _bound(operation: Operation, authorize: Authorize) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    most = PUBLIC_BODY_BYTES if operation.access is Access.PUBLIC else None

    async def handle(request: web.Request) -> web.StreamResponse:
        await authorize(request, operation)
        query = parse_query(operation.query, _without_language(operation.query, request.query))
        parameters = query if operation.body is None else await _parse_body(operation.body, request, most)
        answer = await operation.handler(request, parameters)
        return answer if isinstance(answer, web.StreamResponse) else json_response(answer)

    return handle


def json_response(data: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    """`data` as JSON, as `json_bytes` has it."""
    return json_body(json_bytes(data), status=status, headers=headers)


def json_bytes(data: Any) -> bytes:
    """`data` as JSON in UTF-8; numbers that JSON cannot say (NaN, infinities) become null.

    What is no character (half of a surrogate pair, such as servers and odd file names bring) becomes a question mark.
    """
    try:
        return to_json(said(data), inf_nan_mode="null")
    except PydanticSerializationError:
        return to_json(_with_characters(said(data)), inf_nan_mode="null")


def _with_characters(data: Any) -> Any:
    """`data` with a question mark for each half of a surrogate pair."""
    if isinstance(data, str):
        return data.encode("utf-8", "replace").decode()
    if isinstance(data, Mapping):
        return {_with_characters(key): _with_characters(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [_with_characters(each) for each in data]
    return data


def json_body(body: bytes, *, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    """An answer of JSON that is encoded already."""
    return web.Response(body=body, status=status, content_type="application/json", charset="utf-8", headers=headers)


def _without_language(model: type[BaseModel], query: MultiMapping[str]) -> MultiMapping[str]:
    """The parameters of the operation itself: `lang`, the language of the answer, goes with any. Raises InvalidInput for an unknown one."""
    if len(query.getall(PARAMETER, ())) != 1 or PARAMETER in model.model_fields:
        return query
    if query[PARAMETER] not in languages():
        expected = _("expected one of {names}").format(names=", ".join(languages()))
        raise InvalidInput(_("there is no such language"), errors=[FieldError(PARAMETER, expected)])
    return MultiDict((key, value) for key, value in query.items() if key != PARAMETER)


def parse_query(model: type[BaseModel], query: Mapping[str, str]) -> BaseModel:
    """Check query parameters. Raises InvalidInput naming each unknown, repeated or unfitting one."""
    repeated = [key for key in set(query) if len(query.getall(key)) > 1]  # type: ignore[attr-defined]
    if repeated:
        raise InvalidInput(_("a parameter is given twice"), errors=[FieldError(key, _("expected one value")) for key in sorted(repeated)])
    unfit = [key for key, value in query.items() if not _is_text(key) or not _is_text(value)]
    if unfit:
        errors = [FieldError(key.encode("utf-8", "replace").decode(), _("expected text without NUL, in UTF-8")) for key in sorted(unfit)]
        raise InvalidInput(_("a parameter is not text"), errors=errors)
    return _validated(model, dict(query))


def _is_text(value: str) -> bool:
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return "\0" not in value


async def _parse_body(model: type[BaseModel], request: web.Request, most: int | None) -> BaseModel:
    text = await _read_in_time(request if most is None else request.clone(client_max_size=most))
    if request.content_type != "application/json":
        raise InvalidInput(_("the body is not JSON"), errors=[FieldError("Content-Type", _("expected application/json"))])
    try:
        return read_strictly(model, text or b"{}")
    except ValidationError as error:
        raise unfit(error) from error


def read_strictly(model: type[ModelT], text: bytes) -> ModelT:
    """JSON as the schema of `model` has it: no text for a number, but 3.0 for 3, which JSON tells apart only in writing.

    Raises ValidationError.
    """
    try:
        return model.model_validate_json(text, strict=True)
    except ValidationError as error:
        if not any(isinstance(each["input"], float) and each["type"] in WHOLE for each in error.errors(include_url=False)):
            raise
    return model.model_validate_json(to_json(_with_whole_numbers(from_json(text)), inf_nan_mode="constants"), strict=True)


def _with_whole_numbers(data: Any) -> Any:
    """`data` of JSON with an integer for each number without a fraction."""
    if isinstance(data, float):
        return int(data) if data.is_integer() else data
    if isinstance(data, dict):
        return {key: _with_whole_numbers(value) for key, value in data.items()}
    return [_with_whole_numbers(each) for each in data] if isinstance(data, list) else data


async def _read_in_time(request: web.Request) -> bytes:
    """The body. One that is not here after BODY_S is not waited for: raises ConnectionResetError."""
    try:
        async with asyncio.timeout(BODY_S):
            with receiving(request):
                return await request.read()
    except TimeoutError:
        if request.transport is not None:
            request.transport.abort()
        raise ConnectionResetError("the body comes too slowly") from None


def _validated(model: type[BaseModel], values: Mapping[str, Any]) -> BaseModel:
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise unfit(error) from error


def unfit(error: ValidationError, *within: str) -> InvalidInput:
    """What does not fit, with the names of the fields, which lie `within` a field of the request."""
    errors = []
    for problem in error.errors(include_url=False):
        field = ".".join(str(part) for part in (*within, *problem["loc"])) or "request"
        errors.append(FieldError(field, told(problem)))
    return InvalidInput(_("the request has parameters that do not fit"), errors=errors)
