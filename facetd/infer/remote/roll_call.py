"""The question which of the models can be asked for now, and how they do on each server."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from facetd.infer.remote.server import Fit

if TYPE_CHECKING:
    from facetd.infer.engine import Engine


def roll_call(engine: Engine, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """For the `models` (ids) a table by server: `ms` and `deviation` of one that is right there, `problem` of another.

    `problem` beside it says why not all of them can be asked for, empty when they can.
    """
    fleet = engine.fleet
    if fleet is None:
        return {"problem": "", "servers": {}}
    servers: dict[str, dict[str, Any]] = {server.url: {} for server in fleet.servers}
    problems = []
    for model_id in map(str, arguments["models"]):
        results = fleet.examine(engine.catalogue.model(model_id))
        for url, result in results.items():
            if isinstance(result, Fit):
                servers[url][model_id] = {"ms": result.ms, "deviation": result.deviation, "binary": result.binary}
            else:
                servers[url][model_id] = {"problem": result if isinstance(result, str) else result.why}
        if not any(isinstance(result, Fit) for result in results.values()):
            problems.append(fleet.why(model_id))
    return {"problem": "; ".join(dict.fromkeys(problems)), "servers": servers}
