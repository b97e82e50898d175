"""`facetd serve`: the daemon."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console

from facetd.cli.options import data_folder, settings_options
from facetd.cli.progress import ProgressView
from facetd.cli.settings import load_settings, log_to

if TYPE_CHECKING:
    from facetd.daemon import Daemon
    from facetd.listening import Address


@click.command()
@click.option("--photos", multiple=True, metavar="DIR", help="A folder of photos; remembered. May be given several times.")
@settings_options
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=5000, show_default=True, type=click.IntRange(0, 65535), help="Port; 0 for any free one.")
@click.option("--insecure", is_flag=True, help="Allow everybody on the network to see and change everything.")
def serve(photos: tuple[str, ...], data: Path | None, config_path: Path | None, host: str, port: int, insecure: bool) -> None:
    """Watch photo folders and serve the library."""
    console = Console(stderr=True)
    log_to(console, verbose=True)
    folder = data_folder(data)
    loaded = load_settings(folder, config_path, console)
    from facetd.daemon import Daemon  # noqa: PLC0415 - the other commands need no web side
    from facetd.listening import Address, require_login  # noqa: PLC0415 - the same

    address = Address(host, port, insecure)
    require_login(address, loaded.config)
    asyncio.run(_serve(Daemon(folder, loaded, photos, address), address, console))


async def _serve(daemon: Daemon, address: Address, console: Console) -> None:
    announcing = asyncio.create_task(_announce(daemon, address, console))
    try:
        await daemon.run()
    finally:
        announcing.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await announcing


async def _announce(daemon: Daemon, address: Address, console: Console) -> None:
    """Say where the library is, then show the progress of scans."""
    await daemon.started.wait()
    host = f"[{address.host}]" if ":" in address.host else address.host
    console.print(f"facetd is ready: http://{host}:{daemon.port}/  (Ctrl-C ends it)", highlight=False, markup=False)
    if daemon.house is not None and not await daemon.house.ingest.parts_for([]):
        console.print("No photo folder is known yet: start with --photos DIR (make run PHOTOS=DIR).", highlight=False)
    view = ProgressView(console)
    while daemon.house is not None:
        with daemon.house.ingest.events.listening() as events:
            await view.follow(events)
        await asyncio.sleep(0.2)
