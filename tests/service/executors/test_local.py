"""The executor of this process."""

from __future__ import annotations

import sys
from types import GeneratorType

import vgpnn
from vgpnn.service.executors import zero_gpu
from vgpnn.service.executors.local import TURN_SECONDS, LocalExecutor


def count(n, checkpoint):
    for k in range(n):
        checkpoint()
        yield k


def test_it_runs_the_function_itself():
    checks = []
    items = LocalExecutor().run(count, 3, checkpoint=lambda: checks.append(1))
    assert isinstance(items, GeneratorType) and items.gi_code is count.__code__
    assert list(items) == [0, 1, 2] and len(checks) == 3


def test_it_has_one_worker_and_warms_up_the_kernels(monkeypatch):
    warmed = []
    monkeypatch.setattr(vgpnn, "warm_up", lambda: warmed.append("cpu"))
    monkeypatch.setattr(vgpnn, "measure_speed", lambda: warmed.append("speed"))
    monkeypatch.setattr(vgpnn, "warm_up_gpu", lambda: warmed.append("gpu"))
    turns = []
    monkeypatch.setattr(sys, "setswitchinterval", turns.append)
    executor = LocalExecutor()
    executor.prepare()
    assert executor.workers == 1 and warmed == ["cpu", "speed", "gpu"]
    assert turns == [TURN_SECONDS]


def test_the_main_process_of_a_zero_gpu_space_touches_no_gpu(monkeypatch):
    warmed = []
    monkeypatch.setattr(vgpnn, "warm_up", lambda: warmed.append("cpu"))
    monkeypatch.setattr(vgpnn, "measure_speed", lambda: None)
    monkeypatch.setattr(vgpnn, "warm_up_gpu", lambda: warmed.append("gpu"))
    monkeypatch.setattr(zero_gpu, "spaces", object())
    monkeypatch.setenv("SPACES_ZERO_GPU", "1")
    LocalExecutor().prepare()
    assert warmed == ["cpu"]
