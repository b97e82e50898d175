"""Networks that write a sentence about a picture, as Optimum exports them: encoder, decoder, tokenizer, and how the picture is fed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import PositiveFloat, PositiveInt

from facetd.i18n import _
from facetd.infer.catalogue import AnyNetwork, Captioner
from facetd.infer.catalogue.entries import Colour
from facetd.infer.packs.layouts.generation import ENCODER, parts_and_generation, require_encoder
from facetd.infer.packs.layouts.lenient import Lenient
from facetd.infer.packs.layouts.staged import Staged
from facetd.infer.packs.probing import WrongLayout, tokens_of

BILINEAR, BICUBIC = 2, 3
INTERPOLATION = {BILINEAR: "bilinear", BICUBIC: "bicubic"}  # Pillow's numbers
EXPECTED_RESCALE = 1 / 255


class _Size(Lenient):
    height: PositiveInt
    width: PositiveInt


class _Preprocessing(Lenient):
    """preprocessor_config.json."""

    size: PositiveInt | _Size
    image_mean: Colour
    image_std: Colour
    resample: int = BILINEAR
    rescale_factor: PositiveFloat = EXPECTED_RESCALE

    def input(self) -> dict[str, Any]:
        """The table of the catalogue. Raises WrongLayout."""
        width, height = (self.size, self.size) if isinstance(self.size, int) else (self.size.width, self.size.height)
        if width != height or self.resample not in INTERPOLATION or abs(self.rescale_factor * 255 - 1) > 1e-3:
            raise WrongLayout(
                _("preprocessor_config.json: expected a square size, resample 2 or 3 and rescale_factor 1/255, got {got}").format(
                    got=f"{width}x{height}, {self.resample}, {self.rescale_factor:g}"
                )
            )
        return {
            "name": "pixel_values",
            "size": width,
            "range": (0.0, 1.0),
            "fit": "stretch",
            "mean": self.image_mean,
            "std": self.image_std,
            "interpolation": INTERPOLATION[self.resample],
        }


async def read(staged: Staged) -> Sequence[AnyNetwork]:
    """The captioner. Raises WrongLayout."""
    entry = staged.typed(_Preprocessing, staged.json("preprocessor_config.json"), "preprocessor_config.json").input()
    await require_encoder(staged, ("pixel_values",))
    shape = (await staged.graph(ENCODER)).inputs["pixel_values"].shape
    if len(shape) != 4 or shape[2] not in (None, entry["size"]):
        raise WrongLayout(_("{file}: pixel_values: expected [n, 3, {size}, {size}]").format(file=ENCODER, size=entry["size"]))
    parts, generation = await parts_and_generation(staged)
    await tokens_of(staged.path("tokenizer.json"), ())
    data = {"tokenizer": staged.file("tokenizer.json").model_dump()}
    return (staged.entry(Captioner, "", {"input": entry, "parts": parts, "data": data, "generation": generation}),)
