"""The decoders that only some photos need: loaded when the first such photo comes, and held to one thread each.

Workers run one per core already; more threads would only take cores and address space from their neighbours.
"""

from __future__ import annotations

from types import ModuleType

from PIL import AvifImagePlugin

AvifImagePlugin.DEFAULT_MAX_THREADS = 1


def heif() -> ModuleType:
    """pillow_heif (46 ms, 11 MB to load)."""
    import pillow_heif  # noqa: PLC0415

    pillow_heif.options.DECODE_THREADS = 1
    return pillow_heif


def register_jxl() -> None:
    """Make Pillow open JPEG XL (46 ms, 7 MB to load)."""
    from pillow_jxl import JpegXLImagePlugin  # noqa: PLC0415

    JpegXLImagePlugin.DECODE_THREADS = 0
