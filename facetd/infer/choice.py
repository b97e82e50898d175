"""Which runtime, device and precision runs each model here: the result of a trial, the rule that picks, and its file.

The rule: only candidates whose numbers are right take part. A precision other than the one in use (f32 at first) has to be clearly
faster, because it changes what is stored. One runtime does everything, the one with the lowest sum; another one is loaded for a model
only where it is clearly faster. Clearly: by more than the share CLEARLY, and by more than WORTH_MS.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

from facetd.i18n import _
from facetd.infer.catalogue import Precision

CLEARLY = 0.15  # timings of the same thing differ by some 5 %
WORTH_MS = 0.5  # of one item; less is not worth other numbers, or the memory of a second runtime
FORMAT = 1


@dataclass(frozen=True, slots=True)
class Candidate:
    """One way to run a model."""

    model: str
    runtime: str
    device: str
    precision: Precision


@dataclass(frozen=True, slots=True)
class Trial:
    """How a candidate did.

    `ms` per item at batch 1 and `batch_ms` per item at `batch`: processor time of one thread on a CPU, time by the clock elsewhere.
    `deviation` is the greatest difference from the reference as a share of what is tolerated (up to 1 is right). `problem` says why
    it is out of the race.
    """

    candidate: Candidate
    ms: float | None = None
    batch: int = 1
    batch_ms: float | None = None
    deviation: float | None = None
    problem: str = ""

    def cost(self, streams: int) -> float:
        """Milliseconds until one more item is done when all streams are busy; infinite for one that is out."""
        if self.problem or self.ms is None:
            return float("inf")
        return self.best_ms / (streams if self.candidate.device == "cpu" else 1)

    @property
    def best_ms(self) -> float:
        """Milliseconds per item at the batch it is going to be run with."""
        return self.batch_ms if self.gains_by_batches and self.batch_ms is not None else self.ms or 0.0

    @property
    def gains_by_batches(self) -> bool:
        """Whether running several items at once is clearly faster."""
        return self.ms is not None and self.batch_ms is not None and self.batch_ms < (1 - CLEARLY) * self.ms


@dataclass(frozen=True, slots=True)
class Choice:
    """How a model is run, and why so."""

    runtime: str
    device: str
    precision: Precision
    batch: int
    ms: float
    why: str


@dataclass(frozen=True, slots=True)
class Choices:
    """The choice for each model, what it was made of, and under which circumstances (`key`). `missing` says why a model cannot be run;
    `stamps` tells what the trial of each model depends on.
    """

    key: str
    streams: int
    models: Mapping[str, Choice]
    trials: tuple[Trial, ...] = ()
    missing: Mapping[str, str] | None = None
    stamps: Mapping[str, str] | None = None

    def precision_of(self, model: str) -> Precision:
        """KeyError for a model that cannot be run here."""
        return self.models[model].precision


def choose(
    models: Sequence[str],
    trials: Sequence[Trial],
    *,
    key: str,
    streams: int,
    wanted: Collection[str] = (),
    in_use: Mapping[str, Precision] | None = None,
) -> Choices:
    """Apply the rule to `trials`.

    `wanted` are the devices that the settings name (none: any), others are the last resort; `in_use` is the precision of earlier results
    by model.
    """
    main = _main_runtime(models, trials, streams)
    picked: dict[str, Choice] = {}
    missing: dict[str, str] = {}
    for model in models:
        own = [trial for trial in trials if trial.candidate.model == model]
        right = [trial for trial in own if not trial.problem]
        if not right:
            missing[model] = "; ".join(sorted({f"{_name(trial.candidate)}: {trial.problem}" for trial in own})) or _(
                "nothing can run it here"
            )
            continue
        devices = [trial for trial in right if trial.candidate.device in wanted or not wanted] or right
        best = _pick(devices, streams, main, (in_use or {}).get(model, "f32"))
        why = _why(best, own)
        if wanted and best.candidate.device not in wanted:
            why = _("{devices}: cannot run it; {why}").format(devices=", ".join(wanted), why=why)
        batch = best.batch if best.gains_by_batches else 1
        picked[model] = Choice(best.candidate.runtime, best.candidate.device, best.candidate.precision, batch, round(best.best_ms, 3), why)
    return Choices(key, streams, picked, tuple(trials), missing)


def _main_runtime(models: Sequence[str], trials: Sequence[Trial], streams: int) -> str:
    """The runtime that would do everything in the least time."""

    def total(runtime: str) -> float:
        best = {model: float("inf") for model in models}
        for trial in trials:
            if trial.candidate.runtime == runtime and trial.candidate.model in best:
                best[trial.candidate.model] = min(best[trial.candidate.model], trial.cost(streams))
        return sum(cost if cost != float("inf") else 1e9 for cost in best.values())

    return min(sorted({trial.candidate.runtime for trial in trials}), key=total, default="")


def _pick(right: Sequence[Trial], streams: int, main: str, in_use: Precision) -> Trial:
    """The best of candidates that are all right."""

    def cost(trial: Trial) -> float:
        return trial.cost(streams)

    best: dict[Precision, Trial] = {}
    for precision in sorted({trial.candidate.precision for trial in right}):
        rivals = [trial for trial in right if trial.candidate.precision == precision]
        fastest = min(rivals, key=cost)
        at_home = min((trial for trial in rivals if trial.candidate.runtime == main), key=cost, default=None)
        best[precision] = at_home if at_home is not None and not _clearly(fastest, at_home, streams) else fastest
    holder = best.get(in_use) or best.get("f32")
    challenger = min(best.values(), key=cost)
    if holder is None or _clearly(challenger, holder, streams):
        return challenger
    return holder


def _clearly(challenger: Trial, holder: Trial, streams: int) -> bool:
    """Whether `challenger` is clearly faster than `holder`."""
    saved = holder.cost(streams) - challenger.cost(streams)
    return saved > CLEARLY * holder.cost(streams) and saved > WORTH_MS


def _name(candidate: Candidate) -> str:
    return f"{candidate.runtime} {candidate.device} {candidate.precision}"


def _why(best: Trial, own: Sequence[Trial]) -> str:
    """One sentence on the pick and one on each that lost."""
    others = []
    for trial in own:
        if trial is best:
            continue
        name = _name(trial.candidate)
        if trial.problem:
            others.append(f"{name}: {trial.problem}")
        else:
            others.append(f"{name}: {trial.best_ms:.2f} ms")
    text = f"{_name(best.candidate)}: {best.best_ms:.2f} ms"
    return text + (_(" (others: {others})").format(others=", ".join(others)) if others else "")


def load_choices(path: Path) -> Choices | None:
    """What a trial wrote to `path`; None when there is nothing usable."""
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        if raw.get("format") != FORMAT:
            return None
        return choices_from_json(raw)
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None


def choices_from_json(raw: Any) -> Choices:
    """The inverse of `choices_json`. Raises TypeError, KeyError, ValueError, AttributeError."""
    trials = tuple(Trial(**(each | {"candidate": Candidate(**each["candidate"])})) for each in raw["trials"])
    models = {str(model): Choice(**choice) for model, choice in raw["models"].items()}
    missing = {str(key): str(value) for key, value in raw["missing"].items()}
    stamps = {str(key): str(value) for key, value in raw.get("stamps", {}).items()}
    return Choices(str(raw["key"]), int(raw["streams"]), models, trials, missing, stamps or None)


def save_choices(path: Path, choices: Choices) -> None:
    """Put `choices` at `path` in one step. Raises OSError."""
    content = json.dumps({"format": FORMAT, **choices_json(choices)}, indent=1)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def choices_json(choices: Choices) -> dict[str, object]:
    """`choices` as JSON values."""
    return cast("dict[str, object]", asdict(choices)) | {"missing": dict(choices.missing or {}), "stamps": dict(choices.stamps or {})}
