"""Made-up bursts, copies and photos that look alike, for the made-up library."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aiohttp import web

BURST, COPIES = [2, 3, 4, 5], [5, 9]
GROUPS = 30  # of photos that look alike: three pages


class FakeLikeness:
    """Answers the API of likeness from `groups` (kind and photos, the best first) and `similar` (photo and likeness, by mode)."""

    def __init__(self, photo: Callable[[int], dict[str, Any]]) -> None:
        self._photo = photo
        self.reset()

    def reset(self) -> None:
        """A burst of four, one of which has a copy, and thirty photos like any other."""
        self.groups: list[tuple[str, list[int]]] = [("burst", BURST), ("duplicate", COPIES)]
        self.similar: dict[str, list[tuple[int, float]]] = {
            "visual": [(10 + number, round(0.95 - number * 0.01, 2)) for number in range(30)],
            "color": [(60, 0.9)],
            "person": [(70, 1.0), (71, 1.0)],
        }
        self.message: dict[str, str] = {}

    def membership(self, number: int) -> dict[str, Any]:
        """What a photo says of the groups that it is in."""
        burst = next((members for kind, members in self.groups if kind != "duplicate" and number in members), [])
        copies = next((members for kind, members in self.groups if kind == "duplicate" and number in members), [])
        kind = next((kind for kind, members in self.groups if kind != "duplicate" and number in members), None)
        return {
            "burst_group_id": 1 if burst else None, "burst_kind": kind, "burst_count": len(burst),
            "duplicate_group_id": 1 if copies else None, "duplicate_count": len(copies),
            "is_burst_lead": int(not burst or burst[0] == number), "is_duplicate_lead": int(not copies or copies[0] == number),
        }  # fmt: skip

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/api/photo/groups", self._groups_of),
            web.get(r"/api/similar_photos/{id:\d+}", self._similar),
            web.get("/api/burst-groups", self._bursts),
            web.get("/api/duplicate-groups", self._copies),
            web.get("/api/similar-groups", self._alike),
        ]

    def _brief(self, number: int) -> dict[str, Any]:
        photo = self._photo(number - 1)
        return {
            key: photo[key]
            for key in ("id", "path", "filename", "aggregate", "date_taken", "image_width", "image_height", "v", "color", "placeholder")
        }

    def _group(self, number: int, members: list[int]) -> dict[str, Any]:
        return {
            "burst_id": number,
            "photos": [self._brief(each) for each in members],
            "best_id": members[0],
            "best_path": "",
            "count": len(members),
        }

    async def _groups_of(self, request: web.Request) -> web.Response:
        number = int(request.query["id"])
        found = [{**self._group(1, members), "group_id": 1, "type": kind} for kind, members in self.groups if number in members]
        return web.json_response({"groups": found})

    async def _bursts(self, request: web.Request) -> web.Response:
        return self._page(request, [members for kind, members in self.groups if kind == "burst"])

    async def _copies(self, request: web.Request) -> web.Response:
        return self._page(request, [members for kind, members in self.groups if kind == "duplicate"])

    async def _alike(self, request: web.Request) -> web.Response:
        count = GROUPS if float(request.query["threshold"]) <= 0.9 else 0
        return self._page(request, [[100 + 3 * number, 101 + 3 * number, 102 + 3 * number] for number in range(count)])

    def _page(self, request: web.Request, groups: list[list[int]]) -> web.Response:
        page, per_page = int(request.query["page"]), int(request.query["per_page"])
        some = groups[(page - 1) * per_page : page * per_page]
        return web.json_response(
            {
                "groups": [self._group(number, members) for number, members in enumerate(some)], "total_groups": len(groups), "page": page,
                "per_page": per_page, "total_pages": max(1, -(-len(groups) // per_page)),
            }
        )  # fmt: skip

    async def _similar(self, request: web.Request) -> web.Response:
        query = request.query
        mode, least, offset, limit = query["mode"], float(query["min_similarity"]), int(query["offset"]), int(query["limit"])
        enough = [(number, value) for number, value in self.similar[mode] if value >= least] if mode not in self.message else []
        bases = {"visual": "hash+embedding", "color": "histogram", "person": "person"}
        return web.json_response(
            {
                "source": "", "source_id": int(request.match_info["id"]), "mode": mode, "basis": bases[mode], "total": len(enough),
                "similar": [{**self._brief(number), "similarity": value} for number, value in enough[offset : offset + limit]],
                "has_more": offset + limit < len(enough), "message": self.message.get(mode),
            }
        )  # fmt: skip
