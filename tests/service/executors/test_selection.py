"""Which executor the environment chooses."""

from __future__ import annotations

import pytest

from vgpnn.service.executors import ray_cluster, selection
from vgpnn.service.executors.local import LocalExecutor


@pytest.fixture(autouse=True)
def chosen_anew():
    selection.current.cache_clear()
    yield
    selection.current.cache_clear()


def test_without_a_cluster_it_is_this_process(monkeypatch):
    monkeypatch.delenv("VGPNN_RAY_ADDRESS", raising=False)
    assert isinstance(selection.current(), LocalExecutor)
    assert selection.current() is selection.current()


def test_an_empty_address_is_no_cluster(monkeypatch):
    monkeypatch.setenv("VGPNN_RAY_ADDRESS", "")
    assert isinstance(selection.current(), LocalExecutor)


def test_an_address_is_that_of_a_cluster(monkeypatch):
    monkeypatch.setenv("VGPNN_RAY_ADDRESS", "127.0.0.1:6379")
    monkeypatch.setattr(ray_cluster, "RayCluster", lambda address: ("cluster", address))
    assert selection.current() == ("cluster", "127.0.0.1:6379")
