"""Where thumbnails lie. Light to import: the daemon names thumbnails, only workers make them."""

from __future__ import annotations

from pathlib import Path

SCRATCH = "tmp"  # folder beside the thumbnails for files that are not finished
SIZES = (240, 640, 1600)  # long side in px, smallest first


def thumbnail_path(folder: Path, content_hash: str, size: int) -> Path:
    """Where the thumbnail of `size` (one of SIZES) lies: `<folder>/ab/cd/<hash>_<size>.jpg`."""
    return folder / content_hash[:2] / content_hash[2:4] / f"{content_hash}_{size}.jpg"


def snap_size(requested: int) -> int:
    """The smallest stored size that is at least `requested`, else the largest."""
    return next((size for size in SIZES if size >= requested), SIZES[-1])
