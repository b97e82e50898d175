"""Serves a model repository with KServe's own Python server. Runs in an environment of its own (requirements/oip-server.lock).

`python kserve_server.py REPOSITORY PORT`. As Triton does, it takes names, shapes and the largest batch from `config.pbtxt`, read by
Triton's grammar, and the network from `1/model.onnx`.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import onnxruntime
from kserve import InferOutput, InferRequest, InferResponse, Model, ModelServer

GRAMMAR = Path(__file__).with_name("grammar.py")


class OnnxModel(Model):
    """One folder of the repository."""

    def __init__(self, folder: Path, config: dict[str, Any]) -> None:
        super().__init__(folder.name)
        self.config = config
        assert config["name"] == folder.name
        assert config["platform"] == "onnxruntime_onnx"
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(str(folder / "1" / "model.onnx"), options)
        self.ready = True

    async def get_input_types(self) -> list[dict[str, Any]]:
        """As the metadata of Triton."""
        return [self._told(tensor) for tensor in self.config["input"]]

    async def get_output_types(self) -> list[dict[str, Any]]:
        """As the metadata of Triton."""
        return [self._told(tensor) for tensor in self.config["output"]]

    def predict(self, payload: InferRequest, headers: Any = None, response_headers: Any = None) -> InferResponse:
        """Run the network."""
        names = [tensor["name"] for tensor in self.config["output"]]
        outputs = self.session.run(names, {tensor.name: tensor.as_numpy() for tensor in payload.inputs})
        tensors = [InferOutput(name, list(output.shape), "FP32", output) for name, output in zip(names, outputs, strict=True)]
        return InferResponse(
            payload.id or "",
            self.name,
            tensors,
            use_binary_outputs=payload.use_binary_outputs,
            requested_outputs=payload.request_outputs,
        )

    def _told(self, tensor: dict[str, Any]) -> dict[str, Any]:
        batch = [-1] if self.config.get("max_batch_size") else []
        return {
            "name": tensor["name"],
            "datatype": tensor["data_type"].removeprefix("TYPE_"),
            "shape": [*batch, *map(int, tensor["dims"])],
        }


if __name__ == "__main__":
    repository, port = Path(sys.argv[1]), int(sys.argv[2])
    found = sorted(repository.glob("*/config.pbtxt"))
    read = subprocess.run([sys.executable, str(GRAMMAR), *map(str, found)], stdout=subprocess.PIPE, check=True, text=True)
    models = [OnnxModel(path.parent, json.loads(line)) for path, line in zip(found, read.stdout.splitlines(), strict=True)]
    ModelServer(http_port=port, enable_grpc=False, workers=1).start(models)
