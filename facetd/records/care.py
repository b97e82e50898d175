"""Care of the database."""

from __future__ import annotations

from typing import Literal

CareTask = Literal["check", "optimize", "stats", "rebuild-fts", "refresh-stats"]  # of `facetd db`
