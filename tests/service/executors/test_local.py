"""The executor of this process."""

from __future__ import annotations

import sys
from types import GeneratorType

import vgpnn
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
    monkeypatch.setattr(vgpnn, "warm_up", lambda: warmed.append(1))
    turns = []
    monkeypatch.setattr(sys, "setswitchinterval", turns.append)
    executor = LocalExecutor()
    executor.prepare()
    assert executor.workers == 1 and warmed == [1]
    assert turns == [TURN_SECONDS]
