"""What happens to the scores of real photos that are worsened, mirrored or encoded again: `python -m bench.metamorphic`.

The files are decoded, measured and judged by the functions that a scan uses, at its working size of 1600 px. JPEG copies are written at
the photo's own size and go through the whole decoder. The degradations and what must follow them are those of the tests.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bench import report
from bench.pictures import CORPUS
from facetd.config import Config
from facetd.fields import FIELDS
from facetd.media import decode, headers, metadata
from facetd.media.thumbnail_paths import SIZES
from facetd.records.files import PictureHeader
from facetd.score.judge import judge
from facetd.score.measure import measure
from facetd.score.normalize import BUILT_IN
from facetd.score.rules import Rules
from facetd.score.settings import MeasureSettings
from tests.score.pictures import BOUNDS, DEGRADATIONS, FOLLOWS, from_best, spearman

LONG_SIDE = max(SIZES)
RE_ENCODED = 95
ONE_TONE = 0.8
RAW = ("sharpness_laplacian", "sharpness_multiscale", "noise_sigma")
Values = dict[str, Any]
Record = dict[str, Any]  # "path"; values under "first", "mirror", "encoded"; five values under each degradation


def chosen(corpus: Path, cameras: int, classes: int) -> list[str]:
    """The largest JPEG of each of `cameras` camera models, and `classes` photos labelled with a class; none made or broken."""
    with open(corpus / "MANIFEST.csv", encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if (row["file_type"], row["decoder"], row["mode"]) == ("JPEG", "pillow", "RGB")]
    rows = [row for row in rows if row["made"] == "0" and "/Broken/" not in row["path"]]
    rows = [row for row in rows if int(row["decoded_width"]) * int(row["decoded_height"]) >= 60_000]
    rows.sort(key=lambda row: (-int(row["decoded_width"]) * int(row["decoded_height"]), row["path"]))
    models: dict[str, str] = {}
    for row in rows:
        if row["model"]:
            models.setdefault(row["model"], row["path"])
    labelled = sorted(row["path"] for row in rows if row["class"])
    step = max(1, len(labelled) // max(1, classes))
    return list(models.values())[:cameras] + labelled[::step][:classes]


def examine(path: str) -> Record:
    """Everything measured of one photo: untouched, mirrored, encoded again, and at each strength of each degradation."""
    cv2.setNumThreads(1)
    header = headers.read_header(path)
    turn = metadata.read_metadata(path, header, ()).orientation or 1
    whole = decode.decode_photo(path, header, long_side=10**6, orientation=turn).measure
    picture = decode.decode_photo(path, header, long_side=LONG_SIDE, orientation=turn).measure
    levels = np.bincount(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).ravel())
    record: Record = {"path": path, "first": valued(picture, header) | {"tone": float(levels.max() / levels.sum())}}
    record["mirror"] = valued(np.ascontiguousarray(picture[:, ::-1]), header)
    with tempfile.TemporaryDirectory(prefix="facetd-metamorphic-") as scratch:
        copy = Path(scratch) / "copy.jpg"
        record["encoded"] = through_jpeg(whole, RE_ENCODED, copy)
        for name, (worsen, strengths) in DEGRADATIONS.items():
            record[name] = [
                through_jpeg(whole, strength, copy) if name == "jpeg" else valued(worsen(picture, strength), header)
                for strength in strengths
            ]
    return record


def one_tone(record: Record) -> bool:
    """Whether the file is no photo to judge by: blank, or cut short and filled with grey."""
    return float(record["first"]["tone"]) > ONE_TONE


def through_jpeg(whole: NDArray[np.uint8], quality: float, copy: Path) -> Values:
    """Values of `whole` written to the file `copy` at `quality` and read as a scan reads it."""
    Image.fromarray(whole).save(copy, "JPEG", quality=int(quality))
    header = headers.read_header(str(copy))
    return valued(decode.decode_photo(str(copy), header, long_side=LONG_SIDE, orientation=1).measure, header)


def valued(picture: NDArray[np.uint8], header: PictureHeader) -> Values:
    """All measured values of `picture`, with the category and score that they lead to."""
    values: Values = asdict(measure(picture, MeasureSettings()))
    values.pop("histogram")
    values |= {"jpeg_quality": header.jpeg_quality, "megapixels": header.width * header.height / 1e6}
    found = judge(values, Rules.from_config(Config()), BUILT_IN)
    return values | {"aggregate": found.aggregate, "category": found.category}


def score_names(first: Mapping[str, object]) -> list[str]:
    """The keys of the scores from 0 to 10 that `first` has, the aggregate last."""
    scores = [field.key for field in FIELDS if field.key in first and (field.low, field.high) == (0, 10) and field.key not in RAW]
    return [*(key for key in scores if key not in ("aggregate", "dynamic_range_stops")), "aggregate"]


def column(steps: Iterable[Mapping[str, Any]], key: str) -> list[float]:
    return [float(values[key]) for values in steps]


def following(records: Sequence[Record]) -> list[list[object]]:
    """Per degradation and metric that must follow it: Spearman with the strength, signed so that 1 is perfect."""
    rows: list[list[object]] = []
    for name in DEGRADATIONS:
        for key, sign in (FOLLOWS[name] | {"aggregate": -1}).items():
            found = [sign * spearman(range(6), column([r["first"], *r[name]], key)) for r in records]
            worst = int(np.argmin(found))
            share = float(np.mean(np.array(found) >= 0.8))
            rows.append([f"{name} {key}", float(np.median(found)), share, found[worst], Path(str(records[worst]["path"])).name])
    falling = [from_best(column([r["first"], *r["over"]], "exposure_score")) for r in records]
    worst = int(np.argmin(falling))
    share = float(np.mean(np.array(falling) >= 0.8))
    name = Path(str(records[worst]["path"])).name
    return [*rows, ["over exposure_score from its best on", float(np.median(falling)), share, falling[worst], name]]


def drifting(records: Sequence[Record]) -> list[list[object]]:
    """Per degradation and score that need not follow it: how far it moves at any strength; the stated bound where there is one."""
    rows: list[list[object]] = []
    for name in DEGRADATIONS:
        for key in score_names(records[0]["first"]):
            if key in FOLLOWS[name]:
                continue
            moved = [float(np.abs(np.subtract(column(r[name], key), r["first"][key])).max()) for r in records]
            bounds = BOUNDS.get(name, {}).get(key)
            rows.append(
                [f"{name} {key}", *spread(moved), "" if bounds is None else "{:g} / {:g}".format(*bounds), worst_name(records, moved)]
            )
    return rows


def keeping(records: Sequence[Record], what: str) -> list[list[object]]:
    """How far each score moves when the photo is mirrored or encoded again."""
    rows: list[list[object]] = []
    for key in score_names(records[0]["first"]):
        moved = [abs(r[what][key] - r["first"][key]) for r in records]
        rows.append([f"{what} {key}", *spread(moved), worst_name(records, moved)])
    return rows


def spread(moved: Sequence[float]) -> tuple[float, float, float]:
    return round(float(np.median(moved)), 3), round(report.p95(moved), 3), round(float(max(moved)), 3)


def worst_name(records: Sequence[Record], moved: Sequence[float]) -> str:
    return Path(str(records[int(np.argmax(moved))]["path"])).name


def ranks_kept(records: Sequence[Record]) -> dict[str, float]:
    """Spearman of each raw value over the photos, before and after being encoded again."""
    return {
        key: round(spearman(column([r["first"] for r in records], key), column([r["encoded"] for r in records], key)), 4) for key in RAW
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cameras", type=int, default=60, help="photos of as many camera models")
    parser.add_argument("--classes", type=int, default=150, help="photos labelled with a class")
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--raw", type=Path, help="write every measured value to this file")
    options = parser.parse_args()
    if not CORPUS.is_dir():
        parser.exit(0, f"needs the folder of real photos at {CORPUS}\n")
    paths = [os.fspath(CORPUS / path) for path in chosen(CORPUS, options.cameras, options.classes)]
    start = time.perf_counter()
    with ProcessPoolExecutor(options.processes, mp_context=get_context("forkserver")) as pool:
        records = list(pool.map(examine, paths))
    if options.raw:
        options.raw.write_text(json.dumps(records, default=str), encoding="utf-8")
    tell([record for record in records if not one_tone(record)], time.perf_counter() - start)


def tell(records: Sequence[Record], seconds: float) -> None:
    """Print the tables and the line of JSON."""
    follow, drift, ranks = following(records), drifting(records), ranks_kept(records)
    mirror, encoded = keeping(records, "mirror"), keeping(records, "encoded")
    report.show(f"Rank correlation with the strength, {len(records)} photos", ("", "median", ">= 0.8", "worst", "photo"), follow)
    report.show("Drift of the other scores, points", ("", "median", "p95", "max", "bound", "photo"), drift)
    report.show("Mirrored, points", ("", "median", "p95", "max", "photo"), mirror)
    report.show(f"Encoded again at quality {RE_ENCODED}, points", ("", "median", "p95", "max", "photo"), encoded)
    report.show("Rank kept when encoded again, Spearman", ("", "rho"), ranks.items())
    report.emit(
        "metamorphic",
        {
            "photos": len(records), "seconds": round(seconds, 1), "ranks_kept": ranks,
            "follow": {str(row[0]): row[1:4] for row in follow}, "drift": {str(row[0]): row[1:4] for row in drift},
            "mirror": {str(row[0]): row[1:4] for row in mirror}, "encoded": {str(row[0]): row[1:4] for row in encoded},
        },
    )  # fmt: skip


if __name__ == "__main__":
    main()
