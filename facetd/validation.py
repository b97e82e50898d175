"""What pydantic finds wrong with one value, in our words, which can be translated."""

from __future__ import annotations

from typing import Any

from pydantic_core import ErrorDetails

from facetd.i18n import _

TEXTS = {
    "missing": _("expected it to be there"),
    "extra_forbidden": _("unknown parameter"),
    "int_parsing": _("expected a whole number"),
    "int_parsing_size": _("expected a smaller number"),
    "int_type": _("expected a whole number"),
    "int_from_float": _("expected a whole number"),
    "float_parsing": _("expected a number"),
    "float_type": _("expected a number"),
    "finite_number": _("expected a finite number"),
    "bool_parsing": _("expected true or false"),
    "bool_type": _("expected true or false"),
    "string_type": _("expected text"),
    "string_unicode": _("expected text without NUL, in UTF-8"),
    "string_too_long": _("expected at most {max_length} characters"),
    "string_too_short": _("expected at least {min_length} characters"),
    "string_pattern_mismatch": _("expected text of the form {pattern}"),
    "too_long": _("expected at most {max_length} entries"),
    "too_short": _("expected at least {min_length} entries"),
    "greater_than": _("expected more than {gt}"),
    "greater_than_equal": _("expected at least {ge}"),
    "less_than": _("expected less than {lt}"),
    "less_than_equal": _("expected at most {le}"),
    "literal_error": _("expected one of {expected}"),
    "enum": _("expected one of {expected}"),
    "list_type": _("expected a list"),
    "tuple_type": _("expected a list"),
    "dict_type": _("expected an object"),
    "model_type": _("expected an object"),
    "model_attributes_type": _("expected an object"),
    "json_invalid": _("expected JSON: {error}"),
    "json_type": _("expected JSON"),
    "date_parsing": _("expected a date, YYYY-MM-DD"),
    "date_from_datetime_parsing": _("expected a date, YYYY-MM-DD"),
    "date_from_datetime_inexact": _("expected a date, YYYY-MM-DD"),
    "date_type": _("expected a date, YYYY-MM-DD"),
}


def told(problem: ErrorDetails) -> str:
    """What is wrong with one value; what a validator of ours raised as it said it, and pydantic's own English for what is rare."""
    context: dict[str, Any] = problem.get("ctx", {})
    said = getattr(context.get("error"), "args", ())
    if said and isinstance(said[0], str):
        return said[0]
    text = TEXTS.get(problem["type"])
    if text is None:
        return problem["msg"].removeprefix("Value error, ")
    return text.format(**{name: _listed(value) if name == "expected" else value for name, value in context.items()})


def _listed(choices: object) -> str:
    """The choices that pydantic joined by "or", with commas."""
    return str(choices).replace(" or ", ", ")
