"""Installing packs from a publisher on loopback, with all that goes wrong on the way, and from a folder."""

from __future__ import annotations

import asyncio
import hashlib
import multiprocessing
import os
import resource
import shutil
from collections import namedtuple
from pathlib import Path

import numpy as np
import pytest

from facetd.errors import ConfigError, Conflict, NotFound, Unavailable
from facetd.infer.catalogue import Catalogue, FileState, Translator
from facetd.infer.choice import Choices
from facetd.infer.engine import Engine
from facetd.infer.packs.http import Http, Patience, check_mirror
from facetd.infer.packs.index import PackIndex
from facetd.infer.packs.install import DiskFull, Installed, Installer, Mismatch, Progress
from facetd.infer.packs.probing import WrongLayout
from facetd.infer.packs.publisher import edition_of
from facetd.infer.packs.staging import Staging
from tests.infer.packs import networks
from tests.infer.packs.publisher import COMMIT, Publisher, etag, published

REPOSITORY = "Xenova/opus-mt-en-fr"
PACK = "opus-mt-en-fr"
DECODER = "onnx/decoder_model_merged.onnx"
QUICK = Patience(tries=3, pause_s=0.01, longest_s=0.05, silence_s=5)


def repository() -> dict[str, bytes]:
    """The translator, with a tokenizer large enough to be cut."""
    return networks.marian() | {"tokenizer.json": networks.tokenizer(*(f"mot{number}" for number in range(40_000)))}


LARGE = "tokenizer.json"
CUT = 300_000
BUFFERED = 256_000  # bytes that the client may have received and not yet read when a connection breaks


class Progresses:
    def __init__(self) -> None:
        self.all: list[Progress] = []

    def __call__(self, progress: Progress) -> None:
        self.all.append(progress)


async def install(publisher: Publisher, packs: Path, told: Progresses | None = None, patience: Patience = QUICK) -> Installed:
    async with Http(publisher.url, patience) as http:
        return await Installer(packs, index=PackIndex.load(), told=told or Progresses()).from_publisher(PACK, http)


def entries(packs: Path) -> set[str]:
    """What is in the folder of packs, but for the lock."""
    return {path.name for path in packs.iterdir()} - {".lock"}


async def test_a_pack_is_fetched_checked_and_put_in_place(tmp_path: Path) -> None:
    async with published({REPOSITORY: repository()}) as publisher:
        told = Progresses()
        installed = await install(publisher, tmp_path, told)
    assert entries(tmp_path) == {PACK}
    catalogue = Catalogue.load(packs=tmp_path)
    assert catalogue.problems == ()
    model = catalogue.first(Translator)
    assert model.id == PACK == installed.models[0]
    assert model.source.url == f"https://huggingface.co/{REPOSITORY}/tree/{COMMIT}"
    assert model.source.version == installed.version
    for file in (*model.parts.values(), *model.data.values()):
        assert catalogue.verify_file(model, file) is FileState.PRESENT
    total = sum(map(len, repository().values()))
    assert told.all[-1].done == told.all[-1].total == total
    assert [each.done for each in told.all] == sorted(each.done for each in told.all)
    assert installed.verified


async def test_small_files_are_checked_by_the_hash_of_git(tmp_path: Path) -> None:
    async with published({REPOSITORY: repository()}) as publisher:
        publisher.lfs = 100_000
        publisher.tampered["config.json"] = repository()["config.json"].replace(b"512", b"513")
        with pytest.raises(Mismatch, match=r"config.json: expected the hash [0-9a-f]{40}, got [0-9a-f]{40}"):
            await install(publisher, tmp_path)
        del publisher.tampered["config.json"]
        await install(publisher, tmp_path)
    assert entries(tmp_path) == {PACK}


async def test_a_cut_in_the_middle_is_resumed_within_the_same_command(tmp_path: Path) -> None:
    content = repository()[LARGE]
    half = len(content) // 2
    async with published({REPOSITORY: repository()}) as publisher:
        publisher.cut[LARGE] = [half]
        await install(publisher, tmp_path)
    asked = [(wanted, condition) for path, wanted, condition in publisher.ranges if path == LARGE]
    assert asked[0] == ("", "")
    assert asked[1][1].startswith('"')
    begin = int(asked[1][0].removeprefix("bytes=").removesuffix("-"))
    assert half - BUFFERED <= begin <= half
    assert publisher.sent[LARGE] == half + len(content) - begin  # no more than the rest came
    assert (tmp_path / PACK / LARGE).read_bytes() == content


async def test_a_command_that_gave_up_is_resumed_by_the_next(tmp_path: Path) -> None:
    content = repository()[LARGE]
    third = len(content) // 3
    async with published({REPOSITORY: repository()}) as publisher:
        publisher.cut[LARGE] = [third, 0, 0, 0, 0]
        with pytest.raises(Unavailable, match="goes on from there"):
            await install(publisher, tmp_path)
        assert entries(tmp_path) == {f".{PACK}.partial"}
        assert Catalogue.load(packs=tmp_path).find(Translator) is None
        kept = (tmp_path / f".{PACK}.partial" / f"{LARGE}.part").stat().st_size
        assert third - BUFFERED <= kept <= third
        publisher.cut.clear()
        before = dict(publisher.sent)
        await install(publisher, tmp_path)
    assert publisher.sent[LARGE] - before[LARGE] == len(content) - kept
    others = {path: count - before.get(path, 0) for path, count in publisher.sent.items() if path != LARGE}
    assert others["config.json"] == 0  # what was complete is not fetched again


async def test_a_file_that_changed_between_tries_begins_anew(tmp_path: Path) -> None:
    old = repository()
    new = old | {LARGE: networks.tokenizer(*(f"word{number}" for number in range(40_000)))}
    async with published({REPOSITORY: dict(old)}) as publisher:
        publisher.cut[LARGE] = [CUT, 0, 0, 0]
        with pytest.raises(Unavailable):
            await install(publisher, tmp_path)
        publisher.cut.clear()
        publisher.repositories[REPOSITORY] = new
        publisher.commit = "f" * 40
        await install(publisher, tmp_path)
    assert (tmp_path / PACK / LARGE).read_bytes() == new[LARGE]
    asked = [wanted for path, wanted, _condition in publisher.ranges if path == LARGE]
    assert asked[1].startswith("bytes=")
    assert asked[-1] == ""


async def test_a_server_that_sends_other_bytes_under_another_etag_begins_anew(tmp_path: Path) -> None:
    content = repository()[LARGE]
    async with published({REPOSITORY: repository()}) as publisher:
        publisher.tampered[LARGE] = content[:-1] + b" "  # another file of the same length
        publisher.cut[LARGE] = [CUT, 0, 0]
        with pytest.raises(Unavailable):
            await install(publisher, tmp_path)
        publisher.tampered.clear()
        await install(publisher, tmp_path)  # If-Range does not hold: the whole file comes
    assert (tmp_path / PACK / LARGE).read_bytes() == content
    assert publisher.sent[LARGE] == CUT + len(content)
    conditions = [condition for path, wanted, condition in publisher.ranges if path == LARGE and wanted]
    assert conditions == [etag(content[:-1] + b" ")] * 3


async def test_a_server_without_ranges_is_read_from_the_start(tmp_path: Path) -> None:
    async with published({REPOSITORY: repository()}) as publisher:
        publisher.deaf_to_ranges = True
        publisher.cut[LARGE] = [CUT]
        await install(publisher, tmp_path)
    assert (tmp_path / PACK / LARGE).read_bytes() == repository()[LARGE]


async def test_a_wrong_hash_throws_the_bad_file_away_and_only_that(tmp_path: Path) -> None:
    content = repository()[DECODER]
    bad = content[:-4] + b"evil"
    async with published({REPOSITORY: repository()}) as publisher:
        publisher.tampered[DECODER] = bad
        with pytest.raises(Mismatch) as problem:
            await install(publisher, tmp_path)
        expected, got = hashlib.sha256(content).hexdigest(), hashlib.sha256(bad).hexdigest()
        assert f"{DECODER}: expected the hash {expected}, got {got}" in str(problem.value)
        assert "thrown away" in str(problem.value)
        staged = tmp_path / f".{PACK}.partial"
        assert not (staged / DECODER).exists()
        assert not list(staged.rglob("*.part"))
        assert (staged / LARGE).exists()
        publisher.tampered.clear()
        before = publisher.sent[LARGE]
        await install(publisher, tmp_path)
        assert publisher.sent[LARGE] == before
    assert Catalogue.load(packs=tmp_path).find(Translator) is not None


async def test_errors_of_the_server_are_waited_for_and_told_when_they_stay(tmp_path: Path) -> None:
    async with published({REPOSITORY: repository()}) as publisher:
        publisher.fails[LARGE] = [503, 500]
        await install(publisher, tmp_path)
        publisher.fails["config.json"] = [503] * 10
        shutil.rmtree(tmp_path / PACK)
        with pytest.raises(Unavailable, match="answers 503 Service Unavailable"):
            await install(publisher, tmp_path)
        assert len(publisher.fails["config.json"]) == 10 - QUICK.tries
        publisher.fails["config.json"] = [403]
        with pytest.raises(Unavailable, match="answers 403"):
            await install(publisher, tmp_path)


async def test_without_the_internet_the_folder_is_named(tmp_path: Path) -> None:
    async with published({REPOSITORY: repository()}) as publisher:
        pass
    with pytest.raises(Unavailable, match="--from DIR"):
        await install(publisher, tmp_path)
    assert entries(tmp_path) == set()


async def test_redirects_are_followed_but_not_for_ever_and_not_to_what_is_not_encrypted(tmp_path: Path) -> None:
    async with published({REPOSITORY: repository(), "cdn/files": {"t": repository()[LARGE]}}) as publisher:
        publisher.redirects[LARGE] = f"{publisher.url}/cdn/files/resolve/x/t"
        await install(publisher, tmp_path / "one")
        publisher.redirects["t"] = f"{publisher.url}/cdn/files/resolve/x/t"
        with pytest.raises(Unavailable, match="too many redirects"):
            await install(publisher, tmp_path / "two")
        publisher.redirects[LARGE] = "file:///etc/passwd"
        with pytest.raises(Unavailable, match="not encrypted"):
            await install(publisher, tmp_path / "three")
        publisher.redirects[LARGE] = "http://example.org/t"
        with pytest.raises(Unavailable, match="not encrypted"):
            await install(publisher, tmp_path / "three")


async def test_a_redirect_to_no_address_is_told(tmp_path: Path) -> None:
    async def nowhere(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 302 Found\r\nLocation: https://[\r\nContent-Length: 0\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(nowhere, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with Http(url, QUICK) as http:
            with pytest.raises(Unavailable, match=r"'https://\[', which is no address"):
                await http.json(f"{url}/x")


@pytest.mark.parametrize("url", ["http://example.org", "ftp://127.0.0.1", "nonsense", "http://8.8.8.8/x"])
def test_a_mirror_has_to_be_encrypted_or_near(url: str) -> None:
    with pytest.raises(ConfigError, match="FACETD_PACKS_URL"):
        check_mirror(url)


@pytest.mark.parametrize(
    "url", ["https://hf-mirror.example", "http://127.0.0.1:80", "http://192.168.1.4", "http://nas", "http://nas.local/x"]
)
def test_mirrors(url: str) -> None:
    assert check_mirror(url + "/") == url


@pytest.mark.parametrize(
    ("lie", "said"),
    [
        ({"lfs": None, "size": 0}, f"tells no size of {LARGE}"),
        ({"lfs": None, "size": -5}, f"tells no size of {LARGE}"),
        ({"lfs": {"size": "many", "oid": "0" * 64}}, f"tells no size of {LARGE}"),
        ({"lfs": [1], "oid": 7}, f"tells no hash of {LARGE}"),
    ],
)
async def test_a_publisher_that_tells_nonsense_of_a_file_is_not_asked_for_it(tmp_path: Path, lie: dict[str, object], said: str) -> None:
    async with published({REPOSITORY: repository()}) as publisher:
        publisher.lies[LARGE] = lie
        with pytest.raises(Unavailable, match=said):
            await install(publisher, tmp_path)
    assert not publisher.sent


async def test_a_publisher_that_lacks_a_file_or_the_repository(tmp_path: Path) -> None:
    files = repository()
    del files["generation_config.json"]
    async with published({REPOSITORY: files}) as publisher:
        with pytest.raises(Unavailable, match=r"has no file generation_config.json at 0123456789ab"):
            await install(publisher, tmp_path)
        publisher.repositories.clear()
        with pytest.raises(NotFound, match="404"):
            await install(publisher, tmp_path)


async def test_a_wrong_layout_leaves_nothing_and_the_old_pack_stays(tmp_path: Path) -> None:
    async with published({REPOSITORY: repository()}) as publisher:
        first = await install(publisher, tmp_path)
        publisher.repositories[REPOSITORY] = repository() | {"onnx/encoder_model.onnx": b"not a network"}
        with pytest.raises(WrongLayout, match=r"encoder_model.onnx: cannot be loaded"):
            await install(publisher, tmp_path)
    assert entries(tmp_path) == {PACK}
    assert Catalogue.load(packs=tmp_path).first(Translator).source.version == first.version


async def test_a_newer_version_takes_the_place_of_the_old(tmp_path: Path) -> None:
    async with published({REPOSITORY: repository()}) as publisher:
        first = await install(publisher, tmp_path)
        before = dict(publisher.sent)
        same = await install(publisher, tmp_path)
        assert publisher.sent == before  # nothing changed, so nothing is fetched
        publisher.repositories[REPOSITORY] = repository() | {LARGE: networks.tokenizer("neuf")}
        publisher.commit = "a" * 40
        (tmp_path / PACK / DECODER).write_bytes(bytes(len(repository()[DECODER])))  # damaged meanwhile
        other = await install(publisher, tmp_path)
        assert {path for path in before if publisher.sent[path] != before[path]} == {LARGE, DECODER}
    assert first.version == same.version != other.version
    assert entries(tmp_path) == {PACK}
    assert Catalogue.load(packs=tmp_path).first(Translator).source.url.endswith("a" * 40)


Facts = namedtuple("Facts", "f_bavail f_frsize")


async def test_a_disk_without_room_is_told_before_anything_is_fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with published({REPOSITORY: repository()}) as publisher:
        monkeypatch.setattr("facetd.infer.packs.staging.os.statvfs", lambda _path: Facts(64 * 1024 + 100, 1024))
        with pytest.raises(DiskFull, match=rf"{PACK} needs 1 MB more in {tmp_path}, where 0 MB can be used"):
            await install(publisher, tmp_path)
    assert publisher.ranges == []


def _install_with_little_room(url: str, packs: Path, answer: multiprocessing.connection.Connection) -> None:
    """In a process of its own: no file may grow beyond 100 kB, as on a disk that is full."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))

    async def run() -> None:
        async with Http(url, QUICK) as http:
            await Installer(packs, index=PackIndex.load()).from_publisher(PACK, http)

    try:
        asyncio.run(run())
    except DiskFull as error:
        answer.send(str(error))
    else:
        answer.send("it went well")


async def test_a_disk_that_fills_up_meanwhile_is_told_and_the_next_try_goes_on(tmp_path: Path) -> None:
    async with published({REPOSITORY: repository()}) as publisher:
        here, there = multiprocessing.Pipe()
        child = multiprocessing.get_context("spawn").Process(target=_install_with_little_room, args=(publisher.url, tmp_path, there))
        await asyncio.to_thread(child.start)
        said = await asyncio.to_thread(here.recv)
        await asyncio.to_thread(child.join)
        assert f"{LARGE}: the disk is full" in said
        assert "goes on where it was" in said
        part = tmp_path / f".{PACK}.partial" / f"{LARGE}.part"
        kept = part.stat().st_size
        assert 0 < kept <= 100_000
        await install(publisher, tmp_path)
        assert (LARGE, f"bytes={kept}-") in [(path, wanted) for path, wanted, _condition in publisher.ranges]
    assert entries(tmp_path) == {PACK}


async def test_a_killed_command_is_resumed(tmp_path: Path) -> None:
    content = repository()[LARGE]
    async with published({REPOSITORY: repository()}) as publisher:
        publisher.cut[LARGE] = [len(content) // 2, *([0] * 100)]
        patient = Patience(tries=100, pause_s=0.05, longest_s=0.05)
        task = asyncio.create_task(install(publisher, tmp_path, patience=patient))
        part = tmp_path / f".{PACK}.partial" / f"{LARGE}.part"
        while not part.exists() or not part.stat().st_size:
            await asyncio.sleep(0.01)
        with pytest.raises(Conflict, match="Another command"):
            await install(publisher, tmp_path)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        kept = part.stat().st_size
        assert 0 < kept <= len(content) // 2
        publisher.cut.clear()
        before = publisher.sent[LARGE]
        await install(publisher, tmp_path)
        assert publisher.sent[LARGE] - before == len(content) - kept
    assert entries(tmp_path) == {PACK}


async def test_what_was_killed_between_two_renames_is_put_right(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("facetd.infer.packs.staging._exchange", lambda _one, _other: False)  # a file system that cannot
    async with published({REPOSITORY: repository()}) as publisher:
        await install(publisher, tmp_path)
        await install(publisher, tmp_path)
    assert entries(tmp_path) == {PACK}
    (tmp_path / PACK).rename(tmp_path / f".{PACK}.old")
    with Staging(tmp_path, PACK).locked():
        assert entries(tmp_path) == {PACK}


def write(folder: Path, files: dict[str, bytes]) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


async def test_a_pack_comes_from_a_folder(tmp_path: Path) -> None:
    source = write(tmp_path / "usb", repository())
    packs = tmp_path / "packs"
    told = Progresses()
    installed = await Installer(packs, index=PackIndex.load(), told=told).from_folder(PACK, source)
    assert not installed.verified  # nobody says what the files should be
    assert told.all[-1].done == told.all[-1].total > 0
    assert os.stat(packs / PACK / LARGE).st_nlink == 1  # a copy: the folder may go away
    shutil.rmtree(source)
    assert Catalogue.load(packs=packs).first(Translator).source.url == f"https://huggingface.co/{REPOSITORY}"
    async with published({REPOSITORY: repository()}) as publisher:
        assert (await install(publisher, packs)).version == installed.version  # the same files are the same version


async def test_a_folder_that_lacks_files_names_them_all(tmp_path: Path) -> None:
    files = repository()
    del files["config.json"], files[DECODER]
    with pytest.raises(NotFound, match=rf"{tmp_path / 'usb'} has no config.json, {DECODER}"):
        await Installer(tmp_path / "packs", index=PackIndex.load()).from_folder(PACK, write(tmp_path / "usb", files))
    assert entries(tmp_path / "packs") == set()


async def test_a_file_whose_hash_is_known_is_checked_in_a_folder_too(tmp_path: Path) -> None:
    content = b"x" * 4574861
    with pytest.raises(Mismatch, match=r"u2netp.onnx: expected the hash 309c8469.*\n.*is not the file"):
        await Installer(tmp_path / "packs", index=PackIndex.load()).from_folder("u2netp", write(tmp_path / "usb", {"u2netp.onnx": content}))
    assert entries(tmp_path / "packs") == set()


async def test_removing(tmp_path: Path) -> None:
    installer = Installer(tmp_path, index=PackIndex.load())
    with pytest.raises(NotFound, match=r"is not installed\nNo pack is installed"):
        await installer.remove(PACK)
    async with published({REPOSITORY: repository()}) as publisher:
        await install(publisher, tmp_path)
        with pytest.raises(NotFound, match=f"Installed are: {PACK}"):
            await installer.remove("clip-vit-b32")
        assert await installer.remove(PACK)
        assert entries(tmp_path) == set()
        publisher.cut[LARGE] = [10, 0, 0, 0]
        with pytest.raises(Unavailable):
            await install(publisher, tmp_path)
        assert not await installer.remove(PACK)  # only what had come so far
    assert entries(tmp_path) == set()
    for name in ("../x", "", ".lock"):
        with pytest.raises(NotFound, match="there is no pack"):
            await installer.remove(name)


async def test_a_pack_that_is_in_use_can_be_removed(tmp_path: Path) -> None:
    async with published({REPOSITORY: repository()}) as publisher:
        await install(publisher, tmp_path)
    catalogue = Catalogue.load(packs=tmp_path)
    model = catalogue.first(Translator)
    engine = Engine(catalogue, Choices("key", 1, {}, (), {}))
    encoder = engine.part(model, "encoder")
    await Installer(tmp_path, index=PackIndex.load()).remove(PACK)
    numbers = np.ones((1, 3), np.int64)
    assert encoder.run({"input_ids": numbers, "attention_mask": numbers})["last_hidden_state"].shape == (1, 3, 8)
    with pytest.raises(Unavailable, match=PACK):  # what was not loaded yet is gone
        engine.part(model, "decoder")
    assert Catalogue.load(packs=tmp_path).find(Translator) is None


async def test_publishers_are_asked_where_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a mirror: Hugging Face and GitHub by their own addresses, a plain folder not at all."""
    asked: list[str] = []

    async def answer(_http: Http, url: str) -> object:
        asked.append(url)
        if "/contents/" in url:
            return {"size": 5000, "sha": "b" * 40}
        return {"sha": "a" * 40} if "tree" not in url else [{"type": "file", "path": path, "size": 9, "oid": "c" * 40} for path in paths]

    monkeypatch.setattr(Http, "json", answer)
    index = PackIndex.load()
    clip, head = index.find("clip-vit-l14").sources
    paths = [file.path for file in clip.files]
    async with Http() as http:
        edition = await edition_of(clip, http)
        assert edition.files[1].url == f"https://huggingface.co/immich-app/ViT-L-14__openai/resolve/{'a' * 40}/visual/model.onnx"
        assert (edition.files[1].size, edition.files[1].git_sha1) == (9, "c" * 40)
        edition = await edition_of(head, http)
        name = "sa_0_4_vit_l_14_linear.pth"
        assert edition.files[0].url == f"https://raw.githubusercontent.com/LAION-AI/aesthetic-predictor/{'a' * 40}/{name}"
        assert edition.files[0].path == f"aesthetic/{name}"
        assert asked[-1] == f"https://api.github.com/repos/LAION-AI/aesthetic-predictor/contents/{name}?ref={'a' * 40}"
        count = len(asked)
        edition = await edition_of(index.find("u2netp").sources[0], http)
        assert edition.files[0].url == "https://github.com/danielgatis/rembg/releases/download/v0.0.0/u2netp.onnx"
        assert len(asked) == count
