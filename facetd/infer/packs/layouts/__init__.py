"""Layouts that publishers have: each reader checks the files of a source and says what is in them, as entries of the catalogue."""

from __future__ import annotations

import importlib
from collections.abc import Awaitable, Callable, Sequence

from facetd.infer.catalogue import AnyNetwork
from facetd.infer.packs.index import Layout
from facetd.infer.packs.layouts.staged import Staged

Reader = Callable[[Staged], Awaitable[Sequence[AnyNetwork]]]


def reader(layout: Layout) -> Reader:
    """The reader of `layout`, the function `read` of the module of that name."""
    return importlib.import_module(f"{__name__}.{layout}").read  # type: ignore[no-any-return]
