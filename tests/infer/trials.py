"""A stand-in for the children of a trial: as them, but some candidates end it. The runtime's name says what goes wrong."""

from __future__ import annotations

import json
import os
import signal
import sys
import time


def main() -> None:
    runtime = sys.argv[1]
    if runtime == "absent":
        print(json.dumps({"problem": "ModuleNotFoundError: no such runtime"}), flush=True)
        return
    if runtime == "illegal":
        os.kill(os.getpid(), signal.SIGILL)
    print(json.dumps({"devices": ["cpu"]}), flush=True)
    for candidate in json.loads(sys.stdin.readline()):
        model = candidate["model"]
        if model == "crash":
            os.kill(os.getpid(), signal.SIGSEGV)
        if model == "hang":
            time.sleep(600)
        if model == "exit":
            raise SystemExit(3)
        if model == "babble":
            print("warning: something", flush=True)
        if model == "odd":
            print(json.dumps({"trial": {"unknown": 1}}), flush=True)
        if model == "endless":
            print("x" * 200_000, flush=True)
        print(json.dumps({"trial": {"ms": 1.5, "deviation": 0.1}}), flush=True)


if __name__ == "__main__":
    main()
