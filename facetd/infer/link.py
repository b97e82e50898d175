"""One inference process and the conversation with it, seen from the daemon."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import os
import signal
import sys
from collections import deque
from typing import Any

from facetd.infer import wire

log = logging.getLogger("facetd.infer")

ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MALLOC_ARENA_MAX": "2",  # threads come and go; an arena for each would keep what the largest photo took
    "PYTHONFAULTHANDLER": "1",
}
PARTING_S = 5.0  # for a process to end by itself once nobody talks to it
LAST_WORDS = 5
KILLED = (-signal.SIGKILL, -signal.SIGTERM)


class Lost(Exception):
    """The process ended, or said something that is no answer. `killed`: somebody else ended it, a person or a system short of memory."""

    def __init__(self, how: str, *, killed: bool = False) -> None:
        super().__init__(how)
        self.killed = killed

    def again(self) -> Lost:
        """The same for somebody else who waits."""
        return Lost(str(self), killed=self.killed)


class Link:
    """A started process. `ask` may be called by several tasks at once."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._ids = itertools.count()
        self._pending: dict[int, asyncio.Future[wire.Json]] = {}
        self._ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._words: deque[str] = deque(maxlen=LAST_WORDS)
        self._lost: Lost | None = None
        self._tasks = (asyncio.create_task(self._read()), asyncio.create_task(self._listen()))

    @classmethod
    async def start(cls, opening: wire.Json, timeout_s: float, module: str = "facetd.infer.process") -> Link:
        """Start a process and wait until it is ready. Raises Lost with its last words."""
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", module, stdin=pipe, stdout=pipe, stderr=pipe, env=os.environ | ENVIRONMENT
        )
        link = cls(process)
        try:
            link._send(opening)
            async with asyncio.timeout(timeout_s):
                await asyncio.shield(link._ready)
        except TimeoutError:
            await link.kill()
            raise Lost(f"it was not ready after {timeout_s:g} s") from None
        except BaseException:
            await link.kill()
            raise
        return link

    @property
    def pid(self) -> int:
        """Of the process."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether it still answers, as far as is known."""
        return self._lost is None

    async def ask(self, message: wire.Json) -> wire.Json:
        """The answer to `message`. Raises Lost. Once cancelled, the answer is thrown away when it comes."""
        if self._lost is not None:
            raise self._lost.again()
        number = next(self._ids)
        answer: asyncio.Future[wire.Json] = asyncio.get_running_loop().create_future()
        self._pending[number] = answer
        try:
            self._send(message | {"id": number})
            return await answer
        finally:
            self._pending.pop(number, None)

    async def close(self) -> None:
        """Let the process end by itself, for a moment, then kill it."""
        self._fail(Lost("it was told to end"))
        if self._process.stdin is not None:
            self._process.stdin.close()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PARTING_S):
                await self._process.wait()
        await self.kill()

    async def kill(self) -> None:
        """End the process now, and everything that belongs to it."""
        self._fail(Lost("it was ended"))
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._process.stdin is not None:
            self._process.stdin.close()

    def _send(self, message: wire.Json) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(wire.frame(message))  # a request is a few hundred bytes and their number is bounded: no drain

    async def _read(self) -> None:
        """Hand out answers until the process says no more."""
        assert self._process.stdout is not None
        try:
            while True:
                header = await self._process.stdout.readexactly(wire.LENGTH.size)
                self._deliver(wire.parse(await self._process.stdout.readexactly(wire.body_length(header))))
        except asyncio.IncompleteReadError:
            await self._process.wait()
            await asyncio.wait([self._tasks[1]], timeout=1)  # its last words
            code = self._process.returncode
            by_signal = code is not None and code < 0
            how = f"signal {-(code or 0)}" if by_signal else "; ".join([f"exit code {code}", *self._words])
            self._fail(Lost(how, killed=code in KILLED))
        except wire.WireError as error:
            self._fail(Lost(f"it answered with {error}"))

    def _deliver(self, message: wire.Json) -> None:
        if message.get("ready") is True:
            if not self._ready.done():
                self._ready.set_result(None)
            return
        number = message.get("id")
        if not isinstance(number, int):
            raise wire.WireError("an answer without a number")
        answer = self._pending.get(number)
        if answer is not None and not answer.done():
            answer.set_result(message)

    async def _listen(self) -> None:
        """What the process says on stderr goes to the log."""
        assert self._process.stderr is not None
        with contextlib.suppress(ValueError):  # a line without an end
            async for line in self._process.stderr:
                text = line.decode(errors="replace").rstrip()
                if text:
                    self._words.append(text)
                    log.info("inference process %d: %s", self.pid, text)

    def _fail(self, lost: Lost) -> None:
        """Everybody who waits hears that there will be no answer; the first reason counts."""
        if self._lost is not None:
            return
        self._lost = lost
        waiting: list[asyncio.Future[Any]] = [self._ready, *self._pending.values()]
        for future in waiting:
            if not future.done():
                future.set_exception(lost.again())
                future.exception()  # nobody has to wait for it
