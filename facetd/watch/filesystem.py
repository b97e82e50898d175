"""What a path is stored on: its file system's type, whether inotify can be trusted there, and an id that outlives a restart."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass

MOUNTINFO = "/proc/self/mountinfo"

# Changes made on another machine (or on the host of a container or virtual machine) raise no events here.
# fmt: off
_NETWORK = frozenset((
    "nfs", "nfs4", "cifs", "smb3", "smb2", "smbfs", "ncpfs", "afs", "coda", "9p", "ceph", "glusterfs", "davfs", "lustre", "gpfs", "beegfs",
    "orangefs", "pvfs2", "ocfs2", "gfs2", "autofs", "acfs", "virtiofs", "vboxsf", "vmhgfs", "prl_fs", "fakeowner", "drvfs",
))
# FUSE file systems whose files lie on this machine; any other FUSE type may be remote, and timed rescans are safe for all.
_LOCAL_FUSE = frozenset((
    "fuseblk", "fuse.ntfs-3g", "fuse.ntfs", "fuse.exfat", "fuse.mergerfs", "fuse.unionfs", "fuse.unionfs-fuse", "fuse.mhddfs", "fuse.shfs",
    "fuse.bindfs", "fuse.gocryptfs", "fuse.encfs", "fuse.cryfs", "fuse.zfs", "fuse.fuse-overlayfs",
))
# fmt: on
_OCTAL = re.compile(r"\\([0-7]{3})")


@dataclass(frozen=True, slots=True)
class Mount:
    """One line of the mount table."""

    point: str
    fstype: str
    source: str


def read_mounts(mountinfo: str = MOUNTINFO) -> tuple[Mount, ...]:
    """The mount table in mount order; empty where /proc is not there."""
    try:
        with open(mountinfo, encoding="utf-8", errors="surrogateescape") as file:
            lines = file.read().splitlines()
    except OSError:
        return ()
    return tuple(mount for line in lines if (mount := _parse(line)))


def _parse(line: str) -> Mount | None:
    """One line of proc(5) mountinfo: `id parent dev root point options [optional ...] - fstype source super`."""
    left, separator, right = line.partition(" - ")
    before, after = left.split(" "), right.split(" ")
    if not separator or len(before) < 5 or len(after) < 2:
        return None
    return Mount(_unescape(before[4]), after[0], _unescape(after[1]))


def _unescape(text: str) -> str:
    r"""Undo the kernel's `\040` for space, tab, newline and backslash."""
    return _OCTAL.sub(lambda match: chr(int(match[1], 8)), text)


def mount_of(path: str, mounts: Iterable[Mount]) -> Mount | None:
    """The mount that holds `path` (absolute, without symlinks): the deepest one, and of several there the last, which hides the others."""
    found: Mount | None = None
    for mount in mounts:
        if is_below(path, mount.point) and (found is None or len(mount.point) >= len(found.point)):
            found = mount
    return found


def is_below(path: str, folder: str) -> bool:
    """Whether `path` is `folder` or something in it; both absolute. `/ab` is not below `/a`."""
    return path == folder or path.startswith(folder if folder.endswith("/") else folder + "/")


def filesystem_type(path: str, mountinfo: str = MOUNTINFO) -> str:
    """The type of the file system that holds `path`, as the kernel names it; empty when unknown."""
    mount = mount_of(os.path.realpath(path), read_mounts(mountinfo))
    return mount.fstype if mount else ""


def is_network_filesystem(fstype: str) -> bool:
    """Whether files of this type can change without an event here: network shares, and folders of a host machine."""
    return fstype in _NETWORK or (fstype.startswith("fuse") and fstype not in _LOCAL_FUSE)


def filesystem_id(path: str, mountinfo: str = MOUNTINFO) -> str:
    """A text that is the same as long as `path` lies on the same file system, also after a restart where the kernel allows it.

    The kernel's own id (statvfs f_fsid, from the volume's UUID on ext4 and btrfs) where there is one, the mounted source
    otherwise (network shares). It may block on a share that does not answer. Raises OSError when `path` is not there.
    """
    fsid = os.statvfs(path).f_fsid
    mount = mount_of(os.path.realpath(path), read_mounts(mountinfo))
    fstype = mount.fstype if mount else "unknown"
    if fsid and not is_network_filesystem(fstype):
        return f"{fstype}:{fsid:x}"
    if mount:
        return f"{fstype}:{mount.source}"
    return f"{fstype}:{os.stat(path).st_dev:x}"
