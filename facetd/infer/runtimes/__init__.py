"""Runtimes behind one small class. The libraries are imported here only, and only in inference and trial processes."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from facetd.infer.runtimes.session import OneByOne, Plan, RuntimeProblem, Session

if TYPE_CHECKING:
    from facetd.infer.runtimes.parts import PartSession

sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]  # nothing reports to anybody; OpenVINO has a stub for that
RUNTIMES = ("openvino", "onnxruntime")


def open_session(plan: Plan) -> Session:
    """Load the network that `plan` describes. Raises RuntimeProblem where this machine cannot run it that way."""
    if plan.takes != "any":
        return OneByOne(_open_session(replace(plan, batch=1)), bare=plan.takes == "bare")
    return _open_session(plan)


def _open_session(plan: Plan) -> Session:
    if plan.runtime == "openvino":
        from facetd.infer.runtimes.openvino import OpenVinoSession  # noqa: PLC0415 - loads the library

        return OpenVinoSession(plan)
    if plan.runtime == "onnxruntime":
        from facetd.infer.runtimes.onnxruntime import OnnxSession  # noqa: PLC0415 - loads the library

        return OnnxSession(plan)
    raise RuntimeProblem(f"there is no runtime called {plan.runtime}")


def devices(runtime: str) -> tuple[str, ...]:
    """The devices that `runtime` can use here, by the names of the settings; loads the library. Raises ImportError, RuntimeProblem."""
    if runtime == "openvino":
        from facetd.infer.runtimes import openvino  # noqa: PLC0415 - loads the library

        return openvino.devices()
    if runtime == "onnxruntime":
        from facetd.infer.runtimes import onnxruntime  # noqa: PLC0415 - loads the library

        return onnxruntime.devices()
    raise RuntimeProblem(f"there is no runtime called {runtime}")


def open_part(file: Path) -> PartSession:
    """Load a network with named inputs. Raises RuntimeProblem where this machine cannot run it."""
    from facetd.infer.runtimes.parts import PartSession  # noqa: PLC0415 - loads the library

    return PartSession(file)
