"""Decoders of networks: with their memory, in two files or one, and without, they say the same, and what they should."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from facetd.infer.generation.decoding import generate
from facetd.infer.generation.networks import open_decoder
from facetd.infer.generation.settings import GenerationSettings
from facetd.infer.runtimes import open_part
from facetd.infer.runtimes.session import RuntimeProblem
from tests.infer.generation.tiny import SIZE, Weights, decoders

MANNER = GenerationSettings(start=0, ends=frozenset({1}), most=14)
FORMS = {
    "merged": ("encoder", "decoder_merged", "decoder"),
    "two files": ("encoder", "decoder", "decoder_with_past"),
    "without memory": ("encoder", "decoder"),
}


def said_by_numpy(weights: Weights, states: np.ndarray, manner: GenerationSettings) -> tuple[int, ...]:
    """Greedy, by the formula."""
    tokens = [manner.start]
    while len(tokens) <= manner.most:
        tokens.append(int(weights.logits(states, tokens).argmax()))
        if tokens[-1] in manner.ends:
            return tuple(tokens[1:-1])
    return tuple(tokens[1:])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("decoders")


@pytest.mark.parametrize("form", FORMS)
def test_all_forms_say_what_the_formula_says(folder: Path, form: str) -> None:
    texts = set()
    for seed in range(6):
        weights = Weights.drawn(seed)
        files = decoders(folder / str(seed), weights)
        states = np.random.default_rng(seed + 100).normal(size=(1, 5, SIZE)).astype(np.float32)
        context = {"encoder_hidden_states": states, "encoder_attention_mask": np.ones((1, 5), np.int64), "unasked": states}
        opened: list[str] = []

        def opener(name: str, files: dict[str, Path] = files, opened: list[str] = opened):
            opened.append(name)
            return open_part(files[name])

        found = generate(open_decoder(opener, FORMS[form], context), MANNER)
        assert found.tokens == said_by_numpy(weights, states[0], MANNER)[: len(found.tokens)]
        assert opened == ["decoder_merged"] if form == "merged" else "decoder_merged" not in opened
        texts.add(found.tokens)
    assert len(texts) == 6


def test_beams_say_the_same_in_all_forms(folder: Path) -> None:
    manner = GenerationSettings(start=0, ends=frozenset({1, 2, 3}), most=10, beams=4, no_repeat=3)
    for seed in range(10, 14):
        files = decoders(folder / str(seed), Weights.drawn(seed))
        states = np.random.default_rng(seed).normal(size=(1, 3, SIZE)).astype(np.float32)
        context = {"encoder_hidden_states": states, "encoder_attention_mask": np.ones((1, 3), np.int64)}
        found = [generate(open_decoder(lambda name: open_part(files[name]), names, context), manner) for names in FORMS.values()]  # noqa: B023
        assert found[0].tokens == found[1].tokens == found[2].tokens
        assert found[0].likelihood == pytest.approx(found[2].likelihood, abs=1e-4)


def test_a_decoder_that_lacks_its_other_half_is_refused(folder: Path) -> None:
    files = decoders(folder / "half", Weights.drawn(1))
    with pytest.raises(RuntimeProblem, match="first token"):
        open_decoder(lambda name: open_part(files["decoder_with_past"]), ("decoder",), {})
    with pytest.raises(RuntimeProblem, match="no decoder"):
        open_decoder(lambda name: open_part(files[name]), ("encoder",), {})
    with pytest.raises(RuntimeProblem, match="encoder_hidden_states"):
        generate(open_decoder(lambda name: open_part(files[name]), ("decoder",), {}), MANNER)
