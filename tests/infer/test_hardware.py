from __future__ import annotations

from pathlib import Path

import pytest

from facetd.infer.hardware import cores, cpu, device_nodes, runtime_versions

X86 = """processor\t: 0
vendor_id\t: GenuineIntel
model name\t: Intel(R) N100
flags\t\t: fpu sse4_1 avx avx2 {flags} sha_ni

processor\t: 1
model name\t: Intel(R) N100
flags\t\t: fpu
"""
ARM = """processor\t: 0
BogoMIPS\t: 108.00
Features\t: fp asimd aes {flags}
CPU implementer\t: 0x41
CPU architecture: 8
CPU part\t: 0xd0b
"""


@pytest.mark.parametrize(
    ("text", "flags", "int8", "bf16"),
    [
        (X86, "avx_vnni", True, False),
        (X86, "", False, False),
        (X86, "avx512f avx512_vnni avx512_bf16", True, True),
        (X86, "amx_tile amx_int8 amx_bf16", True, True),
        (ARM, "asimddp", True, False),
        (ARM, "", False, False),
        (ARM, "asimddp i8mm bf16", True, True),
    ],
)
def test_what_a_processor_gains_by(tmp_path: Path, text: str, flags: str, int8: bool, bf16: bool) -> None:
    path = tmp_path / "cpuinfo"
    path.write_text(text.format(flags=flags))
    found = cpu(path)
    assert (found.int8, found.bf16) == (int8, bf16)
    assert found.model == ("Intel(R) N100" if text is X86 else "0x41/0xd0b")
    assert "sha_ni" not in found.flags


def test_a_processor_without_a_description_has_no_abilities(tmp_path: Path) -> None:
    found = cpu(tmp_path / "nothing")
    assert found.model
    assert not found.flags


def test_this_machine() -> None:
    assert cpu().flags
    assert cores() >= 1
    assert runtime_versions()["openvino"]


def test_device_files_of_graphics_and_neural_processors(tmp_path: Path) -> None:
    assert device_nodes(tmp_path) == ()
    for name in ("dri/renderD128", "dri/card0", "nvidia0", "nvidiactl", "accel/accel0", "kfd", "null"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert device_nodes(tmp_path) == ("accel/accel0", "dri/renderD128", "kfd", "nvidia0")
