"""How the machines of a Ray cluster become workers."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from helpers.server import ROOT

from vgpnn.service.executors import ray_driver
from vgpnn.service.executors.ray_driver import worker_layout


@pytest.mark.parametrize(
    ("machines", "threads", "layout"),
    [
        ([{"CPU": 8.0}, {"CPU": 16.0}, {}], None, (3, 8, {"num_cpus": 8})),
        ([{"CPU": 8.0}, {"CPU": 2.0}], "4", (2, 4, {"num_cpus": 4})),
        ([{"CPU": 8.0}, {"CPU": 9.0, "GPU": 2.0}], None, (2, 4, {"num_gpus": 1, "num_cpus": 4})),
        ([{"CPU": 1.0, "GPU": 2.0}], None, (2, 1, {"num_gpus": 1, "num_cpus": 0})),
    ],
)
def test_workers_are_all_alike(monkeypatch, machines, threads, layout):
    monkeypatch.delenv("VGPNN_THREADS", raising=False)
    if threads:
        monkeypatch.setenv("VGPNN_THREADS", threads)
    assert worker_layout(machines) == layout


@pytest.mark.parametrize("machines", [[], [{}], [{"memory": 1e9}]])
def test_a_cluster_without_resources_is_one_sentence(monkeypatch, machines):
    monkeypatch.delenv("VGPNN_THREADS", raising=False)
    with pytest.raises(ValueError) as caught:
        worker_layout(machines)
    assert str(caught.value) == ray_driver.NO_RESOURCES


def test_a_worker_with_other_sources_is_refused():
    with pytest.raises(RuntimeError, match="another version of vgpnn than the page"):
        ray_driver.Worker(1, "another hash")


def test_the_hash_is_that_of_all_sources(tmp_path, monkeypatch):
    def hash_of(**sources: str) -> str:
        package = tmp_path / "vgpnn"
        for name, text in {"__init__": "", **sources}.items():
            (package / f"{name}.py").parent.mkdir(parents=True, exist_ok=True)
            (package / f"{name}.py").write_text(text)
        monkeypatch.setattr(ray_driver.vgpnn, "__file__", str(package / "__init__.py"))
        return ray_driver._code_hash.__wrapped__()

    first = hash_of(a="x = 1")
    assert hash_of(a="x = 1") == first
    assert hash_of(a="x = 2") != first
    assert hash_of(a="x = 1", b="") != first


def test_an_error_is_one_line_and_nothing_else_is_printed():
    """As when something that is no Ray cluster answers."""
    code = (
        "import sys; from vgpnn.service.executors import ray_driver;"
        "sys.argv = ['x', '127.0.0.1:1'];"
        "ray_driver.WorkerPool = lambda address: print('noise') or (_ for _ in ()).throw("
        "ValueError('No cluster.'));"
        "ray_driver.main()"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, text=True, capture_output=True, timeout=120
    )
    assert json.loads(ended.stdout) == {"error": "No cluster."}
    assert "noise" in ended.stderr
