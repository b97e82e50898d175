"""A trial process: tries the candidates of one runtime, so that a crash or a hang of a native library costs nothing else.

`python -m facetd.infer.trial RUNTIME MODELS PACKS CACHE SCRATCH STREAMS`. Says its devices, hears the candidates, says how each did: JSON
lines. SCRATCH is a folder that the children of one trial share: pictures of the reference are drawn once.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import numpy as np

from facetd.errors import FacetdError
from facetd.i18n import _
from facetd.infer.catalogue import Catalogue, Model
from facetd.infer.choice import Candidate
from facetd.infer.ownreference import lacks_reference, write_reference
from facetd.infer.reference import check, reference_input
from facetd.infer.runtimes import devices, open_session
from facetd.infer.runtimes.session import Array, Plan, RuntimeProblem, Session

RUNS = 5
ENOUGH_S = 0.1  # of runs, when RUNS are done
MOST_RUNS = 30
DEVICE_BATCH = 16  # on a CPU: 1, see docs/decisions.md
TOO_SLOW_S = 5.0  # one run; nobody wants to wait for more of them


@dataclass(frozen=True, slots=True)
class Bench:
    """Where candidates are tried."""

    catalogue: Catalogue
    cache: Path
    scratch: Path
    streams: int

    def attempt(self, candidate: Candidate) -> dict[str, object]:
        """Load, check and time one candidate; the fields of a Trial."""
        model = self.catalogue.model(candidate.model)
        on_cpu = candidate.device == "cpu"
        batch = 1 if on_cpu or model.takes != "any" else DEVICE_BATCH
        file = self.catalogue.path(model, candidate.precision)
        kept = None if on_cpu else self.cache  # most candidates of a CPU are compiled in a moment, for this once
        shape = (model.input.size, model.takes)
        plan = Plan(file, candidate.runtime, candidate.device, candidate.precision, batch, self.streams, kept, *shape)
        clock = time.process_time if on_cpu else time.perf_counter
        told: dict[str, object] = {}
        try:
            if lacks_reference(self.catalogue, model):
                write_reference(self.catalogue, model)
            session = open_session(plan)
            for size in sorted({1, batch}):
                picture = self._input(model, size)
                deviation = check(self.catalogue, model, session.run(picture), candidate.precision).worst
                told["deviation"] = _finite(deviation)
                if deviation > 1:
                    return {"deviation": told["deviation"], "problem": _wrong(deviation)}
                ms = _best_ms(session, picture, clock) / size
                told |= {"ms": ms} if size == 1 else {"batch": size, "batch_ms": ms}
        except (RuntimeProblem, FacetdError) as error:
            return {"problem": str(error)}
        except Exception as error:  # native libraries raise what they like; another candidate may work
            return {"problem": f"{type(error).__name__}: {error}".splitlines()[0]}
        return told

    def _input(self, model: Model, batch: int) -> Array:
        """The reference input, drawn by whoever needs it first."""
        path = self.scratch / f"{model.id}.npy"
        if not path.exists():
            np.save(path, reference_input(model))
        return np.repeat(np.load(path, allow_pickle=False), batch, axis=0)


def _finite(deviation: float) -> float | None:
    return deviation if deviation < float("inf") else None


def _wrong(deviation: float) -> str:
    if _finite(deviation) is None:
        return _("wrong numbers")
    return _("wrong numbers ({deviation:.1f} times the tolerance)").format(deviation=deviation)


def _best_ms(session: Session, batch: Array, clock: Callable[[], float]) -> float:
    """Milliseconds of the fastest of some runs: other work on the machine only adds. The check before was the warm-up."""
    spent: list[float] = []
    begin = time.perf_counter()
    while len(spent) < MOST_RUNS and (len(spent) < RUNS or time.perf_counter() - begin < ENOUGH_S):
        start, started = time.perf_counter(), clock()
        session.run(batch)
        spent.append(clock() - started)
        if time.perf_counter() - start > TOO_SLOW_S:
            break
    return min(spent) * 1000


def run(runtime: str, folders: tuple[Path, Path, Path, Path], streams: int, stdin: TextIO, stdout: TextIO) -> None:
    """The whole conversation. `folders` are those of the models, the packs, the cache, and the scratch folder."""

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
    models, packs, cache, scratch = folders
    bench = Bench(Catalogue.load(models, packs), cache, scratch, streams)
    for candidate in json.loads(line):
        say({"trial": bench.attempt(Candidate(**candidate))})


def main() -> None:
    """Run with the arguments of the command line."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what native libraries print is no answer
    runtime, models, packs, cache, scratch, streams = sys.argv[1:]
    run(runtime, (Path(models), Path(packs), Path(cache), Path(scratch)), int(streams), sys.stdin, answers)


if __name__ == "__main__":
    main()
