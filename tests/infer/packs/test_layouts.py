"""Layouts of publishers become entries of the catalogue, with the right numbers beside them; what does not fit is told."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from facetd.errors import FacetdError
from facetd.infer.catalogue import (
    AestheticHead,
    ArcFace,
    Captioner,
    Catalogue,
    FileState,
    ImageEmbedding,
    Saliency,
    ScrfdDetector,
    TextEmbedding,
    Translator,
)
from facetd.infer.choice import Choice, Choices
from facetd.infer.engine import Engine
from facetd.infer.packs.index import PackIndex
from facetd.infer.packs.install import Installed, Installer
from facetd.infer.packs.layouts import torchzip
from facetd.infer.packs.layouts.torchzip import read_tensors
from facetd.infer.packs.probing import WrongLayout
from facetd.infer.reference import check, reference_input
from facetd.infer.runtimes import RUNTIMES, open_session
from facetd.infer.runtimes.session import Plan
from tests.conftest import CORPUS
from tests.infer.packs import networks
from tests.infer.packs.listing import Source, one_pack
from tests.infer.packs.networks import Files
from tests.infer.tiny import tiny_catalogue


async def install(folder: Path, *sources: tuple[str, Files, str], tasks: Sequence[str] = ()) -> Installed:
    """Install a pack of these sources from a folder."""
    index = one_pack(folder / "packs.toml", "tiny", *(Source(*source) for source in sources), tasks=tasks)
    for layout, files, _settings in sources:
        for name, content in files.items():
            path = folder / "from" / layout / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    tiny_catalogue(folder / "models")
    return await Installer(folder / "packs", index=index, models=folder / "models").from_folder("tiny", folder / "from")


def catalogue_of(folder: Path) -> Catalogue:
    catalogue = Catalogue.load(folder / "models", folder / "packs")
    assert catalogue.problems == ()
    return catalogue


def assert_right_numbers(catalogue: Catalogue) -> None:
    """Every picture model of the pack agrees with its reference in every runtime, and its files are what pack.toml says."""
    for model in catalogue.models:
        if model.id.startswith("tiny") and not model.id.startswith("tiny_"):
            assert catalogue.verify(model, "f32") is FileState.PRESENT
            for runtime in RUNTIMES:
                plan = Plan(catalogue.path(model, "f32"), runtime, size=model.input.size, takes=model.takes)
                assert check(catalogue, model, open_session(plan).run(reference_input(model)), "f32").ok, (model.id, runtime)


@pytest.mark.parametrize("mask", [False, True])
async def test_clip(tmp_path: Path, mask: bool) -> None:
    installed = await install(tmp_path, ("clip", networks.clip(mask=mask), "{}"))
    catalogue = catalogue_of(tmp_path)
    visual, textual = catalogue.first(ImageEmbedding), catalogue.first(TextEmbedding)
    assert installed.models == ("tiny-visual", "tiny-textual") == (visual.id, textual.id)
    assert (visual.input.size, visual.input.fit, visual.input.mean, visual.input.interpolation) == (
        32,
        "stretch",
        (0.5, 0.4, 0.3),
        "bicubic",
    )
    assert (visual.takes, visual.dimension, visual.outputs[0].shape) == ("one", 8, (8,))
    assert visual.space == textual.space == f"tiny-{installed.version[:8]}"
    assert visual.space_name("f32") == f"{visual.space}/f32"
    assert textual.tokens.model_dump() == {"context": 6, "pad": "<pad>", "clean": "canonicalize", "mask": mask}
    assert catalogue.part(textual, "tokenizer") == tmp_path / "packs" / "tiny" / "textual" / "tokenizer.json"
    assert_right_numbers(catalogue)
    choice = Choice("onnxruntime", "cpu", "f32", 1, 0.1, "made for the test")
    (vectors,) = Engine(catalogue, Choices("key", 1, {visual.id: choice}, (), {})).run(visual.id, reference_input(visual, 3))
    assert vectors.shape == (3, 8)


async def test_the_space_of_other_weights_is_another_one(tmp_path: Path) -> None:
    one = await install(tmp_path / "one", ("clip", networks.clip(), "{}"))
    same = await install(tmp_path / "same", ("clip", networks.clip(), "{}"))
    other = await install(tmp_path / "other", ("clip", networks.clip(seed=1), "{}"))
    assert one.version == same.version != other.version


async def test_clip_with_an_aesthetic_head(tmp_path: Path) -> None:
    head = networks.torch_file({"weight": np.arange(8, dtype=np.float32)[None], "bias": np.array([0.5], np.float32)})
    settings = '{ fills = "aesthetic_iaa", low = 1, high = 10 }'
    await install(tmp_path, ("clip", networks.clip(), "{}"), ("laion_head", {"head.pth": head}, settings), tasks=["aesthetic_head"])
    catalogue = catalogue_of(tmp_path)
    found = catalogue.first(AestheticHead)
    assert (found.fills, found.low, found.high, found.space) == ("aesthetic_iaa", 1, 10, catalogue.first(ImageEmbedding).space)
    weights = np.load(catalogue.part(found, "weights"), allow_pickle=False)
    assert weights.dtype == np.float32
    assert weights.tolist() == [0, 1, 2, 3, 4, 5, 6, 7, 0.5]
    assert catalogue.verify_file(found, found.data["weights"]) is FileState.PRESENT


async def test_insightface(tmp_path: Path) -> None:
    settings = next(pack for pack in PackIndex.load().packs if pack.id == "insightface-buffalo-s").sources[0].settings
    text = json.dumps(settings).replace('": ', '" = ')
    installed = await install(tmp_path, ("insightface", networks.insightface(), text))
    assert installed.models == ("tiny-detection", "tiny-recognition")
    catalogue = catalogue_of(tmp_path)
    detector, recogniser = catalogue.first(ScrfdDetector), catalogue.first(ArcFace)
    assert (detector.takes, detector.input.size, detector.input.mean[0], detector.input.std[0]) == ("bare", 640, 127.5, 128)
    assert detector.scrfd.scores == ("440", "443", "446")
    assert detector.scrfd.points == ("458", "461", "464")
    assert detector.output("455").shape == (800, 4)
    assert detector.output("455").meaning == "boxes of stride 32"
    assert (recogniser.takes, recogniser.embedding.dimension, recogniser.input.fit) == ("any", 512, "aligned")
    assert recogniser.embedding.template.nose_tip == (56.0252, 71.7366)
    assert_right_numbers(catalogue)


async def test_saliency(tmp_path: Path) -> None:
    settings = "{ size = 64, mean = [0.485, 0.456, 0.406], std = [0.229, 0.224, 0.225] }"
    await install(tmp_path, ("saliency", {"u2netp.onnx": networks.u2net()}, settings))
    catalogue = catalogue_of(tmp_path)
    model = catalogue.first(Saliency)
    assert [output.name for output in model.outputs] == ["d0"]  # the other six are for training
    assert model.outputs[0].shape == (1, 64, 64)
    assert_right_numbers(catalogue)


@pytest.mark.parametrize("merged", [True, False])
async def test_marian(tmp_path: Path, merged: bool) -> None:
    await install(tmp_path, ("marian", networks.marian(merged=merged), '{ source_lang = "en", target_lang = "fr" }'))
    found = catalogue_of(tmp_path).first(Translator)
    assert (found.source_lang, found.target_lang) == ("en", "fr")
    generation = found.generation
    assert (generation.start, generation.eos, generation.pad, generation.banned, generation.last) == (9, 0, 9, (9,), 0)
    assert (generation.max_length, generation.beams) == (128, 4)  # generation_config.json before config.json
    assert (generation.layers, generation.heads, generation.head_size) == (2, 2, 4)
    assert generation.cache == ("merged" if merged else "with_past")
    assert set(found.parts) == ({"encoder", "decoder"} if merged else {"encoder", "decoder", "decoder_with_past"})


async def test_captioner(tmp_path: Path) -> None:
    await install(tmp_path, ("captioner", networks.captioner(), "{}"))
    found = catalogue_of(tmp_path).first(Captioner)
    assert (found.input.size, found.input.fit, found.input.interpolation, found.input.name) == (32, "stretch", "bicubic", "pixel_values")
    assert (found.generation.start, found.generation.eos, found.generation.max_length) == (7, 7, 16)
    assert found.generation.cache == "merged"


def changed(files: Files, name: str, content: bytes | dict[str, object]) -> Files:
    return {**files, name: content if isinstance(content, bytes) else json.dumps(content).encode()}


CLIP = networks.clip()
HEAD = '{ fills = "aesthetic_iaa", low = 1, high = 10 }'
U2NET = "{ size = 64, mean = [0, 0, 0], std = [1, 1, 1] }"
LANCZOS: dict[str, object] = {"size": 32, "image_mean": [0, 0, 0], "image_std": [1, 1, 1], "resample": 1}
MARIAN = '{ source_lang = "en", target_lang = "fr" }'


@pytest.mark.parametrize(
    ("layout", "files", "settings", "problem"),
    [
        ("clip", changed(CLIP, "config.json", b"[1"), "{}", "config.json: expected JSON"),
        ("clip", changed(CLIP, "config.json", {"text_cfg": {"context_length": 0}}), "{}", "config.json: text_cfg.context_length"),
        ("clip", changed(CLIP, "visual/preprocess_cfg.json", {"size": 32}), "{}", "preprocess_cfg.json: mean: Field required"),
        ("clip", changed(CLIP, "visual/model.onnx", b"no network"), "{}", "visual/model.onnx: cannot be loaded"),
        ("clip", changed(CLIP, "visual/model.onnx", networks.tower(48, 8)), "{}", r"float \[n, 3, 32, 32\], it has .* \[1, 3, 48"),
        (
            "clip",
            changed(CLIP, "visual/model.onnx", networks.tower(32, 9)),
            "{}",
            r"visual/model.onnx: expected an output \[1, 8\], it gives \[1, 9\]",
        ),
        ("clip", changed(CLIP, "textual/model.onnx", networks.text_tower(7, 8)), "{}", r"text: expected int32 \[1, 6\].*\[1, 7\]"),
        ("clip", changed(CLIP, "textual/model.onnx", networks.tower(32, 8)), "{}", "expected the input text, or input_ids"),
        ("clip", changed(CLIP, "textual/model.onnx", networks.text_tower(6, 9)), "{}", r"expected an output \[1, 8\], it gives \[1, 9\]"),
        ("clip", changed(CLIP, "textual/tokenizer_config.json", {"pad_token": "<nix>"}), "{}", "there is no token '<nix>'"),
        ("clip", changed(CLIP, "textual/tokenizer.json", b"{}"), "{}", "tokenizer.json: cannot be loaded"),
        ("saliency", {"u.onnx": networks.u2net()}, "{ size = 64 }", "packs.toml: tiny: mean: Field required"),
        ("saliency", {"u.onnx": networks.tower(64, 3)}, U2NET, r"expected an output \[1, 1, 64, 64\]"),
        ("laion_head", {"h.pth": b""}, HEAD, "no picture tower"),
        ("marian", changed(networks.marian(), "config.json", {"eos_token_id": 0}), MARIAN, "expected decoder_start_token_id"),
        ("marian", changed(networks.marian(), "onnx/encoder_model.onnx", networks.tower(32, 8)), MARIAN, "expected the input input_ids"),
        ("marian", changed(networks.marian(), "onnx/decoder_model_merged.onnx", networks.decoder(past=True)), MARIAN, "use_cache_branch"),
        ("captioner", changed(networks.captioner(), "preprocessor_config.json", LANCZOS), "{}", "resample 2 or 3"),
    ],
)
async def test_a_wrong_layout_is_told_and_leaves_nothing(tmp_path: Path, layout: str, files: Files, settings: str, problem: str) -> None:
    with pytest.raises(WrongLayout, match=problem):
        await install(tmp_path, (layout, files, settings))
    assert [path.name for path in (tmp_path / "packs").iterdir()] == [".lock"]


async def test_a_detector_without_landmarks_is_none(tmp_path: Path) -> None:
    settings = next(pack for pack in PackIndex.load().packs if pack.id == "insightface-buffalo-s").sources[0].settings
    files = networks.insightface() | {"detection/model.onnx": networks.scrfd(without="points")}
    with pytest.raises(WrongLayout, match=r"detection/model.onnx: expected points of stride 8"):
        await install(tmp_path, ("insightface", files, json.dumps(settings).replace('": ', '" = ')))


def head_file(folder: Path, content: bytes) -> Path:
    path = folder / "head.pth"
    path.write_bytes(content)
    return path


def test_a_pytorch_file_is_read_without_running_it(tmp_path: Path) -> None:
    marker = Path("/tmp/facetd-was-here")
    assert not marker.exists()
    evil = networks.torch_file({"weight": np.ones((1, 2), np.float32)}, extra=networks.system_call())
    with pytest.raises(WrongLayout, match=r"head.pth: .*os.system, which is not read"):
        read_tensors(head_file(tmp_path, evil))
    assert not marker.exists()


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"no zip", "expected a PyTorch file"),
        (networks.torch_file({"weight": np.ones((1, 2), np.float32)}, extra="a text"), "expected tensors by name"),
        (networks.torch_file({}, extra=networks._Call(networks._Global("builtins", "eval"), "1")), "builtins.eval"),
    ],
)
def test_a_file_of_something_else_is_refused(tmp_path: Path, content: bytes, problem: str) -> None:
    with pytest.raises(WrongLayout, match=problem):
        read_tensors(head_file(tmp_path, content))


def test_tensors_come_back_as_they_were(tmp_path: Path) -> None:
    wanted = {"weight": np.arange(6, dtype=np.float32).reshape(2, 3), "bias": np.array([-1.5], np.float32)}
    tensors = read_tensors(head_file(tmp_path, networks.torch_file(wanted)))
    assert {name: (tensor.shape, list(tensor.values)) for name, tensor in tensors.items()} == {
        "weight": ((2, 3), [0, 1, 2, 3, 4, 5]),
        "bias": ((1,), [-1.5]),
    }


@pytest.mark.corpus
def test_the_published_head_is_read() -> None:
    path = CORPUS.parent / "models" / "sa_0_4_vit_b_32_linear.pth"
    if not path.exists():
        pytest.skip("the folder of real photos and models is not beside the checkout")
    tensors = read_tensors(path)
    assert tensors["weight"].shape == (1, 512)
    assert tensors["bias"].shape == (1,)
    assert all(abs(value) < 10 for value in tensors["weight"].values)
    listed = PackIndex.load().find("clip-vit-b32").sources[1].files[0]
    assert listed.size == path.stat().st_size


def test_every_pack_of_the_list_has_a_reader_and_settings_that_it_takes() -> None:
    packs = PackIndex.load().packs
    assert len(packs) >= 13
    assert {pack.id for pack in packs if pack.warning} == {"insightface-buffalo-s", "insightface-buffalo-l"}
    with pytest.raises(FacetdError, match="Did you mean clip-vit-b32"):
        PackIndex.load().find("clip-vit-b-32")


@pytest.mark.parametrize("limit", [11, 23])
def test_a_pytorch_file_is_no_larger_than_it_may_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: int) -> None:
    file = head_file(tmp_path, networks.torch_file({"one": np.ones((1, 3), np.float32), "two": np.ones((1, 3), np.float32)}))
    assert set(read_tensors(file)) == {"one", "two"}
    monkeypatch.setattr(torchzip, "MOST_NUMBERS", limit)
    with pytest.raises(WrongLayout, match=f"larger than {limit} bytes"):
        read_tensors(file)
