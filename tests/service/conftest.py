"""Fixtures for tests of the service: folders of its own, and a queue with one worker."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from helpers.jobs import Executor

from vgpnn.service import clips as decoded_clips
from vgpnn.service import files
from vgpnn.service.executors import selection
from vgpnn.service.queue import JobQueue


@pytest.fixture
def base(tmp_path, monkeypatch) -> Path:
    """The base folder of the service, empty and for this test alone."""
    folder = tmp_path / "base"
    (folder / "uploads").mkdir(parents=True)
    monkeypatch.setattr(files, "BASE", folder)
    monkeypatch.setattr(files, "UPLOADS", folder / "uploads")
    monkeypatch.setattr(files, "RECORDS", folder / "records")
    return folder


@pytest.fixture
def cache(monkeypatch) -> decoded_clips.ClipCache:
    """An empty cache of decoded clips."""
    cache = decoded_clips.ClipCache(decoded_clips.CACHE_BYTES)
    monkeypatch.setattr(decoded_clips, "CACHE", cache)
    return cache


@pytest.fixture
def new_queue(base, monkeypatch) -> Callable[[int], JobQueue]:
    """Makes a queue whose executor has so many workers."""

    def make(workers: int = 1) -> JobQueue:
        monkeypatch.setattr(selection, "current", lambda: Executor(workers))
        return JobQueue()

    return make


@pytest.fixture
def queue(new_queue) -> JobQueue:
    return new_queue()
