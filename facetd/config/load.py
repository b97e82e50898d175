"""Reading and writing scoring_config.json."""

from __future__ import annotations

import difflib
import json
import os
import tempfile
import types
import typing
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from facetd.config.model import Config
from facetd.errors import ConfigError, FieldError
from facetd.i18n import _


@dataclass(frozen=True, slots=True)
class LoadedConfig:
    """A valid configuration, where it came from (it need not exist) and what to warn about."""

    config: Config
    path: Path
    warnings: tuple[FieldError, ...] = ()


def load_config(path: Path) -> LoadedConfig:
    """Read and validate the file at `path`; a file that does not exist means defaults.

    Raises ConfigError with every problem and its key path.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return LoadedConfig(Config(), path)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(_("{path}: cannot be read: {error}").format(path=path, error=error)) from error
    objects = _Objects()
    try:
        raw = json.loads(text, parse_constant=_refuse_constant, object_pairs_hook=objects.make)
    except json.JSONDecodeError as error:
        raise ConfigError(
            _("{path}: line {lineno}, column {colno}: {msg}; expected JSON").format(
                path=path, lineno=error.lineno, colno=error.colno, msg=error.msg
            )
        ) from error
    except (ValueError, RecursionError) as error:
        raise ConfigError(_("{path}: {error}; expected JSON").format(path=path, error=error)) from error
    if not isinstance(raw, dict):
        raise ConfigError(
            _('{path}: expected a JSON object with sections such as "viewer", found {json_name}').format(
                path=path, json_name=_json_name(raw)
            )
        )
    unknown = tuple(_unknown_keys(raw, Config, ""))
    repeated = objects.repeated(raw)
    try:
        config = _validated(path, raw)
    except ConfigError as error:
        raise ConfigError(error.message, errors=(*error.errors, *repeated, *unknown)) from error
    if repeated:
        raise ConfigError(_("{path}: a key is given twice").format(path=path), errors=(*repeated, *unknown))
    return LoadedConfig(config, path, unknown)


class _Objects:
    """Makes the objects of a JSON text, and knows which of them had a key twice: JSON itself keeps the last value only."""

    def __init__(self) -> None:
        self._twice: list[tuple[dict[str, Any], list[str]]] = []

    def make(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        """The object of these `pairs`."""
        made = dict(pairs)
        if len(made) < len(pairs):
            self._twice.append((made, [key for key, times in Counter(key for key, _ in pairs).items() if times > 1]))
        return made

    def repeated(self, raw: object) -> list[FieldError]:
        """Each key that was given more than once in what was read as `raw`, with its path."""
        paths = {id(found): path for path, found in _objects_in(raw, "")} if self._twice else {}
        return [
            FieldError(f"{paths[id(made)]}{key}", _("expected once, found more than once"))
            for made, keys in self._twice
            if id(made) in paths
            for key in keys
        ]


def _objects_in(raw: object, prefix: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The objects in `raw`, each with what stands before its keys."""
    if isinstance(raw, dict):
        yield prefix, raw
    entries = raw.items() if isinstance(raw, dict) else enumerate(raw) if isinstance(raw, list) else ()
    for key, value in entries:
        yield from _objects_in(value, f"{prefix}{key}.")


def save_config(path: Path, raw: Mapping[str, object]) -> Path | None:
    """Validate `raw` and put it in place of the file at `path` in one step; returns the backup of what was there.

    The file keeps its permissions (0600 when new). Raises ConfigError and changes nothing when `raw` is not valid.
    """
    _validated(path, raw)
    try:
        text = json.dumps(raw, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
        content = text.encode()
    except (TypeError, ValueError) as error:
        raise ConfigError(_("{path}: cannot be written as JSON: {error}").format(path=path, error=error)) from error
    path = path.resolve()  # a link to the file stays a link
    path.parent.mkdir(parents=True, exist_ok=True)
    backup = None
    mode = 0o600
    if path.exists():
        mode = path.stat().st_mode & 0o777
        backup = path.with_name(f"{path.name}.{datetime.now():%Y%m%d-%H%M%S-%f}.bak")
        _write(backup, path.read_bytes(), mode)
    _write(path, content, mode)
    return backup


def _validated(path: Path, raw: Mapping[str, object]) -> Config:
    try:
        return Config.model_validate(raw)
    except ValidationError as error:
        raise ConfigError(f"{path}: {_count(len(problems := _explain(error, raw)))}", errors=problems) from error


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not a number")


def _write(path: Path, content: bytes, mode: int) -> None:
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        os.chmod(name, mode)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _count(number: int) -> str:
    return "1 value is not valid" if number == 1 else f"{number} values are not valid"


EXPECTED = {
    "model_type": "an object",
    "dict_type": "an object",
    "tuple_type": "a list",
    "list_type": "a list",
    "string_type": "a text",
    "int_type": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "missing": "it to be there",
}


def _explain(error: ValidationError, raw: Mapping[str, object]) -> list[FieldError]:
    """Each key that is wrong, with what was expected there and what was found; the choices of a union in one line."""
    expected: dict[str, list[str]] = {}
    found: dict[str, str] = {}
    said: list[FieldError] = []
    for problem in error.errors(include_url=False):
        lifted = problem["loc"][:1] == ("shared_directories",) and "shared_directories" not in raw
        location = ("users", *problem["loc"]) if lifted else problem["loc"]
        key = ".".join(_existing(raw, location, missing=problem["type"] == "missing"))
        message = problem["msg"].removeprefix("Value error, ").removeprefix("Input should be ").removeprefix("expected ")
        if problem["type"] == "value_error" and " is not " in message:
            said.append(FieldError(key, message))
            continue
        expected.setdefault(key, []).append(EXPECTED.get(problem["type"], message))
        value = problem["input"]
        found.setdefault(key, "" if isinstance(value, dict | list | tuple) else f", found {json.dumps(value, default=str)}")
    told = [
        FieldError(key, _("expected {names}{found}").format(names=" or ".join(dict.fromkeys(messages)), found=found[key]))
        for key, messages in expected.items()
    ]
    return told + said


def _existing(raw: Any, location: Sequence[str | int], *, missing: bool) -> list[str]:
    """The keys of `location` as far as `raw` has them: pydantic adds the names of types."""
    path: list[str] = []
    for part in location:
        try:
            raw = raw[part]
        except (KeyError, IndexError, TypeError):
            if not missing:
                break
        path.append(str(part))
    return path


def _json_name(value: object) -> str:
    names = {list: "a list", str: "a text", int: "a number", float: "a number", bool: "true or false", type(None): "null"}
    return names.get(type(value), "something else")


def _unknown_keys(raw: Mapping[str, object], model: type[BaseModel], prefix: str) -> Iterator[FieldError]:
    """Keys of `raw` that `model` does not know, with the nearest known name."""
    known = model.model_fields
    for key, value in raw.items():
        path = f"{prefix}{key}"
        if key not in known or (not prefix and key == "shared_directories"):
            nearest = difflib.get_close_matches(key, known, n=1, cutoff=0.6)
            advice = _('unknown key, ignored; did you mean "{nearest}"?') if nearest else _("unknown key, ignored")
            yield FieldError(path, advice.format(nearest="".join(nearest)))
            continue
        below = _model_in(known[key].annotation)
        if below is None or not isinstance(value, dict):
            continue
        if typing.get_origin(known[key].annotation) is dict:
            for name, entry in value.items():
                if isinstance(entry, dict):
                    yield from _unknown_keys(entry, below, f"{path}.{name}.")
        else:
            yield from _unknown_keys(value, below, f"{path}.")


def _model_in(annotation: object) -> type[BaseModel] | None:
    """The pydantic model that `annotation` is, or maps names to."""
    if isinstance(annotation, type) and not isinstance(annotation, types.GenericAlias) and issubclass(annotation, BaseModel):
        return annotation
    for argument in typing.get_args(annotation):
        found = _model_in(argument)
        if found is not None:
            return found
    return None
