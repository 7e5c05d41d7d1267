"""What who runs the page can see of it: one line of JSON per job in the log, /healthz, /metrics.

Neither file names nor addresses are in any of it.
"""

from __future__ import annotations

import json
import logging
import sys
import time
import traceback
from typing import TYPE_CHECKING

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from vgpnn.service import request
from vgpnn.service.executors import remote

if TYPE_CHECKING:
    from vgpnn.service.jobs import Job, Runner

BUCKETS = (0.5, 1, 2, 5, 10, 20, 60, 120, 300, 900, 1800)  # [s]
FINISHED = Counter("vgpnn_jobs", "Jobs that are over.", ["task", "outcome"])
WORKED = Histogram("vgpnn_job_seconds", "Time that a job took.", ["task"], buckets=BUCKETS)
WAITED = Histogram("vgpnn_wait_seconds", "Time that a job waited.", buckets=BUCKETS)
WAITING = Gauge("vgpnn_queue_length", "Jobs that wait.")
RUNNING = Gauge("vgpnn_running", "Jobs that are worked on.")

log = logging.getLogger(__name__)


def watch(runner: Runner) -> None:
    """Take the lengths of queue and work from a runner."""
    WAITING.set_function(lambda: runner.counts()["waiting"])
    RUNNING.set_function(lambda: runner.counts()["running"])


def finished(job: Job) -> None:
    """Count a job that is over, and write its line."""
    now, asked = time.monotonic(), job.asked
    started = job.started or now
    FINISHED.labels(asked.task, job.shown["phase"]).inc()
    WAITED.observe(started - job.created)
    if job.started is not None:
        WORKED.labels(asked.task).observe(now - started)
    fields = {
        "task": asked.task,
        "outcome": job.shown["phase"],
        "output": request.output_shape(asked),
        "source": request.source_shape(asked),
        "samples": asked.samples,
        "results": len(job.results),
        "waited": round(started - job.created, 2),
        "seconds": round(now - started, 2),
    }
    log.info("job", extra={"fields": fields | ({"cause": job.cause} if job.cause else {})})


def trace(error: BaseException) -> dict:
    """An error for the log, see `remote.told`."""
    return {"fields": {"traceback": remote.told(error)}}


def place(error: BaseException) -> dict:
    """For the log, in short: what kind of error, and where it was raised."""
    *_, last = traceback.extract_tb(error.__traceback__)
    return {"cause": type(error).__name__, "at": f"{last.name}:{last.lineno}"}


class Lines(logging.Formatter):
    """One JSON object per line: time (UTC), level, event, and the fields that were given."""

    converter = time.gmtime

    def format(self, record: logging.LogRecord) -> str:
        told = {"time": self.formatTime(record, "%Y-%m-%dT%H:%M:%SZ"), "level": record.levelname}
        return json.dumps({**told, "event": record.getMessage(), **getattr(record, "fields", {})})


def start_log() -> None:
    """Write the log of this package to standard error, a line each."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Lines())
    logger = logging.getLogger("vgpnn")
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    logger.propagate = False
    logging.getLogger("uvicorn.error").addFilter(_is_ours)


def _is_ours(record: logging.LogRecord) -> bool:
    """An upload that a client broke off is no error of the server."""
    kind = (record.exc_info or (None,))[0]
    return kind is None or not issubclass(kind, ClientDisconnect)


def routes(runner: Runner) -> list[Route]:
    """/healthz and /metrics, outside what a password protects."""

    async def health(_: Request) -> Response:
        well = runner.healthy()
        told = {"status": "ok" if well else "ill", **runner.counts()}
        return JSONResponse(told, 200 if well else 503)

    async def metrics(_: Request) -> Response:
        return Response(generate_latest(REGISTRY), media_type=CONTENT_TYPE_LATEST)

    return [Route("/healthz", health), Route("/metrics", metrics)]
