"""RAW files developed by darktable: JPEGs made by `darktable-cli` from a copy, so that nothing is ever written beside an original."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import hashlib
import os
import resource
import shutil
import signal
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from facetd.config import Config
from facetd.config.darktable import Darktable as Settings
from facetd.errors import DiskFull, MediaError, NotInstalled, Unavailable
from facetd.i18n import _
from facetd.ingest.renditions import prune, touch
from facetd.media.formats import PHOTO_SUFFIXES, suffix_of
from facetd.media.thumbnail_paths import SCRATCH

AT_ONCE = 1  # darktable takes every core, and its folder of styles is open to one at a time
COPY_BYTES = 8 * 1024 * 1024
TAIL_BYTES = 4096  # of what darktable says
LAST_WORDS_S = 1.0
LARGEST_FILE = 4 * 1024**3  # bytes that it may write
NICE = 10
INPUT, OUTPUT = "input", "output.jpg"
PASSED_ON = ("PATH", "LD_LIBRARY_PATH")


@dataclass(frozen=True, slots=True)
class RawFile:
    """A RAW file that is open for reading. `version` names its content; `sidecars` are what lies beside it, by what is put after
    the name without suffix (`.nef.xmp`, `.xmp`).
    """

    descriptor: int
    name: str
    version: str
    sidecars: Mapping[str, bytes]

    @property
    def suffix(self) -> str:
        """With its dot, in lower case, one that darktable may know."""
        suffix = suffix_of(self.name)
        return suffix if suffix in PHOTO_SUFFIXES else ".raw"


@dataclass(slots=True)
class _Job:
    """A development that runs or waits for its turn, and how many wait for it."""

    task: asyncio.Task[None]
    waiting: int = 0


class Developer:
    """Develops one RAW at a time, once however many ask, into the cache of converted photos."""

    def __init__(self, cache: Path, styles: Path, config: Config) -> None:
        """`styles` is darktable's configuration folder, where an administrator may keep styles and presets."""
        self._cache = cache
        self._styles = styles
        self._settings = config.viewer.raw_processor.darktable
        self._quality = config.viewer.display.image_jpeg_quality
        self._limit = config.server.image_cache_mb * 1024 * 1024
        self._turn = asyncio.Semaphore(AT_ONCE)
        self._jobs: dict[Path, _Job] = {}

    async def jpeg_of(self, raw: RawFile, profile: str) -> Path:
        """The JPEG of a RAW as `profile` has it, made if need be. When nobody waits for it any more, making it ends.

        Raises Unavailable when darktable is not there, MediaError when it fails or takes too long.
        """
        program = await asyncio.to_thread(find_program, self._settings)
        target = self._cache / raw.version[:2] / f"{raw.version}_{self._digest(raw, profile, program)}.jpg"
        if await asyncio.to_thread(touch, target):
            return target
        job = self._jobs.get(target)
        if job is None:
            work = self._make(os.dup(raw.descriptor), raw, program, self._arguments(raw, profile), target)
            job = self._jobs[target] = _Job(asyncio.create_task(work, name="darktable"))
        job.waiting += 1
        try:
            await asyncio.shield(job.task)
        finally:
            job.waiting -= 1
            if not job.waiting and self._jobs.get(target) is job:
                del self._jobs[target]
                job.task.cancel()
        return target

    async def require(self) -> None:
        """Raises Unavailable when darktable is not there."""
        await asyncio.to_thread(find_program, self._settings)

    async def stop(self) -> None:
        """End what runs."""
        tasks = [job.task for job in self._jobs.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _digest(self, raw: RawFile, profile: str, program: str) -> str:
        """What beside the photo decides how the JPEG looks."""
        settings = self._settings.model_copy(update={"profiles": {}}).model_dump_json()
        parts = [settings, self._settings.profiles[profile].model_dump_json(), str(self._quality), raw.suffix, program]
        with contextlib.suppress(OSError):
            parts.append(str(os.stat(program).st_mtime_ns))
        digest = hashlib.blake2b("\0".join(parts).encode(), digest_size=12)
        for end, content in sorted(raw.sidecars.items()):
            digest.update(b"\0%d\0%d\0" % (len(end), len(content)) + os.fsencode(end) + content)
        return digest.hexdigest()

    def _arguments(self, raw: RawFile, profile: str) -> list[str]:
        """What `darktable-cli` is told: fixed names in its working folder, options, and what its core must not do."""
        settings, chosen = self._settings, self._settings.profiles[profile]
        sizes = {
            "--width": settings.width if chosen.width is None else chosen.width,
            "--height": settings.height if chosen.height is None else chosen.height,
        }
        hq = settings.hq if chosen.hq is None else chosen.hq
        core = ["--configdir", str(self._styles), "--cachedir", "cache", "--tmpdir", "tmp", "--library", ":memory:"]
        for setting in ("write_sidecar_files=never", f"plugins/imageio/format/jpeg/quality={self._quality}"):
            core += ["--conf", setting]
        return [
            INPUT + raw.suffix, OUTPUT, "--hq", "true" if hq else "false",
            *(part for option, px in sizes.items() if px for part in (option, str(px))),
            *(("--style", chosen.style) if chosen.style else ()), *(("--style-overwrite",) if chosen.style_overwrite else ()),
            *(("--icc-type", chosen.icc_type) if chosen.icc_type else ()), *settings.extra_args, *chosen.extra_args,
            "--core", *core, *(() if settings.opencl else ("--disable-opencl",)),
        ]  # fmt: skip

    async def _make(self, descriptor: int, raw: RawFile, program: str, arguments: Sequence[str], target: Path) -> None:
        try:
            async with self._turn:
                await self._develop(descriptor, raw, program, arguments, target)
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise DiskFull(_("There is no room left on the disk of the data folder.")) from error
            raise MediaError("darktable", _("the RAW file could not be copied: {reason}").format(reason=error.strerror)) from error
        finally:
            os.close(descriptor)
        await asyncio.to_thread(prune, self._cache, self._limit)

    async def _develop(self, descriptor: int, raw: RawFile, program: str, arguments: Sequence[str], target: Path) -> None:
        folder = await asyncio.to_thread(_working_folder, self._cache / SCRATCH, self._styles)
        try:
            await _copy(descriptor, folder / (INPUT + raw.suffix))
            await asyncio.to_thread(_write_sidecars, folder, raw.sidecars)
            said = await _run(program, arguments, folder, self._settings)
            await asyncio.to_thread(_take, folder / OUTPUT, target, said)
        finally:
            await asyncio.shield(asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True))


def find_program(settings: Settings) -> str:
    """The path of darktable-cli. Raises NotInstalled. Looks at the disk."""
    found = shutil.which(os.path.expanduser(settings.executable))
    if found is None:
        raise NotInstalled(
            _("darktable is not installed ({program})").format(program=settings.executable.rpartition("/")[2]),
            hint=_("Install the package darktable on the server, or set viewer.raw_processor.darktable.executable."),
        )
    return found


def _working_folder(scratch: Path, styles: Path) -> Path:
    for made in (scratch, styles):
        made.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder = Path(tempfile.mkdtemp(prefix="darktable-", dir=scratch))
    for name in ("cache", "tmp"):
        (folder / name).mkdir()
    return folder


async def _copy(descriptor: int, target: Path) -> None:
    """Copy a whole file, in pieces, so that it can be cancelled."""
    with open(target, "xb") as copy:  # noqa: ASYNC230  # an empty file on our own disk
        offset = 0
        while count := await asyncio.to_thread(os.sendfile, copy.fileno(), descriptor, offset, COPY_BYTES):
            offset += count


def _write_sidecars(folder: Path, sidecars: Mapping[str, bytes]) -> None:
    for end, content in sidecars.items():
        (folder / f"{INPUT}{end}").write_bytes(content)


async def _run(program: str, arguments: Sequence[str], folder: Path, settings: Settings) -> str:
    """Run darktable to its end; the last thing that it said. Raises MediaError, Unavailable. Nothing of it is left when this ends."""
    environment = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    environment |= {"HOME": str(folder), "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "MALLOC_ARENA_MAX": "2", "TMPDIR": str(folder / "tmp")}
    pipe = asyncio.subprocess.PIPE
    try:
        process = await asyncio.create_subprocess_exec(
            program, *arguments, cwd=folder, env=environment, stdin=asyncio.subprocess.DEVNULL, stdout=pipe, stderr=pipe,
            start_new_session=True,
        )  # fmt: skip
    except OSError as error:
        raise Unavailable(
            _("darktable cannot be started: {reason}").format(reason=error.strerror),
            hint=_("Check viewer.raw_processor.darktable.executable."),
        ) from error
    assert process.stdout is not None
    assert process.stderr is not None
    listening = [asyncio.create_task(_tail(stream)) for stream in (process.stderr, process.stdout)]
    try:
        _limit(process.pid, settings.memory_mb)
        async with asyncio.timeout(settings.timeout_s):
            code = await process.wait()
    except TimeoutError:
        raise MediaError("darktable", _("darktable took longer than {limit:g} s").format(limit=settings.timeout_s)) from None
    finally:
        _end(process.pid)
        await process.wait()
        await asyncio.wait(listening, timeout=LAST_WORDS_S)  # the pipes end with the last process that has them
        for task in listening:
            task.cancel()
        tails = await asyncio.gather(*listening, return_exceptions=True)
    said = next((line for tail in tails if isinstance(tail, str) and (line := _last_line(tail, folder))), "")
    if code < 0:
        raise MediaError("darktable", _("darktable crashed (signal {signal}): {said}").format(signal=-code, said=said))
    if code:
        raise MediaError("darktable", _("darktable could not develop the photo: {said}").format(said=said))
    return said


def _limit(pid: int, memory_mb: int) -> None:
    """Limit a process that has just begun, and those that it will start."""
    memory = memory_mb * 1024 * 1024
    with contextlib.suppress(OSError, ValueError):  # it has ended already
        for what, most in ((resource.RLIMIT_AS, memory), (resource.RLIMIT_FSIZE, LARGEST_FILE), (resource.RLIMIT_CORE, 0)):
            resource.prlimit(pid, what, (most, most))
        os.setpriority(os.PRIO_PROCESS, pid, NICE)


def _end(group: int) -> None:
    """Kill what is left of a session of processes."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)


async def _tail(stream: asyncio.StreamReader) -> str:
    """The end of what comes, also when this is cancelled."""
    tail = b""
    with contextlib.suppress(asyncio.CancelledError):
        while chunk := await stream.read(TAIL_BYTES):
            tail = (tail + chunk)[-TAIL_BYTES:]
    return tail.decode("utf-8", "replace")


def _last_line(text: str, folder: Path) -> str:
    """The last line that says something, for people: without the server's paths, and not too long."""
    lines = ["".join(sign if sign.isprintable() else " " for sign in line).strip() for line in text.splitlines()]
    last = next((line for line in reversed(lines) if line), "")
    return last.replace(f"{folder}/", "").replace(str(folder), "")[:200]


def _take(made: Path, target: Path, said: str) -> None:
    """Put what was made in its place. Raises MediaError when it is no JPEG."""
    try:
        descriptor = os.open(made, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise MediaError("darktable", _("darktable made no picture: {said}").format(said=said)) from error
    with open(descriptor, "rb") as picture:
        begin = picture.read(3)
        size = picture.seek(0, os.SEEK_END)
        picture.seek(max(0, size - 64))
        whole = begin == b"\xff\xd8\xff" and b"\xff\xd9" in picture.read()
    if not whole:
        raise MediaError("darktable", _("darktable made no JPEG: {said}").format(said=said))
    target.parent.mkdir(parents=True, exist_ok=True)
    os.replace(made, target)
