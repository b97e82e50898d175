"""Numbers in the form of Prometheus: requests as they are answered, and what else is asked for at the moment of a scrape.

No name of a photo, path or person is ever a label. What all users do together (requests, memory, the size of the database) is for the
scrape token and for superadmins; everybody else is told of the photos that they see.
"""

from __future__ import annotations

import hmac
import time
from collections.abc import Awaitable, Callable, Collection, Mapping
from http import HTTPStatus

from aiohttp import web
from aiohttp.typedefs import Middleware
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest

from facetd.http.openapi import EVENT_STREAM, Operation
from facetd.http.services import Services, services
from facetd.records.viewer import Viewer
from facetd.version import __version__

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
BUCKETS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
METRICS_OPERATION = "metrics"  # the one that `may_scrape` opens
UNDECLARED = "other"  # pages, static files, addresses that are nothing's
SCANNED = ("done", "total", "failed", "unchanged", "added", "changed", "moved", "missing")


class Metrics:
    """What is counted while the daemon runs."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter("facetd_http_requests", "Requests answered.", ["operation", "status"], registry=self.registry)
        self.seconds = Histogram(
            "facetd_http_request_seconds", "Time until the answer was sent, without live streams.", ["operation"],
            buckets=BUCKETS, registry=self.registry,
        )  # fmt: skip
        ProcessCollector(registry=self.registry)


METRICS: web.AppKey[Metrics] = web.AppKey("metrics", Metrics)


def counting(operations: Collection[Operation]) -> Middleware:
    """The outermost middleware: counts every answer. `operations` are the declared ones."""
    names = frozenset(operation.name for operation in operations)
    streams = frozenset(operation.name for operation in operations if operation.reply == EVENT_STREAM)

    @web.middleware
    async def count(request: web.Request, handler: Handler) -> web.StreamResponse:
        began, status = time.perf_counter(), HTTPStatus.INTERNAL_SERVER_ERROR.value
        try:
            response = await handler(request)
            status = response.status
            return response
        except web.HTTPException as answer:
            status = answer.status
            raise
        finally:
            resource = request.match_info.route.resource
            operation = resource.name if resource is not None and resource.name in names else UNDECLARED
            metrics = request.config_dict[METRICS]
            metrics.requests.labels(operation, status).inc()
            if operation not in streams:
                metrics.seconds.labels(operation).observe(time.perf_counter() - began)

    return count


def may_scrape(request: web.Request) -> bool:
    """Whether the request carries `server.metrics_token` as bearer token; compared in constant time. Nobody may while there is none."""
    token = services(request).config.server.metrics_token
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    return (
        bool(token) and scheme.lower() == "bearer" and hmac.compare_digest(given.strip().encode("utf-8", "surrogateescape"), token.encode())
    )


async def library_text(house: Services, viewer: Viewer) -> bytes:
    """The library and its scan as `viewer` sees them."""
    registry = CollectorRegistry()
    numbers = await house.numbers.library(viewer)
    _labelled(registry, "facetd_photos", "Photos by what became of them.", "state", numbers.photos)
    roots = {"online": numbers.online, "offline": numbers.offline}
    _labelled(registry, "facetd_roots", "Photo folders that are there, or not at the moment.", "state", roots)
    _plain(registry, "facetd_failed_photos", "Files that could not be read.", numbers.photos["unreadable"])
    scan = house.ingest.progress.told_to(viewer)
    _plain(registry, "facetd_scan_running", "Whether a scan runs.", scan["running"])
    _plain(registry, "facetd_scan_photos_per_second", "How fast the scan is, or was.", scan["rate_per_s"])
    found = {name: scan[name] for name in SCANNED}
    _labelled(registry, "facetd_scan_photos", "Photos of the scan that runs, or of the last one.", "outcome", found)
    return generate_latest(registry)


async def operator_text(house: Services) -> bytes:
    """What all users do together, and what the daemon takes; without the counters of requests."""
    registry = CollectorRegistry()
    _labelled(registry, "facetd_info", "The version that runs.", "version", {__version__: 1})
    _plain(registry, "facetd_event_listeners", "Who follows events live.", house.ingest.events.listeners)
    _plain(registry, "facetd_database_bytes", "What the database takes on the disk, with its log.", await house.numbers.database_bytes())
    _plain(registry, "facetd_library_revision", "How often the library changed.", house.numbers.revision)
    _plain(registry, "facetd_inference_asleep", "Whether an inference server is waited for.", bool(house.ingest.models.asleep))
    ready = {name: each["state"] == "ready" for name, each in house.ingest.models.capabilities().items()}
    _labelled(registry, "facetd_inference_ready", "What models can do here: 1, or 0 for not (yet).", "ability", ready)
    return generate_latest(registry)


def _plain(registry: CollectorRegistry, name: str, what: str, value: float) -> None:
    Gauge(name, what, registry=registry).set(value)


def _labelled(registry: CollectorRegistry, name: str, what: str, label: str, values: Mapping[str, float]) -> None:
    gauge = Gauge(name, what, [label], registry=registry)
    for key, value in values.items():
        gauge.labels(key).set(value)
