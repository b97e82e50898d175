"""Installing and removing packs: fetch or copy, check, read the layout, and put in place; all of it or nothing."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from facetd.errors import ConfigError, NotFound
from facetd.i18n import _
from facetd.infer.catalogue import PACK_FILE, AnyNetwork, Catalogue, read_entries
from facetd.infer.packs.download import FULL, DiskFull, Mismatch, digest_of, download
from facetd.infer.packs.http import Http
from facetd.infer.packs.index import Pack, PackIndex, Source
from facetd.infer.packs.layouts import reader
from facetd.infer.packs.layouts.staged import Staged
from facetd.infer.packs.probing import WrongLayout
from facetd.infer.packs.publisher import Promise, edition_of
from facetd.infer.packs.staging import Staging
from facetd.infer.packs.tomltext import document


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the files of a pack are: `done` of `total` bytes, and the file that is at work. `total` is 0 where it is not known."""

    file: str
    done: int
    total: int


Told = Callable[[Progress], None]


@dataclass(frozen=True, slots=True)
class Installed:
    """A pack that is in place: its folder, the version of its content, the ids of its models, and its size in bytes."""

    pack: str
    folder: Path
    version: str
    models: tuple[str, ...]
    bytes: int
    verified: bool


class Installer:
    """Installs into the folder `packs`; `models` is the folder of the starter pack."""

    def __init__(self, packs: Path, *, index: PackIndex, models: Path | None = None, told: Told = lambda _progress: None) -> None:
        self._packs = packs
        self._index = index
        self._models = models
        self._told = told

    async def from_publisher(self, pack_id: str, http: Http) -> Installed:
        """Fetch a pack. Raises NotFound, Unavailable, DiskFull, Mismatch, WrongLayout, Conflict; what was fetched is kept for another
        try unless it is wrong.
        """
        pack = self._index.find(pack_id)
        staging = Staging(self._packs, pack.id)
        with staging.locked():
            editions = [await edition_of(source, http) for source in pack.sources]
            promises = [promise for edition in editions for promise in edition.files]
            await asyncio.to_thread(staging.keep_only, frozenset(promise.path for promise in promises))
            await asyncio.to_thread(_reuse, staging, promises)
            total = sum(promise.size for promise in promises)
            self._require_room(staging, total - await asyncio.to_thread(staging.there_bytes), pack)
            hashes: dict[str, str] = {}
            before = 0
            for promise in promises:
                hashes[promise.path] = await download(http, promise, staging.folder / promise.path, self._teller(promise, before, total))
                before += promise.size
            return await self._finish(pack, staging, hashes, [edition.page for edition in editions], verified=True)

    async def from_folder(self, pack_id: str, folder: Path) -> Installed:
        """Copy a pack's files from `folder`, which has them as their publisher does; its sources may be in folders of their names.

        Raises NotFound, DiskFull, Mismatch, WrongLayout, Conflict.
        """
        pack = self._index.find(pack_id)
        staging = Staging(self._packs, pack.id)
        with staging.locked():
            found = await asyncio.to_thread(_find_files, pack, folder)
            await asyncio.to_thread(staging.discard)
            total = sum(path.stat().st_size for path, _known in found.values())
            self._require_room(staging, total, pack)
            try:
                hashes: dict[str, str] = {}
                before = 0
                for inside, (path, known) in found.items():
                    target = staging.folder / inside
                    self._told(Progress(inside, before, total))
                    hashes[inside] = await asyncio.to_thread(_copy, path, target, known)
                    before += known.size or target.stat().st_size
                self._told(Progress("", total, total))
                verified = all(file.sha256 for source in pack.sources for file in source.files)
                return await self._finish(pack, staging, hashes, [_local_page(source) for source in pack.sources], verified=verified)
            except BaseException:
                await asyncio.to_thread(staging.discard)
                raise

    async def remove(self, pack_id: str) -> bool:
        """Take a pack away, with what was staged of it. Whether it was installed; raises NotFound when there was nothing at all."""
        if not pack_id or "/" in pack_id or pack_id.startswith("."):
            raise NotFound(_("there is no pack called {name!r}").format(name=pack_id))
        staging = Staging(self._packs, pack_id)
        with staging.locked():
            removed = await asyncio.to_thread(staging.remove)
            staged = await asyncio.to_thread(staging.discard)
        if not (removed or staged):
            installed = sorted(path.parent.name for path in self._packs.glob(f"[!.]*/{PACK_FILE}"))
            hint = _("Installed are: {names}").format(names=", ".join(installed)) if installed else _("No pack is installed.")
            raise NotFound(_("the pack {name!r} is not installed").format(name=pack_id), hint=hint)
        return removed

    def _teller(self, promise: Promise, before: int, total: int) -> Callable[[int], None]:
        def told(done: int) -> None:
            self._told(Progress(promise.path, before + done, total))

        told(0)
        return told

    def _require_room(self, staging: Staging, needed: int, pack: Pack) -> None:
        free = staging.free_bytes()
        if needed > free:
            raise DiskFull(
                _("{pack} needs {needed} MB more in {folder}, where {free} MB can be used").format(
                    pack=pack.id, needed=-(-needed // 1_000_000), folder=self._packs, free=free // 1_000_000
                ),
                hint=_("Make room, and repeat the command."),
            )

    async def _finish(self, pack: Pack, staging: Staging, hashes: Mapping[str, str], pages: Sequence[str], *, verified: bool) -> Installed:
        """Read the layouts, write pack.toml, and put the pack in place. A wrong layout throws the staged files away."""
        version = _version(hashes)
        try:
            models, references = await _read(pack, staging.folder, hashes, version, pages)
            await asyncio.to_thread(_write, pack, staging.folder, models, references)
            await asyncio.to_thread(self._require_readable, pack, staging.folder)
        except (WrongLayout, ConfigError):
            await asyncio.to_thread(staging.discard)
            raise
        except OSError as error:
            if error.errno in FULL:
                raise DiskFull(_("{pack}: the disk is full ({why})").format(pack=pack.id, why=error.strerror)) from error
            raise
        size = await asyncio.to_thread(staging.there_bytes)
        await asyncio.to_thread(staging.publish)
        return Installed(pack.id, staging.target, version, tuple(model.id for model in models), size, verified)

    def _require_readable(self, pack: Pack, staged: Path) -> None:
        """What the catalogue will say about the pack, before it is in place. Raises ConfigError."""

        ids = {model.id for model in read_entries(staged / PACK_FILE)}
        others = [each for each in Catalogue.load(self._models, self._packs).networks if getattr(each.source, "pack", None) != pack.id]
        taken = ids & {each.id for each in others}
        if taken:
            raise ConfigError(_("{pack}: there is another model called {names}").format(pack=pack.id, names=", ".join(sorted(taken))))


async def _read(
    pack: Pack, folder: Path, hashes: Mapping[str, str], version: str, pages: Sequence[str]
) -> tuple[list[AnyNetwork], dict[str, dict[str, Any]]]:
    """The entries of all sources, and the reference values of picture models by id."""
    models: list[AnyNetwork] = []
    references: dict[str, dict[str, Any]] = {}
    for source, page in zip(pack.sources, pages, strict=True):
        staged = Staged(pack, source, folder, hashes, version, page, tuple(models))
        models += await reader(source.layout)(staged)
        references |= staged.references
    lacking = set(pack.tasks) - {model.task for model in models}
    if lacking:
        raise WrongLayout(_("{pack}: nothing in it does {tasks}").format(pack=pack.id, tasks=", ".join(sorted(lacking))))
    return models, references


def _write(pack: Pack, folder: Path, models: Sequence[AnyNetwork], references: Mapping[str, Mapping[str, Any]]) -> None:
    comment = f"{pack.title}\nWritten when the pack was installed, from the files beside it and what their publisher says."
    if pack.warning:
        comment += f"\n{pack.warning}"
    tables = [model.model_dump(mode="json", exclude_defaults=True) | {"task": model.task} for model in models]
    (folder / PACK_FILE).write_text(document(tables, comment), encoding="utf-8")
    for model_id, reference in references.items():
        path = folder / "reference" / f"{model_id}.json"
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(reference), encoding="utf-8")


def _reuse(staging: Staging, promises: Sequence[Promise]) -> None:
    """Take what the installed pack has already: an update fetches only what changed."""
    for promise in promises:
        there, target = staging.target / promise.path, staging.folder / promise.path
        if target.exists() or not there.is_file() or there.stat().st_size != promise.size:
            continue
        with suppress(Mismatch, OSError):
            digest_of(there, promise).check(promise)
            target.parent.mkdir(parents=True, exist_ok=True)
            os.link(there, target)


def _version(hashes: Mapping[str, str]) -> str:
    """Of the content: the same files are the same version, whoever brought them and whatever else changed at the publisher's."""
    text = "".join(f"{path} {digest}\n" for path, digest in sorted(hashes.items()))
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _find_files(pack: Pack, folder: Path) -> dict[str, tuple[Path, Promise]]:
    """Where each file of the pack is in `folder`, by its path in the pack, and what is known of it. Raises NotFound with all that lack."""
    found: dict[str, tuple[Path, Promise]] = {}
    missing: list[str] = []
    for source in pack.sources:
        for file in source.files:
            places = [folder / source.folder_name / file.path, folder / source.inside(file.path), folder / file.path]
            path = next((place for place in places if place.is_file()), None)
            if path is None:
                missing.append(file.path)
            else:
                inside = source.inside(file.path)
                found[inside] = (path, Promise(inside, "", file.size or 0, file.sha256 or ""))
    if missing:
        raise NotFound(
            _("{folder} has no {files}").format(folder=folder, files=", ".join(missing)),
            hint=_("Expected the files as their publisher has them: {pages}").format(pages=", ".join(map(_local_page, pack.sources))),
        )
    return found


def _copy(path: Path, target: Path, known: Promise) -> str:
    """Copy a file, and return its hash. Raises Mismatch, DiskFull, OSError."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        shutil.copyfile(path, target)
    except OSError as error:
        if error.errno in FULL:
            raise DiskFull(_("{path}: the disk is full ({why})").format(path=known.path, why=error.strerror)) from error
        raise
    digest = digest_of(target, known)
    try:
        digest.check(known)
    except Mismatch as error:
        raise Mismatch(error.message, hint=_("{path} is not the file that its publisher has.").format(path=path)) from error
    return digest.sha256


def _local_page(source: Source) -> str:
    if source.host == "plain":
        return source.url
    return f"https://{'huggingface.co' if source.host == 'huggingface' else 'github.com'}/{source.repository}"
