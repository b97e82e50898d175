"""Parameters that go together: what a schema says about several at once, and the API's description passes on."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any

MARK = "x-together"  # where a model's schema keeps its groups until the description is made
CHOICES = "x-choices"  # a field's marker: its values are those of this name that the installation has
NEEDED_WITH_USERS = "x-needed-with-users"


class Rule(Enum):
    """How many of a group are given."""

    ONE = "one"  # exactly one
    AT_MOST_ONE = "at most one"
    ALL = "all"  # all or none
    WITH_FIRST = "with first"  # the first one, then also the others; or none


@dataclass(frozen=True, slots=True)
class Together:
    """A group of fields of a model, called `name` where the description needs a name for them."""

    name: str
    fields: tuple[str, ...]
    rule: Rule

    def __call__(self, schema: dict[str, Any]) -> None:
        """Note the group in a model's schema: for `json_schema_extra`."""
        schema.setdefault(MARK, []).append(self)


def together(*groups: Together) -> Any:
    """Note the groups in a model's schema: `json_schema_extra` of its configuration."""

    def note(schema: dict[str, Any]) -> None:
        for group in groups:
            group(schema)

    return note


def choices(name: str) -> dict[str, Any]:
    """For `json_schema_extra` of a field whose values depend on the installation."""
    return {CHOICES: name}


def needed_with_users(*names: str) -> dict[str, Any]:
    """For `json_schema_extra` of a body: fields that have to be given where there are users."""
    return {NEEDED_WITH_USERS: list(names)}
