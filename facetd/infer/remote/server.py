"""One server: whether it can be reached, which models it runs rightly, and running them there."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from facetd.errors import ConfigError
from facetd.i18n import _
from facetd.infer.catalogue import Model
from facetd.infer.remote.contract import Contract, Mismatch, contract
from facetd.infer.remote.health import OK, refusal
from facetd.infer.remote.http import FEW_BYTES, Answer, Http
from facetd.infer.remote.tensors import BadAnswer, outputs_of, request
from facetd.infer.runtimes.session import Array, Outputs

FIRST_PAUSE_S = 0.25
LONGEST_PAUSE_S = 30.0
RECHECK_S = 30.0  # until a model that a server lacks, or runs wrongly, is asked for again there
PROBE_S = 10.0  # for what costs nothing; a server that computes on the thread that answers takes its time


class NotReady(Exception):
    """The server answers, but is not ready for work."""


class Refused(Exception):
    """The server answered with an error; the text says which."""


@dataclass(frozen=True, slots=True)
class Exam:
    """What a model is tried with: `picture` is one item, `deviation` the greatest difference of outputs for it (up to 1 is right)."""

    model: Model
    picture: Callable[[], Array]
    deviation: Callable[[Outputs], float]


@dataclass(frozen=True, slots=True)
class Fit:
    """A model that the server runs rightly: how it is asked, whether as bytes, and how well it did in the exam.

    `ms`: of a request for one picture, by the clock.
    """

    contract: Contract
    binary: bool
    deviation: float
    ms: float


@dataclass(frozen=True, slots=True)
class Unfit:
    """Why a model is not asked for there until `until` (of the monotonic clock)."""

    why: str
    until: float


class Server:
    """The server at `url`. Threads may share it; `busy` is kept by who shares out the work."""

    def __init__(self, url: str, *, token: str = "", timeout_s: float = 30.0) -> None:
        self.url = url
        self.busy = 0
        self.turn = 0
        self.problem = ""
        self.down_until = 0.0
        self._pause = 0.0
        self._failed_at = 0.0
        self._timeout_s = timeout_s
        self._http = Http(url, token=token, timeout_s=timeout_s)
        self._lock = threading.Lock()
        self._exams: dict[str, threading.Lock] = {}
        self._results: dict[str, Fit | Unfit] = {}

    @property
    def away(self) -> bool:
        """Whether the last request found it unusable."""
        return self._pause > 0

    def result(self, model_id: str) -> Fit | Unfit | None:
        """How the last exam of a model went; None when there is to be one."""
        found = self._results.get(model_id)
        return None if isinstance(found, Unfit) and found.until <= time.monotonic() else found

    def examined(self, exam: Exam) -> Fit | Unfit:
        """How the model does here: tried at the first call, and anew when the server was away. Raises Unreachable, NotReady."""
        with self._lock:
            examining = self._exams.setdefault(exam.model.id, threading.Lock())
        with examining:
            found = self.result(exam.model.id)
            if found is None:
                try:
                    found = self._examine(exam)
                except (Mismatch, BadAnswer, Refused, ConfigError) as error:  # of the last: there are no reference outputs
                    found = Unfit(str(error), time.monotonic() + RECHECK_S)
                self._results[exam.model.id] = found
            return found

    def stumbled(self, model_id: str, why: str) -> None:
        """A request for the model went wrong, which is no matter of the others: it is tried again before it is used."""
        self._results[model_id] = Unfit(why, time.monotonic() + FIRST_PAUSE_S)

    def doubted(self, model_id: str) -> None:
        """Have the model tried again before it is used."""
        self._results.pop(model_id, None)

    def infer(self, model: Model, fit: Fit, batch: Array) -> Outputs:
        """The outputs for `batch`, in as many requests as its length takes. Raises Unreachable, Refused, BadAnswer."""
        limit = fit.contract.limit
        parts = [self._infer(model, fit, batch[begin : begin + limit]) for begin in range(0, len(batch), limit)]
        return parts[0] if len(parts) == 1 else tuple(np.concatenate(outputs) for outputs in zip(*parts, strict=True))

    def failed(self, why: str, since: float) -> None:
        """A request that began at `since` (monotonic) found the server unusable: it is left alone for a while, longer each time."""
        with self._lock:
            if since < self._failed_at:
                return  # others who were under way have told already
            self.problem = why
            self._pause = min(LONGEST_PAUSE_S, max(FIRST_PAUSE_S, 2 * self._pause))
            self._failed_at = time.monotonic()
            self.down_until = self._failed_at + self._pause
            self._results.clear()  # it may come back with other models

    def well(self) -> None:
        """A request was answered."""
        if self._pause:
            with self._lock:
                self._pause, self.down_until, self.problem = 0.0, 0.0, ""

    def close(self) -> None:
        """Close its connections."""
        self._http.close()

    def _infer(self, model: Model, fit: Fit, batch: Array) -> Outputs:
        count, asked = len(batch), fit.contract
        if asked.fixed and count < asked.limit:
            batch = np.concatenate([batch, np.zeros((asked.limit - count, *batch.shape[1:]), batch.dtype)])
        body, headers = request(asked, batch, binary=fit.binary)
        answer = self._http.ask("POST", f"/v2/models/{model.id}/infer", body, headers)
        if answer.status != OK:
            raise Refused(_complaint(answer))
        if model.takes == "bare":
            outputs = outputs_of(answer, asked, [output.shape for output in model.outputs])
            return tuple(output[None] for output in outputs)
        return tuple(output[:count] for output in outputs_of(answer, asked, [(len(batch), *output.shape) for output in model.outputs]))

    def _examine(self, exam: Exam) -> Fit | Unfit:
        """Ready, of the right shape, and with the right numbers? Raises Unreachable, NotReady, Refused, Mismatch, BadAnswer."""
        path = f"/v2/models/{exam.model.id}"
        ready = self._get("/v2/health/ready")
        if ready.status != OK:
            raise NotReady(refusal(ready))
        answer = self._get(path)
        if answer.status != OK:
            return Unfit(_("it has no model {model}").format(model=exam.model.id), time.monotonic() + RECHECK_S)
        if self._get(f"{path}/ready").status != OK:
            return Unfit(_("its model {model} is not ready").format(model=exam.model.id), time.monotonic() + FIRST_PAUSE_S)
        config = self._get(f"{path}/config")  # Triton's own
        agreed = contract(exam.model, _json(answer), _json(config) if config.status == OK else None)
        return self._checked(exam, agreed)

    def _checked(self, exam: Exam, agreed: Contract) -> Fit | Unfit:
        """The first way to ask that gives right numbers: bytes before JSON, batches before single pictures."""
        picture = exam.picture()
        fit = Fit(agreed, True, 0.0, 0.0)
        try:
            outputs = self._infer(exam.model, fit, picture)
        except (Refused, BadAnswer):
            fit = replace(fit, binary=False)
            outputs = self._infer(exam.model, fit, picture)
        begin = time.perf_counter()
        deviation = max(exam.deviation(outputs), exam.deviation(self._infer(exam.model, fit, picture)))
        ms = (time.perf_counter() - begin) * 1000
        if deviation > 1:
            why = _("its model {model} gives wrong numbers").format(model=exam.model.id)
            return Unfit(why, time.monotonic() + RECHECK_S)
        if agreed.limit > 1 and not agreed.fixed:
            try:
                deviation = max(deviation, exam.deviation(self._infer(exam.model, fit, np.repeat(picture, 2, axis=0))))
            except (Refused, BadAnswer):
                deviation = 2.0
            if deviation > 1:
                fit = replace(fit, contract=replace(agreed, limit=1))
        return replace(fit, deviation=min(deviation, 1.0), ms=ms)

    def _get(self, path: str) -> Answer:
        return self._http.ask("GET", path, timeout_s=min(PROBE_S, self._timeout_s), most_bytes=FEW_BYTES)


def _json(answer: Answer) -> Any:
    """Raises Mismatch."""
    try:
        return json.loads(bytes(answer.body))
    except (ValueError, RecursionError) as error:
        raise Mismatch(_("its metadata is no JSON object")) from error


def _complaint(answer: Answer) -> str:
    """The status and what the server says with it, in one line."""
    try:
        text = str(json.loads(bytes(answer.body))["error"])
    except (ValueError, KeyError, TypeError, RecursionError):
        text = ""
    return f"HTTP {answer.status} {text[:200]}".strip().splitlines()[0]
