"""The OpenAPI 3.1 document: what the operations of this installation take and answer."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from facetd.http.openapi import Access, Operation, Problem, documented
from facetd.http.rules import about_bodies, parameter_of
from facetd.together import CHOICES, MARK, NEEDED_WITH_USERS, Together
from facetd.version import __version__

SECURITY = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "The token of POST /api/auth/login, or an app password."},
    "app": {"type": "http", "scheme": "basic", "description": "A user name and an app password."},
    "cookie": {"type": "apiKey", "in": "cookie", "name": "facetd_session", "description": "What signing in leaves in a browser."},
}
LARGEST_ID = 2**63 - 1
DIGITS = "[0-9]+"
WITHOUT_NUL = r"^[^\x00]*$"
RETRY_AFTER = {
    "description": "Seconds after which it is worth another try.",
    "schema": {"type": "integer", "minimum": 1},
}


@dataclass(frozen=True, slots=True)
class Installation:
    """What the description depends on. `free`: levels of access that anybody has, without signing in; `better`: whether who signs in may do
    more. `choices`: the values of parameters that the installation knows, or what they look like, by the name they are marked with.
    """

    free: frozenset[Access] = frozenset({Access.PUBLIC})
    better: bool = True
    multi_user: bool = False
    choices: Mapping[str, Sequence[str] | re.Pattern[str]] = field(default_factory=dict)


def document(operations: Sequence[Operation], here: Installation) -> dict[str, Any]:
    """The OpenAPI 3.1 document of `operations`."""
    models: dict[type[BaseModel], None] = {Problem: None}
    for operation in operations:
        models.update(dict.fromkeys(m for m in (operation.query, operation.body, operation.reply) if isinstance(m, type)))
    names, definitions = models_json_schema([(model, "validation") for model in models], ref_template="#/components/schemas/{model}")
    schemas = _readable(definitions.get("$defs", {}), here)
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        query = names[operation.query, "validation"]["$ref"].rpartition("/")[2]
        entry: dict[str, Any] = {
            "operationId": operation.name,
            "summary": operation.summary,
            "description": (operation.handler.__doc__ or "").strip(),
            "tags": [operation.tag],
            "x-access": operation.access.value,
            **({"x-shared": True} if operation.shared else {}),
            "security": _security(operation.access, here),
            "parameters": [*_path_parameters(operation.path), *_query_parameters(schemas[query])],
            "responses": {
                "200": _reply(operation.reply, names),
                **{str(code): {"description": HTTPStatus(code).phrase} for code in operation.others},
                **{str(code): _problem(code) for code in operation.errors},
            },
        }
        if operation.body is not None:
            entry["requestBody"] = {"required": True, "content": {"application/json": {"schema": names[operation.body, "validation"]}}}
        paths.setdefault(documented(operation.path), {})[operation.method.lower()] = entry
    for model in {operation.query for operation in operations} - {operation.body for operation in operations}:
        schemas.pop(names[model, "validation"]["$ref"].rpartition("/")[2], None)
    for name, schema in schemas.items():
        schemas[name] = about_bodies(schema)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "facetd",
            "version": __version__,
            "description": "A photo library for a home NAS that knows which pictures are good.",
        },
        "paths": paths,
        "components": {"schemas": schemas, "securitySchemes": SECURITY},
    }


def _security(access: Access, here: Installation) -> list[dict[str, Any]]:
    """Nothing where signing in changes nothing; optional where it is not needed."""
    if access is Access.PUBLIC or (access in here.free and not here.better):
        return []
    return [*([{}] if access in here.free else []), *({name: []} for name in SECURITY)]


def _readable(schema: Any, here: Installation) -> Any:
    """Schemas without what many readers of OpenAPI do not know, and with what is known of this installation.

    Pairs become arrays of either type (`prefixItems`).
    """
    if isinstance(schema, list):
        return [_readable(each, here) for each in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: _readable(value, here) for key, value in schema.items() if key not in ("prefixItems", CHOICES, NEEDED_WITH_USERS)}
    if pair := schema.get("prefixItems"):
        different = [each for index, each in enumerate(pair) if each not in pair[:index]]
        made["items"] = different[0] if len(different) == 1 else {"anyOf": different}
    if name := schema.get(CHOICES):
        made = _among(made, here.choices.get(name, ()))
    if here.multi_user and (needed := schema.get(NEEDED_WITH_USERS)):
        made["required"] = sorted({*made.get("required", ()), *needed})
        made["properties"] |= {each: {**_given(made["properties"][each]), "minLength": 1} for each in needed}
    return made


def _among(schema: dict[str, Any], values: Sequence[str] | re.Pattern[str]) -> dict[str, Any]:
    """The schema of a text, limited to `values` where there are any. Null stays possible where it was."""
    if isinstance(values, re.Pattern):
        return schema | {"pattern": values.pattern}
    if not values:
        return schema
    null = [None] if {"type": "null"} in schema.get("anyOf", ()) else []
    kept = {key: value for key, value in schema.items() if key in ("default", "description", "title")}
    return kept | {"type": ["string", "null"] if null else "string", "enum": [*values, *null]}


def _given(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The schema of a value that may be null, without that, and without a default."""
    found = {key: value for key, value in schema.items() if key not in ("anyOf", "default")}
    for choice in schema.get("anyOf", ()):
        if choice != {"type": "null"}:
            found |= choice
    return found


def _problem(status: int) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    found = {"description": HTTPStatus(status).phrase, "content": {"application/problem+json": {"schema": schema}}}
    return {**found, "headers": {"Retry-After": RETRY_AFTER}} if status == HTTPStatus.TOO_MANY_REQUESTS else found


def _reply(reply: type[BaseModel] | str, names: Mapping[Any, Any]) -> dict[str, Any]:
    if isinstance(reply, str):
        content = {each: {"schema": {"type": "string"} if each == "text/csv" else {}} for each in reply.split(", ")}
        return {"description": "OK", "content": content}
    return {"description": "OK", "content": {"application/json": {"schema": names[reply, "validation"]}}}


def _path_parameters(path: str) -> Iterator[dict[str, Any]]:
    for name, pattern in re.findall(r"\{(\w+)(?::([^{}]*))?\}", path):
        schema: dict[str, Any] = {"type": "string"}
        if pattern == DIGITS:
            schema = {"type": "integer", "minimum": 1, "maximum": LARGEST_ID}
        yield {"name": name, "in": "path", "required": True, "schema": schema}


def _query_parameters(schema: Mapping[str, Any]) -> list[dict[str, Any]]:
    """One for each field, and one for each group of fields that go together."""
    groups: Sequence[Together] = schema.get(MARK, ())
    required = schema.get("required", [])
    found: dict[str, dict[str, Any]] = {}
    for name, property_ in schema.get("properties", {}).items():
        details = dict(property_)
        description = details.pop("description", "")
        details.pop("title", None)
        if details.get("default", "") is None:
            del details["default"]
        options = [option for option in details.get("anyOf", ()) if option != {"type": "null"}]
        if len(options) == 1:
            del details["anyOf"]
            details.update(options[0])
        if isinstance(details.get("type"), list):
            details |= {"type": "string", "enum": [value for value in details["enum"] if value is not None]}
        if details.get("type") == "string" and not details.keys() & {"enum", "pattern", "format"}:
            details["pattern"] = WITHOUT_NUL
        found[name] = {"name": name, "in": "query", "required": name in required, "description": description, "schema": details}
    for group in groups:
        members = {name: found.pop(name) for name in group.fields}
        found[group.name] = parameter_of(group, members)
    return list(found.values())
