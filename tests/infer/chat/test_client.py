"""A server of the OpenAI chat API that is well, slow, broken, asleep, or something else."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from facetd.config.captions import Captions
from facetd.infer.chat import patience
from facetd.infer.chat.client import LARGEST_ANSWER, ChatModel
from facetd.infer.chat.patience import patiently
from facetd.infer.chat.problems import Asleep, NoSentence, Unsteady, Unusable
from tests.chatserver import ChatServer, chat_server, completion, cut, hang
from tests.ports import free_port


@pytest.fixture
async def server() -> AsyncIterator[ChatServer]:
    async with chat_server() as found:
        yield found


async def ask(server: ChatServer, **settings: Any) -> str:
    model = ChatModel(Captions(**{"endpoint": server.endpoint, "model": "llava", **settings}))
    try:
        return await model.ask("What is it?", b"\xff\xd8 a jpeg")
    finally:
        await model.close()


async def test_a_picture_and_a_prompt_go_out_and_a_sentence_comes_back(server: ChatServer, tmp_path: Path) -> None:
    assert await ask(server, max_tokens=77) == "A dog on a beach."
    body = server.asked[0]
    assert (body["model"], body["max_tokens"], body["stream"]) == ("llava", 77, False)
    assert body["messages"][0]["content"][0] == {"type": "text", "text": "What is it?"}
    assert server.pictures() == [b"\xff\xd8 a jpeg"]
    assert "Authorization" not in server.headers[0]
    (tmp_path / "key").write_text("sesame\n")
    await ask(server, api_key_file=str(tmp_path / "key"))
    await ask(server, api_key="open")
    assert [headers["Authorization"] for headers in server.headers[1:]] == ["Bearer sesame", "Bearer open"]


async def test_answers_in_parts(server: ChatServer) -> None:
    server.answers = [completion([{"type": "text", "text": "A dog "}, {"type": "text", "text": "runs."}, {"type": "odd"}, 7])]
    assert await ask(server) == "A dog runs."


@pytest.mark.parametrize(
    ("answer", "kind", "said"),
    [
        (web.json_response({"error": {"message": 'model "llava" not found, try pulling it first'}}, status=404), Unusable, "try pulling"),
        (web.json_response({"error": {"message": "Incorrect API key"}}, status=401), Unusable, "401: Incorrect API key"),
        (web.Response(status=403), Unusable, "answers 403"),
        (web.Response(status=301, headers={"Location": "https://example.org/"}), Unusable, "redirect to https://example.org/"),
        (web.Response(text="<html>oh</html>", status=500), Unsteady, "answers 500$"),
        (web.json_response({"error": "out of memory"}, status=500), Unsteady, "out of memory"),
        (web.json_response({"error": {"message": "Loading model"}}, status=503), Asleep, "Loading model"),
        (web.Response(status=429), Asleep, "429"),
        (web.json_response({"error": {"message": "image too large"}}, status=400), NoSentence, "image too large"),
        (web.Response(text="<html>a router</html>"), Unsteady, "does not speak the OpenAI chat API.*a router"),
        (web.Response(text="[" * 200_000), Unsteady, "expected a JSON object"),
        (web.Response(text="[" * 60_000, status=400), NoSentence, r"answers 400: \[\["),
        (web.json_response([1]), Unsteady, "expected a JSON object"),
        (web.json_response({"hello": 1}), NoSentence, "no choices"),
        (web.json_response({"error": {"message": "odd"}}), NoSentence, "odd"),
        (web.json_response({"choices": []}), NoSentence, "no choices"),
        (web.json_response({"choices": ["x"]}), NoSentence, "no choices"),
        (completion(""), NoSentence, "empty"),
        (completion(None), NoSentence, "empty"),
        (completion(7), NoSentence, "empty"),
        (completion(None, message={"refusal": "I will not"}), NoSentence, "declines: I will not"),
        (completion("A dog that ru", finish_reason="length"), NoSentence, "cut off"),
        (web.Response(text="x" * (LARGEST_ANSWER + 10)), NoSentence, "longer than"),
        (cut, Unsteady, "torn"),
    ],
)
async def test_what_can_be_wrong_is_told(server: ChatServer, answer: Any, kind: type[Exception], said: str) -> None:
    server.answers = [answer]
    with pytest.raises(kind, match=said) as told:
        await ask(server)
    assert type(told.value) is kind


async def test_a_server_that_asks_to_come_later_says_when(server: ChatServer) -> None:
    server.answers = [web.Response(status=503, headers={"Retry-After": "7"})]
    with pytest.raises(Asleep) as told:
        await ask(server)
    assert told.value.after_s == 7


async def test_a_slow_one_is_given_up(server: ChatServer) -> None:
    server.answers = [hang]
    with pytest.raises(Unsteady, match="longer than 1 s"):
        await ask(server, timeout_s=1)


async def test_nobody_there() -> None:
    with pytest.raises(Asleep, match="does not answer"):
        await ask(ChatServer(free_port()))
    model = ChatModel(Captions(endpoint="http://no-such-host.invalid/v1", model="m"))
    with pytest.raises(Asleep, match=r"no-such-host\.invalid"):
        await model.ask("?", b"")
    await model.close()


async def test_keys_that_cannot_be_sent(server: ChatServer, tmp_path: Path) -> None:
    with pytest.raises(Unusable, match="nowhere cannot be read"):
        await ask(server, api_key_file=str(tmp_path / "nowhere"))
    with pytest.raises(Unusable, match="characters"):
        await ask(server, api_key="a\nb")
    assert not server.asked


async def test_another_try_helps_and_three_are_enough(server: ChatServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "PAUSES_S", (0.01,))
    bad = web.Response(status=500)
    server.answers = [bad, cut, completion("A dog.")]
    assert await patiently(lambda: ask(server), waits=None) == "A dog."
    server.answers, server.asked = [bad], []
    with pytest.raises(NoSentence, match="500"):
        await patiently(lambda: ask(server), waits=None)
    assert len(server.asked) == patience.TRIES


async def test_who_waits_outlasts_a_sleeper(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "PAUSES_S", (0.01,))
    server, told = ChatServer(free_port()), []

    def waits(why: str) -> None:
        told.append(why)

    with pytest.raises(Asleep):
        await patiently(lambda: ask(server), waits=None)
    asking = asyncio.create_task(patiently(lambda: ask(server), waits=waits))
    while len(told) < 3:
        await asyncio.sleep(0.01)
    await server.start()
    try:
        assert await asking == "A dog on a beach."
    finally:
        await server.stop()
    assert "does not answer" in told[0]
    assert told[-1] == ""


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"endpoint": "gpu-box:11434", "model": "m"}, "expected the address"),
        ({"endpoint": "http://", "model": "m"}, "expected the address"),
        ({"endpoint": "http://box:99999/v1", "model": "m"}, "expected the address"),
        ({"endpoint": "http://me:secret@box/v1", "model": "m"}, "without user"),
        ({"endpoint": "http://box/v1"}, "endpoint needs a model"),
        ({"endpoint": "http://box/v1", "model": "rule"}, "'rule'"),
        ({"endpoint": "http://box/v1", "model": "m", "api_key": "a", "api_key_file": "b"}, "both set"),
    ],
)
def test_settings_that_cannot_work(settings: dict[str, str], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Captions(**settings)


def test_settings_as_people_write_them() -> None:
    assert Captions(endpoint="http://[::1]:8000/v1/chat/completions", model="m").endpoint == "http://[::1]:8000/v1"
    assert Captions(endpoint="http://box:11434/v1/", model="m").endpoint == "http://box:11434/v1"
    assert "secret" not in repr(Captions(api_key="secret"))
    assert json.loads(Captions().model_dump_json())["picture_px"] == 640
