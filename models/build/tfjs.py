"""Graph models of TensorFlow.js: reading the json into typed nodes and weights."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from models.build.weights import Array, WeightsError, read_groups


@dataclass(frozen=True, slots=True)
class Node:
    """One operation. Attributes are plain values: int, float, bool, str, or lists of them."""

    name: str
    op: str
    inputs: tuple[str, ...] = ()
    attributes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class GraphModel:
    """Nodes by name, and the values of the constant ones."""

    nodes: Mapping[str, Node]
    weights: Mapping[str, Array]

    def ordered(self, outputs: Iterable[str]) -> Iterator[Node]:
        """The nodes that `outputs` depend on, inputs before users; what only others need is left out."""
        done: set[str] = set()
        stack = list(reversed(list(outputs)))
        while stack:
            name = stack[-1]
            if name in done:
                stack.pop()
                continue
            if name not in self.nodes:
                raise WeightsError(f"the graph has no node {name}")
            missing = [source for source in self.nodes[name].inputs if source not in done]
            if missing:
                stack.extend(reversed(missing))
                continue
            stack.pop()
            done.add(name)
            yield self.nodes[name]


def read_graph(path: Path) -> GraphModel:
    """Read `<name>.json` and the weight files it names."""
    document = json.loads(path.read_text(encoding="utf-8"))
    if document.get("format") != "graph-model":
        raise WeightsError(f"{path.name}: not a graph model but {document.get('format')!r}")
    nodes = {}
    for raw in document["modelTopology"]["node"]:
        attributes = {key: _plain(value) for key, value in raw.get("attr", {}).items() if raw["op"] != "Const"}
        # "name:0" is the first output of a node; "^name" only orders execution.
        inputs = tuple(source.removesuffix(":0") for source in raw.get("input", []) if not source.startswith("^"))
        nodes[raw["name"]] = Node(raw["name"], raw["op"], inputs, attributes)
    return GraphModel(nodes, read_groups(document["weightsManifest"], path.parent, path.name))


def _plain(value: Mapping[str, Any]) -> Any:
    """An attribute of the protobuf-as-json form: {"s": base64} | {"i": "3"} | {"b": true} | {"list": {...}} | ..."""
    if not value:
        return None
    kind, content = next(iter(value.items()))
    if kind == "list":
        return [_scalar(key, item) for key, items in content.items() for item in items]
    return _scalar(kind, content)


def _scalar(kind: str, content: Any) -> Any:
    if kind == "s":
        return base64.b64decode(content).decode("ascii")
    return int(content) if kind == "i" else content
