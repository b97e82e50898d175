"""Every operation with every kind of id: requests made from the declarations, so that a new route is asked by itself."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

from facetd.fields import FIELDS
from facetd.http.openapi import Operation
from tests.http.visibility.twins import SECRET, Ids

BOB_PATHS = ["/Shared/party.jpg", "/Shared/lake.jpg", "/axb/dog.jpg", "/axb/trip/boat.jpg"]
ALICE_PATHS = [f"/a_b/{SECRET}1.jpg", f"/a_b/{SECRET}-trip/{SECRET}2.jpg", f"/a_b/{SECRET}-trip/{SECRET}3.jpg"]
NOBODYS = 900_000  # an id that is in neither library


@dataclass(frozen=True)
class Request:
    """One request; `kind` says what it was made with."""

    operation: str
    kind: str
    method: str
    address: str
    body: dict[str, Any] | None = None

    def __str__(self) -> str:
        return f"{self.method} {self.address} {json.dumps(self.body) if self.body is not None else ''} [{self.kind}]"


@dataclass
class Values:
    """What stands for each parameter, for one owner of the ids: by the parameter's name, else by a name that goes with the path."""

    ids: dict[str, list[Any]]
    paths: list[str]
    folder: str
    words: dict[str, str]
    tokens: dict[str, str] = field(default_factory=dict)

    def of(self, name: str, path: str) -> Any:
        """A value, or None where the parameter is not about anything of anybody's."""
        kind = kind_of(path)
        one = {
            "photo_id": "photo",
            "before_id": "photo",
            "after_id": "photo",
            "cover_photo_id": "photo",
            "person_id": "person",
            "face_id": "face",
            "source_id": "person",
            "person1_id": "person",
            "source": "person",
            "album_id": "album",
        }
        many = {"photo_ids": "photo", "ids": "photo", "face_ids": "face", "source_ids": "person", "person_ids": "person", "paths": ""}
        if name == "id":
            return self.ids.get(kind, [NOBODYS])[0]
        if name in one:
            return self.ids.get(one[name], [NOBODYS])[0]
        if name in ("target", "target_id", "person2_id"):
            return self.ids["person"][-1]
        if name in ("photo_path", "before_path", "after_path", "cover_photo_path"):
            return self.paths[0]
        if name == "path":
            return self.paths[0]
        if name in ("photo_paths", "paths"):
            return self.paths
        if name == "ids" and "persons" in path:
            return ",".join(map(str, self.ids["person"]))
        if name in many:
            return self.ids[many[name]]
        if name == "person":
            return str(self.ids["person"][0])
        if name in ("path_prefix", "prefix"):
            return self.folder
        if name == "directories":
            return [self.folder]
        if name == "root":
            return self.folder.strip("/").partition("/")[0]
        if name in ("smart_filter_json", "filter"):
            chosen = {"camera": self.words["camera"]}
            return json.dumps(chosen) if name == "smart_filter_json" else chosen
        if name == "lang" and path.startswith("/api/i18n"):
            return "fr"
        if name == "token":
            owned = "undo" if "undo" in path else "zip" if "zip" in path else "share"
            return self.tokens.get(owned)
        return self.words.get(name)


# What the `id` of an address with this word in it is the id of; the first that fits.
KINDS = {
    "album": "album", "capsule": "capsule", "jobs": "job", "sessions": "session", "app_passwords": "session", "person": "person",
    "face": "face",
}  # fmt: skip


def kind_of(path: str) -> str:
    """What the `id` of an address is the id of."""
    for part, kind in KINDS.items():
        if part in path and not (part == "face" and path.startswith("/api/photo/")):
            return kind
    return "photo"


# Parameters that are about nobody's things, with a value where one is needed.
PLAIN: dict[str, Any] = {
    "scope": "pages",
    "rating": 3,
    "label": "Red",
    "name": "New name",
    "caption": "A new caption",
    "description": "",
    "visibility": "household",
    "hidden": True,
    "gps_latitude": 1.5,
    "gps_longitude": 2.5,
    "bounds": "-90,-180,90,180",
    "zoom": None,
    "lat": 64.15,
    "lng": -21.94,
    "year": 2021,
    "month": None,
    "day": "2026-07-14",
    "date": "2026-07-14",
    "window_days": 3,
    "page": None,
    "per_page": None,
    "limit": None,
    "offset": None,
    "sort": None,
    "sort_direction": None,
    "size": None,
    "v": None,
    "type": None,
    "profile": None,
    "threshold": None,
    "similarity_threshold": None,
    "seed": None,
    "refresh": None,
    "full": "1",
    "mode": None,
    "min_similarity": "0",
    "lang": None,
    "generate": "0",
    "language": None,
    "by_hand": None,
    "again": None,
    "only": None,
    "confirm_missing": None,
    "retry_failed": None,
    "username": "alice",
    "password": "wrong password",
    "current_password": "wrong password",
    "new_password": "wrong password",
    "is_smart": False,
    "is_shared": None,
    "after": None,
    "cursor": None,
    "direction": None,
    "photos_per_group": None,
    "sort_by": None,
    "granularity": None,
    "dry_run": None,
    "format": "json",
    "columns": None,
    "photo_type": None,
    "lines": None,
    "expires_in_days": None,
    "url": "http://127.0.0.1:9/",
    "show_companions": None,
    "top_picks_filter": None,
    "quality": None,
    "share": None,
    "exclude_tags": None,
    "exclude_art": None,
    "require_tags": None,
    "date_from": None,
    "date_to": None,
    "min_rating": None,
    "min_aggregate": None,
    "gps_lat": None,
    "gps_lng": None,
    "gps_radius_km": None,
    "show_rejected": None,
    "favorites_only": None,
    "category": None,
    "mine": None,
    "kind": None,
    "state": None,
    "folders": None,
}
# What makes a request with bob's things one that is answered: (operation, parameter).
FITTING: dict[tuple[str, str], Any] = {
    ("list_persons", "hidden"): "with",
    ("split_person", "face_ids"): [1],
    ("merge_many_persons", "source_ids"): [1],
    ("set_avatar", "face_id"): 2,
    ("assign_face", "person_id"): 2,
    ("order_photos", "photo_ids"): [4, 3],
    ("order_photos", "photo_paths"): ["/axb/trip/boat.jpg"],
    ("make_album", "smart_filter_json"): None,
    ("change_album", "smart_filter_json"): None,
    ("generate_captions", "ids"): None,
    ("translate_captions", "ids"): None,
    ("assign_all_faces", "photo_id"): 2,
    ("assign_all_faces", "photo_path"): "/Shared/lake.jpg",
}
REGISTERED = {name for entry in FIELDS for name in (entry.param, f"min_{entry.param}", f"max_{entry.param}")}
PROBES: tuple[dict[str, str], ...] = (
    {"search": SECRET},
    {"camera": f"{SECRET} camera"},
    {"lens": SECRET},
    {"tag": f"{SECRET} tag"},
    {"require_tags": f"{SECRET} tag"},
    {"person": "3"},
    {"person": "1"},
    {"path_prefix": "/a_b"},
    {"path_prefix": f"/a_b/{SECRET}-trip"},
    {"date_from": "2021-01-01", "date_to": "2021-12-31"},
    {"gps_lat": "64.15", "gps_lng": "-21.94", "gps_radius_km": "10"},
    {"min_iso": "6400"},
    {"min_focal_length": "300"},
    {"min_score": "9.8"},
    {"composition_pattern": "radial"},
    {"type": "astro"},
    {"favorites_only": "1"},
    {"min_rating": "1"},
    {"show_rejected": "1"},
    {"search": "holiday"},
    {"tag": "holiday"},
    {"sort": "star_rating"},
    {"sort": "iso"},
    {"sort": "date_taken", "sort_direction": "ASC"},
    {"album_id": "4"},
    {"album_id": "2"},
)
WORDS = {
    "alice": {"search": SECRET, "q": SECRET[:4], "camera": f"{SECRET} camera", "lens": SECRET, "tag": f"{SECRET} tag"},
    "bob": {"search": "boat", "q": "bo", "camera": "X-T5", "lens": "XF", "tag": "holiday"},
}


def known_parameter(name: str, path: str) -> bool:
    """Whether this test knows what to do with a parameter: one that names something must not be left out by accident."""
    values = Values({}, ["/"], "/", {}, dict.fromkeys(("undo", "zip", "share"), "x"))
    try:
        return name in PLAIN or name in REGISTERED or name in WORDS["bob"] or name.startswith("hide_") or values.of(name, path) is not None
    except (KeyError, IndexError):
        return True


def values_of(ids: Ids, owner: str, tokens: dict[str, str]) -> Values:
    """The values for things of `owner`."""
    if owner == "alice":
        return Values({**ids.alice}, ALICE_PATHS, f"/a_b/{SECRET}-trip", WORDS["alice"], tokens)
    return Values({**ids.bob}, BOB_PATHS, "/axb/trip", WORDS["bob"], tokens)


def requests_for(operation: Operation, ids: Ids, tokens: dict[str, str]) -> Iterator[Request]:
    """The requests that try this operation with alice's things, with bob's, with both mixed, and with filters that find hers."""
    for owner in ("alice", "bob"):
        yield from _request(operation, owner, values_of(ids, owner, tokens))
    if operation.body is not None and any(name.endswith("ids") or name == "photo_paths" for name in operation.body.model_fields):
        hers, his = values_of(ids, "alice", tokens), values_of(ids, "bob", tokens)
        both = Values(
            {kind: [*his.ids.get(kind, []), *hers.ids.get(kind, [])] for kind in his.ids},
            his.paths + hers.paths,
            his.folder,
            his.words,
            tokens,
        )
        yield from _request(operation, "mixed", both)
    if operation.method == "GET" and "search" in operation.query.model_fields and "person" in operation.query.model_fields:
        for probe in PROBES:
            if probe.keys() <= operation.query.model_fields.keys():
                base = next(_request(operation, "probe", values_of(ids, "bob", tokens), only_needed=True))
                joiner = "&" if "?" in base.address else "?"
                yield Request(base.operation, f"probe {next(iter(probe))}", base.method, f"{base.address}{joiner}{urlencode(probe)}")


def _request(operation: Operation, kind: str, values: Values, *, only_needed: bool = False) -> Iterator[Request]:
    """The request in each way of naming: by ids and by paths."""
    names = re.findall(r"\{(\w+)", operation.path)
    address = operation.path
    for name in names:
        value = values.of(name, operation.path)
        text = str(NOBODYS if value is None else value)
        address = re.sub(rf"\{{{name}(:[^{{}}]*(\{{[^{{}}]*\}}[^{{}}]*)*)?\}}", lambda _match, text=text: quote(text, safe=""), address)
    for way in ("ids", "paths"):
        query = _filled(operation.query, operation.path, values, way, only_needed=only_needed)
        fitting = {name: value for (who, name), value in FITTING.items() if who == operation.name and kind in ("bob", "probe")}
        body = None if operation.body is None else _filled(operation.body, operation.path, values, way, only_needed=False)
        for part in (query, body):
            if part is not None:
                part.update({name: value for name, value in fitting.items() if name in part})
                for name in [name for name, value in part.items() if value is None]:
                    del part[name]
        if way == "paths" and not _by_path(operation):
            return
        sent = {name: json.dumps(value) if isinstance(value, bool | dict | list) else value for name, value in query.items()}
        yield Request(operation.name, f"{kind} by {way}", operation.method, f"{address}?{urlencode(sent)}" if sent else address, body)
        if only_needed:
            return


def _by_path(operation: Operation) -> bool:
    fields = operation.query.model_fields.keys() | (operation.body.model_fields.keys() if operation.body else set())
    return bool(fields & {"path", "photo_path", "photo_paths"})


def _filled(model: Any, path: str, values: Values, way: str, *, only_needed: bool) -> dict[str, Any]:
    """Values for the fields of a model. Things are named by ids or by paths, never both."""
    filled: dict[str, Any] = {}
    fields = model.model_fields
    twice = {"path", "photo_path", "photo_paths"} & fields.keys()
    for name, entry in fields.items():
        if twice and way == "paths" and name in ("id", "photo_id", "photo_ids"):
            continue
        if twice and way == "ids" and name in twice:
            continue
        if name in ("after_id", "after_path", "before_path", "cover_photo_path"):
            continue
        if name in REGISTERED and name not in values.words:
            continue
        value = values.of(name, path) if name not in PLAIN else None
        if value is None:
            value = PLAIN.get(name)
        optional_filter = name in ("search", "camera", "lens", "tag", "person", "path_prefix", "filter", "album_id", "share", "token")
        if value is None or ((only_needed or (optional_filter and len(fields) > 60)) and not entry.is_required()):
            continue
        filled[name] = value
    if filled.keys() >= {"person_id", "name"} and "face" in path:
        del filled["name"]
    return filled
