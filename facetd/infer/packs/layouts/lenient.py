"""JSON of publishers: what is not known is passed over, because they add keys as they like."""

from __future__ import annotations

from typing import ClassVar

from pydantic import ConfigDict

from facetd.infer.catalogue.entries import Entry


class Lenient(Entry):
    """A table of somebody else's file; only the keys that matter are checked."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="ignore", frozen=True)
