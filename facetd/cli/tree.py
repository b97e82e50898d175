"""`facetd`: the command tree, and how errors leave the program."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import Any

import click

from facetd.cli import commands
from facetd.errors import FacetdError
from facetd.version import __version__


class FacetdGroup(click.Group):
    """Loads the command called for; turns errors into a message and an exit code: 0 done, 1 failed, 2 usage, 3 bad configuration."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(commands.ALL)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        place = commands.ALL.get(cmd_name)
        if place is None:
            return None
        module, _, name = place.partition(":")
        found: click.Command = getattr(import_module(module), name)
        return found

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except FacetdError as error:
            _complain(str(error))
            ctx.exit(error.exit_code)
        except BrokenPipeError:  # who read the output has seen enough (`| head`)
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            ctx.exit(1)
        except OSError as error:
            # A folder that may not be written, a full disk: the system's own words say it best.
            _complain(f"{os.fsdecode(error.filename)}: {error.strerror}" if error.filename else str(error))
            ctx.exit(1)


def _complain(text: str) -> None:
    from rich.console import Console  # noqa: PLC0415 - most commands have nothing to complain about
    from rich.markup import escape  # noqa: PLC0415

    Console(stderr=True, soft_wrap=True).print(f"[bold red]Error:[/] {escape(text)}", highlight=False)


@click.group(cls=FacetdGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="facetd")
def facetd() -> None:
    """A photo library for a home NAS that knows which pictures are good."""
