"""What the operator can see of the server: one line of JSON for each job and each error in the
log, /healthz and /metrics.

Neither file names nor addresses appear in any of them.
"""

from __future__ import annotations

import json
import logging
import sys
import threading
import time
import warnings
from collections.abc import Callable
from pathlib import Path

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
from uvicorn.config import LOGGING_CONFIG

from vgpnn.service import errors

OURS = "vgpnn"  # the logger of this package
LINES_PER_MINUTE = 5  # [lines] of a kind
MOST_KINDS = 500  # that are counted at a time
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
    the log call has in its `extra`.

    Of what other packages log, only what stands in their code is written, and where an error was
    raised: the rest may hold names of files and addresses of people.
    """

    converter = time.gmtime

    def format(self, record: logging.LogRecord) -> str:
        is_ours = record.name.partition(".")[0] == OURS
        line = {
            "time": self.formatTime(record, "%Y-%m-%dT%H:%M:%SZ"),
            "level": record.levelname,
            "event": record.getMessage() if is_ours else str(record.msg).partition("\n")[0],
        }
        if not is_ours:
            line["logger"] = record.name
        if error := (record.exc_info or (None, None))[1]:
            line["traceback"] = errors.traceback_text(error)
        return json.dumps(line | getattr(record, "fields", {}), default=str)


class FewOfAKind(logging.Filter):
    """Lets only some warnings and errors of a kind through in a minute. The next one after that
    says how many were left out, as `left_out`."""

    def __init__(self) -> None:
        super().__init__()
        self._kinds: dict[tuple, list[float]] = {}  # when the minute began [s], and how many came

    def filter(self, record: logging.LogRecord) -> bool:
        if record.levelno < logging.WARNING:
            return True
        fields = getattr(record, "fields", {})
        line = str(record.msg).partition("\n")[0]
        kind = (record.name, line, fields.get("cause"), fields.get("at"))
        now = time.monotonic()
        if len(self._kinds) > MOST_KINDS:
            self._kinds.clear()
        minute = self._kinds.setdefault(kind, [now, 0])
        if now - minute[0] > 60:
            if (left_out := int(minute[1]) - LINES_PER_MINUTE) > 0:
                record.fields = {**fields, "left_out": left_out}
            minute[:] = now, 0
        minute[1] += 1
        return minute[1] <= LINES_PER_MINUTE


def start_log() -> None:
    """Write the log of all packages to standard error, one line of JSON for each event: what this
    one does, and warnings and errors of the others."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    handler.addFilter(FewOfAKind())
    handler.addFilter(_is_server_error)
    logging.getLogger().handlers = [handler]  # no other one, whose lines would look different
    logging.getLogger(OURS).setLevel(logging.INFO)
    # Uvicorn sets up its loggers when the server begins.
    LOGGING_CONFIG["loggers"]["uvicorn"] |= {"handlers": [], "propagate": True}
    warnings.showwarning = _log_warning
    threading.excepthook = _log_thread


def _log_warning(message, category, filename, lineno, *_) -> None:
    """Instead of Python's own way to show a warning, which quotes its text."""
    place = f"{Path(filename).name}:{lineno}"
    log.warning("warning", extra={"fields": {"cause": category.__name__, "at": place}})


def _log_thread(failed) -> None:
    """Instead of Python's own way to show that a thread ended by an error."""
    if failed.exc_value is not None:
        log.error("thread failed", extra=errors.log_traceback(failed.exc_value))


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
