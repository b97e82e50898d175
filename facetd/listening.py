"""Where the daemon listens: an address of the network, and a socket of its own."""

from __future__ import annotations

import hashlib
import ipaddress
import os
import stat
import tempfile
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from aiohttp import web
from aiohttp.log import server_logger

from facetd.config import Config
from facetd.errors import ConfigError, FacetdError, InvalidInput
from facetd.house import make_folder
from facetd.http.app import make_app
from facetd.http.connections import Crowd, listening
from facetd.http.control import make_control_app
from facetd.http.middlewares import is_about_us
from facetd.http.remote import network_to_bound
from facetd.http.services import Services
from facetd.i18n import _

SHUTDOWN_S = 1.5  # for requests that are being answered when the daemon is told to end
LONGEST_LINE = 64 * 1024  # bytes of a request's address; what is too long for a parameter is then told by its name
SOCKET_PATH_LIMIT = 107  # bytes, of sun_path


@dataclass(frozen=True, slots=True)
class Address:
    """Where the daemon listens. `insecure` allows addresses beyond loopback without a login."""

    host: str = "127.0.0.1"
    port: int = 5000
    insecure: bool = False


def socket_path(data: Path) -> Path:
    """Where the daemon's own Unix socket lies: in $XDG_RUNTIME_DIR, else below the data folder, else (paths too long) in a folder of
    this user's own below the system's temporary one.

    The name follows from the data folder, so that the one a killed daemon left is used again.
    """
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    name = f"facetd-{hashlib.blake2b(os.fsencode(data), digest_size=6).hexdigest()}.sock"
    folders = [Path(runtime)] if runtime and os.access(runtime, os.W_OK) else []
    for folder in (*folders, data / "run", Path(tempfile.gettempdir()) / f"facetd-{os.getuid()}"):
        if len(os.fsencode(folder / name)) <= SOCKET_PATH_LIMIT:
            return folder / name
    raise ConfigError(
        _("{data}: no place for a socket with a path of {socket_path_limit} bytes").format(data=data, socket_path_limit=SOCKET_PATH_LIMIT),
        hint=_("Set XDG_RUNTIME_DIR to a short path."),
    )


def make_private(folder: Path) -> None:
    """A folder that nobody else can enter. Raises FacetdError for one that somebody else made."""
    make_folder(folder)
    facts = folder.lstat()
    if (
        facts.st_uid != os.getuid()
        or not stat.S_ISDIR(facts.st_mode)
        or (folder.parent == Path(tempfile.gettempdir()) and facts.st_mode & 0o077)
    ):
        raise FacetdError(
            _("{folder}: belongs to somebody else or is open to others").format(folder=folder),
            hint=_("Set XDG_RUNTIME_DIR to a folder of your own."),
        )


def require_login(address: Address, config: Config) -> None:
    """Raise InvalidInput when everybody on the network could see and change everything."""
    if not is_guarded(address, config):
        raise InvalidInput(
            _("--host {host}: without users or a password everybody on the network could see and change everything").format(
                host=address.host
            ),
            hint=_("Add a user (`facetd user add NAME --dir DIR`), set viewer.password, keep the default 127.0.0.1, or give --insecure."),
        )


def is_guarded(address: Address, config: Config) -> bool:
    """Whether strangers are kept out at this address, or were let in knowingly."""
    return address.insecure or is_loopback(address.host) or bool(config.users or config.viewer.password)


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a server that listens there."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


async def listen(stack: AsyncExitStack, services: Services, address: Address, socket: Path) -> int:
    """Answer at `address` and on the daemon's own socket until `stack` is left; the port. Raises FacetdError where nobody can listen.

    At an address that is not guarded everybody is sent away.
    """
    server_logger.addFilter(is_about_us)
    await _listen_on_socket(stack, services, socket)
    app = make_app(services, any_host=address.insecure, closed=not is_guarded(address, services.config))
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=SHUTDOWN_S)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    proxies = services.config.server.trusted_proxies
    crowd = Crowd(lambda peer: network_to_bound(peer, proxies))
    server = cast(web.Server, runner.server)  # there since setup
    try:
        return await stack.enter_async_context(listening(server, address.host, address.port, crowd, max_line_size=LONGEST_LINE))
    except OSError as error:
        where = f"{address.host}:{address.port}"
        raise FacetdError(
            _("cannot listen on {where}: {strerror}").format(where=where, strerror=error.strerror),
            hint=_("Choose another port with --port."),
        ) from error


async def _listen_on_socket(stack: AsyncExitStack, services: Services, socket: Path) -> None:
    make_private(socket.parent)
    control = web.AppRunner(make_control_app(services), access_log=None, shutdown_timeout=SHUTDOWN_S)
    await control.setup()
    stack.push_async_callback(control.cleanup)
    previous = os.umask(0o177)
    try:
        await web.UnixSite(control, str(socket)).start()
    finally:
        os.umask(previous)
    stack.callback(socket.unlink, missing_ok=True)
