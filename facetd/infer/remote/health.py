"""A quick look at the servers, from the daemon and the commands: who answers, how fast, and which models are ready there."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from facetd.i18n import _
from facetd.infer.remote.http import FEW_BYTES, Answer, Http, Unreachable
from facetd.infer.remote.settings import Remote

PATIENCE_S = 5.0
OK = 200


@dataclass(frozen=True, slots=True)
class Health:
    """A server now. `ms`: of one small request on a kept connection; `models` of those asked for that are ready; `problem`: why none is."""

    url: str
    ready: bool
    ms: float | None = None
    models: tuple[str, ...] = ()
    problem: str = ""


def look_at(remote: Remote, models: Sequence[str]) -> list[Health]:
    """The state of each server, asked side by side; takes at most some seconds."""
    with ThreadPoolExecutor(len(remote.urls)) as pool:
        return list(pool.map(lambda url: _health(url, remote.token, models), remote.urls))


def awake(states: Sequence[Health], models: Sequence[str]) -> bool:
    """Whether each of `models` is ready on some server."""
    return set(models) <= {model for state in states if state.ready for model in state.models}


def _health(url: str, token: str, models: Sequence[str]) -> Health:
    http = Http(url, token=token, timeout_s=PATIENCE_S)
    try:
        answer = http.ask("GET", "/v2/health/ready", most_bytes=FEW_BYTES)
        if answer.status != OK:
            return Health(url, False, problem=refusal(answer))
        begin = time.perf_counter()
        http.ask("GET", "/v2/health/ready", most_bytes=FEW_BYTES)
        ms = (time.perf_counter() - begin) * 1000
        ready = tuple(model for model in models if http.ask("GET", f"/v2/models/{model}/ready", most_bytes=FEW_BYTES).status == OK)
        return Health(url, True, ms, ready)
    except Unreachable as error:
        return Health(url, False, problem=str(error))
    finally:
        http.close()


def refusal(answer: Answer) -> str:
    """Why a server that answers its question for health so is not used."""
    if answer.status in (401, 403):
        return _("it wants another token (HTTP {status}): inference.server_token_file").format(status=answer.status)
    return _("it is not ready (HTTP {status})").format(status=answer.status)
