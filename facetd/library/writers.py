"""Who writes captions and translates them: a model behind an address, or one that is installed here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from facetd.config import Config
from facetd.config.captions import Captions
from facetd.errors import NotInstalled, Unavailable
from facetd.i18n import _
from facetd.infer.catalogue import AnyNetwork, Captioner, Translator
from facetd.infer.chat.sentence import caption_of

LANGUAGES = {"fr": _("French"), "de": _("German"), "es": _("Spanish"), "it": _("Italian")}
ENGLISH = "en"
DEVICES = {"gpu": "GPU", "npu": "NPU"}  # by the name in the configuration, OpenVINO's
PICTURE_PX = 640  # what an installed model is shown


class Asker(Protocol):
    """The models of this machine, in their own process; see ingest/models.py."""

    @property
    def preparing(self) -> bool:
        """Whether it is not known yet what there is."""

    async def get_ready(self, patience_s: float | None = None) -> bool:
        """Find out what there is."""

    def networks(self, task: str) -> Sequence[AnyNetwork]:
        """What can do `task`, the preferred one first."""

    async def ask(self, question: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """What the process answers. Raises Unavailable."""


class Describer(Protocol):
    """Somebody who writes a sentence about a photo."""

    @property
    def name(self) -> str:
        """What its captions are signed with."""

    @property
    def picture_px(self) -> int:
        """The stored thumbnail that it is shown."""

    async def describe(self, picture: Path) -> str:
        """The sentence. Raises the problems of infer/chat/problems.py, Unavailable, OSError where there is no picture."""

    async def close(self) -> None:
        """End what was opened."""


class Installed:
    """A model that the inference process runs: an installed captioner, or an OpenVINO folder."""

    picture_px = PICTURE_PX

    def __init__(self, models: Asker, name: str, question: str, arguments: Mapping[str, Any]) -> None:
        self._models = models
        self._question = question
        self._arguments = arguments
        self.name = name

    async def describe(self, picture: Path) -> str:
        """The sentence. Raises Unavailable, NoSentence."""
        answer = await self._models.ask(self._question, {**self._arguments, "picture": str(picture)})
        return caption_of(str(answer.get("text", "")))

    async def close(self) -> None:
        """The process ends by itself."""


class Writers:
    """Chooses among what is configured and installed."""

    def __init__(self, config: Config, models: Asker) -> None:
        self._config = config
        self._models = models
        self._remote = _remote(config.captions) if config.captions.endpoint else None

    def describer(self) -> Describer | None:
        """Who describes photos: the endpoint, else the OpenVINO folder, else an installed captioner; None without any."""
        if self._remote is not None:
            return self._remote
        if self._config.captions.openvino_folder:
            return self._by_openvino()
        captioner = next((each for each in self._models.networks("captioning") if isinstance(each, Captioner)), None)
        return Installed(self._models, captioner.id, "caption", {}) if captioner is not None else None

    def _by_openvino(self) -> Describer:
        settings = self._config.captions
        folder = Path(settings.openvino_folder).expanduser()
        arguments = {
            "folder": str(folder),
            "prompt": settings.prompt,
            "max_tokens": settings.max_tokens,
            "device": DEVICES.get(self._config.inference.device, "CPU"),
        }
        return Installed(self._models, folder.name, "describe", arguments)

    def translator(self, language: str) -> str | None:
        """The installed model that translates English to `language`; None without one."""
        for each in self._models.networks("translation"):
            if isinstance(each, Translator) and (each.source_lang, each.target_lang) == (ENGLISH, language):
                return each.id
        return None

    async def find_describer(self) -> Describer:
        """Who describes photos, once it is known what is installed. Raises NotInstalled."""
        if self._remote is None:
            await self._models.get_ready()
        return self.require_describer()

    async def find_translator(self, language: str) -> str:
        """The model that translates to `language`, once it is known what is installed. Raises NotInstalled."""
        await self._models.get_ready()
        return self.require_translator(language)

    async def translate(self, language: str, texts: Sequence[str]) -> tuple[str, list[str]]:
        """The model and its translations of English `texts`. Raises NotInstalled, Unavailable."""
        model = await self.find_translator(language)
        answer = await self._models.ask("translate", {"language": language, "texts": list(texts)})
        found = [str(text) for text in answer.get("texts", ())]
        if len(found) != len(texts):
            raise Unavailable(_("The translator gave {found} texts for {asked}.").format(found=len(found), asked=len(texts)))
        return model, found

    def require_describer(self) -> Describer:
        """Who describes photos. Raises NotInstalled with what to do."""
        found = self.describer()
        if found is None:
            raise NotInstalled(
                _("There is no model that describes photos."),
                hint=_(
                    "Set captions.endpoint and captions.model to a server of the OpenAI chat API (for example Ollama), or run"
                    " `facetd models install captions-vit-gpt2`."
                ),
            )
        return found

    def require_translator(self, language: str) -> str:
        """The model that translates. Raises NotInstalled with what to do."""
        found = self.translator(language)
        if found is None:
            raise NotInstalled(
                _("There is no model that translates to {language}.").format(language=LANGUAGES[language]),
                hint=_("Run `facetd models install opus-mt-en-{language}`.").format(language=language),
            )
        return found

    def capabilities(self) -> dict[str, dict[str, str]]:
        """`captioning` and `translation`: their state and, where one lacks, why and what to do."""
        language = self._config.translation.target_language
        found = {}
        for name, require in (("captioning", self.require_describer), ("translation", lambda: self.require_translator(language))):
            try:
                require()
                found[name] = {"state": "ready", "reason": ""}
            except Unavailable as error:
                reason = _("The first scan finds out what this machine can do.") if self._models.preparing else str(error)
                found[name] = {"state": "preparing" if self._models.preparing else "unavailable", "reason": reason}
        return found

    async def close(self) -> None:
        """End the connections."""
        if self._remote is not None:
            await self._remote.close()


def _remote(settings: Captions) -> Describer:
    from facetd.infer.chat.client import ChatModel  # noqa: PLC0415 - a library without an endpoint needs no HTTP client

    return ChatModel(settings)
