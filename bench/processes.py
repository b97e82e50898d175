"""What processes take: memory of a whole process tree and CPU time, from /proc."""

from __future__ import annotations

import os
import threading
import time
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes. `pss` shares pages fairly among the processes that map them, `rss` counts them in each."""

    pss: int
    rss: int
    processes: int


def tree(pid: int) -> list[int]:
    """`pid` and its descendants that are alive."""
    found, stack = [], [pid]
    while stack:
        item = stack.pop()
        found.append(item)
        try:
            for task in os.listdir(f"/proc/{item}/task"):
                with open(f"/proc/{item}/task/{task}/children", encoding="ascii") as file:
                    stack.extend(int(child) for child in file.read().split())
        except OSError:
            continue
    return found


def memory(pid: int) -> Memory:
    """The memory of `pid` alone; zeros when it is gone."""
    pss = rss = 0
    try:
        with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
            for line in file:
                if line.startswith("Pss:"):
                    pss = int(line.split()[1]) * 1024
                elif line.startswith("Rss:"):
                    rss = int(line.split()[1]) * 1024
    except OSError:
        return Memory(0, 0, 0)
    return Memory(pss, rss, 1)


def memory_of_tree(pid: int) -> Memory:
    """The memory of `pid` and its descendants together."""
    parts = [memory(item) for item in tree(pid)]
    return Memory(sum(part.pss for part in parts), sum(part.rss for part in parts), sum(part.processes for part in parts))


def cpu_s(pid: int) -> float:
    """Processor time that `pid` has taken so far, in seconds; 0 when it is gone."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
            fields = file.read().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class PeakMemory:
    """Watches a process tree while a block runs: `peak` has the largest sums of memory seen, `cpu_s` the processor time of all.

    The last moments of each process, up to `every_s`, are not seen.
    """

    def __init__(self, pid: int, every_s: float = 0.1) -> None:
        self._pid = pid
        self._every_s = every_s
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self.peak = Memory(0, 0, 0)
        self._cpu: dict[int, float] = {}

    @property
    def cpu_s(self) -> float:
        """Seconds of processor time, all processes together."""
        return sum(self._cpu.values())

    def __enter__(self) -> PeakMemory:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stop.is_set():
            for pid in tree(self._pid):
                self._cpu[pid] = max(self._cpu.get(pid, 0.0), cpu_s(pid))
            now = memory_of_tree(self._pid)
            self.peak = Memory(max(self.peak.pss, now.pss), max(self.peak.rss, now.rss), max(self.peak.processes, now.processes))
            self._stop.wait(self._every_s)


def use_cores(count: int) -> int:
    """Keep this process and its children to `count` cores; how many it got."""
    allowed = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, set(allowed[:count]))
    return len(os.sched_getaffinity(0))


def alive(pid: int) -> bool:
    """Whether `pid` runs (a zombie does not)."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def wait_gone(pids: list[int], timeout_s: float = 10.0) -> list[int]:
    """Wait until all of `pids` ended; those that did not."""
    end = time.monotonic() + timeout_s
    while (left := [pid for pid in pids if alive(pid)]) and time.monotonic() < end:
        time.sleep(0.02)
    return left
