"""Draw scenes, train both towers on them, and write the pack: `python -m tests.tinyclip.train [--steps N] [--out FOLDER]`.

Needs torch, numpy, pillow, tokenizers and onnx; a few minutes on one core. With the same versions it writes the same bytes.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from torch import Tensor
from torch.nn import functional
from torch.nn.utils.fusion import fuse_conv_bn_eval

from tests.tinyclip.networks import CONTEXT, MEAN, SIZE, STD, Textual, Visual
from tests.tinyclip.render import Caption, Scene, caption_of, combinations, render

PAD, START, END, UNKNOWN = "<pad>", "<|startoftext|>", "<|endoftext|>", "<unk>"
SCENES, BATCH, STEPS = 9000, 160, 1200
FOLDER = Path(__file__).parent / "pack"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--out", type=Path, default=FOLDER)
    options = parser.parse_args()
    torch.manual_seed(1)
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    chance = random.Random(1)
    known = combinations(held_out=False)
    scenes = [Scene(*known[number % len(known)], seed=number) for number in range(SCENES)]
    tokenizer = make_tokenizer([caption_of(scene, chance).text for scene in scenes])
    visual, textual = Visual(), Textual(tokenizer.get_vocab_size(), tokenizer.token_to_id(PAD))
    train(visual, textual, tokenizer, scenes, options.steps, chance)
    write(options.out, visual.eval(), textual.eval(), tokenizer)


def make_tokenizer(texts: list[str]) -> Tokenizer:
    """Byte pairs of lower case words, as CLIP has them."""
    tokenizer = Tokenizer(models.BPE(unk_token=UNKNOWN, end_of_word_suffix="</w>"))
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFC(), normalizers.Lowercase()])
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Punctuation()])
    tokenizer.decoder = decoders.BPEDecoder(suffix="</w>")
    alphabet = [chr(code) for code in range(ord("a"), ord("z") + 1)]
    facts = {"special_tokens": [PAD, START, END, UNKNOWN], "initial_alphabet": alphabet, "end_of_word_suffix": "</w>"}
    tokenizer.train_from_iterator(texts, trainers.BpeTrainer(vocab_size=260, show_progress=False, **facts))
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{START} $A {END}", special_tokens=[(name, tokenizer.token_to_id(name)) for name in (START, END)]
    )
    tokenizer.enable_truncation(CONTEXT)
    tokenizer.enable_padding(length=CONTEXT, pad_id=tokenizer.token_to_id(PAD), pad_token=PAD)
    return tokenizer


def pictures(scenes: list[Scene]) -> Tensor:
    """[n, 3, SIZE, SIZE] of 0..255."""
    return torch.from_numpy(np.stack([np.asarray(render(scene, SIZE, SIZE)) for scene in scenes])).permute(0, 3, 1, 2).contiguous()


def train(visual: Visual, textual: Textual, tokenizer: Tokenizer, scenes: list[Scene], steps: int, chance: random.Random) -> None:
    """Each text of a batch against each picture, whether it is true of it or not (the loss of SigLIP, Zhai et al. 2023)."""
    begin = time.monotonic()
    drawn = pictures(scenes)
    print(f"{len(scenes)} scenes drawn in {time.monotonic() - begin:.0f} s", flush=True)
    scale, shift = torch.nn.Parameter(torch.tensor(2.0)), torch.nn.Parameter(torch.tensor(-4.0))
    parameters = [*visual.parameters(), *textual.parameters(), scale, shift]
    optimizer = torch.optim.AdamW(parameters, lr=4e-3, weight_decay=0.02)
    plan = torch.optim.lr_scheduler.OneCycleLR(optimizer, 4e-3, total_steps=steps, pct_start=0.1)
    mean, std = torch.tensor(MEAN).view(1, 3, 1, 1), torch.tensor(STD).view(1, 3, 1, 1)
    for step in range(steps):
        chosen = [chance.randrange(len(scenes)) for _ in range(BATCH)]
        said = [caption_of(scenes[number], chance) for number in chosen]
        images = drawn[chosen].float() / 255
        images = images * (0.85 + 0.3 * torch.rand(BATCH, 1, 1, 1)) + 0.02 * torch.randn(images.shape)
        if step % 2:
            images = images.flip(3)
        tokens = torch.tensor([encoding.ids for encoding in tokenizer.encode_batch([caption.text for caption in said])])
        image = functional.normalize(visual((images.clamp(0, 1) - mean) / std))
        text = functional.normalize(textual(tokens))
        logits = scale.exp() * text @ image.T + shift
        truth = torch.tensor(_truth(said, [scenes[number] for number in chosen]))
        loss = -functional.logsigmoid(logits * (2 * truth - 1)).sum() / BATCH
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        plan.step()
        if step % 100 == 99 or step == steps - 1:
            print(f"{step + 1}: loss {loss.item():.3f}, scale {scale.exp().item():.1f}, {time.monotonic() - begin:.0f} s", flush=True)


def _truth(said: list[Caption], scenes: list[Scene]) -> list[list[float]]:
    return [[float(caption.fits(scene)) for scene in scenes] for caption in said]


def write(folder: Path, visual: Visual, textual: Textual, tokenizer: Tokenizer) -> None:
    """The pack as CLIP models are published for Immich."""
    for name in ("visual", "textual"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for number in range(0, len(visual.layers), 3):
        visual.layers[number] = fuse_conv_bn_eval(visual.layers[number], visual.layers[number + 1])
        visual.layers[number + 1] = torch.nn.Identity()
    image, text = torch.zeros(1, 3, SIZE, SIZE), torch.ones(1, CONTEXT, dtype=torch.int32)
    for module, example, name in ((visual, image, "visual"), (textual, text, "textual")):
        names = {"input_names": ["image" if name == "visual" else "text"], "output_names": ["vector"]}
        torch.onnx.export(module, (example,), str(folder / name / "model.onnx"), opset_version=17, dynamo=False, **names)
    tokenizer.no_padding()
    tokenizer.no_truncation()
    tokenizer.save(str(folder / "textual/tokenizer.json"), pretty=False)
    preprocess = {"size": [SIZE, SIZE], "mode": "RGB", "mean": MEAN, "std": STD, "interpolation": "bicubic", "resize_mode": "shortest"}
    config = {"embed_dim": visual.out.out_features, "text_cfg": {"context_length": CONTEXT, "tokenizer_kwargs": {"clean": "canonicalize"}}}
    for name, content in (
        ("config.json", config),
        ("visual/preprocess_cfg.json", preprocess),
        ("textual/tokenizer_config.json", {"pad_token": PAD, "model_max_length": CONTEXT}),
    ):
        (folder / name).write_text(json.dumps(content, indent=1) + "\n")


if __name__ == "__main__":
    main()
