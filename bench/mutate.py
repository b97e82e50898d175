"""Thousands of damaged files: the daemon survives, its memory stays bounded, and each file has a result or a recorded error."""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from bench import program, report
from bench.dump import outcomes, problems
from bench.models import MODES, Models, try_models
from bench.pictures import CORPUS
from bench.processes import NOTHING, Memory, PeakMemory
from bench.smallphotos import WRITERS, small_photo

LARGEST_SOURCE = 1_500_000
UNFORESEEN = frozenset({"unexpected", "inference", "frame"})  # errors of our own, not of a file
SUFFIXES = frozenset(
    "jpg jpeg png webp tif tiff gif bmp heic heif avif jxl cr2 cr3 nef arw raf rw2 dng orf srw pef kdc".split()  # noqa: SIM905
)


@dataclass(slots=True)
class Survival:
    """How a daemon came through: what became of each file, and what should not have happened."""

    files: int
    whole: int = 0
    failed: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    peak: Memory = NOTHING
    inference: Memory = NOTHING
    faults: list[str] = field(default_factory=list)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--models", choices=MODES, default="auto")
    parser.add_argument("--keep", type=Path, help="where to leave the damaged files")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="facetd-bench-") as scratch:
        folder = options.keep or Path(scratch) / "photos"
        formats = make_mutants(folder, options.files, options.seed)
        survival = survive(folder, Path(scratch) / "data", try_models(options.models, Path(scratch) / "tried"))
    report.show(
        f"{survival.files} damaged files of {len(formats)} suffixes in {survival.seconds:.0f} s",
        ["", ""],
        [("with a result", survival.whole), ("with a recorded error", survival.failed), ("faults", len(survival.faults)),
         ("peak memory of all processes, MB (PSS)", survival.peak.pss / 1e6),
         ("peak memory of the inference process, MB (PSS)", survival.inference.pss / 1e6),
         *((f"  {reason}", count) for reason, count in survival.reasons.most_common())],
    )  # fmt: skip
    for fault in survival.faults[:20]:
        report.say(fault)
    report.emit("mutate", {
        "files": survival.files, "whole": survival.whole, "failed": survival.failed, "faults": len(survival.faults),
        "reasons": dict(survival.reasons), "seconds": round(survival.seconds, 1), "peak_pss_mb": round(survival.peak.pss / 1e6, 1),
        "peak_inference_pss_mb": round(survival.inference.pss / 1e6, 1), "models": options.models, "files_per_suffix": dict(formats),
    })  # fmt: skip


def survive(folder: Path, data: Path, models: Models, timeout_s: float = 1800.0) -> Survival:
    """Let a daemon read `folder` for the first time, and see what it made of it."""
    wanted = {"technical", "thumbnail", "metadata", *(("objects", "faces", "tags") if models.on else ())}
    names = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
    survival = Survival(len(names))
    start = time.monotonic()
    with program.Server(models.prepare(data), folder) as server:
        pid = server.pid
        with PeakMemory(pid, every_s=0.25) as peak:
            while len(known(data)) < len(names) or server.get("/api/scan/status")["running"]:
                time.sleep(0.5)
                if time.monotonic() - start > timeout_s:
                    survival.faults.append(f"not done after {timeout_s:.0f} s")
                    break
        survival.seconds, survival.peak, survival.inference = time.monotonic() - start, peak.peak, peak.inference
        if not server.alive():
            survival.faults.append("the daemon ended")
        server.get("/api/photos")
        survival.faults += [line for line in server.log().splitlines() if line.startswith("Traceback")]
    survival.faults += problems(data / "library.db")
    became = outcomes(data / "library.db")
    for name in names:
        done, failed = became.get(name, ([], []))
        survival.reasons.update({reason.partition(":")[0] for reason in failed})
        survival.failed += bool(failed)
        survival.faults += [f"{name}: {reason}" for reason in failed if reason.partition(":")[0] in UNFORESEEN]
        survival.whole += not failed and wanted <= set(done)
        if not failed and not wanted <= set(done):
            survival.faults.append(f"{name}: neither result nor error of {', '.join(sorted(wanted - set(done)))}")
    return survival


def known(data: Path) -> dict[str, tuple[list[str], list[str]]]:
    """What became of the files so far."""
    return outcomes(data / "library.db") if (data / "library.db").exists() else {}


def make_mutants(folder: Path, count: int, seed: int = 1, corpus: Path = CORPUS) -> Counter[str]:
    """Write `count` damaged files of all formats, in folders of a hundred; how many of each suffix."""
    rng = random.Random(seed)
    originals = _originals(corpus)
    suffixes = sorted(originals)
    made: Counter[str] = Counter()
    for i in range(count):
        suffix = suffixes[i % len(suffixes)]
        data = rng.choice(originals[suffix])
        target = folder / f"{i // 100:03d}" / f"{i:05d}.{suffix}"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(mutated(data, rng))
        made[suffix] += 1
    return made


def _originals(corpus: Path) -> dict[str, list[bytes]]:
    """Whole files by suffix: made ones, and real ones where there are some."""
    found = {suffix: [small_photo(seed, suffix) for seed in range(3)] for suffix in WRITERS}
    for path in sorted(corpus.rglob("*")) if corpus.is_dir() else ():
        suffix = path.suffix.lower().lstrip(".")
        if suffix in SUFFIXES and path.is_file() and 0 < path.stat().st_size <= LARGEST_SOURCE and len(found.get(suffix, ())) < 40:
            found.setdefault(suffix, []).append(path.read_bytes())
    return found


def mutated(data: bytes, rng: random.Random) -> bytes:
    """`data` damaged in one way, sometimes in two."""
    for _ in range(rng.choice((1, 1, 1, 2))):
        data = rng.choice((_flip_bits, _flip_head_bits, _truncate, _edit_header, _overwrite, _zero_sectors, _cut_out, _repeat))(data, rng)
    return data


def _flip_bits(data: bytes, rng: random.Random) -> bytes:
    return _flipped(data, rng, len(data), rng.choice((1, 4, 32, 500)))


def _flip_head_bits(data: bytes, rng: random.Random) -> bytes:
    return _flipped(data, rng, min(len(data), 2048), rng.choice((1, 2, 8, 32)))


def _flipped(data: bytes, rng: random.Random, within: int, bits: int) -> bytes:
    out = bytearray(data)
    for _ in range(bits if within else 0):
        out[rng.randrange(within)] ^= 1 << rng.randrange(8)
    return bytes(out)


def _truncate(data: bytes, rng: random.Random) -> bytes:
    """From nothing at all to a few bytes less."""
    return data[: rng.choice((0, rng.randrange(64), rng.randrange(len(data) + 1), max(0, len(data) - rng.randrange(1, 100))))]


def _edit_header(data: bytes, rng: random.Random) -> bytes:
    """Numbers where sizes, counts and offsets are: huge, zero, negative."""
    out = bytearray(data)
    for _ in range(rng.randrange(1, 5)):
        if len(out) > 8:
            at = rng.randrange(4, min(len(out) - 4, 600)) if len(out) > 12 else 4
            value = rng.choice(
                (b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x7f\xff\xff\xff", b"\xff\xff", b"\0\1", b"\x40\x00\x00\x00", b"\xff\xd9")
            )
            out[at : at + len(value)] = value
    return bytes(out)


def _overwrite(data: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(len(data) + 1)
    junk = rng.randbytes(rng.choice((16, 512, 8192)))
    return data[:at] + junk + data[at + len(junk) :]


def _zero_sectors(data: bytes, rng: random.Random) -> bytes:
    """What a failing disk or a broken download leaves."""
    at = rng.randrange(len(data) + 1) // 512 * 512
    length = rng.choice((512, 4096, 65536))
    return data[:at] + bytes(min(length, len(data) - at)) + data[at + length :]


def _cut_out(data: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(len(data) + 1)
    return data[:at] + data[at + rng.choice((1, 100, 5000)) :]


def _repeat(data: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(len(data) + 1)
    part = data[at : at + rng.choice((1, 100, 5000))]
    return data[:at] + part * rng.choice((2, 2, 10)) + data[at + len(part) :]


if __name__ == "__main__":
    main()
