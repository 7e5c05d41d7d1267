"""What the operator can see of the server: one line of JSON for each job in the log, /healthz and
/metrics.

Neither file names nor addresses appear in any of them.
"""

from __future__ import annotations

import json
import logging
import sys
import time
from collections.abc import Callable

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

BUCKETS = (0.5, 1, 2, 5, 10, 20, 60, 120, 300, 900, 1800)  # [s]
FINISHED = Counter("vgpnn_jobs", "Jobs that are over.", ["task", "outcome"])
JOB_SECONDS = Histogram("vgpnn_job_seconds", "Time that a job took.", ["task"], buckets=BUCKETS)
WAIT_SECONDS = Histogram("vgpnn_wait_seconds", "Time that a job waited.", buckets=BUCKETS)
WAITING = Gauge("vgpnn_queue_length", "Jobs that wait.")
RUNNING = Gauge("vgpnn_running", "Jobs that are worked on.")

log = logging.getLogger(__name__)


def watch_queue(counts: Callable[[], dict[str, int]]) -> None:
    """Let the gauges show the numbers of jobs that `counts` returns: `waiting` and `running`."""
    WAITING.set_function(lambda: counts()["waiting"])
    RUNNING.set_function(lambda: counts()["running"])


def job_finished(
    task: str, outcome: str, waited: float, seconds: float | None, **fields: object
) -> None:
    """Count a job that is over, and write its line in the log.

    outcome: "done", "stopped" or "error". waited: time in the queue [s].
    seconds: time that it ran, or None for a job that never began. fields: more for the log.
    """
    FINISHED.labels(task, outcome).inc()
    WAIT_SECONDS.observe(waited)
    if seconds is not None:
        JOB_SECONDS.labels(task).observe(seconds)
    times = {"waited": round(waited, 2), "seconds": round(seconds or 0.0, 2)}
    log.info("job", extra={"fields": {"task": task, "outcome": outcome, **fields, **times}})


class JsonLines(logging.Formatter):
    """One JSON object for each line of the log: time (UTC), level, event, and the `fields` that
    the log call has in its `extra`."""

    converter = time.gmtime

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": self.formatTime(record, "%Y-%m-%dT%H:%M:%SZ"),
            "level": record.levelname,
            "event": record.getMessage(),
        }
        return json.dumps(line | getattr(record, "fields", {}))


def start_log() -> None:
    """Write the log of this package to standard error, one line of JSON for each event."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logger = logging.getLogger("vgpnn")
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    logger.propagate = False
    logging.getLogger("uvicorn.error").addFilter(_is_server_error)


def _is_server_error(record: logging.LogRecord) -> bool:
    """False for an upload that the client broke off: the server is not at fault."""
    kind = (record.exc_info or (None,))[0]
    return kind is None or not issubclass(kind, ClientDisconnect)


def routes(is_healthy: Callable[[], bool], counts: Callable[[], dict[str, int]]) -> list[Route]:
    """The addresses /healthz and /metrics, which need no password."""

    async def health(_: Request) -> Response:
        healthy = is_healthy()
        answer = {"status": "ok" if healthy else "ill", **counts()}
        return JSONResponse(answer, 200 if healthy else 503)

    async def metrics(_: Request) -> Response:
        return Response(generate_latest(REGISTRY), media_type=CONTENT_TYPE_LATEST)

    return [Route("/healthz", health), Route("/metrics", metrics)]
