"""The files of a source as a layout reader sees them, and what all readers write in the same way."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from facetd.i18n import _
from facetd.infer.catalogue import AnyNetwork, Input, ModelFile
from facetd.infer.catalogue.entries import Entry, Network, Takes
from facetd.infer.packs.index import Pack, Source
from facetd.infer.packs.probing import Graph, Sampled, Tensor, WrongLayout, answers_of, graph_of

PRECISIONS = ("f32", "bf16")
TOLERANCE = {"f32": 2e-3, "bf16": 0.06}
"""How far each precision may be from the reference, as a share of the output's greatest value: other runtimes add in another order."""
Kind = TypeVar("Kind", bound=Network)
Facts = TypeVar("Facts", bound=Entry)


@dataclass(slots=True)
class Staged:
    """One source of a pack, with its files in `folder`. `hashes` are those of all files of the pack by path; `version` says which content
    this is, `page` where it comes from. `read` are the entries of the pack's earlier sources; `references` grows by the right numbers of
    each picture model, `graphs` by what was asked.
    """

    pack: Pack
    source: Source
    folder: Path
    hashes: Mapping[str, str]
    version: str
    page: str
    read: Sequence[AnyNetwork] = ()
    references: dict[str, dict[str, Any]] = field(default_factory=dict)
    graphs: dict[str, Graph] = field(default_factory=dict)

    def find(self, name: str) -> str | None:
        """The path in the pack of the source's file `name`, which may lie in any folder (onnx/encoder_model.onnx)."""
        for file in self.source.files:
            if file.path == name or file.path.endswith("/" + name):
                return self.source.inside(file.path)
        return None

    def path(self, name: str) -> Path:
        """Where the file `name` is. Raises WrongLayout."""
        found = self.find(name)
        if found is None:
            raise WrongLayout(_("{pack}: expected a file {name}").format(pack=self.pack.id, name=name))
        return self.folder / found

    def file(self, name: str) -> ModelFile:
        """The file as the catalogue has it."""
        path = self.path(name)
        inside = path.relative_to(self.folder).as_posix()
        return ModelFile(name=inside, size=path.stat().st_size, sha256=self.hashes[inside])

    def json(self, name: str) -> dict[str, Any]:
        """A JSON file. Raises WrongLayout that names it."""
        path = self.path(name)
        try:
            raw = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError) as error:
            raise WrongLayout(_("{file}: expected JSON: {why}").format(file=self.inside(path), why=error)) from error
        if not isinstance(raw, dict):
            raise WrongLayout(_("{file}: expected a JSON object").format(file=self.inside(path)))
        return raw

    def settings(self, kind: type[Facts]) -> Facts:
        """The source's settings as `kind`. Raises WrongLayout that names the key."""
        return self.typed(kind, self.source.settings, f"packs.toml: {self.pack.id}")

    def typed(self, kind: type[Facts], raw: object, where: str) -> Facts:
        """`raw` as `kind`. Raises WrongLayout that names `where` and the keys that are wrong."""
        try:
            return kind.model_validate(raw)
        except ValidationError as error:
            raise WrongLayout(f"{where}: {_problems(error)}") from error

    async def graph(self, name: str) -> Graph:
        """What the network in the file `name` takes and gives. Raises WrongLayout."""
        if name not in self.graphs:
            self.graphs[name] = await graph_of(self.path(name))
        return self.graphs[name]

    def inside(self, path: Path) -> str:
        """`path` as the pack's files are called."""
        return path.relative_to(self.folder).as_posix()

    def entry(self, kind: type[Kind], part: str, fields: Mapping[str, Any]) -> Kind:
        """An entry of the catalogue; what all have is filled in. `part` tells the models of a pack apart."""
        task = kind.model_fields["task"].annotation.__args__[0]  # type: ignore[union-attr]
        common = {
            "id": f"{self.pack.id}-{part}" if part else self.pack.id,
            "task": task,
            "title": self.pack.title,
            "enables": self.pack.enables,
            "licence": self.pack.licence,
            "origin": self.pack.origin,
            "source": {"pack": self.pack.id, "version": self.version, "url": self.page},
        }
        try:
            return TypeAdapter(kind).validate_python({**common, **fields})
        except ValidationError as error:
            raise WrongLayout(f"{self.pack.id}: {_problems(error)}") from error

    async def picture_model(
        self,
        kind: type[Kind],
        part: str,
        name: str,
        entry: Mapping[str, Any],
        meanings: Sequence[str],
        fields: Mapping[str, Any],
        shape: tuple[int, ...] | None = None,
    ) -> Kind:
        """An entry of a network that looks at pictures, in the file `name`, fed by the input `entry`; its first outputs are told by
        `meanings`, and `shape` is that of the first one for a single picture. Runs it once for the reference. Raises WrongLayout.
        """
        graph = await self.graph(name)
        pixels = self._only_input(graph, name, int(entry["size"]))
        known = self.typed(Input, {**entry, "name": pixels.name}, self.inside(self.path(name)))
        answers = await answers_of(self.path(name), known.model_dump(mode="json"))
        if len(answers) < len(meanings):
            raise WrongLayout(
                _("{file}: expected {count} outputs, it has {got}").format(
                    file=self.inside(self.path(name)), count=len(meanings), got=len(answers)
                )
            )
        if shape is not None and answers[0].shape != (1, *shape):
            raise WrongLayout(
                _("{file}: expected an output {wanted}, it gives {got}").format(
                    file=self.inside(self.path(name)), wanted=shown((1, *shape)), got=shown(answers[0].shape)
                )
            )
        names = list(graph.outputs)[: len(meanings)]
        takes = _takes(pixels, answers)
        outputs = [_output(output, answer, meaning, takes) for output, answer, meaning in zip(names, answers, meanings, strict=False)]
        model = self.entry(
            kind,
            part,
            {
                "precisions": PRECISIONS,
                "takes": takes,
                "files": {"f32": self.file(name).model_dump()},
                "input": known.model_dump(),
                "outputs": outputs,
                **fields,
            },
        )
        self.references[model.id] = {
            "model": model.id,
            "publisher": model.source.publisher,
            "input_sha256": "",
            "outputs": {
                output["name"]: {"shape": output["shape"], "indices": answer.indices, "values": answer.values}
                for output, answer in zip(outputs, answers, strict=False)
            },
        }
        return model

    def _only_input(self, graph: Graph, name: str, size: int) -> Tensor:
        """The input of a picture network, float32 [batch, 3, size, size] where the file fixes these."""
        inputs = list(graph.inputs.values())
        where = self.inside(self.path(name))
        if len(inputs) != 1:
            raise WrongLayout(_("{file}: expected one input, it has {names}").format(file=where, names=", ".join(graph.inputs)))
        pixels = inputs[0]
        fits = len(pixels.shape) == 4 and all(is_ in (None, want) for is_, want in zip(pixels.shape[1:], (3, size, size), strict=True))
        if pixels.type != "tensor(float)" or not fits:
            raise WrongLayout(
                _("{file}: expected an input of float [n, 3, {size}, {size}], it has {type} {shape}").format(
                    file=where, size=size, type=pixels.type, shape=shown(pixels.shape)
                )
            )
        return pixels


def shown(shape: Sequence[int | None]) -> str:
    """A shape for people."""
    return "[" + ", ".join("n" if size is None else str(size) for size in shape) + "]"


def _takes(pixels: Tensor, answers: Sequence[Sampled]) -> Takes:
    if any(len(answer.shape) < 2 or answer.shape[0] != 1 for answer in answers):
        return "bare"
    return "any" if pixels.shape[0] is None else "one"


def _output(name: str, answer: Sampled, meaning: str, takes: Takes) -> dict[str, Any]:
    shape = answer.shape if takes == "bare" else answer.shape[1:]
    scale = max(answer.greatest, 1e-3)
    return {
        "name": name,
        "shape": shape,
        "meaning": meaning,
        "tolerance": {precision: float(f"{share * scale:.3g}") for precision, share in TOLERANCE.items()},
    }


def _problems(error: ValidationError) -> str:
    return "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors(include_url=False))
