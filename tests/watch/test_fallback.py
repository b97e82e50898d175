"""Where events cannot be had or cannot be trusted: timed rescans, with one line in the log."""

from __future__ import annotations

import asyncio
import errno
import logging
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from watchdog.observers.inotify_c import InotifyConstants, InotifyEvent, Mask, WatchDescriptor

from facetd.watch import lookout, observer
from facetd.watch.filesystem import Mount
from facetd.watch.observer import InotifyObserver, LimitReached, Watched, remedy
from facetd.watch.quietlog import QuietLog
from tests.watch.watching import kernel_watches, watching


class Limited(InotifyObserver):
    """An observer on a system that gives only so many watches."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self.left = most

    def watch(self, path: str, watched: Watched, *, is_root: bool) -> bool:
        if self.left == 0:
            raise LimitReached(errno.ENOSPC, "inotify watch limit reached")
        self.left -= 1
        return super().watch(path, watched, is_root=is_root)

    def unwatch(self, watched: Sequence[Watched]) -> None:
        self.left += len(watched)
        super().unwatch(watched)


def no_observer() -> InotifyObserver:
    raise LimitReached(errno.EMFILE, "inotify instance limit reached")


def mounts_with(*mounts: Mount) -> Callable[[], tuple[Mount, ...]]:
    return lambda: (Mount("/", "ext4", "/dev/sda1"), *mounts)


async def test_when_watches_run_out_the_root_is_rescanned_by_time_and_all_its_watches_are_given_back(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for i in range(10):
        (tmp_path / f"{i}").mkdir()
    before = kernel_watches()
    async with watching(tmp_path, lambda: Limited(5), rescan_interval_s=0.2) as seen:
        assert kernel_watches() == before
        state = seen.watcher.states()[0]
        assert (state.mode, state.folders) == ("timed", 0)
        assert "max_user_watches" in state.reason
        (tmp_path / "3/a.jpg").write_bytes(b"x")
        await seen.until(lambda s: len(s.changes) >= 3)
        assert seen.folders == {"."}
        assert seen.paths == set()
    assert len(caplog.records) == 1
    assert "sysctl fs.inotify.max_user_watches=" in caplog.text


async def test_a_folder_too_many_while_running_asks_for_a_rescan_at_once(tmp_path: Path) -> None:
    async with watching(tmp_path, lambda: Limited(2)) as seen:
        assert seen.watcher.states()[0].mode == "events"
        (tmp_path / "one/two/three").mkdir(parents=True)
        await seen.until(lambda s: s.folders == {"."})
        assert seen.watcher.states()[0].mode == "timed"


async def test_one_root_without_watches_does_not_cost_the_other_its_events(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    big, small = tmp_path / "big", tmp_path / "small"
    for i in range(10):
        (big / f"{i}").mkdir(parents=True)
    small.mkdir()
    async with watching(big, lambda: Limited(5)) as seen:
        seen.watcher.add_root(2, str(small))
        seen.watcher.add_root(3, str(big / "7"))
        await seen.watcher.ready()
        assert {state.key: state.mode for state in seen.watcher.states()} == {1: "timed", 2: "events", 3: "events"}
        (small / "a.jpg").write_bytes(b"x")
        await seen.until(lambda s: len(s.paths) == 1)
    assert len(caplog.records) == 1


async def test_without_an_inotify_instance_every_root_is_rescanned_by_time(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with watching(tmp_path, no_observer, rescan_interval_s=0.2) as seen:
        seen.watcher.add_root(2, str(tmp_path))
        await seen.until(lambda s: {change.key for change in s.changes} == {1, 2})
        assert seen.folders == {"."}
    assert caplog.text.count("max_user_instances") == 1


async def test_a_share_of_the_watches_is_left_to_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(observer, "read_limit", lambda name: 10)
    for i in range(8):
        (tmp_path / f"{i}").mkdir()
    async with watching(tmp_path) as seen:
        assert seen.watcher.states()[0].mode == "timed"
        (tmp_path / "0").rmdir()
        seen.watcher.add_root(1, str(tmp_path))
        await seen.watcher.ready()
        assert seen.watcher.states()[0].mode == "events"


async def test_a_network_share_is_rescanned_by_time_with_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(lookout, "read_mounts", mounts_with(Mount(str(tmp_path), "cifs", "//nas/photos")))
    before = kernel_watches()
    async with watching(tmp_path, rescan_interval_s=0.2) as seen:
        assert kernel_watches() == before
        await seen.until(lambda s: len(s.changes) >= 3)
        assert seen.folders == {"."}
        assert "cifs" in seen.watcher.states()[0].reason
    assert len(caplog.records) == 1


async def test_a_share_mounted_inside_a_root_is_rescanned_and_the_rest_watched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "far/deep").mkdir(parents=True)
    (tmp_path / "near").mkdir()
    monkeypatch.setattr(lookout, "read_mounts", mounts_with(Mount(str(tmp_path / "far"), "nfs4", "nas:/x")))
    before = kernel_watches()
    async with watching(tmp_path, rescan_interval_s=0.3) as seen:
        assert kernel_watches() - before == 2
        (tmp_path / "near/a.jpg").write_bytes(b"x")
        (tmp_path / "far/b.jpg").write_bytes(b"x")
        await seen.until(lambda s: s.folders == {"far"} and s.paths == {"near/a.jpg"})


async def test_mounts_that_come_and_go_are_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "usb").mkdir()
    monkeypatch.setattr(lookout, "read_mounts", mounts_with())
    async with watching(tmp_path) as seen:
        await asyncio.sleep(0.25)
        monkeypatch.setattr(lookout, "read_mounts", mounts_with(Mount(str(tmp_path / "usb"), "vfat", "/dev/sdb1")))
        await seen.until(lambda s: s.folders == {"usb"})
        (tmp_path / "usb/a.jpg").write_bytes(b"x")
        await seen.until(lambda s: s.paths == {"usb/a.jpg"})
        seen.clear()
        monkeypatch.setattr(lookout, "read_mounts", mounts_with(Mount(str(tmp_path / "usb"), "nfs", "nas:/x")))
        await seen.until(lambda s: s.folders == {"usb"})
        assert seen.watcher.states()[0].folders == 1
        seen.clear()
        monkeypatch.setattr(lookout, "read_mounts", mounts_with(Mount(str(tmp_path), "nfs", "nas:/y")))
        await seen.until(lambda s: s.folders == {"."})
        assert seen.watcher.states()[0].mode == "timed"
        seen.clear()
        monkeypatch.setattr(lookout, "read_mounts", mounts_with())
        await seen.until(lambda s: s.folders == {"."})
        assert seen.watcher.states()[0].mode == "events"


async def test_after_an_overflow_the_root_is_rescanned_and_watched_afresh(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    observers: list[InotifyObserver] = []

    def factory() -> InotifyObserver:
        observers.append(InotifyObserver())
        return observers[0]

    (tmp_path / "a").mkdir()
    overflow = InotifyEvent(WatchDescriptor(-1), Mask(InotifyConstants.IN_Q_OVERFLOW), 0, b"")
    async with watching(tmp_path, factory) as seen:
        for _ in range(3):
            observers[0]._inotify.handle_event(overflow)  # what watchdog's thread does when the kernel says so
            await asyncio.sleep(0.05)
        await seen.until(lambda s: s.folders == {"."})
        (tmp_path / "a/new.jpg").write_bytes(b"x")
        await seen.until(lambda s: s.paths == {"a/new.jpg"})
        assert seen.watcher.states()[0].folders == 2
    assert len(caplog.records) == 1


async def test_more_events_than_fit_in_memory_end_in_a_rescan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookout, "_MOST_QUEUED", 0)
    async with watching(tmp_path) as seen:
        (tmp_path / "a.jpg").write_bytes(b"x")
        await seen.until(lambda s: s.folders == {"."})


async def test_a_consumer_far_behind_is_told_to_rescan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("facetd.watch.watcher._MOST_PATHS", 5)
    async with watching(tmp_path) as seen:
        for i in range(200):  # many, as a slow machine sees them bit by bit
            (tmp_path / f"{i}.jpg").write_bytes(b"x")
        await seen.until(lambda s: s.folders == {"."})


async def test_a_failure_nobody_thought_of_leaves_timed_rescans(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async with watching(tmp_path, rescan_interval_s=0.2) as seen:

        def fail(*_: object) -> None:
            raise RuntimeError("no one thought of this")

        monkeypatch.setattr(seen.watcher._lookout, "_hand_over", fail)
        (tmp_path / "a.jpg").write_bytes(b"x")
        await seen.until(lambda s: s.folders == {"."})
        await asyncio.wait_for(seen.watcher.ready(), 20)
        assert [record.levelname for record in caplog.records] == ["ERROR"]


async def test_files_pending_when_the_root_is_unmounted_are_not_called_gone(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    async with watching(root, presence_s=3600) as seen:
        (root / "a.jpg").write_bytes(b"x")
        (root / "b.jpg").write_bytes(b"x")
        root.rename(tmp_path / "away")  # to the watcher it looks like an unmount
        await seen.until(lambda s: s.folders == {"."})
        await seen.quiet()
        assert seen.gone == set()


@pytest.mark.parametrize(
    ("code", "setting"), [(errno.ENOSPC, "max_user_watches"), (errno.EMFILE, "max_user_instances"), (errno.ENOMEM, "more memory")]
)
def test_the_remedy_names_the_setting(code: int, setting: str) -> None:
    assert setting in remedy(LimitReached(code, ""))


def test_limits_the_kernel_does_not_tell_are_unknown() -> None:
    assert observer.read_limit("no_such_limit") is None


@pytest.mark.parametrize("code", [errno.EMFILE, errno.ENOSYS])
def test_an_instance_that_cannot_be_made_is_a_limit_or_an_error(code: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise OSError(code, "no")

    monkeypatch.setattr(observer, "InotifyFD", fail)
    with pytest.raises(OSError, match="no") as caught:
        InotifyObserver()
    assert isinstance(caught.value, LimitReached) == (code == errno.EMFILE)


def test_repeated_log_lines_are_written_at_a_bounded_rate(caplog: pytest.LogCaptureFixture) -> None:
    now = 0.0
    quiet = QuietLog(logging.getLogger("test"), interval_s=10, clock=lambda: now)
    for i in range(1000):
        quiet.warning("full", "disk %d", i)
        quiet.warning("other", "100 %")
    assert [record.getMessage() for record in caplog.records] == ["disk 0", "100 %"]
    now = 11.0
    quiet.warning("full", "disk %d", 7)
    assert caplog.records[-1].getMessage() == "disk 7 (and 999 more like this)"
