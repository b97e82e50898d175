"""The child processes of a trial, seen from who asks: one for each runtime, replaced when it crashes or hangs."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from facetd.i18n import _
from facetd.infer.choice import Candidate, Trial
from facetd.infer.link import ENVIRONMENT

SILENCE_S = 60.0  # a child that says nothing for so long hangs
SLOW_SILENCE_S = 600.0  # TensorRT and MIGraphX build networks for minutes
CRASHES = 3  # of one runtime, after which it is not tried any further


@dataclass(frozen=True, slots=True)
class Place:
    """What the children of one trial share: where models, packs and compiled networks are, a scratch folder, and how many streams.

    `module` is the program that they run.
    """

    models: Path
    packs: Path | None
    cache: Path
    scratch: Path
    streams: int
    module: str = "facetd.infer.trial"


@dataclass(slots=True)
class Tried:
    """What a runtime can use here and how its candidates did; `problem` when it cannot even be loaded."""

    devices: tuple[str, ...] = ()
    trials: list[Trial] = field(default_factory=list)
    problem: str = ""


async def try_runtime(
    runtime: str,
    plan: Callable[[Sequence[str]], list[Candidate]],
    place: Place,
    progress: Callable[[Trial], None] = lambda _trial: None,
) -> Tried:
    """Try what `plan` makes of the devices of `runtime` in a child process; one that crashes or hangs costs the candidate it was at."""
    tried = Tried()
    todo: list[Candidate] | None = None
    crashes = 0
    while todo is None or todo:
        child = await _Child.start(runtime, place)
        try:
            tried.devices = tuple(map(str, (await child.hear()).get("devices", ())))
            todo = plan(tried.devices) if todo is None else todo
            child.tell([asdict(candidate) for candidate in todo])
            while todo:
                silence = SLOW_SILENCE_S if todo[0].device in ("tensorrt", "migraphx", "npu") else SILENCE_S
                trial = await child.hear_trial(todo[0], silence)
                del todo[0]
                tried.trials.append(trial)
                progress(trial)
        except _ChildProblem as problem:
            crashes += 1
            if todo is None:
                tried.problem = str(problem)
                return tried
            begun = 1 if crashes < CRASHES else len(todo)
            for candidate in todo[:begun]:
                trial = Trial(candidate, problem=str(problem))
                tried.trials.append(trial)
                progress(trial)
            del todo[:begun]
        finally:
            await child.end()
    return tried


async def find_devices(runtime: str) -> Tried:
    """The devices of `runtime`, asked in a child process."""
    nowhere = Path(os.devnull)
    return await try_runtime(runtime, lambda _devices: [], Place(nowhere, nowhere, nowhere, nowhere, 1))


class _ChildProblem(Exception):
    """A child that ended, hangs, or cannot load its runtime."""


class _Child:
    """A trial process: it says lines of JSON."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @classmethod
    async def start(cls, runtime: str, place: Place) -> _Child:
        pipe = asyncio.subprocess.PIPE
        folders = map(str, (place.models, place.packs or os.devnull, place.cache, place.scratch))
        command = (sys.executable, "-m", place.module, runtime, *folders, str(place.streams))
        process = await asyncio.create_subprocess_exec(
            *command, stdin=pipe, stdout=pipe, stderr=asyncio.subprocess.DEVNULL, env=os.environ | ENVIRONMENT
        )
        return cls(process)

    def tell(self, message: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(message).encode() + b"\n")

    async def hear(self, silence_s: float | None = None) -> dict[str, Any]:
        """The next line. Raises _ChildProblem."""
        assert self._process.stdout is not None
        try:
            async with asyncio.timeout(silence_s or SILENCE_S):
                line = await self._process.stdout.readline()
                code = 0 if line else await self._process.wait()
        except TimeoutError:
            raise _ChildProblem(_("it hangs")) from None
        except ValueError:  # a line without an end
            raise _ChildProblem(_("it says what cannot be understood")) from None
        if not line:
            raise _ChildProblem(
                _("it crashes (signal {signal})").format(signal=-code) if code < 0 else _("it ends (code {code})").format(code=code)
            )
        try:
            told = json.loads(line)
        except ValueError:
            raise _ChildProblem(_("it says what cannot be understood")) from None
        if not isinstance(told, dict):
            raise _ChildProblem(_("it says what cannot be understood"))
        if "problem" in told:
            raise _ChildProblem(str(told["problem"]))
        return told

    async def hear_trial(self, candidate: Candidate, silence_s: float) -> Trial:
        """How `candidate` did. Raises _ChildProblem."""
        try:
            return Trial(candidate, **(await self.hear(silence_s))["trial"])
        except (KeyError, TypeError):
            raise _ChildProblem(_("it says what cannot be understood")) from None

    async def end(self) -> None:
        if self._process.stdin is not None:
            self._process.stdin.close()
        if self._process.returncode is None:
            self._process.kill()
        await self._process.wait()
