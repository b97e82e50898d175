"""Every measurement, one after the other: `python -m bench.run [--quick] [NAME ...]`. A failing one is told and the rest go on.

A name is that of a module, then perhaps a dash and which of its runs: throughput-off is that without models.
"""

from __future__ import annotations

import argparse
import subprocess
import sys

QUICK = {
    "throughput-off": ["--models", "off", "--photos", "24"],
    "throughput-auto": ["--models", "auto", "--photos", "24"],
    "throughput-f32": ["--models", "f32", "--photos", "24"],
    "freshness": ["--photos", "5", "--busy", "40"],
    "library": ["--rows", "10000", "--requests", "20", "--seconds", "1"],
    "kill": ["--kills", "5"],
    "mutate": ["--files", "200"],
    "metamorphic": ["--cameras", "3", "--classes", "3"],
    "eyes": ["--turns"],
    "people": ["5000", "300"],
    "likeness": ["--rows", "5000"],
    "looks": [],
    "remote": ["--photos", "20", "--kills", "1", "--rounds", "5"],
    "vectors": ["20000", "--questions", "10"],
    "clip": ["--tower"],
    "capsules": ["--rows", "5000", "--requests", "5"],
    "household": ["--rows", "3000", "--requests", "10", "--seconds", "5", "--tries", "100"],
}
FULL: dict[str, list[str]] = {
    "throughput-off": ["--models", "off"],
    "throughput-auto": ["--models", "auto"],
    "throughput-f32": ["--models", "f32"],
    "freshness": [],
    "library": ["--large", "1000000"],
    "kill": [],
    "mutate": [],
    "metamorphic": [],
    "eyes": [],
    "people": [],
    "likeness": [],
    "looks": [],
    "remote": [],
    "vectors": ["100000", "1000000"],
    "clip": [],
    "capsules": [],
    "household": [],
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="all when none is given")
    parser.add_argument("--quick", action="store_true", help="small numbers, to see that they work")
    options = parser.parse_args()
    broken = []
    chosen = [name for name in FULL if not options.names or name in options.names or name.partition("-")[0] in options.names]
    if unknown := [name for name in options.names if name not in FULL and all(one.partition("-")[0] != name for one in FULL)]:
        sys.exit(f"no such measurement: {', '.join(unknown)}; there are: {', '.join(FULL)}")
    for name in chosen:
        print(f"== {name}", flush=True)
        words = [sys.executable, "-m", f"bench.{name.partition('-')[0]}", *(QUICK if options.quick else FULL)[name]]
        if subprocess.run(words, check=False).returncode:
            broken.append(name)
    if broken:
        sys.exit(f"could not be measured: {', '.join(broken)}")


if __name__ == "__main__":
    main()
