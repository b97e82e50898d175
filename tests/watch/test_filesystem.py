"""What a path is stored on."""

import os
from pathlib import Path

import pytest

from facetd.watch.filesystem import filesystem_id, filesystem_type, is_below, is_network_filesystem, mount_of, read_mounts

TABLE = r"""22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
23 22 0:40 / /volume1/My\040Photos rw shared:2 master:3 - btrfs /dev/mapper/cached rw
24 22 0:50 / /mnt/nas rw - autofs systemd-1 rw
25 24 0:51 / /mnt/nas rw - cifs //nas/photo rw,vers=3.1
26 23 0:52 / /volume1/My\040Photos/far rw - nfs4 server:/export rw
27 22 0:53 / /mnt/tab\011\134end rw - fuse.sshfs me@host: rw
not a line
"""


@pytest.fixture
def table(tmp_path: Path) -> str:
    path = tmp_path / "mountinfo"
    path.write_text(TABLE)
    return str(path)


@pytest.mark.parametrize(
    ("path", "fstype", "source"),
    [
        ("/home/me", "ext4", "/dev/sda1"),
        ("/volume1/My Photos", "btrfs", "/dev/mapper/cached"),
        ("/volume1/My Photos/2024/a", "btrfs", "/dev/mapper/cached"),
        ("/volume1/My Photos/far/away", "nfs4", "server:/export"),
        ("/volume1/My Photos/farther", "btrfs", "/dev/mapper/cached"),
        ("/mnt/nas/x", "cifs", "//nas/photo"),
        ("/mnt/tab\t\\end/x", "fuse.sshfs", "me@host:"),
    ],
)
def test_the_deepest_and_latest_mount_counts(table: str, path: str, fstype: str, source: str) -> None:
    mount = mount_of(path, read_mounts(table))
    assert mount is not None
    assert (mount.fstype, mount.source) == (fstype, source)
    assert filesystem_type(path, table) == fstype


@pytest.mark.parametrize(
    "fstype", ["nfs", "nfs4", "cifs", "smb3", "fuse.sshfs", "fuse.rclone", "9p", "virtiofs", "ceph", "glusterfs", "davfs"]
)
def test_changes_on_network_shares_are_not_reported_by_the_kernel(fstype: str) -> None:
    assert is_network_filesystem(fstype)


@pytest.mark.parametrize(
    "fstype", ["ext4", "btrfs", "xfs", "zfs", "tmpfs", "overlay", "vfat", "exfat", "ntfs3", "fuseblk", "fuse.mergerfs", "fuse.shfs"]
)
def test_local_disks_are_not_network_shares(fstype: str) -> None:
    assert not is_network_filesystem(fstype)


def test_a_sibling_with_the_same_beginning_is_not_below() -> None:
    assert is_below("/a/b", "/a")
    assert is_below("/a", "/a")
    assert is_below("/a", "/")
    assert not is_below("/ab", "/a")


def test_the_id_stays_within_a_file_system_and_differs_between_two(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    assert filesystem_id(str(tmp_path)) == filesystem_id(str(tmp_path / "sub"))
    assert filesystem_id(str(tmp_path)) != filesystem_id("/proc")


def test_the_id_of_a_share_is_its_source(table: str, tmp_path: Path) -> None:
    share = tmp_path / "share"
    share.mkdir()
    with open(table, "a") as file:
        file.write(f"30 22 0:60 / {os.path.realpath(share)} rw - nfs4 nas:/photos rw\n")
    assert filesystem_id(str(share), table) == "nfs4:nas:/photos"


def test_without_a_mount_table_nothing_is_known_but_ids_still_work(tmp_path: Path) -> None:
    missing = str(tmp_path / "no mountinfo")
    assert filesystem_type(str(tmp_path), missing) == ""
    assert filesystem_id(str(tmp_path), missing).startswith("unknown:")


def test_the_id_of_something_missing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        filesystem_id(str(tmp_path / "gone"))
