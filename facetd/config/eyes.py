"""The sections of scoring_config.json about what the library sees: inference, faces, people, objects and tags."""

from __future__ import annotations

from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, Strict, model_validator

from facetd.config.viewer import Section, Texts
from facetd.i18n import _

Confidence = Annotated[float, Field(ge=0, le=1)]
Distance = Annotated[float, Field(gt=0, le=2)]


def _server(url: str) -> str:
    """The address of a server. Raises ValueError."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or parts.query or parts.fragment or not url.isascii() or any(sign.isspace() for sign in url):
        raise ValueError(_("expected an address such as http://gpu-box:8000, found {url!r}").format(url=url))
    if parts.username is not None or parts.password is not None:
        raise ValueError(_("no user or password in the address; a token goes into inference.server_token_file"))
    if parts.path.rstrip("/").endswith("/v2"):
        raise ValueError(_("the address without /v2, found {url!r}").format(url=url))
    return url


class Inference(Section):
    """Where and how models run. `auto` measures once on this machine and takes the fastest that gives the right numbers.

    `servers` are addresses of servers of the Open Inference Protocol, which run the models instead of this machine, in f32.
    `server_wait_s` is how long a scan waits for one of them at its end, `local_fallback` has this machine do the work meanwhile.
    """

    enabled: bool = True
    device: Literal["auto", "cpu", "gpu", "npu", "cuda", "tensorrt", "migraphx"] = "auto"
    runtime: Literal["auto", "openvino", "onnxruntime"] = "auto"
    precision: Literal["auto", "f32", "bf16", "int8"] = "auto"
    streams: int = Field(default=0, ge=0, le=64)  # photos at once in the inference process; 0: one for every other core
    idle_s: float = Field(default=120, ge=1, le=86400)
    timeout_s: float = Field(default=120, ge=1, le=3600)
    servers: Annotated[tuple[Annotated[str, AfterValidator(_server)], ...], Strict(False)] = ()
    server_token_file: str | None = None
    server_wait_s: float = Field(default=600, ge=0, le=7 * 86400)
    local_fallback: bool = False

    @model_validator(mode="after")
    def _remote(self) -> Self:
        if self.servers and self.precision not in ("auto", "f32"):
            raise ValueError(_("inference.servers give f32; expected precision auto or f32, found {found}").format(found=self.precision))
        if len({url.rstrip("/") for url in self.servers}) < len(self.servers):
            raise ValueError(_("inference.servers: an address is there twice"))
        return self


class Faces(Section):
    """Finding faces. `frame_px` is the long side of the decode they are looked for in; `tiles` looks at quarters too, for group photos."""

    enabled: bool = True
    frame_px: int = Field(default=1600, ge=1280, le=6000)
    tiles: bool = False
    min_score: Confidence = 0.5
    min_person_px: int = Field(default=30, ge=16, le=400)


class People(Section):
    """Which faces are the same person; distances of unit embeddings. None: what the model's entry in the catalogue says."""

    join_distance: Distance | None = None
    suggest_distance: Distance | None = None
    min_faces: int = Field(default=2, ge=1, le=100)
    names_from_files: bool = True


class Objects(Section):
    """Things in photos: what search finds, what is shown as a fact, and persons."""

    enabled: bool = True
    search_score: Confidence = 0.30
    shown_score: Confidence = 0.40
    person_score: Confidence = 0.35


class TagRule(Section):
    """A tag: the object labels that give it, and other words that find it."""

    labels: Texts = ()
    synonyms: Texts = ()


class SceneRule(Section):
    """A tag of a scene, mood or activity: the group whose tags it competes with, what it is called in prompts, other words that find it.

    Without prompts the tag is not looked for.
    """

    group: str = ""
    prompts: Texts = ()
    synonyms: Texts = ()


class Tags(Section):
    """The tag vocabulary: entries replace or add to the built-in ones (score/tags.json, score/scenes.json) by name.

    From `scene_score` (a probability within its group) on a scene is shown, from `scene_search_score` on search finds it.
    """

    vocabulary: dict[str, TagRule] = {}
    scenes: dict[str, SceneRule] = {}
    scene_score: Confidence = 0.6
    scene_search_score: Confidence = 0.25
