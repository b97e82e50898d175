"""Reading plugins: Python files in a folder of the user's own, that nobody else can have written."""

from __future__ import annotations

import inspect
import logging
import os
import stat
import sys
import types
from dataclasses import dataclass
from pathlib import Path

import pluggy

from facetd.i18n import _
from facetd.plugins.hooks import EVENTS, PROJECT, Hooks

logger = logging.getLogger(__name__)
LARGEST = 1024 * 1024  # bytes of a plugin


@dataclass(frozen=True, slots=True)
class Plugin:
    """A file in the folder of plugins: the hooks that it implements, what it says of itself, and why it does not run, '' if it does."""

    name: str
    file: str
    events: tuple[str, ...] = ()
    doc: str = ""
    problem: str = ""


class Refused(Exception):
    """A file that is not run; the message says why."""


def make_manager() -> pluggy.PluginManager:
    """A manager that knows the hooks and no plugin."""
    manager = pluggy.PluginManager(PROJECT)
    manager.add_hookspecs(Hooks)
    return manager


def load_plugins(folder: Path, manager: pluggy.PluginManager) -> list[Plugin]:
    """Run the files `*.py` of `folder` and register them, by name. One that cannot be run is listed with the reason."""
    try:
        _require_private(os.stat(folder), str(folder.name))
        names = sorted(name for name in os.listdir(folder) if name.endswith(".py") and not name.startswith(("_", ".")))
    except FileNotFoundError:
        return []
    except (OSError, Refused) as error:
        logger.error("no plugin is run: %s", error)
        return []
    found = []
    for name in names:
        try:
            found.append(_load(folder / name, manager))
        except Refused as error:
            logger.error("plugin %s is not run: %s", name, error)
            found.append(Plugin(name.removesuffix(".py"), name, problem=str(error)))
    return found


def _load(path: Path, manager: pluggy.PluginManager) -> Plugin:
    source = _source(path)
    name = path.name.removesuffix(".py")
    module = types.ModuleType(f"{PROJECT}_plugin_{name}")
    module.__file__ = str(path)
    sys.modules[module.__name__] = module
    try:
        exec(compile(source, str(path), "exec", dont_inherit=True), module.__dict__)  # noqa: S102  # what the administrator put there
        manager.register(module, name)
    except (Exception, SystemExit) as error:
        logger.error("plugin %s fails", path.name, exc_info=error)
        raise Refused(_("it fails: {error}").format(error=f"{type(error).__name__}: {error}"[:200])) from error
    callers = [caller.name for caller in manager.get_hookcallers(module) or ()]
    unknown = [each for each in callers if each not in EVENTS]
    if unknown:
        manager.unregister(module)
        raise Refused(_("there is no hook {names}").format(names=", ".join(unknown)))
    doc = inspect.cleandoc(module.__doc__ or "").partition("\n\n")[0]
    return Plugin(name, path.name, tuple(event for event in EVENTS if event in callers), doc)


def _source(path: Path) -> bytes:
    """What the file holds. Raises Refused for one that somebody else may have written."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise Refused(_("it cannot be opened: {reason}").format(reason=error.strerror)) from error
    try:
        facts = os.fstat(descriptor)
        if not stat.S_ISREG(facts.st_mode):
            raise Refused(_("it is no file"))
        _require_private(facts, path.name)
        with open(descriptor, "rb", closefd=False) as file:
            source = file.read(LARGEST + 1)
    finally:
        os.close(descriptor)
    if len(source) > LARGEST:
        raise Refused(_("it is larger than {count} bytes").format(count=LARGEST))
    return source


def _require_private(facts: os.stat_result, name: str) -> None:
    if facts.st_uid != os.getuid():
        raise Refused(_("{name} belongs to another user").format(name=name))
    if facts.st_mode & stat.S_IWOTH:
        raise Refused(_("{name} can be written by everybody").format(name=name))
