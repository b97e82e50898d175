"""What travels between the daemon and its decode workers. Light to import: the daemon never loads an image library."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from facetd.records.files import PictureHeader
from facetd.records.measures import Appearance, PixelMetrics
from facetd.records.metadata import Metadata
from facetd.records.sightings import Failure
from facetd.score.opinions import OPINION_FIELDS

if TYPE_CHECKING:
    from facetd.score.settings import MeasureSettings

METADATA, THUMBNAIL, TECHNICAL, JUDGEMENT = "metadata", "thumbnail", "technical", "judgement"
OBJECTS, FACES, EMBEDDING, TAGS = "objects", "faces", "embedding", "tags"
SALIENCY = "saliency"  # where the subject is; what technical says of it is measured anew by that
AESTHETICS, SCENES = "aesthetics", "scenes"  # made from stored vectors
OPINIONS = frozenset(OPINION_FIELDS)  # what scorers say, by the field they fill
VISIT_KINDS = frozenset({METADATA, THUMBNAIL, TECHNICAL})
SIGHT_KINDS = frozenset({OBJECTS, FACES, EMBEDDING, SALIENCY}) | OPINIONS  # made by models, from a frame
FILE_KINDS = VISIT_KINDS | SIGHT_KINDS
DERIVED_KINDS = frozenset({JUDGEMENT, TAGS, AESTHETICS, SCENES})  # follow from what is stored


@dataclass(frozen=True, slots=True)
class VisitSettings:
    """What a worker needs to know of the configuration. Sent with each task: a reload needs no new workers."""

    thumbs: Path
    quality: int
    max_megapixels: float
    heavy_bytes: int
    measure: MeasureSettings


@dataclass(frozen=True, slots=True)
class VisitTask:
    """One file to visit.

    `kinds` are the analyses to make. `content_hash` is given when the file is known to be unchanged. When the content's hash
    is in `reuse`, nothing is made: the library has it already. `heavy` allows a decode that needs more than `heavy_bytes`.
    With `frame`, the decoded picture (long side at most `frame_px`) is written there for the models, as .npy (H, W, 3) uint8.
    """

    path: str
    sidecars: tuple[str, ...]
    kinds: frozenset[str]
    settings: VisitSettings
    content_hash: str | None = None
    reuse: frozenset[str] = frozenset()
    heavy: bool = False
    frame: Path | None = None
    frame_px: int = 1600


@dataclass(slots=True)
class VisitResult:
    """What a worker found. `size` and `mtime_ns` are from before the file was read; `changed` tells that it was being written.

    `gone`: there is no such file. `too_heavy`: to be tried again alone, with `heavy`. `reused`: the hash was in `reuse`.
    """

    size: int = 0
    mtime_ns: int = 0
    content_hash: str = ""
    gone: bool = False
    changed: bool = False
    too_heavy: bool = False
    reused: bool = False
    header: PictureHeader | None = None
    metadata: Metadata | None = None
    appearance: Appearance | None = None
    phash: str | None = None
    metrics: PixelMetrics | None = None
    failures: dict[str, Failure] = field(default_factory=dict)
