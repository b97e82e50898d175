"""Every measurement, one after the other: `python -m bench.run [--quick] [NAME ...]`. A failing one is told and the rest go on."""

from __future__ import annotations

import argparse
import subprocess
import sys

QUICK = {
    "throughput": ["--photos", "24"],
    "freshness": ["--photos", "5", "--busy", "40"],
    "library": ["--rows", "10000", "--requests", "20", "--seconds", "1"],
    "kill": ["--kills", "5"],
    "mutate": ["--files", "200"],
    "metamorphic": ["--cameras", "3", "--classes", "3"],
    "eyes": ["--turns"],
}
FULL: dict[str, list[str]] = {
    "throughput": [],
    "freshness": [],
    "library": ["--large", "1000000"],
    "kill": [],
    "mutate": [],
    "metamorphic": [],
    "eyes": [],
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="all when none is given")
    parser.add_argument("--quick", action="store_true", help="small numbers, to see that they work")
    options = parser.parse_args()
    broken = []
    for name in options.names or FULL:
        print(f"== {name}", flush=True)
        words = [sys.executable, "-m", f"bench.{name}", *(QUICK if options.quick else FULL)[name]]
        if subprocess.run(words, check=False).returncode:
            broken.append(name)
    if broken:
        sys.exit(f"could not be measured: {', '.join(broken)}")


if __name__ == "__main__":
    main()
