"""The exceptions that cross rooms. Each maps to one HTTP status and one exit code of the command line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from facetd.i18n import _


@dataclass(frozen=True, slots=True)
class FieldError:
    """One thing wrong with one input: `field` is a parameter, a configuration key path or a file."""

    field: str
    message: str

    def __str__(self) -> str:
        return f"{self.field}: {self.message}"


class FacetdError(Exception):
    """Something the user can understand and act on: what was wrong, where, and what is expected."""

    status = 500
    exit_code = 1
    title = _("Something went wrong")
    type = "about:blank"  # of RFC 9457: a name for programs, where the status does not say it all
    retry_after_s: int | None = None  # when it is worth another try

    def __init__(self, message: str, *, errors: Sequence[FieldError] = (), hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.errors = tuple(errors)
        self.hint = hint

    def __str__(self) -> str:
        lines = [self.message, *(f"  {error}" for error in self.errors)]
        if self.hint:
            lines.append(self.hint)
        return "\n".join(lines)


class ConfigError(FacetdError):
    """The configuration cannot be used; `errors` lists every problem with its key path."""

    exit_code = 3
    title = _("The configuration is not valid")


class InvalidInput(FacetdError):
    """A parameter or body that does not fit; `errors` names each field."""

    status = 400
    exit_code = 2
    title = _("The request is not valid")


class Unauthorized(FacetdError):
    """Nobody is signed in, and what was asked for needs that; or what was given to sign in with does not fit."""

    status = 401
    title = _("Sign in first")


class Forbidden(FacetdError):
    """The viewer may not do this, or the feature is switched off."""

    status = 403
    title = _("Not allowed")


class NotFound(FacetdError):
    """The thing does not exist, or the viewer may not see it: the two look alike on purpose."""

    status = 404
    title = _("Not found")


class Conflict(FacetdError):
    """The state does not allow it now, for example a scan that is running already."""

    status = 409
    title = _("Conflict")


class TooManyRequests(FacetdError):
    """Too much of this came lately; in `retry_after_s` seconds it may be tried again."""

    status = 429
    title = _("Too many attempts")

    def __init__(self, message: str, *, retry_after_s: int, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.retry_after_s = retry_after_s


class Unavailable(FacetdError):
    """A capability or a file is not there at the moment: later it may be. The hint says what to do."""

    status = 503
    title = _("Not available at the moment")
    retry_after_s: int | None = 10


class NotInstalled(Unavailable):
    """What this needs is not installed or not set up here: asking again is in vain until somebody does what the hint says."""

    status = 409
    title = _("Not installed here")
    type = "tag:facetd,2026:not-installed"
    retry_after_s = None


class Asleep(FacetdError):
    """No inference server can be asked at the moment. Not a failure of what was to be done: that is done when one answers."""

    status = 503
    retry_after_s = 60
    title = _("No inference server answers")


class DatabaseUnusable(FacetdError):
    """The library database is newer than this program, damaged, or on a file system that cannot hold it."""

    title = _("The library database cannot be used")


class DiskFull(FacetdError):
    """There is no room left on the disk of the data folder. No photo is to blame: what was to be done is done when there is room."""

    status = 507
    title = _("The disk is full")


class MediaError(FacetdError):
    """A photo file that cannot be read. `reason` is a stable word for statistics, the message is for people."""

    status = 415
    title = _("The photo cannot be read")

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason

    def __reduce__(self) -> tuple[type[MediaError], tuple[str, str]]:
        """Pickle across the worker pipe."""
        return (type(self), (self.reason, self.message))
