"""Scenes, moods and activities: the words that a model of pictures and language looks for in photos, and what counts as sure.

A group is one question with answers that exclude each other ("what is the light?"): its tags and its background share one softmax, so the
background takes what none of the tags is about.
"""

from __future__ import annotations

import difflib
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

from facetd.config import Config
from facetd.errors import ConfigError, FieldError
from facetd.i18n import _
from facetd.score.tags import Source

SCENES_VERSION = 1


@dataclass(frozen=True, slots=True)
class Group:
    """One question: the texts that stand for each of its tags, and those that stand for everything else."""

    tags: Mapping[str, tuple[str, ...]]
    background: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Scenes:
    """The words to look for. From `shown_score` on a tag is shown and decides about the category, from `search_score` on search finds it.

    `axis` are texts for good and bad photos.
    """

    groups: Mapping[str, Group]
    kinds: Mapping[str, str]  # scene, mood or activity, by tag
    tag_of_synonym: Mapping[str, str]
    axis: Mapping[str, tuple[str, ...]]
    shown_score: float
    search_score: float

    @classmethod
    def from_config(cls, config: Config) -> Scenes:
        """The built-in words with the entries of `tags.scenes`, which replace those of the same name; one without prompts is left out.

        Raises ConfigError for an entry in a group that is not there.
        """
        data = _built_in()
        problems = [
            FieldError(f"tags.scenes.{tag}.group", _unknown(rule.group, data["groups"]))
            for tag, rule in config.tags.scenes.items()
            if rule.prompts and rule.group not in data["groups"]
        ]
        if problems:
            raise ConfigError(_("the scenes cannot be used"), errors=problems)
        groups: dict[str, Group] = {}
        kinds: dict[str, str] = {}
        synonyms: dict[str, str] = {}
        for name, group in data["groups"].items():
            rules = {tag: (rule["prompts"], rule["synonyms"]) for tag, rule in group["tags"].items() if tag not in config.tags.scenes}
            rules |= {tag: (rule.prompts, rule.synonyms) for tag, rule in config.tags.scenes.items() if rule.group == name and rule.prompts}
            groups[name] = Group(
                {tag: tuple(_filled(group["templates"], prompts)) for tag, (prompts, _) in rules.items()}, tuple(group["background"])
            )
            kinds |= dict.fromkeys(rules, group["kind"])
            for tag, (_name, words) in rules.items():
                synonyms |= {word.casefold(): tag for word in words if word.casefold() not in synonyms}
        taken = {tag.casefold() for tag in kinds}
        return cls(
            groups,
            kinds,
            {word: tag for word, tag in synonyms.items() if word not in taken},
            {end: tuple(texts) for end, texts in data["axis"].items()},
            config.tags.scene_score,
            min(config.tags.scene_score, config.tags.scene_search_score),
        )

    def tags(self, found: Iterable[Sequence[tuple[str, float]]]) -> dict[str, Source]:
        """The tags of a photo from the probabilities (0..1) that each group gave it; less than `search_score` gives none."""
        return {
            tag: Source.SCENE if probability >= self.shown_score else Source.SCENE_HINT
            for group in found
            for tag, probability in group
            if probability >= self.search_score and tag in self.kinds
        }

    def texts(self) -> list[str]:
        """Every text that vectors are needed of."""
        found = [text for end in self.axis.values() for text in end]
        for group in self.groups.values():
            found += [*group.background, *(text for texts in group.tags.values() for text in texts)]
        return list(dict.fromkeys(found))

    @property
    def fingerprint(self) -> str:
        """16 hex digits that change with whatever tags depend on."""
        groups = {name: [sorted(group.tags.items()), group.background] for name, group in self.groups.items()}
        return _hash([SCENES_VERSION, groups, self.shown_score, self.search_score])

    @property
    def axis_fingerprint(self) -> str:
        """16 hex digits that change with the texts of the axis."""
        return _hash([SCENES_VERSION, dict(self.axis)])


@lru_cache(maxsize=1)
def _built_in() -> dict[str, Any]:
    return dict(json.loads(files("facetd.score").joinpath("scenes.json").read_text("utf-8")))


def _filled(templates: Iterable[str], prompts: Iterable[str]) -> Iterable[str]:
    return (template.replace("{}", prompt) for prompt in prompts for template in templates)


def _unknown(name: str, known: Iterable[str]) -> str:
    nearest = difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)
    return f'unknown group "{name}"; expected one of {", ".join(known)}' + (f'; did you mean "{nearest[0]}"?' if nearest else "")


def _hash(content: object) -> str:
    return hashlib.blake2b(json.dumps(content).encode(), digest_size=8).hexdigest()
