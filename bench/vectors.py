"""How fast and how well near vectors are found: 100,000 and 1,000,000 of 512 numbers, all and 1 % of the photos.

    python -m bench.vectors [ROWS ...] [--dimension 512] [--questions 60]

Vectors lie around 2,000 middles, as those of photos do, and half as many again lie anywhere. The truth is NumPy's in full precision.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from facetd.ingest import nearest as searching

Floats = NDArray[np.float32]
SPACE, BLOCK, NEAREST = "bench-512/f32", 10_000, 50
TABLE = """
CREATE TABLE photo_embedding (seq INTEGER PRIMARY KEY AUTOINCREMENT, photo_id INTEGER NOT NULL, space TEXT NOT NULL, vector BLOB NOT NULL,
    UNIQUE (photo_id, space));
CREATE INDEX photo_embedding_space ON photo_embedding (space, seq);
"""


def blocks(rows: int, dimension: int) -> Iterator[Floats]:
    """The vectors, the same ones every time."""
    random = np.random.default_rng(5)
    middles = random.standard_normal((2000, dimension), np.float32)
    for begin in range(0, rows, BLOCK):
        count = min(BLOCK, rows - begin)
        found = random.standard_normal((count, dimension), np.float32)
        near = random.random(count) < 2 / 3
        found[near] = 0.7 * found[near] + middles[random.integers(0, len(middles), int(near.sum()))]
        yield found / np.linalg.norm(found, axis=1, keepdims=True)


def fill(path: Path, rows: int, dimension: int) -> None:
    """A library with nothing but vectors; the photos are numbered from 1."""
    with sqlite3.connect(path) as connection:
        connection.executescript(TABLE)
        number = 0
        for block in blocks(rows, dimension):
            values = [(number + i + 1, SPACE, row.astype("<f4").tobytes()) for i, row in enumerate(block)]
            connection.executemany("INSERT INTO photo_embedding (photo_id, space, vector) VALUES (?, ?, ?)", values)
            number += len(block)
    connection.close()


def truths(rows: int, questions: Floats, within: NDArray[np.bool_] | None) -> list[set[int]]:
    """The nearest of each question, by all vectors in full precision."""
    best = np.full((len(questions), 0), 0, np.float32)
    ids = np.full((len(questions), 0), 0, np.int64)
    begin = 0
    for block in blocks(rows, questions.shape[1]):
        found = questions @ block.T
        if within is not None:
            found[:, ~within[begin : begin + len(block)]] = -2
        best = np.concatenate([best, found], axis=1)
        ids = np.concatenate([ids, np.broadcast_to(np.arange(begin + 1, begin + len(block) + 1), found.shape)], axis=1)
        top = np.argsort(-best, axis=1)[:, :NEAREST]
        best, ids = np.take_along_axis(best, top, 1), np.take_along_axis(ids, top, 1)
        begin += len(block)
    return [set(row) for row in ids.tolist()]


class Answers(NamedTuple):
    """Ids found, ms of each question by the clock and by the processor, and MB that the process held at most."""

    ids: list[list[int]]
    wall: list[float]
    cpu: list[float]
    peak: int


def answers(path: Path, folder: Path, questions: Floats, within: list[int] | None) -> Answers:
    """Runs in a process of its own, as in the daemon's."""
    got = Answers([], [], [], 0)
    for question in questions:
        begin, used = time.perf_counter(), time.process_time()
        found = searching.nearest(path, folder, SPACE, question.tobytes(), NEAREST, within)
        got.wall.append((time.perf_counter() - begin) * 1e3)
        got.cpu.append((time.process_time() - used) * 1e3)
        assert found is not None
        got.ids.append(list(found.ids))
    status = Path("/proc/self/status").read_text()
    return got._replace(peak=int(status.split("VmHWM:")[1].split()[0]) // 1024)


def ask(path: Path, folder: Path, questions: Floats, truth: list[set[int]], within: list[int] | None, name: str) -> None:
    """Ask in a fresh process and print times, recall and memory."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as process:
        got = process.submit(answers, path, folder, questions, within).result()
    recall = sum(len(right & set(ids)) for right, ids in zip(truth, got.ids, strict=True)) / NEAREST / len(truth)
    (p50, p95), (cpu50, cpu95) = np.percentile(got.wall[1:], [50, 95]), np.percentile(got.cpu[1:], [50, 95])
    print(
        f"{name:18} p50 {p50:6.1f} ms  p95 {p95:6.1f} ms  (processor {cpu50:.1f}, {cpu95:.1f})  first {got.wall[0]:.0f} ms"
        f"  recall@{NEAREST} {recall:.4f}  resident at most {got.peak} MB",
        flush=True,
    )


def main() -> None:
    """Measure each size in a folder that is gone afterwards."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows", nargs="*", type=int, default=[100_000])
    parser.add_argument("--dimension", type=int, default=512)
    parser.add_argument("--questions", type=int, default=60)
    options = parser.parse_args()
    for rows in options.rows:
        with tempfile.TemporaryDirectory(prefix="facetd-vectors-") as name:
            path, folder = Path(name) / "library.db", Path(name) / "vectors"
            fill(path, rows, options.dimension)
            random = np.random.default_rng(7)
            base = next(blocks(BLOCK, options.dimension))[: options.questions]
            questions = base + 0.5 * random.standard_normal(base.shape, np.float32) / np.sqrt(np.float32(options.dimension))
            questions = (questions / np.linalg.norm(questions, axis=1, keepdims=True)).astype(np.float32)
            begin = time.perf_counter()
            searching.tend(path, folder)
            print(f"{rows} x {options.dimension}: written in {time.perf_counter() - begin:.1f} s", flush=True)
            one = random.permutation(rows)[: rows // 100]
            chosen = np.zeros(rows, np.bool_)
            chosen[one] = True
            ask(path, folder, questions, truths(rows, questions, None), None, "all")
            ask(path, folder, questions, truths(rows, questions, chosen), (one + 1).tolist(), "1 % of the photos")


if __name__ == "__main__":
    main()
