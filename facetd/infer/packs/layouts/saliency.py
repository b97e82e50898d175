"""U2-Net and its relatives: one network that gives a map of the subject. How it is fed stands in packs.toml."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import PositiveInt

from facetd.i18n import _
from facetd.infer.catalogue import AnyNetwork, Saliency
from facetd.infer.catalogue.entries import Colour, Entry
from facetd.infer.packs.layouts.staged import Staged, shown
from facetd.infer.packs.probing import WrongLayout


class _Settings(Entry):
    size: PositiveInt
    mean: Colour
    std: Colour


async def read(staged: Staged) -> Sequence[AnyNetwork]:
    """The network. Raises WrongLayout."""
    settings = staged.settings(_Settings)
    entry = {"size": settings.size, "range": (0.0, 1.0), "fit": "stretch", "mean": settings.mean, "std": settings.std}
    name = staged.source.files[0].path
    model = await staged.picture_model(Saliency, "", name, entry, ["how much each place belongs to the subject"], {})
    shape = model.outputs[0].shape
    if shape != (1, settings.size, settings.size):
        raise WrongLayout(
            _("{file}: expected an output [1, 1, {size}, {size}], it gives {shape}").format(
                file=name, size=settings.size, shape=shown((1, *shape))
            )
        )
    return (model,)
