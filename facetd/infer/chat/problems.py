"""Why a model gave no sentence, by what helps: waiting, another try, another photo, or another setting."""

from __future__ import annotations

from facetd.errors import FacetdError, Unavailable
from facetd.i18n import _


class Asleep(Unavailable):
    """Nobody is there now: the machine sleeps, the server starts, or it asks to come later. Waiting helps, as long as it takes.

    `after_s` is how long it asks to wait; None when it does not say.
    """

    def __init__(self, message: str, *, hint: str = "", after_s: float | None = None) -> None:
        super().__init__(message, hint=hint)
        self.after_s = after_s


class Unsteady(Unavailable):
    """The answer was torn, too late, or an error of the server: another try may help."""


class Unusable(Unavailable):
    """The server refuses whatever it is asked: the address, the key or the name of the model is wrong."""


class NoSentence(FacetdError):
    """There was an answer, and no caption in it; the next photo may fare better."""

    status = 503
    title = _("The model gave no caption")
