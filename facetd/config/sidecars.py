"""The section `sidecars`: where ratings, labels, keywords and captions are written to XMP sidecars."""

from __future__ import annotations

import os
from typing import Literal

from pydantic import field_validator, model_validator

from facetd.config.viewer import Section, Texts
from facetd.i18n import _

SIDECAR_FIELDS = ("rating", "label", "keywords", "caption")


class SidecarRoot(Section):
    """One photo folder, by its name or directory. `beside`: `photo.jpg.xmp` in the folder of the photo; `tree`: at the same place below the
    folder `tree`. `naming` is for new sidecars: full (`photo.jpg.xmp`) or stem (`photo.xmp`). `user`: whose ratings are written.
    """

    mode: Literal["off", "beside", "tree"] = "off"
    tree: str = ""
    naming: Literal["full", "stem"] = "full"
    user: str = ""
    fields: Texts = SIDECAR_FIELDS

    @field_validator("fields")
    @classmethod
    def _known(cls, fields: tuple[str, ...]) -> tuple[str, ...]:
        unknown = [name for name in fields if name not in SIDECAR_FIELDS]
        if unknown:
            raise ValueError(_("'{name}' is not written: expected some of rating, label, keywords, caption").format(name=unknown[0]))
        return fields

    @model_validator(mode="after")
    def _whole(self) -> SidecarRoot:
        if self.mode == "tree" and not os.path.isabs(os.path.expanduser(self.tree)):
            raise ValueError(_("mode 'tree' needs a folder: expected `tree`, an absolute path"))
        return self
