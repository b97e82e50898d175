"""Requests are answered in their language: pages, labels, errors; the catalogues behind /api/i18n/."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient
from babel.messages.catalog import Catalog
from babel.messages.pofile import write_po

from facetd import i18n
from facetd.http.api import i18n as api
from facetd.i18n import FOLDER
from tests.conftest import ClientFactory
from tests.house import make_house
