"""From what models write to a caption: every habit of theirs that was seen, and what is no caption."""

from __future__ import annotations

import contextlib
import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facetd.infer.chat.problems import NoSentence
from facetd.infer.chat.sentence import LONGEST, caption_of


@pytest.mark.parametrize(
    ("answer", "caption"),
    [
        ("A dog on a beach.", "A dog on a beach."),
        ('  "A dog on a beach."\n', "A dog on a beach."),
        ("“A dog on a beach.”", "A dog on a beach."),
        ("'Tis a dog.", "'Tis a dog."),
        ('"Stop" and "Go" stand on two signs', '"Stop" and "Go" stand on two signs'),
        ("**A dog** on a *beach*", "A dog on a beach"),
        ("# Caption\n\nA dog on a beach", "Caption A dog on a beach"),
        ("***A dog*** on __a__ `beach`", "A dog on a beach"),
        ("```\nA dog on a beach\n```", "A dog on a beach"),
        ("- A dog\n- a beach", "A dog a beach"),
        ("1. A dog on a beach", "A dog on a beach"),
        ("A dog [here](http://example.org)", "A dog here"),
        ("The sign reads 5 * 3 * 2 and my_file_name", "The sign reads 5 * 3 * 2 and my_file_name"),
        ("<think>The user wants\na caption.</think>\n\nA dog on a beach", "A dog on a beach"),
        ("The user wants a caption.</think>A dog on a beach", "A dog on a beach"),
        ("A dog on a beach<|im_end|>", "A dog on a beach"),
        ("Caption: A dog on a beach", "A dog on a beach"),
        ("**Caption:** A dog on a beach", "A dog on a beach"),
        ('Sure! Here\'s a caption for the photo: "A dog on a beach."', "A dog on a beach."),
        ("Here is a short description of the image: A dog", "A dog"),
        ("This is a dog on a beach", "This is a dog on a beach"),
        ("Surely a dog on a beach", "Surely a dog on a beach"),
        ("A dog\u202e\x00\x1b on a\r\nbeach", "A dog on a beach"),
        ("Ein Hund am Strand — schön 🐕", "Ein Hund am Strand — schön 🐕"),
        ("犬がいる", "犬がいる"),
        ("A sorry sight", "A sorry sight"),
    ],
)
def test_one_plain_line(answer: str, caption: str) -> None:
    assert caption_of(answer) == caption


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ("", "empty"),
        ("  \n", "empty"),
        ("<think>hmm, what is", "no sentence"),
        ("...", "no sentence"),
        ("42", "no sentence"),
        ("I'm sorry, but I can't help with that.", "declines"),
        ("I cannot identify people in images.", "declines"),
        ("As an AI model, I do not see", "declines"),
    ],
)
def test_what_is_no_caption(answer: str, why: str) -> None:
    with pytest.raises(NoSentence, match=why):
        caption_of(answer)


def test_what_was_cut_short_ends_with_a_sentence() -> None:
    assert caption_of("A dog. It runs along the be", cut_short=True) == "A dog."
    with pytest.raises(NoSentence, match="cut off") as told:
        caption_of("A dog that runs along the be", cut_short=True)
    assert "max_tokens" in told.value.hint


def test_long_answers_end_in_time() -> None:
    sentences = "A dog runs. " * 1000
    assert caption_of(sentences).endswith("runs.")
    assert LONGEST - 20 < len(caption_of(sentences)) <= LONGEST
    words = caption_of("dog " * 1000)
    assert words.endswith("dog…")
    assert len(words) <= LONGEST
    assert len(caption_of("d" * 5000)) <= LONGEST


@pytest.mark.parametrize("pattern", ["a *b ", "[", "a `b ", "a __b ", "**a", "\n- ", "![a](", "<think>"])
def test_a_model_that_writes_without_end_holds_nobody_up(pattern: str) -> None:
    begin = time.process_time()
    with contextlib.suppress(NoSentence):
        assert len(caption_of(pattern * (1_000_000 // len(pattern)))) <= LONGEST
    assert time.process_time() - begin < 2


def test_what_is_behind_a_caption_does_not_count() -> None:
    assert caption_of("A dog runs." + "\n" * 5000) == "A dog runs."
    assert caption_of("A dog runs. " + "*" * 50_000) == "A dog runs."
    assert caption_of(f"<think>{'hm ' * 50_000}</think>A dog.") == "A dog."


def test_half_a_character_is_none() -> None:
    assert caption_of("A dog \ud800runs \U0001f415.") == "A dog runs \U0001f415."


@given(st.text(max_size=3000))
def test_whatever_is_answered_is_one_line_or_told(answer: str) -> None:
    try:
        caption = caption_of(answer)
    except NoSentence as error:
        assert error.message
        return
    assert 1 < len(caption) <= LONGEST
    assert caption == " ".join(caption.split())
    assert not re.search(r"[\x00-\x1f\x7f\u202a-\u202e]", caption)
