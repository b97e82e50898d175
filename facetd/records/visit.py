"""What one visit to a file found out."""

from __future__ import annotations

from dataclasses import dataclass

from facetd.records.files import PictureHeader
from facetd.records.judgement import Judgement
from facetd.records.measures import Appearance, PixelMetrics
from facetd.records.metadata import Metadata


@dataclass(frozen=True, slots=True)
class Outcome:
    """A line for the ledger: one analysis of one photo, done or failed. `fingerprint` says of what and by what."""

    kind: str
    fingerprint: str
    error: str | None = None
    reason: str | None = None
    model: str = ""


@dataclass(frozen=True, slots=True)
class PhotoVisit:
    """What one visit found out about one file: everything that is stored for it in one transaction.

    `folder` is relative to the root, `photo_id` is set when the row is known already (also after a move). Parts that the
    visit did not look at are None and stay as they are; parts whose analysis failed are emptied.
    """

    root_id: int
    folder: str
    filename: str
    size: int
    mtime_ns: int
    content_hash: str
    sidecar_stamp: str
    outcomes: tuple[Outcome, ...]
    photo_id: int | None = None
    header: PictureHeader | None = None
    metadata: Metadata | None = None
    appearance: Appearance | None = None
    phash: str | None = None
    metrics: PixelMetrics | None = None
    judgement: Judgement | None = None
