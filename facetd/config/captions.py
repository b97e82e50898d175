"""The section `captions`: which model describes photos in a sentence."""

from __future__ import annotations

from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from facetd.config.viewer import Section
from facetd.i18n import _

PROMPT = (
    "Describe this photo in one English sentence of at most 30 words: who or what is in it, what happens, and where."
    " Say only what can be seen. Answer with the sentence alone."
)
NO_MODEL = frozenset({"manual", "rule", "facet"})  # what a caption's source is called when no model wrote it


class Captions(Section):
    """A vision model that speaks the OpenAI chat API: Ollama, llama.cpp, vLLM. Without `endpoint` the model in `openvino_folder` is used,
    which the optional package openvino-genai runs here, else an installed captioner.

    `endpoint` is the address of the API, for Ollama http://host:11434/v1. What is sent is the stored thumbnail of `picture_px`, never the
    original. `parallel` photos are described at once.
    """

    endpoint: str = ""
    model: str = ""
    api_key: str = Field(default="", repr=False)
    api_key_file: str = ""
    prompt: str = Field(default=PROMPT, min_length=1, max_length=8000)
    picture_px: Literal[640, 1600] = 640
    timeout_s: float = Field(default=120, ge=1, le=3600)
    max_tokens: int = Field(default=300, ge=16, le=16384)
    parallel: int = Field(default=1, ge=1, le=16)
    openvino_folder: str = ""

    @field_validator("endpoint")
    @classmethod
    def _address(cls, endpoint: str) -> str:
        try:
            parts = urlsplit(endpoint)
            valid = not endpoint or (parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0)
        except ValueError:
            valid = False
        if not valid:
            raise ValueError(_("expected the address of an OpenAI API, for example http://gpu-box:11434/v1"))
        if parts.query or parts.fragment or parts.username:
            raise ValueError(_("expected an address without user, query and fragment; a key goes into api_key_file"))
        return endpoint.rstrip("/").removesuffix("/chat/completions")

    @model_validator(mode="after")
    def _whole(self) -> Captions:
        if self.endpoint and not self.model.strip():
            raise ValueError(_("endpoint needs a model: expected `model`, the name that the server has for it"))
        if self.model.strip() in NO_MODEL:
            raise ValueError(_("model: '{name}' is what captions without a model are called").format(name=self.model.strip()))
        if self.openvino_folder and (self.endpoint or not Path(self.openvino_folder).expanduser().is_absolute()):
            raise ValueError(_("openvino_folder: expected an absolute path, and no endpoint beside it"))
        if self.api_key and self.api_key_file:
            raise ValueError(_("api_key and api_key_file are both set: expected one of them"))
        return self
