"""Tags: words for the things that were found in a photo, and other words that mean the same."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from importlib.resources import files

from facetd.config import Config
from facetd.records.sightings import DetectedObject

TAGS_VERSION = 1
PROMINENT = 0.03  # share of the picture from which a thing says what kind of photo this is


class Source(StrEnum):
    """Where a tag of a photo comes from; the values of photo_tag.source."""

    KEYWORD = "keyword"  # the file or its sidecar
    OBJECT = "object"  # a thing that was found for certain and fills a part of the picture
    MINOR = "object_minor"  # a thing that was found for certain, small in the picture
    HINT = "object_hint"  # a thing that search may find and that is not shown
    SCENE = "scene"  # a scene, mood or activity that words were found to fit for certain
    SCENE_HINT = "scene_hint"  # one that search may find and that is not shown


SHOWN = (Source.KEYWORD, Source.OBJECT, Source.MINOR, Source.SCENE)
JUDGED = (Source.KEYWORD, Source.OBJECT, Source.SCENE)


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The tags that labels of objects give, the words that stand for a tag, and from which score on a thing is shown as a fact."""

    tags_of_label: Mapping[str, tuple[str, ...]]
    tag_of_synonym: Mapping[str, str]
    shown_score: float
    person_score: float
    fingerprint: str

    @classmethod
    def from_config(cls, config: Config) -> Vocabulary:
        """The built-in vocabulary with the entries of `tags.vocabulary`, which replace those of the same name."""
        rules = {name: (tuple(rule["labels"]), tuple(rule["synonyms"])) for name, rule in _built_in().items()}
        rules |= {name: (tuple(rule.labels), tuple(rule.synonyms)) for name, rule in config.tags.vocabulary.items()}
        tags: dict[str, list[str]] = {}
        synonyms: dict[str, str] = {}
        for name, (labels, words) in rules.items():
            for label in labels:
                tags.setdefault(label, []).append(name)
            for word in words:
                synonyms.setdefault(word.casefold(), name)
        scores = (config.objects.shown_score, config.objects.person_score)
        content = json.dumps([TAGS_VERSION, PROMINENT, scores, sorted((label, names) for label, names in tags.items())])
        return cls(
            {label: tuple(names) for label, names in tags.items()},
            {word: name for word, name in synonyms.items() if word not in {known.casefold() for known in rules}},
            *scores,
            hashlib.blake2b(content.encode(), digest_size=8).hexdigest(),
        )

    def tags(self, objects: Iterable[DetectedObject]) -> dict[str, Source]:
        """The tags of a photo with these objects, each with its strongest source."""
        order = [Source.HINT, Source.MINOR, Source.OBJECT]
        found: dict[str, Source] = {}
        for thing in objects:
            shown = thing.score >= (self.person_score if thing.label == "person" else self.shown_score)
            large = thing.box.width * thing.box.height >= PROMINENT
            source = Source.HINT if not shown else Source.OBJECT if large else Source.MINOR
            for tag in self.tags_of_label.get(thing.label, ()):
                found[tag] = max(found.get(tag, source), source, key=order.index)
        return found

    def meant(self, word: str) -> str:
        """The tag that `word` stands for, or the word itself."""
        return self.tag_of_synonym.get(word.strip().casefold(), word)


@lru_cache(maxsize=1)
def _built_in() -> dict[str, dict[str, list[str]]]:
    return dict(json.loads(files("facetd.score").joinpath("tags.json").read_text("utf-8")))


def built_in_labels() -> frozenset[str]:
    """Every label that the built-in vocabulary knows."""
    return frozenset(label for rule in _built_in().values() for label in rule["labels"])
