"""The entry point. Light to import: every worker process imports the program's main module again."""

from __future__ import annotations


def main() -> None:
    """Run the command line."""
    from facetd.cli.tree import facetd  # noqa: PLC0415 - the daemon's libraries stay out of the workers

    facetd(prog_name="facetd")
