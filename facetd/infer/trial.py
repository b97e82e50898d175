"""A trial process: tries the candidates of one runtime, so that a crash or a hang of a native library costs nothing else.

`python -m facetd.infer.trial RUNTIME MODELS CACHE STREAMS`. Says its devices, hears the candidates, says how each did: JSON lines.
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

from facetd.errors import FacetdError
from facetd.i18n import _
from facetd.infer.catalogue import Catalogue, Model
from facetd.infer.choice import Candidate
from facetd.infer.reference import check, reference_input
from facetd.infer.runtimes import devices, open_session
from facetd.infer.runtimes.session import Array, Plan, RuntimeProblem, Session

RUNS = 5
ENOUGH_S = 0.25  # of runs, when RUNS are done
MOST_RUNS = 30
CPU_BATCH = 8
DEVICE_BATCH = 16
BATCH_BELOW_PX = 256  # networks with larger inputs fill a core's caches with one picture
TOO_SLOW_S = 5.0  # one run; nobody wants to wait for more of them


def attempt(catalogue: Catalogue, candidate: Candidate, cache: Path, streams: int) -> dict[str, object]:
    """Load, check and time one candidate; the fields of a Trial."""
    model = catalogue.model(candidate.model)
    on_cpu = candidate.device == "cpu"
    batch = 1 if on_cpu and model.input.size >= BATCH_BELOW_PX else CPU_BATCH if on_cpu else DEVICE_BATCH
    file = catalogue.path(model, candidate.precision)
    plan = Plan(file, candidate.runtime, candidate.device, candidate.precision, batch, streams, cache)
    try:
        session = open_session(plan)
        deviation = _deviation(catalogue, model, candidate, session, 1)
        if deviation > 1:
            return {"deviation": _finite(deviation), "problem": _wrong(deviation)}
        clock = time.process_time if on_cpu else time.perf_counter
        ms = _median_ms(session, reference_input(model), clock)
        if batch == 1:
            return {"ms": ms, "deviation": deviation}
        worst = max(deviation, _deviation(catalogue, model, candidate, session, batch))
        if worst > 1:
            return {"deviation": _finite(worst), "problem": _wrong(worst)}
        batch_ms = _median_ms(session, reference_input(model, batch), clock) / batch
        return {"ms": ms, "batch": batch, "batch_ms": batch_ms, "deviation": worst}
    except (RuntimeProblem, FacetdError) as error:
        return {"problem": str(error)}
    except Exception as error:  # native libraries raise what they like; another candidate may work
        return {"problem": f"{type(error).__name__}: {error}".splitlines()[0]}


def _deviation(catalogue: Catalogue, model: Model, candidate: Candidate, session: Session, batch: int) -> float:
    return check(catalogue, model, session.run(reference_input(model, batch)), candidate.precision).worst


def _finite(deviation: float) -> float | None:
    return deviation if deviation < float("inf") else None


def _wrong(deviation: float) -> str:
    if _finite(deviation) is None:
        return _("wrong numbers")
    return _("wrong numbers ({deviation:.1f} times the tolerance)").format(deviation=deviation)


def _median_ms(session: Session, batch: Array, clock: Callable[[], float]) -> float:
    """Milliseconds of one run. The check before was the warm-up."""
    spent: list[float] = []
    begin = time.perf_counter()
    while len(spent) < MOST_RUNS and (len(spent) < RUNS or time.perf_counter() - begin < ENOUGH_S):
        start, start_cpu = time.perf_counter(), clock()
        session.run(batch)
        spent.append(clock() - start_cpu)
        if time.perf_counter() - start > TOO_SLOW_S:
            break
    return statistics.median(spent) * 1000


def run(runtime: str, models: Path, cache: Path, streams: int, stdin: TextIO, stdout: TextIO) -> None:
    """The whole conversation."""

    def say(message: dict[str, object]) -> None:
        stdout.write(json.dumps(message) + "\n")
        stdout.flush()

    try:
        found = devices(runtime)
    except Exception as error:  # a library that is not there, or not for this machine
        say({"problem": f"{type(error).__name__}: {error}"})
        return
    say({"devices": found})
    line = stdin.readline()
    if not line:
        return
    catalogue = Catalogue.load(models)
    for candidate in json.loads(line):
        say({"trial": attempt(catalogue, Candidate(**candidate), cache, streams)})


def main() -> None:
    """Run with the arguments of the command line."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what native libraries print is no answer
    runtime, models, cache, streams = sys.argv[1:]
    run(runtime, Path(models), Path(cache), int(streams), sys.stdin, answers)


if __name__ == "__main__":
    main()
