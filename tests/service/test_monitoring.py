"""The log, /healthz and /metrics, from numbers and words alone."""

from __future__ import annotations

import json
import logging
import sys

import pytest
from prometheus_client import REGISTRY
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect
from starlette.testclient import TestClient

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
def restored_loggers():
    """Undoes what `start_log` does to the loggers of this process."""
    ours, servers = logging.getLogger("vgpnn"), logging.getLogger("uvicorn.error")
    before = ours.handlers[:], ours.level, ours.propagate, servers.filters[:]
    yield ours, servers
    ours.handlers, ours.level, ours.propagate, servers.filters = before


def test_the_log_goes_to_standard_error_and_leaves_out_broken_uploads(restored_loggers, capsys):
    ours, servers = restored_loggers
    monitoring.start_log()
    ours.info("hello", extra={"fields": {"n": 1}})
    written = capsys.readouterr()
    assert written.out == "" and json.loads(written.err)["n"] == 1

    def kept(kind) -> bool:
        try:
            raise kind
        except kind:
            record = servers.makeRecord("e", 40, "x", 1, "m", (), sys.exc_info())
        return bool(servers.filter(record))

    assert not kept(ClientDisconnect)
    assert kept(RuntimeError)


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
