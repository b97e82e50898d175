"""The library for a command: opened here, or asked for through the daemon that has it open."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from facetd.cli.client import DaemonClient, connect
from facetd.config import Config
from facetd.errors import Conflict
from facetd.house import House, check_settings, open_house
from facetd.i18n import _
from facetd.ingest.lock import holder_of


@asynccontextmanager
async def open_library(folder: Path, settings: Callable[[Path], Config]) -> AsyncIterator[House | DaemonClient]:
    """The library in `folder`; `settings` are only read when no daemon has it. Raises Conflict while another command has it open."""
    holder = holder_of(folder)
    if holder is not None and holder.socket is not None:
        async with connect(holder.socket) as daemon:
            yield daemon
    elif holder is not None:
        raise Conflict(
            _("{folder}: this library is in use by process {pid}").format(folder=folder, pid=holder.pid), hint=_("Wait for it to end.")
        )
    else:
        config = settings(folder)
        check_settings(config)
        async with open_house(folder, config) as house:
            yield house
