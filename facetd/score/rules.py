"""The rules of judgement: the built-in categories with the changes of the configuration, checked once."""

from __future__ import annotations

import difflib
import hashlib
import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from importlib import resources
from typing import Any

from facetd.config import Config
from facetd.config.model import CategoryOverride, Normalization, Penalties
from facetd.config.viewer import PhotoTypes
from facetd.errors import ConfigError, FieldError
from facetd.fields import weighable
from facetd.i18n import _
from facetd.score.filters import FLAGS, TAG_KEYS, TAG_MODES, FilterValue, filter_keys

JUDGE_VERSION = 3
# What a modifier may be, and its range.
MODIFIERS: dict[str, tuple[float, float]] = {
    "bonus": (-5.0, 5.0),  # points added to the aggregate
    "noise_tolerance": (0.0, 1.0),  # share of the noise penalty that is waived
    "shadow_tolerance": (0.0, 1.0),
    "highlight_tolerance": (0.0, 1.0),
    "blur_tolerance": (0.0, 1.0),
    "exposure_tolerance": (0.0, 1.0),
}


@dataclass(frozen=True, slots=True)
class Category:
    """One kind of photo: which photos it takes (`filters`, first match in order of `priority`), and what counts for them.

    `weights` maps keys of fields.weighable() to percent; they need not sum to 100.
    """

    name: str
    label: str
    priority: int
    filters: Mapping[str, FilterValue]
    weights: Mapping[str, float]
    modifiers: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class PhotoType:
    """A choice of the photo type menu: photos of any of `categories`; Top Picks has none, it is a threshold of its own."""

    id: str
    label: str
    categories: tuple[str, ...]


@lru_cache(maxsize=1)
def _data() -> dict[str, dict[str, Any]]:
    text = resources.files("facetd.score").joinpath("categories.json").read_text(encoding="utf-8")
    data: dict[str, dict[str, Any]] = json.loads(text)
    return data


@lru_cache(maxsize=1)
def categories() -> Mapping[str, Category]:
    """The built-in categories by name, in order of priority."""
    made = [Category(name=name, **{**entry, "label": _(entry["label"])}) for name, entry in _data()["categories"].items()]
    return {category.name: category for category in sorted(made, key=lambda c: (c.priority, c.name))}


@lru_cache(maxsize=1)
def photo_types() -> tuple[PhotoType, ...]:
    """The photo types in the order of the menu, Top Picks first."""
    return tuple(
        PhotoType(name, _(entry["label"]), tuple(str(c) for c in _listed(entry["categories"])))
        for name, entry in _data()["photo_types"].items()
    )


def required_tags(config: Config, name: str) -> tuple[str, ...]:
    """The tags that photos of the category `name` have one or all of, under `config`; none where its filter asks for none."""
    change = config.categories.get(name)
    filters = categories()[name].filters if change is None or change.filters is None else change.filters
    return tuple(map(str, _listed(filters.get("required_tags"))))


def weights_of_models() -> Mapping[str, float]:
    """What every built-in category weighs beside its own weights as soon as a model of an installed pack gives it, in percent of those."""
    return {name: float(percent) for name, percent in _data()["weights_of_models"].items()}


def type_labels() -> dict[str, str]:
    """Label of each photo type by its id."""
    return {photo_type.id: photo_type.label for photo_type in photo_types()}


def _listed(value: object) -> list[object]:
    return list(value) if isinstance(value, list) else []


@dataclass(frozen=True, slots=True)
class Rules:
    """Everything besides the photo and the snapshot that decides a judgement."""

    categories: tuple[Category, ...]
    default: Category
    penalties: Penalties
    normalization: Normalization
    top_picks: PhotoTypes

    @classmethod
    def from_config(cls, config: Config) -> Rules:
        """The rules under `config`. Raises ConfigError with every problem and its key path."""
        known = categories()
        problems = list(_problems(config))
        if problems:
            raise ConfigError(_("the categories cannot be used"), errors=problems)
        merged = [_merged(category, config.categories.get(name)) for name, category in known.items()]
        merged.sort(key=lambda c: (c.priority, c.name))
        default = next(c for c in merged if c.name == config.scoring.default_category)
        return cls(tuple(c for c in merged if c is not default), default, config.penalties, config.normalization, config.viewer.photo_types)

    @property
    def fingerprint(self) -> str:
        """16 hex digits that change with anything here and with JUDGE_VERSION (the snapshot's id is to be added by who stores
        judgements).
        """
        content = {
            "version": JUDGE_VERSION,
            "categories": [asdict(c) for c in (*self.categories, self.default)],
            "penalties": self.penalties.model_dump(),
            "normalization": self.normalization.model_dump(),
            "top_picks": self.top_picks.model_dump(),
        }
        return hashlib.blake2b(json.dumps(content, sort_keys=True).encode(), digest_size=8).hexdigest()


def _merged(category: Category, change: CategoryOverride | None) -> Category:
    """`category` with the changes of the configuration: weights, modifiers and filters replace the built-in ones as a whole."""
    built_in = {**category.weights, **weights_of_models()}
    if change is None:
        return replace(category, weights=built_in)
    return Category(
        name=category.name,
        label=category.label,
        priority=category.priority if change.priority is None else change.priority,
        filters=category.filters if change.filters is None else change.filters,
        weights=built_in if change.weights is None else change.weights,
        modifiers=category.modifiers if change.modifiers is None else change.modifiers,
    )


def _problems(config: Config) -> Iterator[FieldError]:
    known = categories()
    if config.scoring.default_category not in known:
        yield _unknown("scoring.default_category", config.scoring.default_category, known, "category")
    weights = config.viewer.photo_types.top_picks_weights.model_dump()
    if sum(weights.values()) <= 0:
        yield FieldError("viewer.photo_types.top_picks_weights", _("expected at least one weight above 0"))
    for name, change in config.categories.items():
        path = f"categories.{name}"
        if name not in known:
            yield _unknown(path, name, known, "category")
        yield from category_problems(path, change)


def category_problems(path: str, change: CategoryOverride) -> Iterator[FieldError]:
    """What is wrong with the weights, modifiers and filters of one category; `path` begins each key path."""
    for key in change.weights or {}:
        if key not in weighable():
            yield _unknown(f"{path}.weights.{key}", key, weighable(), "weight")
    if change.weights is not None and sum(change.weights.values()) <= 0:
        yield FieldError(f"{path}.weights", _("expected at least one weight above 0"))
    for key, value in (change.modifiers or {}).items():
        if key not in MODIFIERS:
            yield _unknown(f"{path}.modifiers.{key}", key, MODIFIERS, "modifier")
        elif not MODIFIERS[key][0] <= value <= MODIFIERS[key][1]:
            yield FieldError(
                f"{path}.modifiers.{key}",
                _("expected {found:g} to {found2:g}, found {value:g}").format(
                    found=MODIFIERS[key][0], found2=MODIFIERS[key][1], value=value
                ),
            )
    for key, wanted in (change.filters or {}).items():
        if key not in filter_keys():
            yield _unknown(f"{path}.filters.{key}", key, filter_keys(), "filter")
        elif problem := _filter_problem(key, wanted):
            yield FieldError(f"{path}.filters.{key}", problem)


def _filter_problem(key: str, wanted: FilterValue) -> str:
    if key in FLAGS:
        return "" if isinstance(wanted, bool) else f"expected true or false, found {json.dumps(wanted)}"
    if key in TAG_KEYS:
        return "" if isinstance(wanted, list) and wanted else f"expected a list of tags, found {json.dumps(wanted)}"
    if key == "tag_match_mode":
        return "" if wanted in TAG_MODES else f'expected "any" or "all", found {json.dumps(wanted)}'
    number = isinstance(wanted, int | float) and not isinstance(wanted, bool)
    return "" if number else f"expected a number, found {json.dumps(wanted)}"


def _unknown(path: str, name: str, known: Collection[str], what: str) -> FieldError:
    nearest = difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)
    if nearest:
        return FieldError(path, _('unknown {what} "{name}"; did you mean "{nearest}"?').format(what=what, name=name, nearest=nearest[0]))
    return FieldError(path, _('unknown {what} "{name}"').format(what=what, name=name))
