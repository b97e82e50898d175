"""One server that speaks the OpenAI chat API (Ollama, llama.cpp, vLLM): a picture and a prompt in, text out."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any

from aiohttp import ClientConnectorError, ClientError, ClientResponse, ClientSession, ClientSSLError, ClientTimeout, ConnectionTimeoutError

from facetd.config.captions import Captions
from facetd.errors import Unavailable
from facetd.i18n import _
from facetd.infer.chat.problems import Asleep, NoSentence, Unsteady, Unusable
from facetd.infer.chat.sentence import caption_of

CONNECT_S = 10.0
LARGEST_ANSWER = 1024 * 1024  # bytes
TEMPERATURE = 0.2  # a caption is no story
SHOWN = 300  # characters of what a server says
LONGEST_WAIT_S = 300.0
ASLEEP = {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.BAD_GATEWAY}
"""The server is busy, loads its model, or what stands before it has nobody behind it."""
REFUSED = {
    HTTPStatus.UNAUTHORIZED: _("Set captions.api_key_file to a file with the key of that server."),
    HTTPStatus.FORBIDDEN: _("The key in captions.api_key_file may not use this model."),
    HTTPStatus.NOT_FOUND: _("Check captions.model (for Ollama `ollama list`) and captions.endpoint, which ends with /v1."),
    HTTPStatus.METHOD_NOT_ALLOWED: _("Check captions.endpoint, which ends with /v1."),
}


class ChatModel:
    """The model that `settings` name. `name` is what captions are signed with, `picture_px` the stored thumbnail to show it."""

    def __init__(self, settings: Captions) -> None:
        self._settings = settings
        self._session: ClientSession | None = None
        self.name = settings.model.strip()
        self.picture_px: int = settings.picture_px

    async def describe(self, picture: Path) -> str:
        """A sentence about the JPEG at `picture`. Raises Asleep, Unsteady, Unusable, NoSentence; OSError where it cannot be read."""
        data = await asyncio.to_thread(picture.read_bytes)
        return await self.ask(self._settings.prompt, data)

    async def ask(self, prompt: str, jpeg: bytes) -> str:
        """What the model answers about a picture, as one line of plain text. Raises as `describe`."""
        address = f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode('ascii')}"
        content = [{"type": "text", "text": prompt}, {"type": "image_url", "image_url": {"url": address}}]
        body = {
            "model": self.name,
            "messages": [{"role": "user", "content": content}],
            "max_tokens": self._settings.max_tokens,
            "temperature": TEMPERATURE,
            "stream": False,
        }
        return _sentence(await self._post(body))

    async def close(self) -> None:
        """End the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _post(self, body: Mapping[str, object]) -> dict[str, Any]:
        url = f"{self._settings.endpoint}/chat/completions"
        headers = await self._headers()
        if self._session is None:
            limit = ClientTimeout(total=self._settings.timeout_s, sock_connect=min(CONNECT_S, self._settings.timeout_s))
            self._session = ClientSession(timeout=limit)
        try:
            async with self._session.post(url, json=body, headers=headers, allow_redirects=False) as response:
                data = await response.content.read(LARGEST_ANSWER + 1) if response.status != HTTPStatus.OK else await _whole(response)
                if response.status != HTTPStatus.OK:
                    raise self._problem(response, data)
        except ClientSSLError as error:
            raise Unusable(_("{endpoint}: {why}").format(endpoint=self._settings.endpoint, why=error)) from error
        except ClientConnectorError as error:
            why = error.os_error.strerror or str(error.os_error)
            raise Asleep(_("{endpoint} does not answer: {why}").format(endpoint=self._settings.endpoint, why=why)) from error
        except ConnectionTimeoutError as error:
            raise Asleep(_("{endpoint} does not answer").format(endpoint=self._settings.endpoint)) from error
        except TimeoutError as error:
            limit_s = self._settings.timeout_s
            raise Unsteady(
                _("the model took longer than {limit:g} s").format(limit=limit_s),
                hint=_("Raise captions.timeout_s, or use a smaller model."),
            ) from error
        except ClientError as error:
            raise Unsteady(_("the answer was torn: {why}").format(why=str(error) or type(error).__name__)) from error
        return self._object(data)

    async def _headers(self) -> dict[str, str]:
        key = self._settings.api_key or await asyncio.to_thread(_key, self._settings.api_key_file)
        if not key.isascii() or not key.isprintable():
            raise Unusable(_("the key of captions.endpoint has characters that no key has; expected one line of ASCII"))
        return {"Authorization": f"Bearer {key}"} if key else {}

    def _problem(self, response: ClientResponse, data: bytes) -> Unavailable | NoSentence:
        """What a status other than 200 means."""
        status, said = response.status, _said(data)
        where = _("{endpoint} answers {status}").format(endpoint=self._settings.endpoint, status=status)
        message = f"{where}: {said}" if said else where
        if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
            place = response.headers.get("Location", "?")
            return Unusable(
                _("{where}, a redirect to {place}").format(where=where, place=place[:SHOWN]), hint=_("Set captions.endpoint to that.")
            )
        if status in REFUSED:
            return Unusable(message, hint=REFUSED[HTTPStatus(status)])
        if status in ASLEEP:
            return Asleep(message, after_s=_seconds(response.headers.get("Retry-After", "")))
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.REQUEST_TIMEOUT:
            return Unsteady(message)
        return NoSentence(message)

    def _object(self, data: bytes) -> dict[str, Any]:
        try:
            found = json.loads(data)
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict):
            shown = data[:80].decode(errors="replace")
            raise Unsteady(
                _("{endpoint} does not speak the OpenAI chat API: expected a JSON object, got {shown}").format(
                    endpoint=self._settings.endpoint, shown=repr(shown)
                )
            )
        return found


def _key(file: str) -> str:
    """The key in `file`; none without a file. Raises Unusable."""
    path = Path(file).expanduser()
    try:
        return path.read_text(encoding="utf-8").strip() if file else ""
    except (OSError, UnicodeDecodeError) as error:
        raise Unusable(_("captions.api_key_file: {path} cannot be read: {why}").format(path=path, why=error)) from error


async def _whole(response: ClientResponse) -> bytes:
    """The body. Raises NoSentence where it has no end."""
    data = bytearray()
    async for part in response.content.iter_chunked(65536):
        data += part
        if len(data) > LARGEST_ANSWER:
            raise NoSentence(_("the answer is longer than {limit} bytes").format(limit=LARGEST_ANSWER))
    return bytes(data)


def _sentence(answer: Mapping[str, Any]) -> str:
    """The caption in a chat completion. Raises NoSentence."""
    choices = answer.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices and isinstance(choices[0], dict) else {}
    message = choice.get("message")
    if not isinstance(message, dict):
        said = _said(json.dumps(answer).encode()) if "error" in answer else ""
        raise NoSentence(said or _("the answer has no choices[0].message: expected a chat completion"))
    if isinstance(message.get("refusal"), str) and message["refusal"]:
        raise NoSentence(_("the model declines: {answer}").format(answer=message["refusal"][:SHOWN]))
    content = message.get("content")
    if isinstance(content, list):
        texts = [part.get("text") for part in content if isinstance(part, dict)]
        content = "".join(text for text in texts if isinstance(text, str))
    return caption_of(content if isinstance(content, str) else "", cut_short=choice.get("finish_reason") == "length")


def _said(data: bytes) -> str:
    """What a server says about an error: `{"error": {"message": ...}}`, `{"error": ...}`, `{"message": ...}`, or its text."""
    text = data[: 64 * 1024].decode(errors="replace")
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return "" if text.lstrip().startswith("<") else " ".join(text.split())[:SHOWN]
    for key in ("error", "message", "detail"):
        if isinstance(found, dict) and key in found:
            found = found[key]
    if isinstance(found, dict):
        found = found.get("message", found)
    return " ".join(str(found).split())[:SHOWN]


def _seconds(text: str) -> float | None:
    """A Retry-After of seconds; None without one."""
    return min(float(text), LONGEST_WAIT_S) if text.isascii() and text.isdigit() else None
