"""What a server says about a model, compared with what the catalogue says: names, datatypes, shapes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from facetd.i18n import _
from facetd.infer.catalogue import Model

DATATYPE = "FP32"
MOST = 8  # items of one request: more gain little, and each waits for all


class Mismatch(Exception):
    """The server has a model of that name, but another one; the text says what differs."""


@dataclass(frozen=True, slots=True)
class Contract:
    """How a model is asked there: names of its tensors, items of one request; `fixed`: a request has exactly that many."""

    input: str
    outputs: tuple[str, ...]
    limit: int = MOST
    fixed: bool = False


def contract(model: Model, metadata: dict[str, Any], config: dict[str, Any] | None = None) -> Contract:
    """Compare `metadata` (GET /v2/models/NAME) with `model`; `config` is Triton's own, with the largest batch. Raises Mismatch.

    A server that tells no tensors is asked by the catalogue's names; its numbers have to show the rest.
    """
    if not isinstance(metadata, dict):
        raise Mismatch(_("its metadata is no JSON object"))
    inputs, outputs = _tensors(metadata, "inputs"), _tensors(metadata, "outputs")
    size = model.input.size
    names = _matched(inputs, [(model.input.name, (3, size, size))], _("inputs")) if inputs else [model.input.name]
    if len(inputs) > 1:
        raise Mismatch(_("{count} inputs; expected 1").format(count=len(inputs)))
    axis = model.takes != "bare"
    wanted = [(output.name, output.shape) for output in model.outputs]
    found = _matched(outputs, wanted, _("outputs"), batched=axis) if outputs else [output.name for output in model.outputs]
    first = int(inputs[0]["shape"][0]) if inputs else -1
    limit = first if first > 0 else 1 if model.takes != "any" else _largest(config)
    return Contract(names[0], tuple(found), min(limit, MOST) if first <= 0 else limit, first > 0)


def _largest(config: dict[str, Any] | None) -> int:
    """The largest batch of Triton's configuration; where there is none, the shapes decide."""
    most = config.get("max_batch_size") if isinstance(config, dict) else None
    return most if isinstance(most, int) and most > 0 else MOST


def _tensors(metadata: dict[str, Any], key: str) -> list[dict[str, Any]]:
    """Well-formed descriptions of tensors. Raises Mismatch."""
    found = metadata.get(key) or []
    try:
        return [{"name": str(each["name"]), "datatype": str(each["datatype"]), "shape": [int(n) for n in each["shape"]]} for each in found]
    except (KeyError, TypeError, ValueError) as error:
        raise Mismatch(_("its metadata cannot be understood: {key}").format(key=key)) from error


def _matched(
    there: Sequence[dict[str, Any]], wanted: Sequence[tuple[str, tuple[int, ...]]], what: str, *, batched: bool = True
) -> list[str]:
    """The names there of the tensors that are wanted: those of the same name, else those of the same place. Raises Mismatch."""
    by_name = {each["name"]: each for each in there}
    same = all(name in by_name for name, _shape in wanted)
    if not same and len(there) < len(wanted):
        names = ", ".join(name for name, _shape in wanted)
        raise Mismatch(_("{what} {there}; expected {names}").format(what=what, there=", ".join(by_name), names=names))
    picked = [by_name[name] for name, _shape in wanted] if same else list(there[: len(wanted)])
    for each, (name, shape) in zip(picked, wanted, strict=True):
        if each["datatype"] != DATATYPE:
            raise Mismatch(_("{name} is {datatype}; expected {right}").format(name=name, datatype=each["datatype"], right=DATATYPE))
        sizes = each["shape"][1:] if batched else each["shape"]
        if len(sizes) != len(shape) or any(a not in (-1, b) for a, b in zip(sizes, shape, strict=True)):
            expected = [-1, *shape] if batched else list(shape)
            raise Mismatch(_("{name} has the shape {shape}; expected {expected}").format(name=name, shape=each["shape"], expected=expected))
    return [each["name"] for each in picked]
