"""A server of the Open Inference Protocol that runs ONNX files here, and can be told to do everything wrong."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

import numpy as np
import onnxruntime

from tests.ports import free_port

HEADER = "Inference-Header-Content-Length"
Change = Callable[[dict[str, Any]], None]


@dataclass
class Faults:
    """What goes wrong. `slow_s`: of each request, one after the other, as on a device; `times`: so often (None: always)."""

    ready: bool = True
    missing: frozenset[str] = frozenset()
    loading: frozenset[str] = frozenset()
    status: int = 0
    slow_s: float = 0.0
    cut: bool = False
    refuse_binary: bool = False
    answer_json: bool = False
    factor: float = 1.0
    value: float | None = None
    datatype: str = "FP32"
    transpose: bool = False
    garbage: bytes = b""
    metadata: Change | None = None
    max_batch: int | None = None
    token: str = ""
    redirect: str = ""
    times: int | None = None


@dataclass
class Seen:
    """What was asked: of each request for outputs the model, the number of items, and whether they came as bytes."""

    requests: list[tuple[str, int, bool]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    tokens: set[str] = field(default_factory=set)
    connections: int = 0


class Double:
    """The server, on a port of its own that it keeps when it is killed and started again."""

    def __init__(self, files: Mapping[str, Path], *, port: int = 0) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self.sessions = {name: onnxruntime.InferenceSession(str(file), options) for name, file in files.items()}
        self.faults = Faults()
        self.seen = Seen()
        self.device = threading.Lock()
        self.port = port or free_port()
        self._server: ThreadingHTTPServer | None = None
        self._sockets: set[socket.socket] = set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> Self:
        double: Double = self

        class Handler(_Handler):
            owner = double

        class Listener(ThreadingHTTPServer):
            daemon_threads = True
            block_on_close = False
            request_queue_size = 64

        self._server = Listener(("127.0.0.1", self.port), Handler)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def kill(self) -> None:
        """As a power cut does: connections break off, and nobody listens."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None
            for each in list(self._sockets):
                _break(each)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_error: object) -> None:
        self.kill()

    def faulty(self) -> bool:
        """Whether the faults hold for this request."""
        if self.faults.times is None:
            return True
        self.faults.times -= 1
        return self.faults.times >= 0


def _break(connection: socket.socket) -> None:
    try:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
        connection.shutdown(socket.SHUT_RDWR)
        connection.close()
    except OSError:
        pass


class _Handler(BaseHTTPRequestHandler):
    owner: Double
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def setup(self) -> None:
        super().setup()
        self.owner.seen.connections += 1
        self.owner._sockets.add(self.connection)

    def finish(self) -> None:
        self.owner._sockets.discard(self.connection)
        try:
            super().finish()
        except OSError:
            self.close_connection = True

    def handle(self) -> None:
        try:
            super().handle()
        except (OSError, ValueError):  # the connection broke off
            self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        self._noted()
        faults = self.owner.faults
        if faults.token and self.headers.get("Authorization") != f"Bearer {faults.token}":
            return self._say(401, {"error": "who are you?"})
        if faults.redirect:
            return self._send(307, b"", {"Location": faults.redirect})
        parts = self.path.strip("/").split("/")
        if parts == ["v2", "health", "ready"]:
            return self._say(200 if faults.ready else 503, {"ready": faults.ready})
        name = parts[2] if len(parts) > 2 else ""
        if parts[:2] != ["v2", "models"] or name not in self.owner.sessions or name in faults.missing:
            return self._say(404, {"error": f"unknown model {name}"})
        if parts[3:] == ["ready"]:
            ready = name not in faults.loading
            return self._say(200 if ready else 503, {"name": name, "ready": ready})
        if parts[3:] == ["config"]:
            return self._say(404, {}) if faults.max_batch is None else self._say(200, {"name": name, "max_batch_size": faults.max_batch})
        metadata = self._metadata(name)
        if faults.metadata is not None:
            faults.metadata(metadata)
        return self._say(200, metadata)

    def do_POST(self) -> None:
        self._noted()
        body = self.rfile.read(int(self.headers["Content-Length"]))
        owner, faults = self.owner, self.owner.faults
        name = self.path.split("/")[3]
        length = self.headers.get(HEADER)
        asked = json.loads(body if length is None else body[: int(length)])
        if length is not None and faults.refuse_binary:
            return self._say(400, {"error": "no binary tensors here"})
        tensor = asked["inputs"][0]
        values = np.frombuffer(body[int(length) :], "<f4") if length is not None else np.array(tensor["data"], np.float32)
        batch = values.reshape(tensor["shape"])
        owner.seen.requests.append((name, len(batch), length is not None))
        faulty = owner.faulty()
        if faults.slow_s and faulty:
            with owner.device:
                time.sleep(faults.slow_s)
        if faults.status and faulty:
            return self._say(faults.status, {"error": "out of memory"})
        session = owner.sessions[name]
        names = [each["name"] for each in asked["outputs"]]
        outputs = session.run(names, {tensor["name"]: batch})
        if faulty:
            outputs = [self._spoilt(output) for output in outputs]
        self._answer(names, outputs, binary=length is not None and not faults.answer_json, faulty=faulty)

    def _spoilt(self, output: np.ndarray) -> np.ndarray:
        faults = self.owner.faults
        output = output * np.float32(faults.factor)
        if faults.value is not None:
            output = np.full_like(output, faults.value)
        return output.T if faults.transpose else output

    def _answer(self, names: list[str], outputs: list[np.ndarray], *, binary: bool, faulty: bool) -> None:
        faults, tensors, tail = self.owner.faults, [], b""
        for name, output in zip(names, outputs, strict=True):
            datatype = faults.datatype if faulty else "FP32"
            tensor: dict[str, Any] = {"name": name, "shape": list(output.shape), "datatype": datatype}
            content = np.ascontiguousarray(output, "<f4").tobytes()
            tensors.append({**tensor, "parameters": {"binary_data_size": len(content)}} if binary else {**tensor, "data": output.tolist()})
            tail += content if binary else b""
        head = json.dumps({"model_name": "", "outputs": tensors}).encode()
        if faults.garbage and faulty:
            head, tail = faults.garbage, b""
        content = head + tail
        headers = {HEADER: str(len(head))} if binary else {}
        if faults.cut and faulty:
            self._send(200, content, headers, sent=content[: len(content) // 2])
            _break(self.connection)
            self.close_connection = True
            return
        self._send(200, content, headers)

    def _metadata(self, name: str) -> dict[str, Any]:
        session = self.owner.sessions[name]

        def told(tensor: Any) -> dict[str, Any]:
            return {
                "name": tensor.name,
                "datatype": "FP32",
                "shape": [size if isinstance(size, int) else -1 for size in tensor.shape],
            }

        sides = {"inputs": list(map(told, session.get_inputs())), "outputs": list(map(told, session.get_outputs()))}
        return {"name": name, "versions": ["1"], "platform": "onnxruntime_onnx", **sides}

    def _noted(self) -> None:
        self.owner.seen.paths.append(f"{self.command} {self.path}")
        self.owner.seen.tokens.add(self.headers.get("Authorization", ""))

    def _say(self, status: int, message: dict[str, Any]) -> None:
        self._send(status, json.dumps(message).encode(), {"Content-Type": "application/json"})

    def _send(self, status: int, content: bytes, headers: Mapping[str, str], *, sent: bytes | None = None) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content if sent is None else sent)
        self.wfile.flush()
