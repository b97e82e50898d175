"""All servers together: who is asked next, and what becomes of work when nobody can be."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from facetd.errors import Asleep
from facetd.i18n import _
from facetd.infer.catalogue import Catalogue, Model
from facetd.infer.reference import check, reference_input
from facetd.infer.remote.contract import MOST
from facetd.infer.remote.http import Unreachable
from facetd.infer.remote.server import Exam, Fit, NotReady, Refused, Server, Unfit
from facetd.infer.remote.settings import Remote
from facetd.infer.remote.tensors import BadAnswer
from facetd.infer.runtimes.session import Array, Outputs

PATIENCE_S = 3.0  # for a server that is restarted: a retry then, and nobody notices
GLANCE_S = 0.02  # while another thread finds out whether a server is back
AT_ONCE = 2  # requests on their way to each server for a model: one is computed, one travels


class Fleet:
    """The servers of the settings. Threads may share it."""

    def __init__(self, remote: Remote, catalogue: Catalogue, *, patience_s: float = PATIENCE_S) -> None:
        self.servers = tuple(Server(url, token=remote.token, timeout_s=remote.timeout_s) for url in remote.urls)
        self.patience_s = patience_s
        self._catalogue = catalogue
        self._pictures: dict[str, Array] = {}
        self._lock = threading.Lock()
        self._turns = 0

    @property
    def leaders(self) -> int:
        """How many requests for one model keep all servers busy."""
        return AT_ONCE * len(self.servers)

    @property
    def most(self) -> int:
        """Items of one request."""
        return MOST

    def session(self, model: Model) -> RemoteSession:
        """What runs `model`."""
        return RemoteSession(self, model, self.exam(model))

    def exam(self, model: Model) -> Exam:
        """The reference picture of `model`, drawn once, and the comparison with the reference outputs."""

        def picture() -> Array:
            if model.id not in self._pictures:
                self._pictures[model.id] = reference_input(model)
            return self._pictures[model.id]

        return Exam(model, picture, lambda outputs: check(self._catalogue, model, outputs, "f32").worst)

    def examine(self, model: Model) -> Mapping[str, Fit | Unfit | str]:
        """How `model` does on each server, by address; a text where the server cannot be reached."""
        exam = self.exam(model)
        return {server.url: _examined(server, exam) for server in self.servers}

    @contextmanager
    def asking(self, model_id: str) -> Iterator[Server | None]:
        """The least busy server that may be asked for a model, among equals the one whose turn it is; None when there is none now.

        One that was away is asked by one thread at first.
        """
        now = time.monotonic()
        with self._lock:
            able = [
                each
                for each in self.servers
                if each.down_until <= now and not (each.away and each.busy) and not isinstance(each.result(model_id), Unfit)
            ]
            server = min(able, key=lambda each: (each.busy, each.turn), default=None)
            if server is not None:
                self._turns += 1
                server.busy, server.turn = server.busy + 1, self._turns
        try:
            yield server
        finally:
            if server is not None:
                with self._lock:
                    server.busy -= 1

    def next_try(self, model_id: str) -> float:
        """When (monotonic) the first of the servers may be asked for a model again."""
        return min(_free_at(server, model_id) for server in self.servers)

    def why(self, model_id: str) -> str:
        """Why no server can be asked for a model: one clause for each."""
        return "; ".join(f"{server.url}: {_excuse(server, model_id)}" for server in self.servers)

    def close(self) -> None:
        """Close all connections."""
        for server in self.servers:
            server.close()


class RemoteSession:
    """One model on whichever server runs it rightly; see Session."""

    def __init__(self, fleet: Fleet, model: Model, exam: Exam) -> None:
        self._fleet = fleet
        self._model = model
        self._exam = exam

    def run(self, batch: Array) -> Outputs:
        """See Session. What goes wrong with one server is tried elsewhere, or there again; raises Asleep when nobody can be asked."""
        give_up = time.monotonic() + self._fleet.patience_s
        while True:
            with self._fleet.asking(self._model.id) as server:
                outputs = self._ask(server, batch) if server is not None else None
            if outputs is not None:
                return outputs
            wait = self._fleet.next_try(self._model.id)
            if wait > give_up or time.monotonic() > give_up:
                raise Asleep(_("No inference server can be asked: {why}").format(why=self._fleet.why(self._model.id)))
            time.sleep(max(GLANCE_S, wait - time.monotonic()))

    def _ask(self, server: Server, batch: Array) -> Outputs | None:
        """None when the server, which has noted it, cannot do it now."""
        since = time.monotonic()
        try:
            fit = server.examined(self._exam)
            if isinstance(fit, Unfit):
                return None
            outputs = server.infer(self._model, fit, batch)
            if not _finite(outputs) and self._wrong(server):
                return None
            server.well()
        except (Unreachable, NotReady) as error:
            server.failed(str(error), since)
        except (Refused, BadAnswer) as error:
            server.stumbled(self._model.id, str(error))
        else:
            return outputs
        return None

    def _wrong(self, server: Server) -> bool:
        """Whether a server that gave no numbers gives none for the reference either; if it does, the photo is odd."""
        server.doubted(self._model.id)
        return isinstance(server.examined(self._exam), Unfit)


def _finite(outputs: Outputs) -> bool:
    """Whether all are numbers: a single NaN or infinity makes the sum none, and sums are cheap."""
    return all(math.isfinite(float(output.sum())) for output in outputs)


def _examined(server: Server, exam: Exam) -> Fit | Unfit | str:
    since = time.monotonic()
    try:
        result = server.examined(exam)
        server.well()
        return result
    except (Unreachable, NotReady) as error:
        server.failed(str(error), since)
        return str(error)


def _free_at(server: Server, model_id: str) -> float:
    result = server.result(model_id)
    return max(server.down_until, result.until if isinstance(result, Unfit) else 0.0)


def _excuse(server: Server, model_id: str) -> str:
    result = server.result(model_id)
    return result.why if isinstance(result, Unfit) else server.problem or _("it may be asked again")
