"""The log, /healthz and /metrics, from numbers and words alone."""

from __future__ import annotations

import copy
import json
import logging
import logging.config
import os
import threading
import time
import warnings

import pytest
from prometheus_client import REGISTRY
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect
from starlette.testclient import TestClient
from uvicorn.config import LOGGING_CONFIG

from vgpnn.service import monitoring


def figure(name: str, **labels) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


def test_a_finished_job_is_counted_and_logged(caplog):
    before = figure("vgpnn_jobs_total", task="t", outcome="done")
    caplog.set_level("INFO", "vgpnn")
    monitoring.job_finished("t", "done", waited=1.234, seconds=5.678, samples=2)
    assert figure("vgpnn_jobs_total", task="t", outcome="done") == before + 1
    assert figure("vgpnn_job_seconds_sum", task="t") == pytest.approx(5.678)
    (record,) = caplog.records
    assert record.message == "job"
    assert record.fields == {
        "task": "t",
        "outcome": "done",
        "samples": 2,
        "waited": 1.23,
        "seconds": 5.68,
    }


def test_a_job_that_never_began_has_only_waited(caplog):
    waits = figure("vgpnn_wait_seconds_count")
    monitoring.job_finished("never", "stopped", waited=3.0, seconds=None)
    assert figure("vgpnn_wait_seconds_count") == waits + 1
    assert figure("vgpnn_job_seconds_count", task="never") == 0


def test_a_line_of_the_log_is_one_json_object():
    record = logging.LogRecord("vgpnn", logging.WARNING, "x.py", 1, "two\nlines", (), None)
    record.fields = {"cause": "KeyError"}
    line = monitoring.JsonLines().format(record)
    assert "\n" not in line
    read = json.loads(line)
    assert (read["level"], read["event"], read["cause"]) == ("WARNING", "two\nlines", "KeyError")
    assert len(read["time"]) == len("2026-01-01T00:00:00Z") and read["time"].endswith("Z")


@pytest.fixture
def log_lines(capsys, monkeypatch):
    """Reads the lines that were logged so far. What `start_log` does is undone after the test."""
    root, ours = logging.getLogger(), logging.getLogger("vgpnn")
    before, level, uvicorn = root.handlers[:], ours.level, copy.deepcopy(LOGGING_CONFIG)
    for module, name in ((warnings, "showwarning"), (threading, "excepthook")):
        monkeypatch.setattr(module, name, getattr(module, name))

    def read() -> list[dict]:
        written = capsys.readouterr()
        assert written.out == ""
        return [json.loads(line) for line in written.err.splitlines()]

    yield read
    root.handlers = before
    ours.setLevel(level)
    LOGGING_CONFIG.clear()
    LOGGING_CONFIG.update(uvicorn)


def test_the_log_goes_to_standard_error(log_lines):
    monitoring.start_log()
    logging.getLogger("vgpnn").info("hello", extra={"fields": {"n": 1}})
    assert log_lines()[0]["n"] == 1


def test_lines_of_other_packages_are_json_and_name_nobody(log_lines):
    """Uvicorn, asyncio, threads and warnings."""
    monitoring.start_log()
    name = "/nowhere/ada.mp4"
    logging.config.dictConfig(LOGGING_CONFIG)  # as Uvicorn does
    logging.getLogger("uvicorn.error").warning("Invalid HTTP request received.")
    logging.getLogger("uvicorn.error").warning("%s was seen", "192.0.2.7")
    logging.getLogger("asyncio").error("accept\nsocket: <socket raddr=('192.0.2.7', 1)>")
    try:
        raise OSError(24, "Too many open files", name)
    except OSError as error:
        logging.getLogger("uvicorn.error").error("failed", exc_info=error)
    warnings.warn_explicit(f"see {name}", UserWarning, "/home/ada/x.py", 7)
    thread = threading.Thread(target=os.remove, args=(name,))
    thread.start()
    thread.join()
    lines = log_lines()
    assert [line["event"] for line in lines] == [
        "Invalid HTTP request received.",
        "%s was seen",
        "accept",
        "failed",
        "warning",
        "thread failed",
    ]
    assert "ada" not in str(lines) and "192" not in str(lines)
    assert "OSError (errno 24)" in lines[3]["traceback"] and lines[4]["at"] == "x.py:7"


def test_thousands_of_the_same_lines_are_a_few(log_lines, monkeypatch):
    monitoring.start_log()
    logger = logging.getLogger("asyncio")
    now = time.monotonic()
    for k in range(2000):
        logger.error(f"socket.accept() out of system resource\nsocket: {k}")
    logger.error("something else")
    assert len(log_lines()) == monitoring.LINES_PER_MINUTE + 1
    monkeypatch.setattr(time, "monotonic", lambda: now + 61)
    logger.error("socket.accept() out of system resource\nsocket: 3")
    assert [line["left_out"] for line in log_lines()] == [2000 - monitoring.LINES_PER_MINUTE]


def test_uploads_that_the_client_broke_off_are_left_out(log_lines):
    monitoring.start_log()
    for kind in (ClientDisconnect, RuntimeError):
        try:
            raise kind
        except kind as error:
            logging.getLogger("uvicorn.error").error("failed", exc_info=error)
    assert len(log_lines()) == 1


@pytest.mark.parametrize(("healthy", "status", "word"), [(True, 200, "ok"), (False, 503, "ill")])
def test_health_is_a_status_with_counts(healthy, status, word):
    counts = {"waiting": 2, "running": 1}
    page = TestClient(Starlette(routes=monitoring.routes(lambda: healthy, lambda: counts)))
    answer = page.get("/healthz")
    assert answer.status_code == status
    assert answer.json() == {"status": word, **counts}


def test_metrics_show_the_counts_of_the_queue():
    monitoring.watch_queue(lambda: {"waiting": 7, "running": 3})
    page = TestClient(Starlette(routes=monitoring.routes(bool, dict)))
    answer = page.get("/metrics")
    assert answer.status_code == 200 and answer.headers["content-type"].startswith("text/plain")
    lines = answer.text.splitlines()
    assert "vgpnn_queue_length 7.0" in lines and "vgpnn_running 3.0" in lines
