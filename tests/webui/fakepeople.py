"""Made-up people for the made-up library: they can be named, merged, hidden, split and forgotten like real ones."""

from __future__ import annotations

import io
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web
from PIL import Image, ImageDraw

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
NAMES = {1: "Anna", 2: "Béla & <b>Co</b>", 4: "Chiara"}


class FakePeople:
    """Answers the API of persons and faces from `names` (by person) and `faces` (person by face)."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Six people; the first has twelve faces, each other one fewer than the one before."""
        self.posts: list[tuple[str, Any]] = []
        self.unavailable: str | None = None
        self.fill(6)
        self.different: set[tuple[int, int]] = set()
        self.suggestions_off = False

    def fill(self, count: int) -> None:
        """`count` people, three of them with a name."""
        self.names: dict[int, str | None] = {number: NAMES.get(number) for number in range(1, count + 1)}
        self.hidden: set[int] = set()
        self.avatars: dict[int, int] = {}
        self.faces: dict[int, int | None] = {}
        for number in self.names:
            for _ in range(max(1, 13 - number)):
                self.faces[len(self.faces) + 1] = number

    def capability(self) -> dict[str, str]:
        return {"state": "unavailable" if self.unavailable else "ready", "reason": self.unavailable or ""}

    def faces_of(self, person: int) -> list[int]:
        return [face for face, owner in self.faces.items() if owner == person]

    def person(self, number: int) -> dict[str, Any]:
        faces, name = self.faces_of(number), self.names[number]
        return {
            "id": number, "name": name, "display_name": name or f"Person {number}", "is_named": name is not None,
            "hidden": number in self.hidden, "representative_face_id": self.avatars.get(number, faces[0]), "face_count": len(faces),
            "photo_count": len(faces), "face_thumbnail": 1, "rep_quality": 5.0,
        }  # fmt: skip

    def face(self, number: int) -> dict[str, Any]:
        """Face `number` is in photo `number`, two more to the right of it."""
        owner = self.faces[number]
        return {
            "id": number, "photo_id": number, "photo_path": f"/Photos/{number}.jpg", "face_index": 0, "box": [0.1, 0.2, 0.2, 0.3],
            "eyes_closed": number == 2, "person_id": owner, "person_name": owner and (self.names[owner] or f"Person {owner}"),
            "person_is_named": bool(owner and self.names[owner]), "score": 0.9, "quality": 5.0, "source": "model", "assigned_by": "cluster",
        }  # fmt: skip

    def routes(self) -> list[web.AbstractRouteDef]:
        get: dict[str, Handler] = {
            "/api/persons": self._persons, r"/api/person/{id:\d+}": self._person, r"/api/person/{id:\d+}/faces": self._faces,
            "/api/photo/faces": self._in_photo, "/api/merge_suggestions": self._suggestions, "/api/filter_options/persons": self._options,
            r"/face_thumbnail/{id:\d+}": self._pixels, r"/person_thumbnail/{id:\d+}": self._pixels,
        }  # fmt: skip
        post = {
            r"/api/persons/{id:\d+}/rename": self._rename, "/api/persons/merge_batch": self._merge, "/api/persons/hide_batch": self._hide,
            "/api/persons/delete_batch": self._delete, r"/api/persons/{id:\d+}/split": self._split,
            r"/api/person/{id:\d+}/avatar": self._avatar,
            r"/api/face/{id:\d+}/assign": self._assign, r"/api/face/{id:\d+}/unassign": self._unassign,
            "/api/merge_suggestions/dismiss": self._dismiss,
        }  # fmt: skip
        return [*(web.get(path, run) for path, run in get.items()), *(web.post(path, self._noting(run)) for path, run in post.items())]

    def _noting(self, run: Callable[[web.Request, Any], dict[str, Any]]) -> Handler:
        async def handler(request: web.Request) -> web.Response:
            body = await request.json()
            self.posts.append((request.path, body))
            answer = {"success": True} | run(request, body)
            self.names = {number: name for number, name in self.names.items() if self.faces_of(number)}
            return web.json_response(answer)

        return handler

    # -- reading ---------------------------------------------------------------------------------------------------

    async def _persons(self, request: web.Request) -> web.Response:
        asked = request.query
        found = [self.person(number) for number in self.names]
        found = [person for person in found if asked.get("hidden", "without") == "with" or not person["hidden"]]
        if wanted := asked.get("search", "").strip().casefold():
            found = [person for person in found if wanted in (person["name"] or "").casefold() or wanted == str(person["id"])]
        what, _, way = asked.get("sort", "count_desc").partition("_")
        if what == "name":
            named = sorted((person for person in found if person["name"]), key=lambda person: person["name"], reverse=way == "desc")
            found = named + [person for person in found if not person["name"]]
        else:
            found.sort(key=lambda person: (person["face_count"] * (-1 if way == "desc" else 1), person["id"]))
        page, per_page = int(asked.get("page", 1)), int(asked.get("per_page", 48))
        shown = found[(page - 1) * per_page : page * per_page]
        return web.json_response({"persons": shown, "total": len(found), "page": page, "per_page": per_page})

    async def _person(self, request: web.Request) -> web.Response:
        number = int(request.match_info["id"])
        return web.json_response(self.person(number)) if number in self.names else _missing()

    async def _faces(self, request: web.Request) -> web.Response:
        faces, page, per_page = self.faces_of(int(request.match_info["id"])), int(request.query["page"]), int(request.query["per_page"])
        shown = [self.face(number) for number in faces[(page - 1) * per_page : page * per_page]]
        return web.json_response({"faces": shown, "total": len(faces), "page": page, "per_page": per_page})

    async def _in_photo(self, request: web.Request) -> web.Response:
        photo = int(request.query["id"])
        shown = [self.face(number) for number in (photo, photo + 100) if number in self.faces]
        return web.json_response({"faces": shown})

    async def _suggestions(self, request: web.Request) -> web.Response:
        if self.suggestions_off:
            return web.json_response(
                {"title": "Forbidden", "status": 403, "detail": "merge suggestions are switched off", "errors": []}, status=403
            )
        threshold = float(request.query.get("threshold", 0.58))
        pairs = [(1, 2, 0.64), (3, 4, 0.61), (5, 6, 0.53)]
        shown = [
            {"person1": self.person(one), "person2": self.person(other), "similarity": alike}
            for one, other, alike in pairs
            if alike >= threshold and {one, other} <= set(self.names) and (one, other) not in self.different
        ]
        return web.json_response({"suggestions": shown, "threshold": threshold})

    async def _options(self, request: web.Request) -> web.Response:
        forced = {int(part) for part in request.query.get("ids", "").split(",") if part}
        shown = [number for number in self.names if number in forced or len(self.faces_of(number)) >= 10]
        return web.json_response(
            {"persons": [[number, self.names[number], len(self.faces_of(number))] for number in shown], "cached": False}
        )

    async def _pixels(self, request: web.Request) -> web.Response:
        number = int(request.match_info["id"])
        shade = number * 53 % 160
        picture = Image.new("RGB", (160, 160), (shade, 120, 200 - shade))
        ImageDraw.Draw(picture).ellipse((45, 25, 115, 120), fill=(230, 190, 160))
        buffer = io.BytesIO()
        picture.save(buffer, "JPEG")
        return web.Response(body=buffer.getvalue(), content_type="image/jpeg", headers={"Cache-Control": "private, no-cache"})

    # -- deciding --------------------------------------------------------------------------------------------------

    def _rename(self, request: web.Request, body: Any) -> dict[str, Any]:
        number = int(request.match_info["id"])
        self.names[number] = body["name"].strip() or None
        return {"name": self.names[number]}

    def _merge(self, _request: web.Request, body: Any) -> dict[str, Any]:
        self.faces = {face: body["target_id"] if owner in body["source_ids"] else owner for face, owner in self.faces.items()}
        return {"target_id": body["target_id"], "merged_count": len(body["source_ids"]), "new_count": len(self.faces_of(body["target_id"]))}

    def _hide(self, _request: web.Request, body: Any) -> dict[str, Any]:
        self.hidden = self.hidden | set(body["person_ids"]) if body["hidden"] else self.hidden - set(body["person_ids"])
        return {"hidden": body["hidden"], "changed_count": len(body["person_ids"]), "not_found": []}

    def _delete(self, _request: web.Request, body: Any) -> dict[str, Any]:
        self.faces = {face: None if owner in body["person_ids"] else owner for face, owner in self.faces.items()}
        return {"deleted_count": len(body["person_ids"]), "not_found": []}

    def _split(self, _request: web.Request, body: Any) -> dict[str, Any]:
        return {"person_id": self._new(body["face_ids"], body["name"]), "moved_count": len(body["face_ids"])}

    def _new(self, faces: list[int], name: str) -> int:
        number = max(self.names, default=0) + 1
        self.names[number] = name or None
        self.faces |= dict.fromkeys(faces, number)
        return number

    def _avatar(self, request: web.Request, body: Any) -> dict[str, Any]:
        self.avatars[int(request.match_info["id"])] = body["face_id"]
        return {}

    def _assign(self, request: web.Request, body: Any) -> dict[str, Any]:
        face = int(request.match_info["id"])
        if "name" in body:
            return {"person_id": self._new([face], body["name"])}
        self.faces[face] = body["person_id"]
        return {"person_id": body["person_id"]}

    def _unassign(self, request: web.Request, _body: Any) -> dict[str, Any]:
        self.faces[int(request.match_info["id"])] = None
        return {"unassigned_count": 1, "person_deleted": False}

    def _dismiss(self, _request: web.Request, body: Any) -> dict[str, Any]:
        self.different.add((body["person1_id"], body["person2_id"]))
        return {"changed": True}


def _missing() -> web.Response:
    return web.json_response({"title": "Not found", "status": 404, "detail": "there is no such person", "errors": []}, status=404)
