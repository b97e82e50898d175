"""The settings of measuring, apart from what measures: the daemon reads them and never loads an image library."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from facetd.config import Config  # not loaded in workers

MEASURE_VERSION = 2


@dataclass(frozen=True, slots=True)
class MeasureSettings:
    """Where measured numbers become a yes or no; from the sections `thresholds` and `exposure` of the configuration."""

    monochrome_saturation: float = 0.05
    silhouette_dark_share: float = 0.30
    pattern_confidence: float = 0.25
    shadow_level: int = 2
    highlight_level: int = 253
    clipped_share: float = 0.02

    @classmethod
    def from_config(cls, config: Config) -> MeasureSettings:
        """The settings in `config`."""
        thresholds, exposure = config.thresholds, config.exposure
        return cls(
            monochrome_saturation=thresholds.monochrome_saturation,
            silhouette_dark_share=thresholds.silhouette_dark_share,
            pattern_confidence=thresholds.pattern_confidence,
            shadow_level=exposure.shadow_level,
            highlight_level=exposure.highlight_level,
            clipped_share=exposure.clipped_share,
        )

    @property
    def fingerprint(self) -> str:
        """16 hex digits that change with any setting and with MEASURE_VERSION."""
        text = json.dumps({"version": MEASURE_VERSION, **asdict(self)}, sort_keys=True)
        return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()
