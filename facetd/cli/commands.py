"""Every command; adding one is a module and a line here."""

import click

from facetd.cli.config import config
from facetd.cli.database import database
from facetd.cli.doctor import doctor
from facetd.cli.root import root
from facetd.cli.scan import scan
from facetd.cli.serve import serve

ALL: tuple[click.Command, ...] = (serve, scan, root, config, database, doctor)
