"""What decoders raise, turned into sentences that a person understands."""

from __future__ import annotations

import errno
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from facetd.errors import MediaError
from facetd.i18n import _

DISPLAY_NAMES = {
    "jpeg": "JPEG",
    "png": "PNG",
    "webp": "WebP",
    "tiff": "TIFF",
    "bmp": "BMP",
    "gif": "GIF",
    "heif": "HEIF",
    "avif": "AVIF",
    "jxl": "JPEG XL",
    "raw": "RAW",
}
_TRUNCATED_HINTS = (
    "truncated",
    "unexpected end",
    "insufficient input",
    "not enough data",
    "input/output error",
    "end of file",
    "end-of-file",
    "eof",
)
_HARDWARE_ERRNOS = {
    errno.EIO,
    errno.ESTALE,
    errno.ETIMEDOUT,
    errno.ENODEV,
    errno.ENXIO,
    errno.EACCES,
    errno.EPERM,
    errno.ENOENT,
    errno.EISDIR,
}


def unreadable(error: OSError) -> MediaError:
    """The file system refused: gone, forbidden, or a failing disk."""
    why = error.strerror or _("unknown reason")
    return MediaError("unreadable", _("The file cannot be opened: {why}.").format(why=why))


@contextmanager
def decoder_errors(format_name: str) -> Iterator[None]:
    """Turn whatever a decoder raises inside the block into a MediaError about a file of `format_name`.

    Reasons: `truncated`, `damaged`, `unsupported`, `memory`, `unreadable`. Decoders' warnings are silenced: what they
    complain about either decodes or fails.
    """
    name = DISPLAY_NAMES.get(format_name, format_name)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except MediaError:
        raise
    except MemoryError as error:
        raise MediaError("memory", _("There is not enough memory to decode this {name} file.").format(name=name)) from error
    except Exception as error:  # decoders raise anything at all on bytes that lie
        raise _explain(error, name) from error
    except BaseException as error:  # a panic of the JPEG XL decoder (Rust) is not an Exception
        if type(error).__name__ == "PanicException":
            raise _explain(error, name) from error
        raise


def _explain(error: BaseException, name: str) -> MediaError:
    text = str(error).lower()
    kind = type(error).__name__
    if isinstance(error, OSError) and error.errno in _HARDWARE_ERRNOS:
        return unreadable(error)
    if kind in ("LibRawFileUnsupportedError", "NotSupportedError"):
        return MediaError("unsupported", _("LibRaw does not know this kind of RAW file, or its beginning is damaged."))
    if kind in ("LibRawTooBigError", "LibRawUnsufficientMemoryError") or "out of memory" in text or "security limit" in text:
        return MediaError("memory", _("There is not enough memory to decode this {name} file.").format(name=name))
    if isinstance(error, EOFError) or any(hint in text for hint in _TRUNCATED_HINTS):
        return MediaError("truncated", _("The {name} file ends too early: part of the picture is missing.").format(name=name))
    return MediaError("damaged", _("The {name} data is damaged and cannot be decoded.").format(name=name))
