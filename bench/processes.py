"""What processes take: memory of a whole process tree and CPU time, from /proc; and which process is which."""

from __future__ import annotations

import os
import threading
import time
from dataclasses import dataclass

INFERENCE = "facetd.infer.process"
FORKSERVER = "multiprocessing.forkserver"


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes. `pss` shares pages fairly among the processes that map them, `rss` counts them in each."""

    pss: int
    rss: int
    processes: int

    def __add__(self, other: Memory) -> Memory:
        return Memory(self.pss + other.pss, self.rss + other.rss, self.processes + other.processes)

    def at_most(self, other: Memory) -> Memory:
        """The larger of each."""
        return Memory(max(self.pss, other.pss), max(self.rss, other.rss), max(self.processes, other.processes))


NOTHING = Memory(0, 0, 0)


def tree(pid: int) -> list[int]:
    """`pid` and its descendants that are alive."""
    found, stack = [], [pid]
    while stack:
        item = stack.pop()
        found.append(item)
        stack += children(item)
    return found


def command(pid: int) -> str:
    """The words that started `pid`; empty when it is gone."""
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return file.read().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


def children(pid: int) -> list[int]:
    """The processes that `pid` started itself."""
    found: list[int] = []
    try:
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/children", encoding="ascii") as file:
                found.extend(int(child) for child in file.read().split())
    except OSError:
        pass
    return found


def inference_processes(pid: int) -> list[int]:
    """The inference processes of the program `pid`."""
    return [child for child in children(pid) if INFERENCE in command(child)]


def decode_workers(pid: int) -> list[int]:
    """The decode workers of the program `pid`: forked from a process that only loads libraries."""
    return [worker for child in children(pid) if FORKSERVER in command(child) for worker in children(child)]


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
        return NOTHING
    return Memory(pss, rss, 1)


def memory_of_tree(pid: int) -> Memory:
    """The memory of `pid` and its descendants together."""
    return sum((memory(item) for item in tree(pid)), NOTHING)


def cpu_s(pid: int) -> float:
    """Processor time that `pid` has taken so far, in seconds; 0 when it is gone."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
            fields = file.read().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


SELDOM = 50  # looking at memory takes one in so many seconds


class PeakMemory:
    """Watches a process tree while a block runs: `peak` has the largest sums of memory seen, `cpu_s` the processor time of all;
    `main` and `inference` have the largest memory of the first process and of the inference process alone.

    The last moments of each process, up to `every_s`, are not seen. Memory is looked at less often where that takes long (10 ms for a
    process of 400 MB, and the kernel holds it up meanwhile): it has at most a fiftieth of one core.
    """

    def __init__(self, pid: int, every_s: float = 0.1) -> None:
        self._pid = pid
        self._every_s = every_s
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self.peak = self.main = self.inference = NOTHING
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
        due = time.monotonic()
        while not self._stop.is_set():
            pids = tree(self._pid)
            for pid in pids:
                self._cpu[pid] = max(self._cpu.get(pid, 0.0), cpu_s(pid))
            if (start := time.monotonic()) >= due:
                self._look({pid: memory(pid) for pid in pids})
                due = time.monotonic() + (SELDOM - 1) * (time.monotonic() - start)
            self._stop.wait(self._every_s)

    def _look(self, now: dict[int, Memory]) -> None:
        self.peak = self.peak.at_most(sum(now.values(), NOTHING))
        self.main = self.main.at_most(now.get(self._pid, NOTHING))
        for pid in inference_processes(self._pid):
            self.inference = self.inference.at_most(now.get(pid, NOTHING))


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
