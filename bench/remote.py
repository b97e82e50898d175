"""Models on inference servers: the same library as here, through kills of the server; what the way costs; what a second server brings.

`python -m bench.remote [--photos N] [--kills N] [--rounds N]`. The server of the scans is KServe's, in its own environment (`make test`
builds it); the other figures are taken against a double in processes of its own.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import random
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np

from bench import program
from bench.dump import differences, library_rows, problems
from bench.kill import thumbnails
from bench.models import fixed_models
from bench.report import emit, say, show
from bench.smallphotos import add_real_photos, make_mixed_folder
from facetd.cli.servers import _tensor_names
from facetd.config.eyes import Inference
from facetd.infer.catalogue import Catalogue, Model
from facetd.infer.engine import Engine
from facetd.infer.reference import reference_input
from facetd.infer.remote.choices import remote_choices
from facetd.infer.remote.contract import Contract
from facetd.infer.remote.fleet import Fleet
from facetd.infer.remote.repository import export_repository
from facetd.infer.remote.settings import Remote
from facetd.infer.remote.tensors import request
from facetd.infer.runtimes import open_session
from facetd.infer.runtimes.session import Array, Plan
from tests.infer.remote.double import Double, Faults
from tests.infer.remote.served import PYTHON, serving
from tests.infer.tiny import tiny_catalogue

A_PHOTO: Mapping[str, int] = {
    "ssd_mobilenetv1": 1, "centernet": 1, "face_landmark_68": 3, "facemesh": 3, "face_recognition": 3,
}  # fmt: skip
"""Items of each request for a photo with three faces."""
DEVICE_S = 0.05
SECONDS = 4.0


def main() -> None:
    """Take all figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=int, default=60)
    parser.add_argument("--kills", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=40)
    options = parser.parse_args()
    if not PYTHON.exists():
        sys.exit(f"{PYTHON} is not there: `make test` builds it")
    with tempfile.TemporaryDirectory(prefix="facetd-bench-") as scratch:
        figures = {**compare_scans(Path(scratch), options.photos, options.kills), **cost_of_the_way(options.rounds)}
        figures |= two_servers(Path(scratch))
    emit("remote", figures)


def compare_scans(scratch: Path, count: int, kills: int) -> dict[str, object]:
    """Scan here, then on a server, then on one that is killed in between; all three have to give the same library."""
    folder = scratch / "photos"
    make_mixed_folder(folder, count)
    add_real_photos(folder, count // 2)
    here = fixed_models(scratch / "models")
    program.scan(folder, here.prepare(scratch / "here"))
    expected, stored = library_rows(scratch / "here" / "library.db"), thumbnails(scratch / "here")
    faces = sum(len(row["faces"]) for row in expected.values())
    say(f"{len(expected)} photos, {faces} faces, {sum(len(row['objects']) for row in expected.values())} objects")
    repository = scratch / "repository"
    export_repository(Catalogue.load(), repository, _tensor_names)
    found: dict[str, object] = {"photos": len(expected), "faces": faces}
    with serving(repository, scratch / "server.log") as server:
        quiet = _configured(scratch / "quiet", server.url)
        start = time.monotonic()
        program.scan(folder, quiet)
        took = time.monotonic() - start
        found["differences"] = len(_told("on the server", differences(expected, library_rows(quiet / "library.db"))))
        rough = _configured(scratch / "rough", server.url)
        process = program.start_scan(folder, rough, scratch / "rough.log")
        rng = random.Random(4)
        in_time = 0
        for _kill in range(kills):
            time.sleep(rng.uniform(0.15, 0.9) * took / kills)
            in_time += process.poll() is None
            server.kill()
            time.sleep(rng.uniform(0.5, 6.0))
            server.start()
        code = process.wait()
        lines = differences(expected, library_rows(rough / "library.db")) + problems(rough / "library.db")
        lines += [f"the scan ended with {code}"] if code else []
        lines += sorted(thumbnails(rough) ^ stored)
        found |= {"kills": in_time, "differences_after_kills": len(_told("after kills", lines))}
    show("The same library?", ("", "photos", "kills", "differences"), [
        ("server", len(expected), 0, found["differences"]), ("server, killed", len(expected), in_time, found["differences_after_kills"]),
    ])  # fmt: skip
    return found


def _configured(data: Path, url: str) -> Path:
    data.mkdir(mode=0o700)
    (data / "scoring_config.json").write_text(json.dumps({"inference": {"servers": [url], "idle_s": 2}}))
    return data


def _told(title: str, lines: list[str]) -> list[str]:
    for line in lines[:20]:
        say(f"{title}: {line}")
    return lines


class Canned:
    """Answers as the network did for the reference picture, whatever it is asked."""

    def __init__(self, catalogue: Catalogue, model: Model) -> None:
        session = open_session(Plan(catalogue.path(model, "f32"), "onnxruntime"))
        self._outputs = session.run(reference_input(model))
        self._told = ([(model.input.name, (3, model.input.size, model.input.size))], [(each.name, each.shape) for each in model.outputs])

    def run(self, _names: list[str], feeds: Mapping[str, Array]) -> list[Array]:
        """The same for each item."""
        (batch,) = feeds.values()
        return [np.repeat(output, len(batch), axis=0) for output in self._outputs]

    def get_inputs(self) -> list[object]:
        """As of ONNX Runtime."""
        return [_Tensor(*told) for told in self._told[0]]

    def get_outputs(self) -> list[object]:
        """As of ONNX Runtime."""
        return [_Tensor(*told) for told in self._told[1]]


class _Tensor:
    def __init__(self, name: str, shape: tuple[int, ...]) -> None:
        self.name = name
        self.shape = ["batch", *shape]


def _serve_canned(pipe: Connection) -> None:
    catalogue = Catalogue.load()
    double = Double({})
    double.sessions = {model.id: Canned(catalogue, model) for model in catalogue.models}
    _serve(double, pipe)


def _serve_slow(pipe: Connection, folder: Path) -> None:
    catalogue = Catalogue.load(folder)
    double = Double({model.id: catalogue.path(model, "f32") for model in catalogue.models})
    double.faults = Faults(slow_s=DEVICE_S, max_batch=1)
    _serve(double, pipe)


def _serve(double: Double, pipe: Connection) -> None:
    with double:
        pipe.send(double.url)
        pipe.recv()


@contextmanager
def _elsewhere(serve: Callable[..., None], *arguments: object) -> Iterator[str]:
    """A double in a process of its own; its address."""
    context = multiprocessing.get_context("spawn")
    mine, theirs = context.Pipe()
    process = context.Process(target=serve, args=(theirs, *arguments), daemon=True)
    process.start()
    try:
        yield mine.recv()
    finally:
        mine.send("end")
        process.join(10)


def cost_of_the_way(rounds: int) -> dict[str, object]:
    """Processor time of this side for all requests of a photo with three faces, and for the same bytes through a bare socket."""
    catalogue = Catalogue.load()
    batches = {name: np.repeat(reference_input(catalogue.model(name)), count, axis=0) for name, count in A_PHOTO.items()}
    with _elsewhere(_serve_canned) as url:
        fleet = Fleet(Remote((url,)), catalogue)
        sessions = {name: fleet.session(catalogue.model(name)) for name in A_PHOTO}
        sent = received = 0

        def ask() -> None:
            for name, batch in batches.items():
                sessions[name].run(batch)

        with socket.create_connection((urlsplit(url).hostname, urlsplit(url).port)) as bare:
            bare.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            buffer = memoryview(bytearray(32 * 1024 * 1024))
            raw = {name: _raw(catalogue.model(name), batch) for name, batch in batches.items()}

            def move() -> int:
                return sum(_moved(bare, *words, buffer) for words in raw.values())

            ask()
            received = move()
            sent = sum(sum(len(part) for part in words) for words in raw.values())
            whole, bytes_alone = [], []
            for _round in range(rounds):  # by turns, so that both meet the same neighbours
                whole.append(_cpu_ms(ask))
                bytes_alone.append(_cpu_ms(move))
        fleet.close()
    mine, bare_ms = float(np.median(whole)), float(np.median(bytes_alone))
    show("Processor time of this side for a photo with three faces, ms (median)", ("", "ms"), [
        ("five requests", mine), ("their bytes through a bare socket", bare_ms), ("beyond the bytes", mine - bare_ms),
    ])  # fmt: skip
    return {"photo_ms": mine, "bytes_ms": bare_ms, "overhead_ms": mine - bare_ms, "sent_mb": sent / 1e6, "received_mb": received / 1e6}


def _raw(model: Model, batch: Array) -> list[bytes | memoryview]:
    """The same request, ready to be sent."""
    contract = Contract(model.input.name, tuple(output.name for output in model.outputs))
    body, headers = request(contract, batch, binary=True)
    headers |= {"Host": "double", "Content-Length": str(sum(len(part) for part in body))}
    lines = [f"POST /v2/models/{model.id}/infer HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
    return ["\r\n".join(lines).encode(), *(memoryview(part) for part in body)]


def _moved(bare: socket.socket, *words: object) -> int:
    """Send the words but the last, a buffer, and read an answer into that; how many bytes it has."""
    *parts, buffer = words
    assert isinstance(buffer, memoryview)
    for part in parts:
        bare.sendall(part)  # type: ignore[arg-type]
    filled = bare.recv_into(buffer[:65536])
    head = bytes(buffer[:filled]).partition(b"\r\n\r\n")[0]
    length = next(int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length"))
    whole = len(head) + 4 + length
    while filled < whole:
        filled += bare.recv_into(buffer[filled:whole])
    return whole


def _cpu_ms(work: Callable[[], object]) -> float:
    begin = time.process_time()
    work()
    return (time.process_time() - begin) * 1000


def two_servers(scratch: Path) -> dict[str, object]:
    """Pictures in a second on one server and on two, when each takes 50 ms for a request of one picture, one after the other."""
    catalogue = tiny_catalogue(scratch / "tiny")
    with _elsewhere(_serve_slow, scratch / "tiny") as one, _elsewhere(_serve_slow, scratch / "tiny") as other:
        single, both = _rate(catalogue, (one,)), _rate(catalogue, (one, other))
    show("Pictures a second", ("", "one server", "two", "ratio"), [("50 ms a request", single, both, both / single)])
    return {"one_server_per_s": single, "two_servers_per_s": both, "ratio": both / single}


def _rate(catalogue: Catalogue, urls: tuple[str, ...]) -> float:
    remote = Remote(urls)
    choices = remote_choices(catalogue, Inference(servers=urls), remote)
    fleet = Fleet(remote, catalogue)
    engine = Engine(catalogue, choices, fleet=fleet)
    engine.load()
    picture = reference_input(catalogue.model("tiny_objects"))
    end = time.monotonic() + SECONDS

    def look(_thread: int) -> int:
        count = 0
        while time.monotonic() < end:
            engine.run("tiny_objects", picture)
            count += 1
        return count

    with ThreadPoolExecutor(choices.streams) as pool:
        done = sum(pool.map(look, range(choices.streams)))
    fleet.close()
    return done / SECONDS


if __name__ == "__main__":
    main()
