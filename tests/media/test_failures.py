from __future__ import annotations

import errno
import warnings

import pytest

from facetd.errors import MediaError
from facetd.media.failures import decoder_errors, unreadable


class PanicException(BaseException):
    """Named like the exception of a decoder written in Rust."""


class LibRawTooBigError(Exception):
    pass


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (MemoryError(), "memory"),
        (LibRawTooBigError(), "memory"),
        (RuntimeError("Memory allocation error: Security limit exceeded"), "memory"),
        (OSError(errno.EIO, "Input/output error"), "unreadable"),
        (FileNotFoundError(errno.ENOENT, "No such file or directory"), "unreadable"),
        (OSError("image file is truncated (7 bytes not processed)"), "truncated"),
        (EOFError(), "truncated"),
        (OSError("broken data stream when reading image file"), "damaged"),
        (IndexError("index out of range"), "damaged"),
        (PanicException("called `Option::unwrap()` on a `None` value"), "damaged"),
        (MediaError("too_large", "Too large."), "too_large"),
    ],
)
def test_whatever_a_decoder_raises_becomes_a_reason_and_a_sentence(error: BaseException, reason: str) -> None:
    with pytest.raises(MediaError) as caught, decoder_errors("webp"):
        raise error
    assert caught.value.reason == reason
    assert caught.value.message[0].isupper() and caught.value.message.endswith(".")
    assert "WebP" in caught.value.message or reason in ("unreadable", "too_large")


def test_being_interrupted_is_no_failure_of_the_photo() -> None:
    with pytest.raises(KeyboardInterrupt), decoder_errors("jpeg"):
        raise KeyboardInterrupt


def test_complaints_of_decoders_are_not_repeated() -> None:
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        with decoder_errors("tiff"):
            warnings.warn("Truncated File Read", stacklevel=1)
    assert not heard


def test_a_reason_that_the_system_does_not_name() -> None:
    assert "unknown reason" in unreadable(OSError()).message
