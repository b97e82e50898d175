"""What Facet's categories weigh, in the words of our configuration."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from facetd.library.importing.facetconfig import FacetConfig, our_category
from facetd.library.importing.report import Report
from facetd.library.importing.taste import our_weights
from facetd.score.rules import categories

NOT_TAKEN = "only weights are taken over; filters, priorities, bonuses and tags of categories are about Facet's own measures"


def merge_weights(raw: Mapping[str, Any], facet: FacetConfig, report: Report) -> dict[str, Any]:
    """Our configuration `raw`, as in its file, with the weights of Facet's categories. Weights that it has for a category stay."""
    merged = copy.deepcopy(dict(raw))
    tally = report.tallies["weights"]
    for theirs, entry in facet.categories.items():
        name = our_category(theirs)
        given = entry.get("weights")
        if not isinstance(given, dict):
            continue
        if name not in categories():
            tally.left += 1
            report.note("weights", theirs, "there is no such category here, and none can be added")
            continue
        weights, unknown, wrong = our_weights(given)
        if unknown:
            report.note("weights", theirs, f"these have no equivalent: {', '.join(f'{key} {given[key]:g}' for key in unknown)}")
        if wrong:
            report.note("weights", theirs, f"these are no percents: {', '.join(wrong)}")
        if not weights:
            tally.left += 1
            continue
        ours = merged.setdefault("categories", {}).setdefault(name, {})
        if ours.get("weights") is None:
            ours["weights"] = weights
            tally.brought += 1
        elif ours["weights"] == weights:
            tally.same += 1
        else:
            tally.kept += 1
            report.note("weights", theirs, f"categories.{name}.weights is set here; remove it to take Facet's")
    if tally.brought:
        report.note("weights", "categories", NOT_TAKEN)
    return merged
