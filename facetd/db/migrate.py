"""Numbered migrations: migrations/NNNN_name.sql, applied once each, in order, in one transaction."""

from __future__ import annotations

import re
import shutil
import sqlite3
from pathlib import Path

import aiosqlite

from facetd.errors import DatabaseUnusable
from facetd.i18n import _

FOLDER = Path(__file__).parent / "migrations"
APPLICATION_ID = 0x66637464  # "fctd"


def available() -> dict[int, Path]:
    """Every migration by its number."""
    found = {int(path.name[:4]): path for path in sorted(FOLDER.glob("[0-9][0-9][0-9][0-9]_*.sql"))}
    if list(found) != list(range(1, len(found) + 1)):
        raise RuntimeError(f"the migrations in {FOLDER} are not numbered 1, 2, 3 ...: {sorted(found)}")
    return found


def require_newest(connection: sqlite3.Connection, path: Path) -> None:
    """Raise DatabaseUnusable for a database that this program could not read as it is."""
    version, application = (int(connection.execute(f"PRAGMA {name}").fetchone()[0]) for name in ("user_version", "application_id"))
    newest = max(available())
    if application != APPLICATION_ID:
        raise DatabaseUnusable(
            _("{path}: this is not a facetd library").format(path=path), hint=_("Choose another data folder with --data.")
        )
    if version != newest:
        hint = "Start this version of facetd once: that brings it up to date." if version < newest else "Update facetd."
        raise DatabaseUnusable(
            _("{path}: the library has schema {version}, this program knows {newest}").format(path=path, version=version, newest=newest),
            hint=hint,
        )


async def migrate(connection: aiosqlite.Connection, path: Path) -> int:
    """Bring the database to the newest schema; returns its version. A copy is kept before an existing one is changed.

    Raises DatabaseUnusable for a database of a newer facetd or of another program.
    """
    known = available()
    newest = max(known)
    version = await _pragma(connection, "user_version")
    application = await _pragma(connection, "application_id")
    tables = int((await _one(connection, "SELECT count(*) FROM sqlite_schema"))[0])
    if application not in (0, APPLICATION_ID) or (application == 0 and tables):
        raise DatabaseUnusable(
            _("{path}: this is not a facetd library").format(path=path), hint=_("Choose another data folder with --data.")
        )
    if version > newest:
        raise DatabaseUnusable(
            _("{path}: the library was made by a newer facetd (schema {version}, this program knows {newest})").format(
                path=path, version=version, newest=newest
            ),
            hint=_("Update facetd, or put back a backup from before the update."),
        )
    if version == newest:
        return version
    if version:
        await connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        shutil.copy2(path, path.with_name(f"{path.name}.schema{version}.bak"))
    for number in range(version + 1, newest + 1):
        await connection.execute("BEGIN IMMEDIATE")
        try:
            for statement in statements(known[number].read_text(encoding="utf-8")):
                await connection.execute(statement)
            await connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            await connection.execute(f"PRAGMA user_version = {number}")
        except BaseException:
            await connection.execute("ROLLBACK")
            raise
        await connection.execute("COMMIT")
    return newest


def statements(script: str) -> list[str]:
    """Split a script into statements; triggers with their inner semicolons stay whole."""
    found: list[str] = []
    pending = ""
    for line in script.splitlines(keepends=True):
        pending += line
        if sqlite3.complete_statement(pending):
            if re.sub(r"--[^\n]*", "", pending).strip():
                found.append(pending.strip())
            pending = ""
    if re.sub(r"--[^\n]*", "", pending).strip():
        raise ValueError(f"the last statement is not finished: {pending.strip()[:80]}")
    return found


async def _one(connection: aiosqlite.Connection, sql: str) -> sqlite3.Row:
    return next(iter(await connection.execute_fetchall(sql)))


async def _pragma(connection: aiosqlite.Connection, name: str) -> int:
    return int((await _one(connection, f"PRAGMA {name}"))[0])
