"""Fields that go together, in OpenAPI's words: a parameter of several parts in addresses, alternatives in bodies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from facetd.together import MARK, Rule, Together

NULL = {"type": "null"}


def parameter_of(group: Together, members: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """The query parameters `members` as one of style `form`, exploded: in the address they are the parameters that they were."""
    schemas = {name: {**each["schema"], "description": each["description"]} for name, each in members.items()}
    described = f"{', '.join(f'`{name}`' for name in members)}: {_said(group)}."
    schema = _closed(schemas, (group.fields[0],) if group.rule is Rule.WITH_FIRST else group.fields)
    if group.rule in (Rule.ONE, Rule.AT_MOST_ONE):
        schema = {"type": "object", "oneOf": [_closed({name: schemas[name]}, (name,)) for name in group.fields]}
    return {
        "name": group.name, "in": "query", "required": group.rule is Rule.ONE, "style": "form", "explode": True,
        "description": described, "schema": schema,
    }  # fmt: skip


def about_bodies(schema: Any) -> Any:
    """The schema of a body, and those within it, with their groups as alternatives."""
    if isinstance(schema, list):
        return [about_bodies(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    found = {key: about_bodies(value) for key, value in schema.items() if key != MARK}
    groups: Sequence[Together] = schema.get(MARK, ())
    rules = [{"oneOf": _alternatives(group, schema["properties"])} for group in groups]
    return found | (rules[0] if len(rules) == 1 else {"allOf": rules} if rules else {})


def _closed(properties: Mapping[str, Any], required: Sequence[str]) -> dict[str, Any]:
    return {"type": "object", "properties": dict(properties), "required": list(required), "additionalProperties": False}


def _alternatives(group: Together, properties: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The ways in which a body can have the fields of the group; null says that a field is not given."""
    none = {"properties": dict.fromkeys(group.fields, NULL)}
    if group.rule is Rule.ALL:
        return [_with(group, group.fields, properties), none]
    if group.rule is Rule.WITH_FIRST:
        given = {"properties": {group.fields[0]: _not_null(properties[group.fields[0]])}, "required": [group.fields[0]]}
        return [given, none]
    ways = [_with(group, (name,), properties) for name in group.fields]
    return ways if group.rule is Rule.ONE else [*ways, none]


def _with(group: Together, given: Sequence[str], properties: Mapping[str, Any]) -> dict[str, Any]:
    values = {name: _not_null(properties[name]) if name in given else NULL for name in group.fields}
    return {"properties": values, "required": list(given)}


def _not_null(schema: Mapping[str, Any]) -> dict[str, Any]:
    options = [option for option in schema.get("anyOf", ()) if option != NULL]
    return dict(options[0]) if len(options) == 1 else {"anyOf": options} if options else dict(schema)


def _said(group: Together) -> str:
    return {
        Rule.ONE: "exactly one of them",
        Rule.AT_MOST_ONE: "at most one of them",
        Rule.ALL: "all of them, or none",
        Rule.WITH_FIRST: f"the others only with `{group.fields[0]}`",
    }[group.rule]
