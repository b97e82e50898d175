"""U2-Net and its relatives: one network that gives a map of the subject. How it is fed stands in packs.toml."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import PositiveInt

from facetd.infer.catalogue import AnyNetwork, Saliency
from facetd.infer.catalogue.entries import Colour, Entry
from facetd.infer.packs.layouts.staged import Staged


class _Settings(Entry):
    size: PositiveInt
    mean: Colour
    std: Colour


async def read(staged: Staged) -> Sequence[AnyNetwork]:
    """The network. Raises WrongLayout."""
    settings = staged.settings(_Settings)
    entry = {"size": settings.size, "range": (0.0, 1.0), "fit": "stretch", "mean": settings.mean, "std": settings.std}
    name = staged.source.files[0].path
    meaning = ["how much each place belongs to the subject"]
    model = await staged.picture_model(Saliency, "", name, entry, meaning, {}, shape=(1, settings.size, settings.size))
    return (model,)
