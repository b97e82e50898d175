"""What the sections of the configuration have in common."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Strict

Texts = Annotated[tuple[str, ...], Strict(False)]  # a JSON list


class Section(BaseModel):
    """A section of the configuration. Unknown keys are warned about by the loader, not refused; a number in quotes is a text."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True, allow_inf_nan=False)
