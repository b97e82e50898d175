"""`facetd user`: the accounts of a household. They live in the configuration; a running daemon takes changes over by itself."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from facetd.accounts.authentication import require_good
from facetd.accounts.leaving import Ended, leave
from facetd.accounts.passwords import LONGEST, hash_password
from facetd.accounts.sessions import Sessions
from facetd.accounts.userfile import SHARED, Section, change_users, entry_of
from facetd.accounts.users import Users
from facetd.cli.library import open_library
from facetd.cli.options import data_folder, json_option, settings_options
from facetd.cli.settings import load_settings
from facetd.config import LoadedConfig
from facetd.errors import Conflict, InvalidInput, NotFound
from facetd.house import DATABASE_NAME, House
from facetd.i18n import _

role_option = click.option("--role", type=click.Choice(["user", "admin", "superadmin"]), default=None, help="What the user may do.")
name_option = click.option("--display-name", default=None, help="What the user is called.")
dir_option = click.option("--dir", "directories", multiple=True, metavar="DIR", help="A folder of the user's own; may be repeated.")
stdin_option = click.option("--password-stdin", is_flag=True, help="Read the password from standard input instead of asking for it.")


@click.group()
def user() -> None:
    """Add, list, change and remove users."""


def _settings(data: Path | None, config_path: Path | None) -> LoadedConfig:
    return load_settings(data_folder(data), config_path, Console(stderr=True, soft_wrap=True))


def _password(from_stdin: bool) -> str:
    """A new password, asked for twice. Raises InvalidInput."""
    if from_stdin:
        password = sys.stdin.readline(LONGEST + 2).rstrip("\r\n")
    else:
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    if len(password) > LONGEST:
        raise InvalidInput(_("the password is longer than {longest} characters").format(longest=LONGEST))
    require_good(password, field="password")
    return password


def _absolute(directories: tuple[str, ...]) -> list[str]:
    """Directories as they are kept. Raises InvalidInput for one that is not there."""
    found = []
    for directory in directories:
        path = os.path.abspath(os.path.expanduser(directory))
        if not os.path.isdir(path):
            raise InvalidInput(
                _("{directory}: there is no such directory").format(directory=directory),
                hint=_("Create it, or connect the disk that holds it, first."),
            )
        found.append(path)
    return found


def _told(action: str, loaded: LoadedConfig, backup: Path | None) -> None:
    kept = f" What was there before: {backup.name}" if backup else ""
    click.echo(f"{action} in {loaded.path}.{kept}")


@user.command()
@click.argument("name")
@role_option
@name_option
@dir_option
@stdin_option
@settings_options
def add(
    name: str, role: str | None, display_name: str | None, directories: tuple[str, ...], password_stdin: bool, data: Path | None,
    config_path: Path | None,
) -> None:  # fmt: skip
    """Add a user with folders of their own. The first user of a household should be a superadmin."""
    loaded = _settings(data, config_path)
    if name in loaded.config.users:
        raise Conflict(
            _("there is a user called '{name}' already").format(name=name),
            hint=_("`facetd user edit` and `facetd user passwd` change one."),
        )
    if name == SHARED:
        raise InvalidInput(_("'{shared}' cannot be a user name").format(shared=SHARED))
    entry: dict[str, Any] = {"password_hash": "", "display_name": display_name or name, "role": role or "user"}
    entry["directories"] = _absolute(directories)
    entry["password_hash"] = hash_password(_password(password_stdin))

    def change(users: Section) -> None:
        users[name] = entry

    _told(f"Added the user {name}", loaded, change_users(loaded.path, change))
    if not directories:
        click.echo(f"{name} sees no photos yet: give folders with `facetd user edit {name} --dir DIR`.", err=True)


@user.command("list")
@settings_options
@json_option
def list_users(data: Path | None, config_path: Path | None, as_json: bool) -> None:
    """Show the users, without their passwords."""
    loaded = _settings(data, config_path)
    users = [
        {"name": name, "display_name": entry.display_name or name, "role": entry.role, "directories": list(entry.directories)}
        for name, entry in loaded.config.users.items()
    ]
    if as_json:
        click.echo(json.dumps({"users": users, "shared_directories": list(loaded.config.shared_directories)}, ensure_ascii=False))
        return
    for each in users:
        click.echo(f"{each['name']}  {each['role']}  {each['display_name']}  {', '.join(each['directories']) or '(no folders)'}")
    if not users:
        click.echo("There are no users: whoever reaches the daemon sees and may do everything that viewer.password does not protect.")
    elif loaded.config.shared_directories:
        click.echo(f"Shared by all: {', '.join(loaded.config.shared_directories)}")


@user.command()
@click.argument("name")
@stdin_option
@settings_options
def passwd(name: str, password_stdin: bool, data: Path | None, config_path: Path | None) -> None:
    """Give a user another password; all their sign-ins end, app passwords too."""
    loaded = _settings(data, config_path)
    if name not in loaded.config.users:
        raise NotFound(_("there is no user called '{name}'").format(name=name), hint=_("`facetd user list` shows them."))
    made = hash_password(_password(password_stdin))

    def change(users: Section) -> None:
        entry_of(users, name)["password_hash"] = made

    _told(f"Changed the password of {name}", loaded, change_users(loaded.path, change))


@user.command()
@click.argument("name")
@role_option
@name_option
@dir_option
@settings_options
def edit(
    name: str, role: str | None, display_name: str | None, directories: tuple[str, ...], data: Path | None, config_path: Path | None
) -> None:
    """Change a user's role, name or folders (all of them: name each with --dir)."""
    loaded = _settings(data, config_path)
    given = {"role": role, "display_name": display_name, "directories": _absolute(directories) or None}
    if not any(value is not None for value in given.values()):
        raise InvalidInput(_("there is nothing to change"), hint=_("Give --role, --display-name or --dir."))

    def change(users: Section) -> None:
        entry_of(users, name).update({key: value for key, value in given.items() if value is not None})

    _told(f"Changed the user {name}", loaded, change_users(loaded.path, change))


@user.command()
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--set-aside", is_flag=True, help="A later user of the same name does not find the ratings and albums.")
@settings_options
def remove(name: str, yes: bool, set_aside: bool, data: Path | None, config_path: Path | None) -> None:
    """Take a user out; sign-ins, app passwords and links to albums end.

    Photos stay; ratings and albums are kept for a user of the same name that comes back.
    """
    loaded = _settings(data, config_path)
    if name not in loaded.config.users:
        raise NotFound(_("there is no user called '{name}'").format(name=name), hint=_("`facetd user list` shows them."))
    last = len(loaded.config.users) == 1
    warning = " It is the last one: afterwards whoever uses this machine sees everything." if last else ""
    if not yes:
        click.confirm(f"Remove the user {name}?{warning}", abort=True, err=True)

    def change(users: Section) -> None:
        entry_of(users, name)
        del users[name]

    async def run() -> tuple[Path | None, Ended]:
        folder = data_folder(data)
        if not (folder / DATABASE_NAME).exists():
            return change_users(loaded.path, change), Ended(0, 0)
        async with open_library(folder, lambda _folder: loaded.config) as found:
            backup = change_users(loaded.path, change)
            if isinstance(found, House):
                return backup, await leave(found.db, Sessions(found.db), name, aside=set_aside)
            return backup, Ended(**await found.post("/users/leave", {"name": name, "aside": set_aside}))

    backup, ended = asyncio.run(run())
    _told(f"Removed the user {name}", loaded, backup)
    if ended.sessions or ended.links:
        click.echo(f"Ended: {ended.sessions} sign-ins and app passwords, {ended.links} links to albums.")
    if ended.aside:
        click.echo(f"The ratings and albums are kept for a user called '{ended.aside}'.")


@user.command()
@click.argument("directory")
@click.option("--remove", "take_out", is_flag=True, help="Share it no longer.")
@settings_options
def share(directory: str, take_out: bool, data: Path | None, config_path: Path | None) -> None:
    """Share a folder with all users, or no longer."""
    loaded = _settings(data, config_path)
    path = os.path.abspath(os.path.expanduser(directory)) if take_out else _absolute((directory,))[0]

    def change(users: Section) -> None:
        shared = [str(each) for each in users.get(SHARED, [])]
        if take_out and path not in shared:
            raise NotFound(_("{path} is not a shared folder").format(path=path))
        users[SHARED] = [each for each in shared if each != path] + ([] if take_out else [path])

    _told(f"{'Unshared' if take_out else 'Shared'} {path}", loaded, change_users(loaded.path, change))


@user.command("migrate-preferences")
@click.option("--user", "name", required=True, help="Who gets them.")
@settings_options
def migrate_preferences(name: str, data: Path | None, config_path: Path | None) -> None:
    """Give a user the ratings, favorites, rejections and albums of single-user mode. What the user has rated already stays."""
    loaded = _settings(data, config_path)
    if name not in loaded.config.users:
        raise NotFound(_("there is no user called '{name}'").format(name=name), hint=_("`facetd user list` shows them."))

    async def run() -> tuple[int, int]:
        async with open_library(data_folder(data), lambda _folder: loaded.config) as found:
            if not isinstance(found, House):
                done = await found.post("/users/migrate-preferences", {"name": name})
                return int(done["copied"]), int(done["albums"])
            return await Users(found.db, loaded.config).take_over(name)

    ratings, albums = asyncio.run(run())
    taken = [f"{count} {what}" for count, what in ((ratings, "ratings"), (albums, "albums")) if count]
    click.echo(f"{name} has {' and '.join(taken)} of single-user mode now." if taken else "There was nothing to take over.")
