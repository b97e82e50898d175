"""What can be downloaded of a photo, and which file that is: the original, its RAW, or the RAW as darktable develops it."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from facetd.config import Config
from facetd.config.darktable import DarktableProfile
from facetd.db.companions import raws_of
from facetd.db.connection import Connection, Database
from facetd.db.names import shown
from facetd.db.photos import file_places
from facetd.errors import FieldError, InvalidInput, NotFound
from facetd.i18n import _
from facetd.library.targets import Targets, targets
from facetd.media.formats import RAW, suffix_of
from facetd.records.files import FilePlace
from facetd.records.viewer import Viewer

AT_ONCE = 500  # photos that are looked up in one read, so that others come in between


class Kind(Enum):
    """The types of downloads."""

    ORIGINAL = "original"
    DARKTABLE = "darktable"
    RAW = "raw"


class Making(Enum):
    """How the file that is sent comes about."""

    AS_IT_IS = "as it is"
    CONVERTED = "converted"  # a JPEG of a RAW
    DEVELOPED = "developed"  # by darktable


@dataclass(frozen=True, slots=True)
class Option:
    """One line of a photo's download menu; `extension` without its dot."""

    kind: Kind
    label: str
    extension: str
    profile: str | None = None


@dataclass(frozen=True, slots=True)
class Download:
    """What is sent for a photo: which file, how it is made, and what it is called, as that is shown."""

    photo: FilePlace
    source: FilePlace
    kind: Kind
    making: Making
    filename: str
    profile: str | None = None

    @property
    def photo_path(self) -> str:
        """The photo's virtual path."""
        return _virtual_path(self.photo)

    def require_readable(self) -> None:
        """Raises NotFound when the library knows that there is nothing to send. A RAW is sent also where nobody could read it."""
        if self.kind is not Kind.RAW:
            _require_readable(self.photo)


@dataclass(frozen=True, slots=True)
class Together:
    """Files that are downloaded together as `filename`. `gone` are ids of photos that are not there (any more), `without_raw` virtual
    paths of those that have no RAW where one was wanted.
    """

    filename: str
    files: tuple[Download, ...]
    gone: tuple[int, ...]
    without_raw: tuple[str, ...]


class Downloads:
    """What the download menu asks of the library. Only the library is asked, never the disk."""

    def __init__(self, db: Database, config: Config) -> None:
        self._db = db
        self._profiles = config.viewer.raw_processor.darktable.profiles

    def profiles(self) -> list[str]:
        """The names of darktable's profiles, in the order of the configuration (`download_profiles`)."""
        return list(self._profiles)

    def settings_of(self, profile: str) -> DarktableProfile:
        """A profile by name."""
        return self._profiles[profile]

    async def options(self, viewer: Viewer, photo_id: int, *, shared: bool) -> tuple[FilePlace, list[Option]]:
        """Where the photo is, and what can be downloaded of it. No RAW when it is `shared`. Raises NotFound."""

        def read(connection: Connection) -> tuple[FilePlace | None, FilePlace | None]:
            raw_id = raws_of(connection, viewer, [photo_id]).get(photo_id)
            places = file_places(connection, viewer, [photo_id] if raw_id is None else [photo_id, raw_id])
            return places.get(photo_id), None if raw_id is None else places.get(raw_id)

        photo, raw = await self._db.read(read)
        if photo is None:
            raise NotFound(_("there is no such photo"))
        _require_readable(photo)
        extension = "jpg" if photo.format == RAW else suffix_of(photo.name).removeprefix(".")
        found = [Option(Kind.ORIGINAL, _("Original ({extension})").format(extension=extension.upper()), extension)]
        if raw is not None:
            found += [Option(Kind.DARKTABLE, name, "jpg", name) for name in self._profiles]
            if not shared:
                suffix = suffix_of(raw.name).removeprefix(".")
                found.append(Option(Kind.RAW, _("RAW ({extension})").format(extension=suffix.upper()), suffix))
        return photo, found

    async def one(self, viewer: Viewer, photo_id: int, kind: Kind, profile: str | None) -> Download:
        """What is sent for one photo. Raises NotFound, and InvalidInput for a profile that there is not."""
        found = (await self.several(viewer, [photo_id], kind, self.profile_for(kind, profile))).get(photo_id)
        if found is None:
            raise NotFound(_("there is no such photo") if kind is not Kind.RAW else _("there is no RAW file of this photo"))
        found.require_readable()
        return found

    async def select(self, viewer: Viewer, ids: Sequence[int] | None, paths: Sequence[str] | None) -> Targets:
        """The photos that are named by ids or by paths. Raises InvalidInput."""
        return await targets(self._db, viewer, ids, paths)

    async def together(self, viewer: Viewer, ids: Sequence[int], kind: Kind, profile: str | None, *, name: str = "") -> Together:
        """What is sent for these photos, in this order, each file once; called `name`, or by the days they were taken."""
        found: dict[int, Download] = {}
        there: dict[int, FilePlace] = {}
        for start in range(0, len(ids), AT_ONCE):
            some = ids[start : start + AT_ONCE]
            found |= await self.several(viewer, some, kind, profile)
            if kind is Kind.RAW:
                left = [number for number in some if number not in found]
                there |= await self._db.read(functools.partial(file_places, viewer=viewer, ids=left))
        files = {(each.source.path, each.making): each for each in found.values()}
        return Together(
            filename=f"{name or _days(found.values())}.zip",
            files=tuple(files.values()),
            gone=tuple(number for number in ids if number not in found and number not in there),
            without_raw=tuple(_virtual_path(place) for place in there.values()),
        )

    def without_metadata(self, chosen: Download) -> Download:
        """The same picture as a JPEG that tells nothing else, for who comes by a link."""
        return replace(chosen, making=Making.CONVERTED, filename=f"{_stem(shown(chosen.photo.name))}.jpg")

    async def several(self, viewer: Viewer, ids: Sequence[int], kind: Kind, profile: str | None) -> dict[int, Download]:
        """What is sent for each of `ids` that the viewer may see and that has such a file. The profile exists."""

        def read(connection: Connection) -> tuple[dict[int, int], dict[int, FilePlace]]:
            raws = raws_of(connection, viewer, ids) if kind is not Kind.ORIGINAL else {}
            return raws, file_places(connection, viewer, {*ids, *raws.values()})

        raws, places = await self._db.read(read)
        found = {}
        for photo_id in ids:
            photo, raw = places.get(photo_id), places.get(raws.get(photo_id, 0))
            if photo is not None and (raw is not None or kind is not Kind.RAW):
                found[photo_id] = _download(photo, raw, kind, profile)
        return found

    def profile_for(self, kind: Kind, profile: str | None) -> str | None:
        """The profile that is meant: the first one where none is named. Raises InvalidInput for one that there is not."""
        if kind is not Kind.DARKTABLE:
            return None
        if profile is None:
            profile = next(iter(self._profiles), None)
        if profile not in self._profiles:
            if self._profiles:
                known = _("expected one of {names}").format(names=", ".join(self._profiles))
            else:
                known = _("no profile is set up (viewer.raw_processor.darktable.profiles)")
            raise InvalidInput(_("there is no such darktable profile"), errors=[FieldError("profile", known)])
        return profile


def _download(photo: FilePlace, raw: FilePlace | None, kind: Kind, profile: str | None) -> Download:
    """Without a RAW to develop, the original is sent."""
    if kind is Kind.RAW and raw is not None:
        return Download(photo, raw, kind, Making.AS_IT_IS, shown(raw.name))
    if kind is Kind.DARKTABLE and raw is not None and profile is not None:
        return Download(photo, raw, kind, Making.DEVELOPED, f"{_stem(shown(photo.name))}_{profile}.jpg", profile)
    if photo.format == RAW:
        return Download(photo, photo, kind, Making.CONVERTED, f"{_stem(shown(photo.name))}.jpg")
    return Download(photo, photo, kind, Making.AS_IT_IS, shown(photo.name))


def _virtual_path(place: FilePlace) -> str:
    return f"/{place.root_name}/{shown(place.relative)}"


def _days(downloads: Iterable[Download]) -> str:
    """The days on which these photos were taken, `2024-07-14` or `2024-07-14 - 2024-07-20`."""
    days = sorted(each.photo.date_taken[:10] for each in downloads if each.photo.date_taken)
    if not days:
        return "photos"
    return days[0] if days[0] == days[-1] else f"{days[0]} - {days[-1]}"


def _require_readable(photo: FilePlace) -> None:
    if photo.format is None or not photo.readable:
        raise NotFound(_("the photo could not be read"))


def _stem(name: str) -> str:
    return name.rpartition(".")[0] if suffix_of(name) else name
