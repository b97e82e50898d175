"""Asking a probe process about a file of a pack."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from facetd.errors import FacetdError
from facetd.i18n import _
from facetd.infer.link import ENVIRONMENT

TIMEOUT_S = 600.0  # a network of a gigabyte from a slow disk
MODULE = "facetd.infer.packs.probe"


class WrongLayout(FacetdError):
    """The files of a pack are not what its layout says."""

    title = _("The pack cannot be used")


@dataclass(frozen=True, slots=True)
class Tensor:
    """An input or output: its type as ONNX Runtime says it, tensor(float), and its shape; None for sizes that are open."""

    name: str
    type: str
    shape: tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class Graph:
    """What a network takes and gives, by name, in its order."""

    inputs: Mapping[str, Tensor]
    outputs: Mapping[str, Tensor]


@dataclass(frozen=True, slots=True)
class Sampled:
    """An output for the picture of the reference: its shape with the batch axis, and some values by their place in it."""

    shape: tuple[int, ...]
    greatest: float
    indices: tuple[int, ...]
    values: tuple[float, ...]


async def graph_of(file: Path) -> Graph:
    """What the network in `file` takes and gives. Raises WrongLayout for one that cannot be loaded."""
    answer = await _ask(file, {"ask": "graph"})
    inputs, outputs = (
        {each["name"]: Tensor(each["name"], each["type"], tuple(each["shape"])) for each in answer[side]} for side in ("inputs", "outputs")
    )
    return Graph(inputs, outputs)


async def answers_of(file: Path, entry: Mapping[str, Any]) -> tuple[Sampled, ...]:
    """What the network answers to the picture of the reference; `entry` is its input's table. Raises WrongLayout."""
    answer = await _ask(file, {"ask": "picture", "input": entry})
    found = []
    for number, each in enumerate(answer["outputs"]):
        if not each["finite"]:
            raise WrongLayout(_("{file}: output {number} is not a number everywhere").format(file=file.name, number=number))
        found.append(Sampled(tuple(each["shape"]), each["greatest"], tuple(each["indices"]), tuple(each["values"])))
    return tuple(found)


async def shapes_of(file: Path, inputs: Mapping[str, tuple[str, tuple[int, ...]]]) -> Mapping[str, tuple[int, ...]]:
    """The shapes of the outputs for zeros of these types (int32) and shapes. Raises WrongLayout."""
    asked = {name: {"type": kind, "shape": shape} for name, (kind, shape) in inputs.items()}
    return {name: tuple(shape) for name, shape in (await _ask(file, {"ask": "shapes", "inputs": asked}))["outputs"].items()}


async def tokens_of(file: Path, tokens: tuple[str, ...]) -> Mapping[str, int]:
    """The numbers of `tokens`. Raises WrongLayout for a tokenizer that cannot be read or lacks one."""
    answer = await _ask(file, {"ask": "tokenizer", "tokens": tokens})
    for token, number in answer["tokens"].items():
        if number is None:
            raise WrongLayout(_("{file}: there is no token {token!r}").format(file=file.name, token=token))
    return dict(answer["tokens"])


async def _ask(file: Path, question: Mapping[str, Any]) -> Mapping[str, Any]:
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", MODULE, stdin=pipe, stdout=pipe, stderr=asyncio.subprocess.DEVNULL, env=os.environ | ENVIRONMENT
    )
    try:
        async with asyncio.timeout(TIMEOUT_S):
            said, _errors = await process.communicate(json.dumps({**question, "file": os.fspath(file)}).encode())
    except TimeoutError:
        raise WrongLayout(_("{file}: looking into it took too long").format(file=file)) from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    try:
        answer = json.loads(said)
    except ValueError:
        raise WrongLayout(_("{file}: looking into it ended a process (code {code})").format(file=file, code=process.returncode)) from None
    if "problem" in answer:
        raise WrongLayout(_("{file}: cannot be loaded: {why}").format(file=file, why=answer["problem"]))
    return dict(answer)
