"""What this machine can compute with, as far as it shows without loading a library."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

CPUINFO = Path("/proc/cpuinfo")
DEV = Path("/dev")
TELLING = frozenset(
    {
        *("sse4_1", "avx", "avx2", "avx_vnni", "avx512f", "avx512_vnni", "avx512_bf16", "amx_int8", "amx_bf16"),
        *("asimd", "asimddp", "i8mm", "bf16", "sve"),
    }
)  # the flags that decide how fast a network runs, x86-64 and aarch64
INT8 = frozenset({"avx_vnni", "avx512_vnni", "amx_int8", "asimddp", "i8mm"})
BF16 = frozenset({"amx_bf16", "avx512_bf16", "bf16"})
DEVICE_NODES = ("dri/renderD*", "nvidia[0-9]*", "kfd", "accel/accel*")
PACKAGES = (
    *("openvino", "onnxruntime"),
    *("onnxruntime-gpu", "onnxruntime-openvino", "onnxruntime-migraphx", "onnxruntime-rocm"),
)


@dataclass(frozen=True, slots=True)
class Cpu:
    """The processor: its name and those of its abilities that matter here."""

    model: str
    machine: str
    flags: frozenset[str]

    @property
    def int8(self) -> bool:
        """Whether 8 bit dot products are instructions; without them int8 is often slower than f32."""
        return bool(self.flags & INT8)

    @property
    def bf16(self) -> bool:
        """Whether there are instructions for bfloat16."""
        return bool(self.flags & BF16)


def cpu(cpuinfo: Path = CPUINFO) -> Cpu:
    """The processor of this machine, from the kernel's description."""
    facts: dict[str, str] = {}
    try:
        for line in cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines():
            key, _, value = line.partition(":")
            facts.setdefault(key.strip(), value.strip())
    except OSError:
        pass
    flags = frozenset((facts.get("flags") or facts.get("Features") or "").split()) & TELLING
    name = facts.get("model name") or "/".join(facts[key] for key in ("CPU implementer", "CPU part") if key in facts)
    return Cpu(name or platform.processor() or "unknown", platform.machine(), flags)


def cores() -> int:
    """Cores that this process may use."""
    return max(1, len(os.sched_getaffinity(0)))


def device_nodes(dev: Path = DEV) -> tuple[str, ...]:
    """Device files of graphics and neural processors, sorted; a change among them asks for a new measurement."""
    return tuple(sorted(str(node.relative_to(dev)) for pattern in DEVICE_NODES for node in dev.glob(pattern)))


def runtime_versions() -> dict[str, str]:
    """Installed packages that bring a runtime, with their versions; nothing is loaded."""
    found: dict[str, str] = {}
    for package in PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found
