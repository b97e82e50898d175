"""Questions beside looks: answered by the same process, and costing nothing but themselves when they go wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from facetd.config.eyes import Inference
from facetd.errors import NotFound, Unavailable
from facetd.infer.client import Eyes
from facetd.infer.process import Desk, open_answer
from facetd.infer.questions import find
from tests.infer.installed import stand_in_eyes
from tests.infer.looks import TinySettings
from tests.infer.tiny import tiny_catalogue


def test_an_unknown_question_is_told() -> None:
    with pytest.raises(NotFound, match="no question 'nonsense'"):
        find("nonsense")


def test_a_desk_answers_questions_and_problems(opening: dict[str, object], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import io
    import json

    monkeypatch.setattr("facetd.infer.questions.QUESTIONS", {"echo": "tests.infer.questions:echo"})
    answer, asked, threads = open_answer(opening)
    output = io.BytesIO()
    desk = Desk(answer, asked, output, threads)
    desk.accept({"id": 1, "ask": "echo", "arguments": {"text": "boat"}})
    desk.accept({"id": 2, "ask": "echo", "arguments": {"fail": "odd words"}})
    for number in range(10, 10 + 2 * threads):  # more than there are threads
        desk.accept({"id": number, "ask": "echo", "arguments": {"panic": "index out of bounds"}})
    desk.accept({"id": 3, "ask": "nonsense", "arguments": {}})
    desk.finish()
    data, replies = output.getvalue(), {}
    while data:
        length = int.from_bytes(data[:4], "big")
        reply = json.loads(data[4 : 4 + length])
        replies[reply.pop("id")] = reply
        data = data[4 + length :]
    assert replies[1] == {"answer": {"text": "boat"}}
    assert replies[2] == {"problem": "odd words"}
    assert replies[10] == {"problem": "index out of bounds"}
    assert "no question" in replies[3]["problem"]


async def test_without_models_nobody_answers(tmp_path: Path) -> None:
    eyes = Eyes(Inference(), TinySettings(), data=tmp_path)
    with pytest.raises(Unavailable, match="no models"):
        await eyes.ask("echo", {})


async def test_a_process_tells_which_questions_it_knows(tmp_path: Path) -> None:
    tiny_catalogue(tmp_path / "models")
    eyes = stand_in_eyes(tmp_path / "data", tmp_path / "models")
    await eyes.prepare()
    try:
        with pytest.raises(Unavailable, match="no question 'nonsense'"):
            await eyes.ask("nonsense", {})
        assert eyes.started
    finally:
        await eyes.stop()
