"""The pages with a made-up library behind them: states and sizes that a real one reaches only after days."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import threading
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from aiohttp import web
from PIL import Image

from facetd.db.phrases import alone
from facetd.errors import FacetdError
from facetd.fields import BY_KEY, COMPOSITION_PATTERNS, FIELDS, GROUPS, Filter, Kind
from facetd.http.language import speaking
from facetd.http.pages import error_page, setup_pages, wants_html
from facetd.i18n import messages
from tests.webui.fakelikeness import FakeLikeness
from tests.webui.fakepeople import FakePeople

CSP = (
    "default-src 'none'; img-src 'self' data: blob:; script-src 'self'; style-src 'self'; connect-src 'self'; font-src 'self'; "
    "manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
Result = TypeVar("Result")
MEASURED = (Kind.SCORE, Kind.RATIO, Kind.REAL)
PLACEHOLDER = base64.b64encode(bytes.fromhex("1507120e0a48788f8887775f767087f8758806887f")).decode()
UNSORTED = 5  # the photo that fits no category
HOSTILE = "<img src=x onerror=alert(1)>\"'& مرحبا 😀.jpg"


class FakeLibrary:
    """Answers the API from its attributes; tests change them while the browser looks."""

    def __init__(self) -> None:
        self.base = ""
        self.people = FakePeople()
        self.likeness = FakeLikeness(self.photo)
        self.reset()
        self._listeners: set[asyncio.Queue[bytes | None]] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="fake library", daemon=True)
        self._thread.start()
        self._runner = self._run(self._start())

    def fresh(self) -> None:
        """As at first, and deaf to pages that were closed: what they still had to ask is not the next test's."""
        self._run(self._drop())
        self.reset()

    def reset(self) -> None:
        """A calm library of 250 photos."""
        self.total = 250
        self.broken: dict[str, int] = {}
        self.requests: list[str] = []
        self.posts: list[tuple[str, Any]] = []
        self.failures: list[dict[str, Any]] = []
        self.offline = False
        self.things: list[dict[str, Any]] = []
        self.captions: dict[int, str] = {}
        self.described: dict[int, str] = {}
        self.models: dict[str, dict[str, str]] = {}
        self.job: dict[str, Any] = {
            "kind": "", "state": "idle", "done": 0, "total": 0, "failed": 0, "kept": 0, "waiting": "", "failures": [], "started_at": None,
            "finished_at": None, "cancelled": False, "error": None, "elapsed_s": 0.0, "rate_per_s": 0.0, "eta_s": None,
        }  # fmt: skip
        self.people.reset()
        self.likeness.reset()
        self.parts = ["text"]
        self.suggestions: list[str] = []
        self.meaning = {"state": "unavailable", "reason": "Run `facetd models install clip-vit-b32`."}
        self.scan: dict[str, Any] = {
            "state": "idle", "phase": "", "done": 0, "total": 0, "failed": 0, "rate_per_s": 0, "eta_s": None, "current": "",
            "finished_at": "2026-05-01T10:00:00Z", "cancelled": False, "confirm": [],
            "roots": [{"name": "Photos", "path": "/Photos", "online": True, "photo_count": 250}],
        }  # fmt: skip

    def stop(self) -> None:
        self._run(self._runner.cleanup())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def push(self, event: str, data: dict[str, Any]) -> None:
        """Send a server-sent event to every open page, as soon as there is one that listens."""
        self._run(self._tell(f"event: {event}\ndata: {json.dumps(data)}\n\n".encode()))

    def hang_up(self) -> None:
        """Close the open streams, as a restarted daemon does."""
        self._run(self._tell(None))

    def asked(self, part: str) -> list[str]:
        """The requests so far whose address contains `part`."""
        return [url for url in self.requests if part in url]

    def photo(self, index: int) -> dict[str, Any]:
        """Number `index` of the list by score, best first."""
        share = index / max(1, self.total)
        wide = index % 3 != 0
        metrics = {
            f.key: None if f.kind in (Kind.TEXT, Kind.DATE) else round(10 * (1 - share), 2) if f.kind is Kind.SCORE else 0 for f in FIELDS
        }
        name = HOSTILE if index == 3 else f"IMG_{index:07}.jpg"
        return metrics | {
            "id": index + 1, "path": f"/Photos/{name}", "filename": name, "date_taken": "2024-07-14T18:03:22+02:00",
            "date_offset": "+02:00", "image_width": 3000 if wide else 2000, "image_height": 2000 if wide else 3000,
            "camera_make": "Canon", "camera_model": "EOS R5",
            "lens_model": None, "iso": 200, "f_stop": 2.8, "shutter_speed": "1/250", "focal_length": 50.0, "focal_length_35mm": None,
            "category": "default" if index == UNSORTED else ("landscape", "portrait")[index % 2],
            "composition_pattern": "diagonal", "tags_list": ["sea"], "color": "#405060",
            "placeholder": PLACEHOLDER, "v": f"{index:032x}", "star_rating": 0, "offline": self.offline,
            "format": "jpeg", "size": 4_200_000,
            "gps_latitude": None, "gps_longitude": None, "noise_sigma": 2.5, "mean_luminance": 0.42,
            "shadow_clipping": 0.2, "shadow_clipped": 1, "face_count": int(index + 1 in self.people.faces),
            **self.likeness.membership(index + 1),
        }  # fmt: skip

    # -- the server ------------------------------------------------------------------------------------------------

    def _run(self, work: Coroutine[Any, Any, Result]) -> Result:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    async def _tell(self, message: bytes | None) -> None:
        while not self._listeners:
            await asyncio.sleep(0.01)
        for queue in self._listeners:
            queue.put_nowait(message)
        if message is None:
            self._listeners.clear()

    async def _drop(self) -> None:
        self._listeners.clear()
        if self._runner.server:
            for connection in self._runner.server.connections:
                if connection.transport:
                    connection.transport.abort()
        while self._runner.server and self._runner.server.connections:
            await asyncio.sleep(0.005)

    # -- the API ---------------------------------------------------------------------------------------------------

    async def _start(self) -> web.AppRunner:
        app = web.Application(middlewares=[speaking, self._guard])
        setup_pages(app)
        get: dict[str, Callable[[web.Request], Awaitable[web.StreamResponse]]] = {
            "/api/photos": self._photos, "/api/photo": self._detail, "/api/config": self._config, "/api/type_counts": self._types,
            "/api/filter_options/{name}": self._options, "/api/scan/status": self._status, "/api/failures": self._failures,
            "/api/events": self._events, "/thumbnail": self._pixels, "/image": self._pixels, "/api/openapi.json": self._openapi,
            "/api/caption": self._caption, "/api/search/complete": self._complete, "/api/search": self._search,
            "/api/captions/status": self._job, "/api/auth/status": self._who,
        }  # fmt: skip
        app.add_routes([web.get("/api/i18n/{lang}", self._texts)])
        app.add_routes(self.people.routes())
        app.add_routes(self.likeness.routes())
        app.add_routes([web.get(path, handler) for path, handler in get.items()])
        app.add_routes([web.post("/api/scan/{what}", self._post), web.put("/api/caption", self._write_caption)])
        app.add_routes([web.post("/api/caption/generate", self._describe), web.post("/api/captions/{what}", self._start_job)])
        runner = web.AppRunner(app, shutdown_timeout=0.2, handler_cancellation=True)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self.base = f"http://127.0.0.1:{runner.addresses[0][1]}"
        return runner

    @web.middleware
    async def _guard(self, request: web.Request, handler: Any) -> web.StreamResponse:
        self.requests.append(request.path_qs)
        status = self.broken.get(request.path)
        if status:
            problem = {"type": "about:blank", "title": "Broken", "status": status, "detail": "broken on purpose", "errors": []}
            if status == 400:
                problem["errors"] = [{"field": "min_score", "message": "expected a number"}]
            return web.json_response(problem, status=status, content_type="application/problem+json")
        try:
            response = await handler(request)
        except FacetdError as error:
            response = error_page(request, error.status, error.title, error.message)
        except web.HTTPNotFound:
            response = (
                error_page(request, 404, "Not found", f"There is no page {request.path}.")
                if wants_html(request)
                else web.Response(status=404)
            )
        if not response.prepared:
            response.headers["Content-Security-Policy"] = CSP
        return response

    async def _search(self, request: web.Request) -> web.Response:
        assert not {"search", "sort", "sort_direction", "per_page"} & request.query.keys(), "the real one refuses what it does not know"
        words = alone(request.query["q"]) if "nothing" in request.query["q"] else []
        hints = {"parts": self.parts, "suggestions": self.suggestions, "alone": words}
        return await self._list(request, int(request.query.get("limit", 50)), request.query["q"], hints)

    async def _photos(self, request: web.Request) -> web.Response:
        return await self._list(request, int(request.query.get("per_page", 64)), request.query.get("search", ""), {})

    async def _list(self, request: web.Request, per_page: int, search: str, extra: dict[str, Any]) -> web.Response:
        total = 0 if "nothing" in search else self.total
        if "min_score" in request.query:
            total = sum(1 for index in range(min(total, 1000)) if self.photo(index)["aggregate"] >= float(request.query["min_score"]))
        if "person" in request.query:
            total = len(self.people.faces_of(int(request.query["person"].split(",")[0])))
        start = int(request.query["after"]) if "after" in request.query else (int(request.query.get("page", 1)) - 1) * per_page
        indices = range(start, min(total, start + per_page))
        if request.query.get("sort_direction") == "ASC":
            indices = range(total - 1 - start, max(-1, total - 1 - start - per_page), -1)
        more = start + per_page < total
        return web.json_response(
            {
                "photos": [self.photo(index) for index in indices], "page": start // per_page + 1, "total": total, "per_page": per_page,
                "total_pages": max(1, -(-total // per_page)), "has_more": more, "sort_col": "aggregate",
                "next": str(start + per_page) if more else None, **extra,
            }
        )  # fmt: skip

    async def _caption(self, request: web.Request) -> web.Response:
        number = int(request.query["id"])
        written = self.captions.get(number)
        rule = {"caption": "Anna with a dog in Rome, July 2019", "source": "rule", "by": "rule"}
        found = {"caption": self.described[number], "source": "cached", "by": "llava"} if number in self.described else rule
        found = {"caption": written, "source": "cached", "by": "manual"} if written else found
        if "lang" in request.query:
            found |= {"caption": f"[fr] {found['caption']}", "source": "translated", "lang": request.query["lang"]}
        return web.json_response({"id": number, **found})

    async def _describe(self, request: web.Request) -> web.Response:
        number = (await request.json())["id"]
        self.described[number] = "A dog runs <b>along</b> a beach."
        return web.json_response({"id": number, "caption": self.described[number], "source": "generated", "by": "llava"})

    async def _who(self, _request: web.Request) -> web.StreamResponse:
        return web.json_response({"authenticated": True})

    async def _job(self, _request: web.Request) -> web.Response:
        return web.json_response(self.job)

    async def _start_job(self, request: web.Request) -> web.Response:
        self.posts.append((request.path, await request.json()))
        if request.match_info["what"] == "cancel":
            return web.json_response({"cancelled": True})
        self.job |= {"kind": request.match_info["what"], "state": "running", "total": 160}
        return web.json_response(self.job)

    async def _write_caption(self, request: web.Request) -> web.Response:
        body = await request.json()
        self.captions[body["id"]] = body["caption"]
        return web.json_response({"id": body["id"], "caption": body["caption"], "source": "manual", "by": "manual"})

    async def _complete(self, request: web.Request) -> web.Response:
        names = [("person", "Anna Berg"), ("place", "Rome"), ("tag", HOSTILE)]
        typed = request.query["q"].casefold()
        found = [{"kind": kind, "text": text} for kind, text in names if text.casefold().startswith(typed)]
        return web.json_response({"completions": found})

    async def _detail(self, request: web.Request) -> web.Response:
        index = int(request.query["id"]) - 1
        if not 0 <= index < self.total:
            return web.json_response({"title": "Not found", "status": 404, "detail": "there is no such photo", "errors": []}, status=404)
        bins = list(range(0, 64))
        components = [
            {"key": key, "label": BY_KEY[key].label, "value": 7.0, "normalized": 7.0, "weight": weight, "contribution": 7 * weight}
            for key, weight in (("tech_sharpness", 0.5), ("exposure_score", 0.5))
        ]
        return web.json_response(
            self.photo(index)
            | {
                "histogram": {"bins": 64, "l": bins, "r": bins[::-1], "g": bins, "b": bins}, "colors": ["#405060", "#c0a080"],
                "breakdown": {
                    "category": "landscape", "aggregate": 6.5, "components": components, "missing": ["noise_sigma"],
                    "adjustments": [{"key": "noise", "points": -0.5, "reason": "Visible noise"}],
                },
                "details": {"subject_box": [0.25, 0.25, 0.5, 0.5], "pattern_scores": {"diagonal": 0.7}, "clipping": {}},
                "description": None, "keywords": ["holiday"], "regions": [], "warnings": [], "failures": [], "orientation": 1,
                "objects": self.things, "flash_fired": False, "exposure_bias": -0.33, "title": None, "gps_altitude": None,
            }
        )  # fmt: skip

    async def _texts(self, request: web.Request) -> web.Response:
        return web.json_response({"messages": messages(request.match_info["lang"], "webui/src/")})

    async def _config(self, _request: web.Request) -> web.Response:
        def metric(field: Any) -> dict[str, Any]:
            names = ("key", "label", "group", "unit", "low", "high", "higher_is_better", "explain")
            return {name: getattr(field, name) for name in names} | {"group_label": GROUPS[field.group], "kind": field.kind.value}

        groups: dict[str, list[dict[str, str]]] = {}
        for field in FIELDS:
            if field.sort:
                groups.setdefault(GROUPS[field.group], []).append({"column": field.key, "label": field.label})
        filters = [
            metric(field) | {"param": field.param, "filter": field.filter.value} for field in FIELDS if isinstance(field.filter, Filter)
        ]
        return web.json_response(
            {
                "sort_options_grouped": groups,
                "quality_levels": [["good", "Good"], ["great", "Great"], ["excellent", "Excellent"], ["best", "Best"]],
                "quality_thresholds": {"good": 6, "great": 7, "excellent": 8, "best": 9}, "type_labels": {"": "All Photos"},
                "category_labels": {"landscape": "Landscape", "portrait": "Portrait"}, "pattern_labels": COMPOSITION_PATTERNS,
                "defaults": {"sort": "aggregate", "sort_direction": "DESC", "type": ""}, "pagination": {"default_per_page": 64},
                "features": {"show_captions": True, "show_similar_button": True},
                "display": {"tags_per_photo": 4}, "filters": filters,
                "capabilities": {"faces": self.people.capability(), "semantic_search": self.meaning, **self.models},
                "translation_target_language": "fr",
                "metrics": [metric(field) for field in FIELDS if field.kind in MEASURED and field.group != "camera"],
            }
        )  # fmt: skip

    async def _types(self, _request: web.Request) -> web.Response:
        types = [{"id": "", "label": "All Photos", "count": self.total}, {"id": "portrait", "label": "Portrait", "count": self.total // 2}]
        return web.json_response({"types": types})

    async def _options(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        key = {"cameras": "camera_model", "lenses": "lens_model", "categories": "category", "patterns": "composition_pattern"}[name]
        values = Counter(self.photo(index)[key] for index in range(min(50, self.total)))
        return web.json_response({name: [[value, count] for value, count in values.items() if value], "cached": False})

    async def _status(self, _request: web.Request) -> web.Response:
        return web.json_response(self.scan)

    async def _failures(self, _request: web.Request) -> web.Response:
        return web.json_response({"failures": self.failures, "total": len(self.failures)})

    async def _events(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
        await response.prepare(request)
        await response.write(b"retry: 200\n\n")
        queue: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._listeners.add(queue)
        try:
            while (message := await queue.get()) is not None:
                await response.write(message)
        finally:
            self._listeners.discard(queue)
        return response

    async def _post(self, request: web.Request) -> web.Response:
        self.posts.append((request.path, await request.json()))
        return web.json_response({"success": True})

    async def _pixels(self, request: web.Request) -> web.Response:
        photo = self.photo(int(request.query["id"]) - 1)
        scale = int(request.query.get("size", 3000)) / 3000
        buffer = io.BytesIO()
        shade = photo["id"] * 37 % 200
        Image.new("RGB", (round(photo["image_width"] * scale), round(photo["image_height"] * scale)), (shade, 90, 200 - shade)).save(
            buffer, "JPEG"
        )
        return web.Response(
            body=buffer.getvalue(), content_type="image/jpeg", headers={"Cache-Control": "private, max-age=31536000, immutable"}
        )

    async def _openapi(self, _request: web.Request) -> web.Response:
        reply = {"200": {"description": "OK", "content": {"application/json": {"schema": {"type": "object"}}}}}
        reply["200"]["content"]["application/json"]["schema"] |= {"description": "A page.", "properties": {"total": {"type": "integer"}}}
        parameter = {"name": "page", "in": "query", "schema": {"type": "integer"}, "description": "From 1, or `next`."}
        whole = {"tags": ["photos"], "parameters": [parameter], "responses": reply}
        paths = {
            "/api/photos": {
                method: {**whole, "summary": "List photos" if method == "get" else method, "operationId": f"{method}_photos"}
                for method in ("get", "post", "put", "patch", "delete")
            }
        }
        return web.json_response({"openapi": "3.1.0", "info": {"title": "facetd", "version": "1"}, "paths": paths})
