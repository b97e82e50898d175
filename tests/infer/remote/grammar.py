"""Reads files of Triton's `config.pbtxt` by Triton's own grammar: `python grammar.py FILE...` gives a line of JSON for each.

Runs in the environment of the server (requirements/oip-server.lock), in a process without KServe, whose messages have the same names.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from google.protobuf import json_format, text_format
from tritonclient.grpc import model_config_pb2

if __name__ == "__main__":
    for path in sys.argv[1:]:
        parsed = text_format.Parse(Path(path).read_text(), model_config_pb2.ModelConfig())
        print(json.dumps(json_format.MessageToDict(parsed, preserving_proto_field_name=True)))
