"""`facetd models install` and `remove`, from a publisher on loopback and from a folder, as the program that a user starts."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path

from tests.daemons import configure
from tests.infer.packs import networks
from tests.infer.packs.publisher import published

MARIAN = "Xenova/opus-mt-en-fr"


async def facetd(*arguments: object, url: str = "") -> tuple[int, str, str]:
    """Exit code, standard output and standard error of the program."""
    environment = os.environ | {"FACETD_PACKS_URL": url or "http://127.0.0.1:9", "COLUMNS": "400"}
    pipe = asyncio.subprocess.PIPE
    command = (sys.executable, "-m", "facetd", "models", *map(str, arguments))
    process = await asyncio.create_subprocess_exec(*command, stdin=asyncio.subprocess.DEVNULL, stdout=pipe, stderr=pipe, env=environment)
    out, err = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


async def test_install_list_and_remove(tmp_path: Path) -> None:
    data = tmp_path / "data"
    async with published({MARIAN: networks.marian()}) as publisher:
        code, out, err = await facetd("install", "opus-mt-en-fr", "--data", data, "--json", url=publisher.url)
        assert code == 0, err
        told = json.loads(out)
        assert (told["pack"], told["models"], told["verified"]) == ("opus-mt-en-fr", ["opus-mt-en-fr"], True)
        assert "Helsinki-NLP/opus-mt-en-fr" in err
        assert "onnx/decoder_model_merged.onnx" in err  # what is at work
    listed = json.loads((await facetd("list", "--data", data, "--json"))[1])
    packs = {pack["id"]: pack["installed"] for pack in listed["packs"]}
    assert packs["opus-mt-en-fr"]
    assert sum(packs.values()) == 1
    model = next(line for line in listed["models"] if line["id"] == "opus-mt-en-fr")
    assert (model["state"], model["ms"]) == ("ready", None)
    (data / "models" / "packs" / "opus-mt-en-fr" / "tokenizer.json").write_text("{}")
    model = next(
        line for line in json.loads((await facetd("list", "--data", data, "--json"))[1])["models"] if line["id"] == "opus-mt-en-fr"
    )
    assert model["state"] == "damaged"
    assert "facetd models install opus-mt-en-fr" in model["problem"]
    code, out, _err = await facetd("remove", "opus-mt-en-fr", "--data", data)
    assert (code, out.splitlines()[0]) == (0, "opus-mt-en-fr is removed.")
    code, _out, err = await facetd("remove", "opus-mt-en-fr", "--data", data)
    assert code == 1
    assert "is not installed" in err


async def test_what_goes_wrong_is_told_with_what_to_do(tmp_path: Path) -> None:
    configure(tmp_path, {})
    code, _out, err = await facetd("install", "opus-mt-en-frr", "--data", tmp_path)
    assert code == 1
    assert "Did you mean opus-mt-en-fr" in err
    code, _out, err = await facetd("install", "opus-mt-en-fr", "--data", tmp_path, url="http://example.org")
    assert code == 3
    assert "FACETD_PACKS_URL" in err


async def test_a_licence_that_restricts_has_to_be_agreed_to(tmp_path: Path) -> None:
    source = tmp_path / "usb"
    for name, content in networks.insightface().items():
        (source / name).parent.mkdir(parents=True)
        (source / name).write_bytes(content)
    code, _out, err = await facetd("install", "insightface-buffalo-s", "--data", tmp_path / "data", "--from", source)
    assert code == 1
    assert "non-commercial research purposes only" in err
    assert "--yes" in err
    assert not (tmp_path / "data" / "models" / "packs").exists()
    code, out, err = await facetd("install", "insightface-buffalo-s", "--data", tmp_path / "data", "--from", source, "--yes")
    assert code == 0, err
    assert "insightface-buffalo-s is installed: insightface-buffalo-s-detection, insightface-buffalo-s-recognition" in out
    assert "was not asked whether the files are right" in out
    assert "The next scan takes that over." in out


async def test_a_program_that_is_killed_in_the_middle_goes_on(tmp_path: Path) -> None:
    content = networks.tokenizer(*(f"mot{number}" for number in range(40_000)))
    async with published({MARIAN: networks.marian() | {"tokenizer.json": content}}) as publisher:
        publisher.cut["tokenizer.json"] = [400_000, *([0] * 9)]  # and then nothing comes, for some seconds
        environment = os.environ | {"FACETD_PACKS_URL": publisher.url}
        command = (sys.executable, "-m", "facetd", "models", "install", "opus-mt-en-fr", "--data", str(tmp_path))
        process = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.DEVNULL, env=environment)
        packs = tmp_path / "models" / "packs"
        part = packs / ".opus-mt-en-fr.partial" / "tokenizer.json.part"
        while [path for path, _wanted, _condition in publisher.ranges].count("tokenizer.json") < 2:  # it asks again, in vain
            await asyncio.sleep(0.02)
        process.kill()
        await process.wait()
        kept = part.stat().st_size
        assert kept > 0
        assert [path.name for path in packs.iterdir() if not path.name.startswith(".")] == []
        publisher.cut.clear()
        before = publisher.sent["tokenizer.json"]
        code, _out, err = await facetd("install", "opus-mt-en-fr", "--data", tmp_path, url=publisher.url)
        assert code == 0, err
        assert publisher.sent["tokenizer.json"] - before == len(content) - kept
    assert (packs / "opus-mt-en-fr" / "tokenizer.json").read_bytes() == content
