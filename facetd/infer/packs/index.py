"""What can be installed: `models/packs.toml`, typed and checked."""

from __future__ import annotations

import difflib
import tomllib
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Literal, Self

from pydantic import Field, PositiveInt, TypeAdapter, ValidationError, model_validator

from facetd.assets import asset_dir
from facetd.errors import ConfigError, FieldError, NotFound
from facetd.i18n import _
from facetd.infer.catalogue.entries import Entry, Hash, stays_inside

INDEX_FILE = "packs.toml"
Layout = Literal["clip", "laion_head", "insightface", "saliency", "captioner", "marian"]


class WantedFile(Entry):
    """A file as the publisher names it; size and hash where they are known beforehand."""

    path: str
    size: PositiveInt | None = None
    sha256: Hash | None = None

    @model_validator(mode="after")
    def _inside(self) -> Self:
        if not stays_inside(self.path):
            raise ValueError("expected a path relative to the repository")
        return self


class Source(Entry):
    """Files of one publisher, and the layout that they are in.

    `host`: huggingface and github have repositories that tell their files' hashes; plain is any web folder `url`, whose files need size
    and hash here. `into` is the folder of the pack that gets the files. `settings` are what the layout does not say about itself.
    """

    layout: Layout
    host: Literal["huggingface", "github", "plain"]
    repository: str
    revision: str = "main"
    url: str = ""
    into: str = ""
    files: tuple[WantedFile, ...]
    settings: dict[str, Any] = {}

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.host == "plain" and not all(file.size and file.sha256 for file in self.files):
            raise ValueError("a source of the host plain needs size and sha256 of each file")
        if self.host == "plain" and not self.url.startswith("https://"):
            raise ValueError("a source of the host plain needs an url that begins with https://")
        if self.into and not stays_inside(self.into):
            raise ValueError("into: expected a folder relative to the pack")
        return self

    @property
    def folder_name(self) -> str:
        """What a copy of the repository is called by those who clone it."""
        return self.repository.rpartition("/")[2]

    def inside(self, path: str) -> str:
        """Where a file of the source is in the pack."""
        return str(PurePosixPath(self.into, path))


class Pack(Entry):
    """A pack that can be installed. `tasks` are those of the catalogue that it does; `warning` has to be confirmed before it is installed.

    `about_mb` is what it takes on disk, roughly, where that is known.
    """

    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]*$")]
    title: str
    enables: str
    replaces: str
    licence: str
    warning: str = ""
    origin: str
    about_mb: PositiveInt | None = None
    tasks: tuple[str, ...]
    sources: tuple[Source, ...]

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        paths = [source.inside(file.path) for source in self.sources for file in source.files]
        if len(set(paths)) != len(paths):
            raise ValueError("two files of the pack would get the same name")
        return self


class _Document(Entry):
    packs: tuple[Pack, ...]

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        ids = [pack.id for pack in self.packs]
        if len(set(ids)) != len(ids):
            raise ValueError(f"two packs share an id: {', '.join(ids)}")
        return self


class PackIndex:
    """The packs that can be installed."""

    def __init__(self, packs: tuple[Pack, ...]) -> None:
        self.packs = packs

    @classmethod
    def load(cls, path: Path | None = None) -> Self:
        """Read `path`, by default the one that came with the program. Raises ConfigError that names the file and every wrong key."""
        path = path or asset_dir("models") / INDEX_FILE
        try:
            document = tomllib.loads(path.read_text(encoding="utf-8"))
            return cls(TypeAdapter(_Document).validate_python(document).packs)
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise ConfigError(_("{path}: the list of packs cannot be read: {error}").format(path=path, error=error)) from error
        except ValidationError as error:
            errors = [FieldError(".".join(map(str, each["loc"])), each["msg"]) for each in error.errors(include_url=False)]
            raise ConfigError(_("{path}: the list of packs is not valid").format(path=path), errors=errors) from error

    def find(self, pack_id: str) -> Pack:
        """The pack called `pack_id`. Raises NotFound that suggests similar names."""
        for pack in self.packs:
            if pack.id == pack_id:
                return pack
        known = [pack.id for pack in self.packs]
        close = difflib.get_close_matches(pack_id, known, n=3, cutoff=0.4)
        hint = _("Did you mean {names}?").format(names=", ".join(close)) if close else _("`facetd models list` shows all.")
        raise NotFound(_("there is no pack called {name!r}").format(name=pack_id), hint=hint)

    def for_task(self, task: str) -> tuple[str, ...]:
        """The ids of packs that do `task`."""
        return tuple(pack.id for pack in self.packs if task in pack.tasks)
