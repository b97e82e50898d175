"""What Facet's scoring_config.json says that belongs to its library: where paths are, the language of translations, users, categories."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from facetd.errors import InvalidInput
from facetd.i18n import _

WRONG = _("Give Facet's scoring_config.json with --config, or leave --config out.")

CATEGORIES = {"others": "default"}  # where ours is called otherwise


@dataclass(frozen=True, slots=True)
class FacetConfig:
    """The parts of the file as they are; what has not the expected form is empty."""

    path_mapping: Mapping[str, str] = field(default_factory=dict)
    language: str = ""
    users: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    shared_directories: tuple[str, ...] = ()
    categories: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


def read_facet_config(path: Path | None) -> FacetConfig:
    """The configuration at `path`; an empty one without a path. Raises InvalidInput."""
    if path is None:
        return FacetConfig()
    try:
        raw = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise InvalidInput(_("{path}: cannot be read: {strerror}").format(path=path, strerror=error.strerror), hint=WRONG) from error
    except UnicodeDecodeError as error:
        raise InvalidInput(_("{path}: this is not a text in UTF-8").format(path=path), hint=WRONG) from error
    except json.JSONDecodeError as error:
        raise InvalidInput(
            _("{path}: line {lineno}, column {colno}: {msg}; expected JSON").format(
                path=path, lineno=error.lineno, colno=error.colno, msg=error.msg
            ),
            hint=WRONG,
        ) from error
    except (ValueError, RecursionError) as error:
        raise InvalidInput(_("{path}: {error}; expected JSON").format(path=path, error=error), hint=WRONG) from error
    if not isinstance(raw, dict):
        raise InvalidInput(
            _('{path}: expected a JSON object with sections such as "viewer" and "categories"').format(path=path), hint=WRONG
        )
    viewer, users = _object(raw.get("viewer")), _object(raw.get("users"))
    listed = raw.get("categories")
    named = listed.items() if isinstance(listed, dict) else [(_object(each).get("name"), each) for each in _list(listed)]
    return FacetConfig(
        path_mapping={old: new for old, new in _object(viewer.get("path_mapping")).items() if isinstance(new, str)},
        language=str(_object(raw.get("translation")).get("target_language") or ""),
        users={name: user for name, user in users.items() if isinstance(user, dict)},
        shared_directories=tuple(each for each in _list(users.get("shared_directories")) if isinstance(each, str)),
        categories={name: entry for name, entry in named if isinstance(name, str) and isinstance(entry, dict)},
    )


def our_category(name: str) -> str:
    """Our name of a category of Facet."""
    return CATEGORIES.get(name, name)


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
