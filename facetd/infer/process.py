"""The inference process: frames in, sightings out, over stdin and stdout. It ends when stdin does.

`python -m facetd.infer.process`. The first message opens it (folders, choices, servers); then each request `{id, frame, kinds,
settings}` is answered by `{id, sighting}`, or by `{id, asleep}` when no inference server can be asked, and each `{id, ask, arguments}` by
`{id, answer}` or `{id, problem}`, in any order. What one photo breaks is a failure of that photo.
"""

from __future__ import annotations

import importlib
import os
import queue
import resource
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

from facetd.errors import Asleep
from facetd.infer import wire
from facetd.infer.catalogue import Catalogue
from facetd.infer.choice import choices_from_json
from facetd.infer.questions import find
from facetd.records.sightings import Failure, Sighting

NICE = 5
AHEAD = 4  # requests that wait for each thread; beyond that the pipe fills and the client waits

Answer = Callable[[str, "frozenset[str]", Mapping[str, Any]], Sighting]
Asked = Callable[[str, Mapping[str, Any]], "wire.Json"]


class Desk:
    """Answers requests in `threads` threads. `answer` gets (path of the frame, kinds, settings), `asked` (question, arguments)."""

    def __init__(self, answer: Answer, asked: Asked, output: BinaryIO, threads: int) -> None:
        self._answer = answer
        self._asked = asked
        self._output = output
        self._lock = threading.Lock()
        self._requests: queue.Queue[wire.Json | None] = queue.Queue(threads * AHEAD)
        self._threads = [threading.Thread(target=self._work, daemon=True) for _ in range(threads)]
        for thread in self._threads:
            thread.start()

    def accept(self, request: wire.Json) -> None:
        """Put a request into the queue; waits while that is full."""
        self._requests.put(request)

    def finish(self) -> None:
        """Answer what was accepted, then end the threads."""
        for _ in self._threads:
            self._requests.put(None)
        for thread in self._threads:
            thread.join()

    def send(self, message: wire.Json) -> None:
        """One message at a time. Raises BrokenPipeError when nobody reads any more."""
        data = wire.frame(message)
        with self._lock:
            self._output.write(data)
            self._output.flush()

    def _work(self) -> None:
        while (request := self._requests.get()) is not None:
            try:
                said = self._said(request) if "ask" in request else self._seen(request)
                self.send({"id": request["id"], **said})
            except BrokenPipeError:
                return

    def _said(self, request: wire.Json) -> wire.Json:
        try:
            said = {"answer": self._asked(str(request["ask"]), request["arguments"])}
            wire.frame(said)
            return said
        except BaseException as error:  # whatever a question breaks costs that question only; panics of Rust are no Exception
            return {"problem": str(error) or type(error).__name__}

    def _seen(self, request: wire.Json) -> wire.Json:
        try:
            return {"sighting": self._sighting(request)}
        except Asleep as error:
            return {"asleep": str(error)}

    def _sighting(self, request: wire.Json) -> wire.Json:
        kinds: frozenset[str] = frozenset(request["kinds"])
        try:
            sighting = wire.sighting_to_json(self._answer(request["frame"], kinds, request["settings"]))
            wire.frame(sighting)
            return sighting
        except Asleep:
            raise  # the photo is to be looked at again
        except BaseException as error:  # whatever a photo breaks costs that photo only
            failure = Failure(_reason(error), f"{type(error).__name__}: {error}" if str(error) else type(error).__name__)
            return wire.sighting_to_json(Sighting(failures=dict.fromkeys(kinds, failure)))


def _reason(error: BaseException) -> str:
    """A stable word for the failures list."""
    if isinstance(error, MemoryError):
        return "memory"
    return "frame" if isinstance(error, OSError) else "inference"


def read_message(stream: BinaryIO) -> wire.Json | None:
    """The next message; None at the end of the stream. Raises WireError."""
    header = stream.read(wire.LENGTH.size)
    if not header:
        return None
    length = wire.body_length(header)
    body = stream.read(length)
    if len(body) != length:
        raise wire.WireError("the message was cut short")
    return wire.parse(body)


def open_answer(opening: wire.Json) -> tuple[Answer, Asked, int]:
    """What looks at photos, what answers questions, and with how many threads. Raises ConfigError, ImportError, WireError."""
    import cv2  # noqa: PLC0415 - not needed to read messages

    from facetd.infer.engine import Engine  # noqa: PLC0415 - loads numpy

    cv2.setNumThreads(1)
    choices = choices_from_json(opening["choices"])
    packs = opening.get("packs")
    catalogue = Catalogue.load(Path(opening["models"]), None if packs is None else Path(packs))
    engine = Engine(catalogue, choices, cache=Path(opening["cache"]), **_remote(opening, catalogue))
    module, _colon, name = str(opening["look"]).partition(":")
    look = getattr(importlib.import_module(module), name)
    module, _colon, name = str(opening["settings"]).partition(":")
    settings_type = getattr(importlib.import_module(module), name)
    if opening.get("ahead", True):
        threading.Thread(target=engine.load, daemon=True).start()  # last: nothing may end the process while native code loads

    def answer(path: str, kinds: frozenset[str], settings: Mapping[str, Any]) -> Sighting:
        return look(engine, read_frame(path), kinds, wire.settings_from_json(settings_type, settings))  # type: ignore[no-any-return]

    def asked(name: str, arguments: Mapping[str, Any]) -> wire.Json:
        return find(name)(engine, arguments)

    return answer, asked, choices.streams


def _remote(opening: wire.Json, catalogue: Catalogue) -> dict[str, Any]:
    """What an engine needs to know of the servers, where there are some."""
    if opening.get("servers") is None:
        return {}
    from facetd.infer.remote.fleet import Fleet  # noqa: PLC0415 - most have no servers
    from facetd.infer.remote.settings import Remote  # noqa: PLC0415 - as above

    fallback = opening.get("fallback")
    patience = {"patience_s": 0.0} if fallback is not None else {}
    fleet = Fleet(Remote.from_json(opening["servers"]), catalogue, **patience)
    return {"fleet": fleet, "fallback": None if fallback is None else choices_from_json(fallback)}


def read_frame(path: str) -> Any:
    """The uint8 picture [height, width, 3] in the .npy file `path`, mapped. Raises OSError, ValueError."""
    import numpy as np  # noqa: PLC0415 - not needed to read messages

    frame = np.asarray(np.load(path, mmap_mode="r", allow_pickle=False))
    if frame.dtype != np.uint8 or frame.ndim != 3 or frame.shape[2] != 3 or not frame.size:
        raise ValueError(f"a frame is uint8 [height, width, 3], not {frame.dtype} {list(frame.shape)}")
    return frame


def serve(stdin: BinaryIO, stdout: BinaryIO) -> None:
    """Answer until `stdin` ends. Raises WireError for what is no message."""
    opening = read_message(stdin)
    if opening is None:
        return
    answer, asked, threads = open_answer(opening)
    desk = Desk(answer, asked, stdout, threads)
    desk.send({"ready": True})
    while (request := read_message(stdin)) is not None:
        desk.accept(request)


def prepare() -> BinaryIO:
    """Make this a quiet, patient process with few threads; returns the stream for answers, which no library can write to."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the daemon's business
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.nice(NICE)
    answers = os.dup(1)
    os.dup2(2, 1)  # what native libraries print goes to the log
    return os.fdopen(answers, "wb")


def main() -> None:
    """Serve, then end at once: whoever asked is gone, so nobody waits for what is still being computed.

    Never through the interpreter's own end, which aborts while threads are in native code: also when nobody hears the last words.
    """
    code = 1
    try:
        serve(sys.stdin.buffer, prepare())
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        with suppress(OSError):
            sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    main()
