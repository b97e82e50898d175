"""The question "describe": a sentence about a picture by a vision-language model in OpenVINO's format.

openvino-genai, which runs it, is an optional package of some 100 MB; it is loaded here only, at the first question.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from facetd.errors import InvalidInput, Unavailable
from facetd.i18n import _

if TYPE_CHECKING:
    from facetd.infer.engine import Engine

INSTALL = "pip install facetd[genai]"
_one_at_a_time = threading.Lock()  # a pipeline keeps what it is writing


def describe(_engine: Engine, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """What the model in `folder` answers to `prompt` about the picture file `picture` in at most `max_tokens` tokens -> {"text"}.

    `device` is OpenVINO's name of one. Raises Unavailable with what to do, and InvalidInput for what is no picture.
    """
    path = Path(str(arguments["picture"]))
    try:
        with Image.open(path) as image:
            pixels = np.asarray(image.convert("RGB"), np.uint8)[None]
    except (OSError, ValueError) as error:
        raise InvalidInput(_("{path}: the picture cannot be read: {error}").format(path=path, error=error)) from error
    with _one_at_a_time:
        pipeline, tensor = _pipeline(str(arguments["folder"]), str(arguments["device"]))
        try:
            answer = pipeline.generate(str(arguments["prompt"]), images=[tensor(pixels)], max_new_tokens=int(arguments["max_tokens"]))
        except RuntimeError as error:
            raise Unavailable(_("The model in {folder} failed: {why}").format(folder=arguments["folder"], why=_last_line(error))) from error
    return {"text": str(answer.texts[0]) if answer.texts else ""}


@lru_cache(maxsize=1)
def _pipeline(folder: str, device: str) -> tuple[Any, Any]:
    """The loaded model, and the type of its pictures. Raises Unavailable."""
    if not Path(folder).is_dir():
        raise Unavailable(_("captions.openvino_folder: {folder} is not a folder.").format(folder=folder))
    try:
        from openvino import Tensor  # noqa: PLC0415 - see the module
        from openvino_genai import VLMPipeline  # noqa: PLC0415
    except ImportError as error:
        raise Unavailable(
            _("captions.openvino_folder needs the package openvino-genai, which cannot be loaded: {why}").format(why=error),
            hint=_("Install it with `{command}`.").format(command=INSTALL),
        ) from error
    try:
        return VLMPipeline(folder, device), Tensor
    except RuntimeError as error:
        why = _("captions.openvino_folder: {folder} holds no vision-language model in OpenVINO's format: {why}")
        raise Unavailable(why.format(folder=folder, why=_last_line(error))) from error


def _last_line(error: Exception) -> str:
    """Its last line with words: the first ones name places in the library's source."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1][:300] if lines else type(error).__name__
