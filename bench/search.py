"""How fast words find photos in a large library: every text is asked for once, so that nothing is remembered."""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

from bench import program, report
from bench.library import BASE_ROWS, prepare
from bench.synthetic import CAMERAS, WORDS

ADDRESSES = {
    "gallery": "/api/photos?per_page=64&search=",
    "by relevance": "/api/search?limit=64&q=",
    "completion": "/api/search/complete?q=",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=BASE_ROWS)
    parser.add_argument("--requests", type=int, default=12, help="requests of each kind")
    parser.add_argument("--keep", type=Path, help="folder of the made libraries, to be used again; otherwise a temporary one")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="facetd-bench-") as scratch:
        report.emit("search", measure(options.keep or Path(scratch), options.rows, options.requests))


def measure(folder: Path, rows: int, requests: int) -> dict[str, object]:
    """Times in ms of each kind of text at each address."""
    data, size_mb = prepare(folder, rows)
    figures: dict[str, object] = {"rows": rows, "database_mb": round(size_mb, 1)}
    table = []
    with program.Server(data) as server:
        server.wait_idle()
        for kind, texts in kinds(rows).items():
            for name, start in ADDRESSES.items():
                times, hits = [], 0
                for _ in range(requests):
                    text = next(texts)
                    before = time.perf_counter()
                    answer = server.get(f"{start}{urlencode({'': text})[1:]}", {})
                    times.append(1000 * (time.perf_counter() - before))
                    hits = max(hits, answer.get("total", len(answer.get("completions", ()))))
                table.append((kind, name, hits, report.median(times), report.p95(times)))
                figures[f"{kind}, {name}"] = [round(report.median(times), 2), round(report.p95(times), 2)]
    report.show(f"{rows} photos, each text asked for once", ["text", "", "hits at most", "median ms", "p95 ms"], table)
    return figures


def kinds(rows: int) -> dict[str, Iterator[str]]:
    """Texts without end, none of them twice: what finds nothing, one photo, a folder, some and a large part of the library."""
    rng = random.Random(1)
    cameras = [camera[1] for camera in CAMERAS]

    def endless(make: str, *choices: tuple[str, ...]) -> Iterator[str]:
        number = rng.randrange(1000)
        while True:
            number += 1
            yield make.format(*(rng.choice(some) for some in choices), number=number, file=rng.randrange(rows))

    return {
        "nothing": endless("nothing{number}x"),
        "a misspelt word": endless("{0} -absent{number}", tuple(f"{word[0]}{word[2]}{word[1]}{word[3:]}" for word in WORDS)),
        "one file": endless("{file:07d}"),
        "part of a file name": endless("{number}"),
        "a folder": endless('"{0} {number}"', WORDS),
        "one word of many folders": endless("{0} -absent{number}", WORDS),
        "a month": endless("{0} {1} -absent{number}", ("july", "march", "october"), tuple(str(year) for year in range(2005, 2025))),
        "camera and word": endless("{0} {1} -absent{number}", tuple(cameras), WORDS),
        "a camera of a third": endless("iphone -absent{number}"),
        "everything": endless("synthetic -absent{number}"),
    }


if __name__ == "__main__":
    main()
