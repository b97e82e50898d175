"""Real files and real inotify: what a watcher says about what happens in a folder."""

from __future__ import annotations

import asyncio
import os
import shutil
import time
from pathlib import Path

import pytest

from tests.watch.watching import Seen, kernel_watches, watching


async def test_a_copied_file_is_reported_soon_after_the_end_of_the_copy(tmp_path: Path) -> None:
    async with watching(tmp_path, settle_s=3600) as seen:
        (tmp_path / "a.jpg").write_bytes(b"x" * 100)
        await seen.until(lambda s: s.paths == {"a.jpg"})
        assert seen.changes[0].key == 1
        assert seen.changes[0].root == str(tmp_path)


async def test_a_file_being_written_is_left_alone_until_it_is_closed(tmp_path: Path) -> None:
    async with watching(tmp_path, settle_s=3600) as seen:
        with open(tmp_path / "slow.jpg", "wb", buffering=0) as file:
            for _ in range(4):
                file.write(b"x" * 1000)
                await asyncio.sleep(0.2)
                assert seen.paths == set()
        await seen.until(lambda s: s.paths == {"slow.jpg"})


async def test_a_writer_that_keeps_the_file_open_is_not_waited_for_for_ever(seen: Seen, tmp_path: Path) -> None:
    with open(tmp_path / "open.jpg", "wb", buffering=0) as file:
        file.write(b"x" * 1000)
        await seen.until(lambda s: s.paths == {"open.jpg"})


async def test_a_file_created_empty_and_filled_later_is_reported_once_it_has_content(tmp_path: Path) -> None:
    async with watching(tmp_path, settle_s=3600) as seen:
        (tmp_path / "explorer.jpg").touch()
        await seen.quiet(0.35)
        assert seen.paths == set()
        (tmp_path / "explorer.jpg").write_bytes(b"x")
        os.utime(tmp_path / "explorer.jpg", (1, 1))
        await seen.until(lambda s: s.paths == {"explorer.jpg"})


async def test_rsync_writes_a_dot_file_and_renames_it(seen: Seen, tmp_path: Path) -> None:
    (tmp_path / ".a.jpg.X7fQ2z").write_bytes(b"x" * 100)
    await seen.quiet(0.4)
    assert not seen.changes
    (tmp_path / ".a.jpg.X7fQ2z").rename(tmp_path / "a.jpg")
    await seen.until(lambda s: s.paths == {"a.jpg"})
    assert seen.gone == set()


async def test_a_rename_inside_is_one_batch_with_both_names(tmp_path: Path) -> None:
    (tmp_path / "old.jpg").write_bytes(b"x")
    async with watching(tmp_path) as seen:
        (tmp_path / "old.jpg").rename(tmp_path / "new.jpg")
        await seen.until(lambda s: s.paths == {"new.jpg"} and s.gone == {"old.jpg"})
        assert len(seen.changes) == 1


async def test_files_moved_in_and_out(tmp_path: Path) -> None:
    root, outside = tmp_path / "root", tmp_path / "outside"
    root.mkdir()
    outside.mkdir()
    (outside / "in.jpg").write_bytes(b"x")
    (root / "out.jpg").write_bytes(b"x")
    async with watching(root) as seen:
        (outside / "in.jpg").rename(root / "in.jpg")
        (root / "out.jpg").rename(outside / "out.jpg")
        await seen.until(lambda s: s.paths == {"in.jpg"} and s.gone == {"out.jpg"})


async def test_edited_touched_and_deleted_files(tmp_path: Path) -> None:
    for name in ("edited", "touched", "deleted", "replaced"):
        (tmp_path / f"{name}.jpg").write_bytes(b"x")
    async with watching(tmp_path) as seen:
        with open(tmp_path / "edited.jpg", "ab") as file:
            file.write(b"y")
        os.utime(tmp_path / "touched.jpg", (1, 1))
        (tmp_path / "deleted.jpg").unlink()
        (tmp_path / "tmp").write_bytes(b"y")
        (tmp_path / "tmp").replace(tmp_path / "replaced.jpg")
        await seen.until(lambda s: {"edited.jpg", "touched.jpg", "replaced.jpg"} <= s.paths and "deleted.jpg" in s.gone)


async def test_a_tree_copied_in_is_reported_file_by_file(seen: Seen, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    source = tmp_path_factory.mktemp("source") / "trip"
    for i in range(5):
        folder = source / f"day {i}" / "best"
        folder.mkdir(parents=True)
        for j in range(10):
            (folder / f"{j}.jpg").write_bytes(b"x" * 1000)
    await asyncio.to_thread(shutil.copytree, source, tmp_path / "trip")
    expected = {f"trip/day {i}/best/{j}.jpg" for i in range(5) for j in range(10)}
    await seen.until(lambda s: s.paths == expected)
    (tmp_path / "trip/day 3/best/late.jpg").write_bytes(b"x")
    await seen.until(lambda s: "trip/day 3/best/late.jpg" in s.paths)


async def test_a_tree_moved_in_is_rescanned_and_watched(seen: Seen, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    source = tmp_path_factory.mktemp("source") / "trip"
    (source / "day").mkdir(parents=True)
    (source / "day/a.jpg").write_bytes(b"x")
    source.rename(tmp_path / "trip")
    await seen.until(lambda s: s.folders == {"trip"})
    assert seen.paths == set()
    (tmp_path / "trip/day/b.jpg").write_bytes(b"x")
    await seen.until(lambda s: s.paths == {"trip/day/b.jpg"})


async def test_a_renamed_folder_goes_under_its_old_name_and_comes_under_its_new_one(tmp_path: Path) -> None:
    (tmp_path / "old/deep").mkdir(parents=True)
    (tmp_path / "old/deep/a.jpg").write_bytes(b"x")
    async with watching(tmp_path) as seen:
        before = kernel_watches()
        (tmp_path / "old").rename(tmp_path / "new")
        await seen.until(lambda s: s.folders == {"new"} and s.gone == {"old"})
        assert kernel_watches() == before
        (tmp_path / "new/deep/b.jpg").write_bytes(b"x")
        await seen.until(lambda s: s.paths == {"new/deep/b.jpg"})


async def test_a_deleted_folder_is_gone_and_gives_its_watches_back(tmp_path: Path) -> None:
    for i in range(3):
        (tmp_path / f"trip/{i}").mkdir(parents=True)
        (tmp_path / f"trip/{i}/a.jpg").write_bytes(b"x")
    before = kernel_watches()
    async with watching(tmp_path) as seen:
        assert kernel_watches() - before == 5
        shutil.rmtree(tmp_path / "trip")
        await seen.until(lambda s: "trip" in s.gone)
        assert kernel_watches() - before == 1
        assert seen.watcher.states()[0].folders == 1
        (tmp_path / "trip").mkdir()
        (tmp_path / "trip/again.jpg").write_bytes(b"x")
        await seen.until(lambda s: "trip/again.jpg" in s.paths)
    assert kernel_watches() == before


async def test_a_folder_deleted_and_made_again_at_once_is_not_gone(tmp_path: Path) -> None:
    (tmp_path / "trip").mkdir()
    async with watching(tmp_path) as seen:
        (tmp_path / "trip").rmdir()
        (tmp_path / "trip").mkdir()
        (tmp_path / "trip/a.jpg").write_bytes(b"x")
        await seen.until(lambda s: "trip/a.jpg" in s.paths or "trip" in s.folders)
        assert seen.gone == set()
        seen.clear()
        (tmp_path / "trip/b.jpg").write_bytes(b"x")
        await seen.until(lambda s: "trip/b.jpg" in s.paths)


async def test_excluded_folders_get_no_watch_and_excluded_files_no_report(tmp_path: Path) -> None:
    for folder in ("2024/@eaDir/a.jpg", "2024/deep", "#recycle/x/y", ".thumbnails/normal", "Thumbnails"):
        (tmp_path / folder).mkdir(parents=True)
    before = kernel_watches()
    async with watching(tmp_path) as seen:
        assert kernel_watches() - before == 4  # the root, 2024, 2024/deep, Thumbnails
        (tmp_path / "2024/@eaDir/new.jpg").write_bytes(b"x")
        (tmp_path / "2024/._a.jpg").write_bytes(b"x")
        (tmp_path / "#snapshot/now").mkdir(parents=True)
        (tmp_path / "2024/deep/@eaDir").mkdir()
        await seen.quiet()
        assert not seen.changes
        assert kernel_watches() - before == 4
        shutil.rmtree(tmp_path / "#recycle")
        (tmp_path / "Thumbnails/a.jpg").write_bytes(b"x")
        await seen.until(lambda s: s.paths == {"Thumbnails/a.jpg"})
        assert seen.gone == set()


async def test_the_daemons_own_data_inside_a_root_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "data/thumbs").mkdir(parents=True)
    before = kernel_watches()
    async with watching(tmp_path, never=frozenset((str(tmp_path / "data"),))) as seen:
        assert kernel_watches() - before == 1
        (tmp_path / "data/thumbs/a.jpg").write_bytes(b"x")
        await seen.quiet()
        assert not seen.changes


async def test_a_folder_named_like_a_photo_is_a_folder(seen: Seen, tmp_path: Path) -> None:
    (tmp_path / "folder.jpg").mkdir()
    (tmp_path / "folder.jpg/a.jpg").write_bytes(b"x")
    await seen.until(lambda s: "folder.jpg/a.jpg" in s.paths)
    await seen.quiet()
    assert seen.paths == {"folder.jpg/a.jpg"}


async def test_names_may_be_any_bytes(seen: Seen, tmp_path: Path) -> None:
    name = b"caf\xe9\n\xff.jpg"
    with open(os.fsencode(tmp_path) + b"/" + name, "wb") as file:
        file.write(b"x")
    os.mkdir(os.fsencode(tmp_path) + b"/\xfe")
    with open(os.fsencode(tmp_path) + b"/\xfe/a.jpg", "wb") as file:
        file.write(b"x")
    await seen.until(lambda s: s.paths == {os.fsdecode(name), os.fsdecode(b"\xfe/a.jpg")})


async def test_links_to_folders_are_not_followed(tmp_path: Path) -> None:
    root, outside = tmp_path / "root", tmp_path / "outside"
    (root / "real").mkdir(parents=True)
    outside.mkdir()
    (root / "real/loop").symlink_to(root)
    (root / "escape").symlink_to(outside)
    before = kernel_watches()
    async with watching(root) as seen:
        assert kernel_watches() - before == 2
        (outside / "secret.jpg").write_bytes(b"x")
        (root / "later").symlink_to(outside)
        await seen.until(lambda s: "later" in s.paths)  # the link itself; whoever reads it decides
        assert kernel_watches() - before == 2
        assert all("secret" not in path for path in seen.paths)


async def test_a_root_may_be_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    async with watching(tmp_path / "link") as seen:
        (tmp_path / "real/a.jpg").write_bytes(b"x")
        await seen.until(lambda s: s.paths == {"a.jpg"})
        assert seen.changes[0].paths == (str(tmp_path / "link/a.jpg"),)


async def test_a_root_that_vanishes_and_one_that_appears_ask_for_a_rescan(tmp_path: Path) -> None:
    root = tmp_path / "root"
    async with watching(root) as seen:
        assert seen.watcher.states()[0].mode == "absent"
        assert not seen.changes
        root.mkdir()
        (root / "a.jpg").write_bytes(b"x")
        await seen.until(lambda s: s.folders == {"."})
        assert seen.watcher.states()[0].mode == "events"
        seen.clear()
        root.rename(tmp_path / "elsewhere")
        await seen.until(lambda s: s.folders == {"."})
        assert seen.watcher.states()[0].mode == "absent"
        assert seen.gone == set()  # what that means for the photos is not decided here
        seen.clear()
        (tmp_path / "elsewhere").rename(root)
        await seen.until(lambda s: s.folders == {"."})
        (root / "b.jpg").write_bytes(b"x")
        await seen.until(lambda s: s.paths == {"b.jpg"})


async def test_files_that_arrive_while_the_watches_are_being_set_up_are_not_lost(tmp_path: Path) -> None:
    for i in range(300):
        (tmp_path / f"{i}").mkdir()
    async with watching(tmp_path) as seen:
        seen.watcher.add_root(2, str(tmp_path / "299"))  # gives the walk something to do twice
        for i in range(0, 300, 10):
            (tmp_path / f"{i}/new.jpg").write_bytes(b"x")
        await seen.until(lambda s: {f"{i}/new.jpg" for i in range(0, 300, 10)} <= s.paths)


async def test_a_file_written_just_before_the_watch_stood_is_reported(tmp_path: Path) -> None:
    (tmp_path / "just now.jpg").write_bytes(b"x")
    (tmp_path / "long ago").mkdir()
    (tmp_path / "long ago/old.jpg").write_bytes(b"x")
    os.utime(tmp_path / "long ago", (1, 1))
    async with watching(tmp_path) as seen:
        await seen.until(lambda s: "just now.jpg" in s.paths)
        assert seen.paths == {"just now.jpg"}


async def test_a_root_inside_another_reports_for_itself(tmp_path: Path) -> None:
    (tmp_path / "alice").mkdir()
    (tmp_path / "bob").mkdir()
    before = kernel_watches()
    async with watching(tmp_path) as seen:
        seen.watcher.add_root("alice", str(tmp_path / "alice"))
        await seen.watcher.ready()
        assert kernel_watches() - before == 3
        (tmp_path / "alice/a.jpg").write_bytes(b"x")
        (tmp_path / "bob/b.jpg").write_bytes(b"x")
        await seen.until(lambda s: s.paths == {"alice/a.jpg", "bob/b.jpg"})
        assert {(change.key, change.paths) for change in seen.changes} == {
            ("alice", (str(tmp_path / "alice/a.jpg"),)),
            (1, (str(tmp_path / "bob/b.jpg"),)),
        }
        seen.watcher.remove_root("alice")
        await seen.until(lambda s: s.folders == {"alice"})  # the outer root takes it over
        seen.clear()
        (tmp_path / "alice/c.jpg").write_bytes(b"x")
        await seen.until(lambda s: s.paths == {"alice/c.jpg"})
        assert seen.changes[0].key == 1


async def test_a_removed_root_is_silent_and_gives_its_watches_back(seen: Seen, tmp_path: Path) -> None:
    before = kernel_watches()
    seen.watcher.remove_root(1)
    seen.watcher.remove_root("never there")
    await seen.watcher.ready()
    assert kernel_watches() == before - 1
    (tmp_path / "a.jpg").write_bytes(b"x")
    await seen.quiet(0.4)
    assert not seen.changes


async def test_a_slow_consumer_gets_one_merged_batch(tmp_path: Path) -> None:
    async with watching(tmp_path) as seen:
        seen._task.cancel()
        untaken = seen.watcher._waiting
        for i in range(4):
            (tmp_path / f"{i}.jpg").write_bytes(b"x")
            await seen.until(lambda _, path=str(tmp_path / f"{i}.jpg"): 1 in untaken and path in untaken[1].paths)
        (tmp_path / "0.jpg").unlink()
        await seen.until(lambda _: str(tmp_path / "0.jpg") in untaken[1].gone)
        changes = seen.watcher.changes()
        change = await asyncio.wait_for(anext(changes), 20)
        await changes.aclose()
        assert change.paths == tuple(str(tmp_path / f"{i}.jpg") for i in (1, 2, 3))
        assert change.gone == (str(tmp_path / "0.jpg"),)
        seen._task = asyncio.create_task(asyncio.sleep(0))


async def test_a_burst_of_files_comes_in_few_batches(seen: Seen, tmp_path: Path) -> None:
    for i in range(500):
        (tmp_path / f"{i}.jpg").write_bytes(b"x")
    await seen.until(lambda s: len(s.paths) == 500)
    assert len(seen.changes) < 50


async def test_hundreds_of_folders_idle_without_work(tmp_path: Path) -> None:
    for i in range(20):
        for j in range(20):
            (tmp_path / f"{i}/{j}").mkdir(parents=True)
    async with watching(tmp_path, presence_s=5.0) as seen:
        before = time.process_time()
        await asyncio.sleep(1.0)
        assert time.process_time() - before < 0.05
        assert seen.watcher.states()[0].folders == 421


async def test_an_unreadable_folder_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "locked").mkdir()
    (tmp_path / "open").mkdir()
    real = os.scandir

    def scandir(path: str) -> object:  # tests may run as root, whom no mode keeps out
        if str(path).endswith("/locked"):
            raise PermissionError(path)
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    async with watching(tmp_path) as seen:
        (tmp_path / "open/a.jpg").write_bytes(b"x")
        await seen.until(lambda s: s.paths == {"open/a.jpg"})
    assert caplog.text.count("no permission") == 1


async def test_start_and_stop_may_be_repeated(tmp_path: Path) -> None:
    before = kernel_watches()
    async with watching(tmp_path) as seen:
        await seen.watcher.start()
        await seen.watcher.stop()
        await seen.watcher.stop()
        assert seen.watcher.states() == []
        await seen.watcher.ready()
    assert kernel_watches() == before
