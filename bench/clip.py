"""How fast a CLIP-size picture tower (ViT-B/32 of random weights) is: images per second of each runtime, precision and batch, and what a
scan makes of it, next to its own bound. `--tower` leaves the scan out."""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from bench import report, throughput, vit
from bench.pictures import make_photos
from bench.processes import use_cores
from bench.program import environment
from facetd.infer.measure import packs_folder
from facetd.infer.packs.install import Installer
from tests.infer.packs.listing import Source, one_pack

BATCHES = (1, 8)
WAYS = (
    ("onnxruntime", "f32"), ("onnxruntime", "int8"), ("openvino", "f32"), ("openvino", "bf16"), ("openvino", "int8"),
)  # fmt: skip
EARLIER = {
    ("onnxruntime", "f32"): (24, 32), ("onnxruntime", "int8"): (92, 136), ("openvino", "f32"): (24, 32), ("openvino", "bf16"): (70, 124),
}  # fmt: skip
"""Images per second of two cores that a network of this size gave before on a machine with AVX-512 VNNI and AMX, at both batches."""


@dataclass(frozen=True, slots=True)
class Tower:
    """Milliseconds of processor time for one image, and the cosine to f32 of ONNX Runtime; `problem` where it cannot be run."""

    ms: float = 0.0
    cosine: float = 0.0
    problem: str = ""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tower", action="store_true", help="the tower alone, without a scan")
    parser.add_argument("--photos", type=int, default=60, help="how many photos of 12 megapixels are scanned")
    parser.add_argument("--cores", type=int, default=2)
    options = parser.parse_args()
    logging.disable(logging.WARNING)
    with tempfile.TemporaryDirectory(prefix="facetd-bench-") as scratch:
        folder = Path(scratch)
        parameters = vit.write_layout(folder / "layout")
        report.say(f"ViT-B/32 of random weights: {parameters / 1e6:.1f} M parameters in the picture tower")
        figures = measure_tower(folder / "layout/visual/model.onnx", folder)
        if not options.tower:
            photos = make_photos(folder / "photos", {12: options.photos})
            throughput.measure(photos, folder, "auto", use_cores(options.cores), lambda home: install(folder / "layout", home))
    report.emit("clip", {"parameters": parameters, **figures})


def measure_tower(f32: Path, scratch: Path) -> dict[str, object]:
    """Each way in a process of its own, one thread; prints the table."""
    int8 = scratch / "int8.onnx"
    _quantize(f32, int8)
    rows: list[tuple[object, ...]] = []
    figures: dict[str, object] = {}
    for runtime, precision in WAYS:
        for place, batch in enumerate(BATCHES):
            tower = _time(int8 if precision == "int8" else f32, f32, runtime, precision, batch)
            rate = 2000 / tower.ms if tower.ms else 0.0
            before = EARLIER.get((runtime, precision))
            name = f"{runtime} {precision}, batch {batch}"
            rows.append((name, tower.problem or tower.ms, rate or "", before[place] if before else "", f"{tower.cosine:.5f}"))
            figures[f"{runtime}_{precision}_{batch}"] = tower.problem or [round(tower.ms, 2), round(rate, 1), round(tower.cosine, 5)]
    head = ["one thread", "ms of processor time per image", "images/s of 2 cores", "before, elsewhere", "least cosine to f32"]
    report.show("Picture tower", head, rows)
    return figures


def _quantize(f32: Path, int8: Path) -> None:
    """The weights of all matrix products in 8 bits, activations as they come."""
    words = (
        "import sys; from onnxruntime.quantization import quantize_dynamic, QuantType;"
        " quantize_dynamic(sys.argv[1], sys.argv[2], weight_type=QuantType.QInt8, op_types_to_quantize=['MatMul'], per_channel=True)"
    )
    subprocess.run([sys.executable, "-c", words, str(f32), str(int8)], check=True, capture_output=True)


def _time(file: Path, f32: Path, runtime: str, precision: str, batch: int) -> Tower:
    words = [sys.executable, "-m", "bench.tower", str(file), str(f32), runtime, precision, str(batch)]
    done = subprocess.run(words, capture_output=True, text=True, env=environment() | {"OMP_NUM_THREADS": "1"}, check=False)
    try:
        return Tower(**json.loads(done.stdout))
    except ValueError:
        return Tower(problem=f"ended with {done.returncode}")


def install(layout: Path, data: Path) -> None:
    """As `facetd models install --from` does."""
    files = [str(path.relative_to(layout)) for path in sorted(layout.rglob("*")) if path.is_file()]
    index = one_pack(data / "packs.toml", "vit-b32", Source("clip", files), tasks=("image_embedding", "text_embedding"))
    asyncio.run(Installer(packs_folder(data), index=index).from_folder("vit-b32", layout))


if __name__ == "__main__":
    main()
