"""Writing the sidecars of some photos of one folder: in a thread, looking at the disk right before."""

from __future__ import annotations

import errno
import logging
import os
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from facetd.db.names import shown
from facetd.db.sidecars import Due, Written
from facetd.db.sidecarstates import CAPTION, KEYWORDS, LABEL, RATING, Said, one_line
from facetd.i18n import _
from facetd.ingest.discover import Listing, Territory, sidecar_stamp, sizes_and_times
from facetd.ingest.sidecarplaces import Place, is_inside
from facetd.media.dates import OddValue
from facetd.media.replace import ChangedMeanwhile, replace_file
from facetd.media.sidecars import is_shared_stem, sidecar_to_write
from facetd.media.xmp import xmp_facts
from facetd.media.xmpedit import Changes, clean, edited, fresh

logger = logging.getLogger(__name__)
LARGEST = 10 << 20  # bytes
FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
# The folder or the whole share is to blame, not the photo.
OF_ROOT = frozenset({errno.EROFS, errno.EIO, errno.ESTALE, errno.ENOTCONN, errno.EHOSTDOWN, errno.ETIMEDOUT, *FULL})
OF_FOLDER = frozenset({errno.EACCES, errno.EPERM})


@dataclass(frozen=True, slots=True)
class Planned:
    """A sidecar to be written, and what of it: by field what its photo's files say and what the library says."""

    photo_id: int
    path: str
    changes: Mapping[str, tuple[str, str]]


@dataclass(slots=True)
class Outcome:
    """What became of photos. `idle`: there was nothing to write; `stale`: the files changed and are to be read first; `failures` by photo;
    `blocked`: why nothing could be written in this folder, and whether that is so in the whole root.
    """

    written: list[Written] = field(default_factory=list)
    planned: list[Planned] = field(default_factory=list)
    idle: list[int] = field(default_factory=list)
    stale: list[str] = field(default_factory=list)
    failures: dict[int, tuple[str, str]] = field(default_factory=dict)
    blocked: str = ""
    whole_root: bool = False


class FolderWriter:
    """Writes for one folder of a root."""

    def __init__(self, place: Place, territory: Territory, folder: str, root_paths: Sequence[str], *, raw_pairs: bool) -> None:
        self._place = place
        self._territory = territory
        self._folder = folder
        self._root_paths = root_paths
        self._raw_pairs = raw_pairs

    def write(self, photos: Sequence[Due], *, dry: bool) -> Outcome:
        """Write what is due; with `dry` only tell what would be."""
        outcome = Outcome()
        try:
            listing = self._territory.list_folder(self._folder)
            if listing.gone or listing.error is not None:
                return outcome
            self._require_own_ground(self._territory.root)
            for photo in photos:
                self._write_one(photo, listing, outcome, dry=dry)
        except OSError as error:
            outcome.whole_root = error.errno in OF_ROOT
            what = os.fsdecode(error.filename) if error.filename else self._target_folder
            outcome.blocked = _("{path} cannot be written: {why}").format(path=shown(what), why=error.strerror or error)
        return outcome

    @property
    def _target_folder(self) -> str:
        return os.path.join(self._place.tree or self._territory.root, self._folder).rstrip("/")

    def _require_own_ground(self, root: str) -> None:
        """Raise OSError when the folder is, through links, somewhere else than in its root or tree."""
        real, base = os.path.realpath(self._target_folder), os.path.realpath(self._place.tree or root)
        nested = [path for path in self._root_paths if is_inside(path, base)]
        if not (real == base or is_inside(real, base)) or any(real == path or is_inside(real, path) for path in nested):
            raise OSError(errno.EPERM, _("a link leads out of it"), self._target_folder)

    def _write_one(self, photo: Due, listing: Listing, outcome: Outcome, *, dry: bool) -> None:
        names = [found.filename for found in listing.files]
        if photo.filename not in names:
            return
        paths = listing.sidecars_of(photo.filename)
        seen = sizes_and_times(paths)
        stamp = sidecar_stamp(paths, seen)
        if stamp != photo.stamp:
            outcome.stale.append(os.path.join(self._territory.root, self._folder, photo.filename))
            return
        fields = frozenset(name for name in photo.fields if not photo.mine.same(photo.before, name))
        if not fields:
            outcome.idle.append(photo.photo_id)
            return
        target = self._target(photo.filename, names, paths, seen)
        if dry:
            changes = {name: (photo.before.shown(name), photo.mine.shown(name)) for name in sorted(fields)}
            outcome.planned.append(Planned(photo.photo_id, target, changes))
            return
        try:
            made = self._replace(target, photo, fields, seen)
        except OddValue as odd:
            message = _("{name} was left alone: {why}").format(name=shown(os.path.basename(target)), why=odd)
            outcome.failures[photo.photo_id] = (stamp, message)
        except ChangedMeanwhile:
            outcome.stale.append(os.path.join(self._territory.root, self._folder, photo.filename))
        except OSError as error:
            if error.errno in OF_ROOT or error.errno in OF_FOLDER:
                raise
            message = _("{name} cannot be written: {why}").format(name=shown(os.path.basename(target)), why=error.strerror or error)
            outcome.failures[photo.photo_id] = (stamp, message)
        except Exception as error:  # one sidecar must not stop the others
            logger.exception("the sidecar of photo %d cannot be written", photo.photo_id)
            outcome.failures[photo.photo_id] = (stamp, f"{type(error).__name__}: {error}")
        else:
            self._add_name(listing, target)
            after = listing.sidecars_of(photo.filename)
            seen[target] = (made.st_size, made.st_mtime_ns)
            outcome.written.append(Written(photo.photo_id, fields, photo.mine, photo.stamp, sidecar_stamp(after, seen)))

    def _target(self, filename: str, names: Sequence[str], paths: Sequence[str], seen: Mapping[str, tuple[int, int]]) -> str:
        folder = self._target_folder
        there = [os.path.basename(path) for path in paths if os.path.dirname(path) == folder]
        times = {os.path.basename(path): seen[path][1] for path in paths if os.path.dirname(path) == folder and path in seen}
        stem = os.path.splitext(filename)[0]
        name = sidecar_to_write(
            filename, there, times, shared_stem=is_shared_stem(filename, names, raw_pairs=self._raw_pairs),
            alone=sum(os.path.splitext(other)[0] == stem for other in names) == 1, naming=self._place.settings.naming,
        )  # fmt: skip
        return os.path.join(folder, name)

    def _replace(self, target: str, photo: Due, fields: frozenset[str], seen: Mapping[str, tuple[int, int]]) -> os.stat_result:
        """Raises OddValue for a sidecar that is left alone, ChangedMeanwhile, OSError."""
        name = os.path.basename(target)
        relative = f"{self._folder}/{name}" if self._folder else name
        if self._territory.excludes.excluded_file(name, relative):
            raise OddValue(_("its name is excluded from scanning (scanning.exclude)"))
        content, facts = _read(target)
        if (None if facts is None else (facts.st_size, facts.st_mtime_ns)) != seen.get(target):
            raise ChangedMeanwhile  # what it says now, the library has not read
        moment = datetime.now().astimezone().isoformat(timespec="seconds")
        changes = _changes(photo.mine, fields)
        new = fresh(changes, moment) if facts is None else edited(content, changes, moment)
        if facts is not None and new == content:
            return facts
        _require_readable(new, changes)
        if self._place.tree:
            os.makedirs(self._target_folder, exist_ok=True)
        photo_path = os.path.join(self._territory.root, self._folder, photo.filename)
        return replace_file(target, new, like=photo_path, seen=facts)

    def _add_name(self, listing: Listing, target: str) -> None:
        folder, name = os.path.split(target)
        listing.places = tuple((path, names | {name} if path.rstrip("/") == folder else names) for path, names in listing.places)


def _read(path: str) -> tuple[bytes, os.stat_result | None]:
    """The sidecar as it is, and what it is like; nothing where there is none."""
    try:
        facts = os.lstat(path)
    except FileNotFoundError:
        return b"", None
    if not stat.S_ISREG(facts.st_mode):
        raise OddValue(_("it is a link or no plain file"))
    if facts.st_size > LARGEST:
        raise OddValue(_("it is larger than {limit} MB").format(limit=LARGEST >> 20))
    with open(path, "rb") as file:
        return file.read(LARGEST + 1), facts


def _changes(mine: Said, fields: frozenset[str]) -> Changes:
    return Changes(fields, mine.rating, mine.label, mine.caption, mine.keywords)


def _require_readable(content: bytes, changes: Changes) -> None:
    """Raise OddValue unless what was composed says what it should: it is not to be written then."""
    facts, _odd = xmp_facts(content, stored_size=(1, 1), orientation=1)
    said = Said(
        facts.get("rating", 0), facts.get("label") or "", one_line(facts.get("description") or ""), tuple(facts.get("keywords") or ())
    )
    wanted = Said(changes.rating, clean(changes.label), one_line(clean(changes.caption)), tuple(clean(word) for word in changes.keywords))
    for name in (RATING, LABEL, CAPTION, KEYWORDS):
        if name in changes.fields and not said.same(wanted, name):
            raise OddValue(_("it holds {field} in a way that cannot be changed").format(field=name))
