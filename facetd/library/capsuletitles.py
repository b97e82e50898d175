"""What capsules are called. A title has a key, for catalogues of other languages, and parameters; here is the English text."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from facetd.fields import COMPOSITION_PATTERNS
from facetd.i18n import _, _n

PREFIX = "capsules."
TITLES: dict[str, str] = {
    "journey": _("Journey to {place} — {month}"),
    "journey_unplaced": _("Journey — {month}"),
    "faces_of": _("Moments with {person}"),
    "seasonal": _("{season} {year}"),
    "golden": _("Golden collection"),
    "color_story": _("Color story: {tags}"),
    "color_story_plain": _("Color story"),
    "this_week": _("This week, {years} years ago"),
    "this_week_last": _("This week, a year ago"),
    "location": _("{place}"),
    "person_pair": _("{person} and {other}"),
    "rare_pair": _("Rare moments: {person} and {other}"),
    "seeded_time": _("Around {day}"),
    "seeded_similar": _("In the same style"),
    "seeded_person": _("Rediscover {person}"),
    "seeded_tag": _("Rediscover: {tag}"),
    "seeded_place": _("In and around {place}"),
    "seeded_mood": _("{mood}"),
    "progress": _("Getting better: +{percent} % from {month}"),
    "color_palette": _("{palette} {month}"),
    "favorites_year": _("Favorites of {year}"),
    "favorites_season": _("Favorites of {season} {year}"),
    "year": _("The best of {year}"),
    "month": _("The best of {month}"),
    "week": _("The best of {week}"),
    "camera": _("Taken with {camera}"),
    "lens": _("Through the {lens}"),
    "tag": _("{tag}"),
    "day_of_week": _("On a {day_of_week}"),
    "composition": _("Composition: {composition}"),
    "focal_range": _("{focal_range}"),
    "category": _("{category}"),
    "time_of_day": _("{time_of_day}"),
    "star_rating": _("Rated {star_rating} stars"),
    "camera_year": _("{camera} in {year}"),
    "camera_lens": _("{camera} with {lens}"),
    "camera_month": _("{camera} in {month}"),
    "lens_year": _("{lens} in {year}"),
    "lens_month": _("{lens} in {month}"),
    "tag_year": _("{tag}, {year}"),
    "tag_month": _("{tag}, {month}"),
    "person_year": _("{person} in {year}"),
    "person_month": _("{person} in {month}"),
    "person_lens": _("{person} through the {lens}"),
    "person_camera": _("{person}, taken with {camera}"),
    "person_tag": _("{person}: {tag}"),
    "composition_camera": _("{composition}, taken with {camera}"),
    "composition_year": _("{composition} in {year}"),
    "focal_range_category": _("{focal_range}: {category}"),
    "focal_range_year": _("{focal_range} in {year}"),
    "category_year": _("{category} in {year}"),
    "category_camera": _("{category}, taken with {camera}"),
}
SCORES: dict[str, str] = {
    "score_aesthetic": _("Most pleasing"),
    "score_iaa": _("Most artistic"),
    "score_composition": _("Best composed"),
    "score_sharpness": _("Sharpest"),
    "score_face_quality": _("Best portraits"),
}
OF_SCORES: dict[str, str] = {
    "": "{score}",
    "_person": _("{score} of {person}"),
    "_camera": _("{score} with {camera}"),
    "_year": _("{score} of {year}"),
    "_lens": _("{score} through the {lens}"),
}
MONTHS = (
    _("January"), _("February"), _("March"), _("April"), _("May"), _("June"), _("July"), _("August"), _("September"), _("October"),
    _("November"), _("December"),
)  # fmt: skip
WEEKDAYS = (_("Monday"), _("Tuesday"), _("Wednesday"), _("Thursday"), _("Friday"), _("Saturday"), _("Sunday"))
WORDS: dict[str, dict[str, str]] = {
    "season": {"winter": _("Winter"), "spring": _("Spring"), "summer": _("Summer"), "autumn": _("Autumn")},
    "palette": {"monochrome": _("Monochrome"), "vivid": _("Vivid"), "muted": _("Muted")},
    "composition": COMPOSITION_PATTERNS,
    "focal_range": {
        "ultra_wide": _("Ultra wide angle"),
        "wide": _("Wide angle"),
        "standard": _("Standard focal lengths"),
        "portrait": _("Portrait focal lengths"),
        "telephoto": _("Telephoto"),
        "super_telephoto": _("Super telephoto"),
    },
    "mood": {
        "dark_monochrome": _("Dark, in black and white"),
        "dark_muted": _("Dark and muted"),
        "dark_soft": _("Dark tones"),
        "dark_vivid": _("Dark and vivid"),
        "medium_monochrome": _("In black and white"),
        "medium_muted": _("Muted colors"),
        "medium_soft": _("Soft colors"),
        "medium_vivid": _("Vivid colors"),
        "bright_monochrome": _("Bright, in black and white"),
        "bright_muted": _("Bright and quiet"),
        "bright_soft": _("Bright and soft"),
        "bright_vivid": _("Bright and vivid"),
    },
    "time_of_day": {
        "night": _("At night"),
        "golden_morning": _("Early morning light"),
        "morning": _("In the morning"),
        "midday": _("At midday"),
        "afternoon": _("In the afternoon"),
        "golden_evening": _("Evening light"),
    },
}


def title(key: str, params: Mapping[str, str | int]) -> str:
    """The English title of a key and its parameters, as they are stored: months as `2024-07`, days of the week from 0 for Monday."""
    shown = {name: _shown(name, value) for name, value in params.items()}
    for score, text in SCORES.items():
        if key.startswith(score):
            return OF_SCORES[key.removeprefix(score)].format(score=text, **shown)
    return TITLES[key].format(**shown)


def subtitle(count: int) -> str:
    """How many photos there are."""
    return _n("1 photo", "{count} photos", count).format(count=count)


def _shown(name: str, value: str | int) -> str:
    """A parameter as people read it."""
    text = str(value)
    if name == "month":
        return _("{month} {year}").format(month=MONTHS[int(text[5:7]) - 1], year=text[:4])
    if name == "week":
        return _("week {week} of {year}").format(week=int(text[-2:]), year=text[:4])
    if name == "day":
        day = date.fromisoformat(text)
        return _("{month} {day}, {year}").format(month=MONTHS[day.month - 1], day=day.day, year=day.year)
    if name == "day_of_week":
        return WEEKDAYS[int(value)]
    if name in ("category", "tag", "tags"):
        return text[:1].upper() + text[1:].replace("_", " ")
    return WORDS.get(name, {}).get(text, text)
