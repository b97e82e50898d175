"""Long pieces of work: watch and cancel one's own."""

from __future__ import annotations

from typing import Any

from aiohttp import web
from pydantic import BaseModel, Field

from facetd.http.openapi import Access, Nothing, Operations
from facetd.http.services import services, viewer_of

operations = Operations("jobs")


class JobFailed(BaseModel):
    """A photo that was tried in vain."""

    id: int
    message: str


class JobOut(BaseModel):
    """A piece of work."""

    id: str
    kind: str = Field(description="What is done: captions_generate, captions_translate, ...")
    state: str = Field(description="running, done, failed or cancelled.")
    done: int
    total: int
    failed: int
    kept: int = Field(description="What somebody changed meanwhile; it stays.")
    waiting: str = Field(description="Why nothing happens at the moment.")
    failures: list[JobFailed] = Field(description="The first ones.")
    started_at: str | None
    finished_at: str | None
    cancelled: bool
    error: str | None = Field(description="What ended it early.")
    elapsed_s: float
    rate_per_s: float
    eta_s: float | None
    result: Any = Field(description="What it came to, once it is done.")


class JobsReply(BaseModel):
    """Jobs, the latest first."""

    jobs: list[JobOut]


class JobStopped(BaseModel):
    """Whether the job was running."""

    cancelled: bool


@operations.add("GET", "/api/jobs", summary="Your jobs", access=Access.LOGIN, reply=JobsReply)
async def list_jobs(request: web.Request, _parameters: Nothing) -> Any:
    """What you began since the daemon started; who may edit also sees what is done for the whole household. `/api/events` tells of them as
    `job`.
    """
    return {"jobs": [job.as_dict() for job in services(request).jobs.all(await viewer_of(request))]}


@operations.add("GET", "/api/jobs/{id:[0-9a-f]+}", summary="One job", access=Access.LOGIN, reply=JobOut, errors=(404,))
async def get_job(request: web.Request, _parameters: Nothing) -> Any:
    """How far it is, and what it came to."""
    return services(request).jobs.job(await viewer_of(request), request.match_info["id"]).as_dict()


@operations.add("POST", "/api/jobs/{id:[0-9a-f]+}/cancel", summary="Cancel a job", access=Access.RATE, reply=JobStopped, errors=(404,))
async def cancel_job(request: web.Request, _parameters: Nothing) -> Any:
    """Stop it. What is done stays done."""
    return {"cancelled": await services(request).jobs.cancel(await viewer_of(request), request.match_info["id"])}
