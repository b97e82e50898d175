"""What is said of values that do not fit: our words, in the language of who asks."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, Field, ValidationError, field_validator

from facetd.i18n import Text, _, translate
from facetd.validation import TEXTS, told


class Model(BaseModel, extra="forbid"):
    stars: int = Field(default=0, ge=0, le=5)
    name: Annotated[str, Field(min_length=1, max_length=3)] = "a"
    ids: list[int] | None = None
    sort: Literal["date", "name", "score"] = "date"
    day: date | None = None
    ratio: float = Field(default=0.5, gt=0, lt=1, allow_inf_nan=False)
    own: str = ""

    @field_validator("own")
    @classmethod
    def _own(cls, value: str) -> str:
        if value:
            raise ValueError(_("expected a JSON object"))
        return value


def problem(**values: object) -> Any:
    with pytest.raises(ValidationError) as caught:
        Model.model_validate(values)
    return caught.value.errors(include_url=False)[0]


@pytest.mark.parametrize(
    ("values", "said", "german"),
    [
        ({"stars": "many"}, "expected a whole number", "erwartet: eine ganze Zahl"),
        ({"stars": 6}, "expected at most 5", "erwartet: höchstens 5"),
        ({"stars": -1}, "expected at least 0", "erwartet: mindestens 0"),
        ({"name": "long"}, "expected at most 3 characters", "erwartet: höchstens 3 Zeichen"),
        ({"name": ""}, "expected at least 1 characters", "erwartet: mindestens 1 Zeichen"),
        ({"ids": 3}, "expected a list", "erwartet: eine Liste"),
        ({"sort": "size"}, "expected one of 'date', 'name', 'score'", "erwartet: eines von 'date', 'name', 'score'"),
        ({"day": "yesterday"}, "expected a date, YYYY-MM-DD", "erwartet: ein Datum, JJJJ-MM-TT"),
        ({"ratio": 1}, "expected less than 1.0", "erwartet: weniger als 1.0"),
        ({"ratio": "nan"}, "expected a finite number", "erwartet: eine endliche Zahl"),
        ({"size": 1}, "unknown parameter", "unbekannter Parameter"),
        ({"own": "x"}, "expected a JSON object", None),
    ],
)
def test_a_value_that_does_not_fit_is_told_in_our_words(values: dict[str, object], said: str, german: str | None) -> None:
    text = told(problem(**values))
    assert text == said
    assert german is None or translate(text, "de") == german


def test_every_text_has_only_values_that_pydantic_gives_with_it() -> None:
    assert all(isinstance(text, Text) for text in TEXTS.values())
    known = {"max_length", "min_length", "pattern", "gt", "ge", "lt", "le", "expected", "error"}
    for text in TEXTS.values():
        text.format(**dict.fromkeys(known, 1))


def test_what_is_rare_stays_in_the_words_of_pydantic() -> None:
    assert (
        told({"type": "is_instance_of", "loc": (), "msg": "Input should be an instance of X", "input": 1})
        == "Input should be an instance of X"
    )
