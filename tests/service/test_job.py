"""A job: what ends it, what watches it, and what a later process finds of it."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest
from helpers import coroutines
from helpers.jobs import Gate, job_of
from helpers.server import PATIENCE, wait_for

import vgpnn
from vgpnn.limits import LIMITS
from vgpnn.service import files
from vgpnn.service import job as jobs
from vgpnn.service.job import Job


@pytest.fixture
def job(clips, base) -> Job:
    return job_of(clips["tiny"], Gate())


def test_a_checkpoint_ends_a_job_that_was_stopped(job):
    job.checkpoint()
    job.stop()
    with pytest.raises(vgpnn.Cancelled):
        job.checkpoint()


def test_a_checkpoint_ends_a_job_that_nobody_watches(job):
    job.last_watched -= jobs.UNWATCHED_SECONDS - 1
    job.checkpoint()
    job.last_watched -= 2
    with pytest.raises(vgpnn.Cancelled):
        job.checkpoint()


def test_watching_yields_each_state_and_ends_with_the_job(job):
    job.last_watched -= 1000
    phases = []

    async def watch() -> None:
        async for shown in job.watch(pause=0.01):
            phases.append(shown["phase"])

    def live() -> None:
        for seen_before, phase in enumerate(("running", "done"), 1):
            wait_for(lambda count=seen_before: len(phases) == count)
            job.show(phase=phase)
        job.finished.set()

    threading.Thread(target=live).start()
    coroutines.run(watch())
    assert phases == ["queued", "running", "done"]
    job.checkpoint()  # somebody has watched it


def test_what_is_shown_is_replaced_and_never_changed(job):
    before, version = job.shown, job.version
    job.show(phase="running")
    assert before["phase"] == "queued" and job.shown["phase"] == "running"
    assert job.version == version + 1


def test_the_time_left_is_that_of_the_page(job):
    job.show(left=12.5)
    assert job.seconds_left == 12.5
    job.show(left=None)
    assert job.seconds_left == 0


def test_a_job_that_ended_is_restored_as_it_was(job):
    path = job.folder / "clip-take1-seed7.mp4"
    path.write_bytes(b"clip")
    job.results.append(path)
    job.settings = {"task": "generate", "seed": 7}
    job.show(phase="done", takes=[{"number": 1, "seed": 7, "video": files.url(path)}])
    job.record()
    again = Job.restored(job.folder)
    for name in ("token", "request", "shown", "results", "settings", "error", "folder"):
        assert getattr(again, name) == getattr(job, name)
    assert again.finished.is_set() and abs(again.ended - time.monotonic()) < 10


def test_a_job_that_ran_has_failed_after_a_restart(job):
    job.show(phase="running", preview={"strip": "x"}, progress={"fraction": 0.5})
    job.record()
    again = Job.restored(job.folder)
    assert again.error == again.shown["error"] == jobs.RESTARTED
    assert again.shown["phase"] == "error" and again.finished.is_set()
    assert again.shown["preview"] is None and again.shown["progress"] is None


def test_a_job_that_waited_has_not_ended_after_a_restart(job):
    job.record()
    again = Job.restored(job.folder)
    assert again.token == job.token and again.request == job.request
    assert again.shown["phase"] == "queued" and not again.finished.is_set()
    again.checkpoint()
    again.stop()
    with pytest.raises(vgpnn.Cancelled):
        again.checkpoint()


def test_an_old_job_is_as_old_after_a_restart(job, monkeypatch):
    job.record()
    monkeypatch.setattr(files, "age", lambda folder: LIMITS.keep_seconds + 1)
    assert time.monotonic() - Job.restored(job.folder).ended > LIMITS.keep_seconds


def test_a_folder_without_a_record_is_no_job(base):
    assert Job.restored(files.new_folder()) is None


def test_there_is_no_job_while_the_disk_is_nearly_full(clips, base, monkeypatch):
    def full():
        raise ValueError(files.DISK_FULL)

    monkeypatch.setattr(files, "check_disk", full)
    with pytest.raises(ValueError, match=r"^The server's disk is nearly full: .*\.$"):
        job_of(clips["tiny"], Gate())


def test_tokens_differ_and_are_not_the_folder(clips, base):
    tokens = {job_of(clips["tiny"], Gate()).token for _ in range(9)}
    assert len(tokens) == 9 and all(len(token) >= 20 for token in tokens)
    job = job_of(clips["tiny"], Gate())
    assert job.token not in str(job.folder)


# --- who watches


async def seen(job, **options) -> list[dict]:
    return [shown async for shown in job.watch(pause=0.01, **options)]


def test_few_watch_a_job_and_the_oldest_end(job):
    """40 watchers of one person held all of Gradio's slots."""

    async def watch() -> tuple[int, int]:
        tasks = [asyncio.ensure_future(seen(job)) for _ in range(40)]
        await asyncio.wait(tasks[: 40 - jobs.WATCHERS], timeout=PATIENCE)
        await asyncio.sleep(0.1)  # in which those that may stay would end too
        ended = [task.done() for task in tasks]
        assert ended == [True] * (40 - jobs.WATCHERS) + [False] * jobs.WATCHERS
        job.finished.set()
        await asyncio.gather(*tasks)
        return len(job._watchers)

    assert coroutines.run(watch()) == 0


def test_where_nobody_listens_nothing_is_shown_and_nothing_watched(job, monkeypatch):
    monkeypatch.setattr(jobs, "UNWATCHED_SECONDS", 0.2)
    watched = job.last_watched

    async def watch() -> list[dict]:
        return await asyncio.wait_for(seen(job, is_heard=lambda: False), 5)

    assert coroutines.run(watch()) == []  # and it ends
    assert job.last_watched == watched
    with pytest.raises(vgpnn.Cancelled):
        job.checkpoint()


def test_who_listens_again_sees_the_newest(job):
    heard, shown = [False], []

    async def listen() -> None:
        async for state in job.watch(pause=0.01, is_heard=lambda: heard[0]):
            shown.append(state["phase"])

    async def watch() -> list[str]:
        task = asyncio.ensure_future(listen())
        for phase in ("one", "two", "three"):
            job.show(phase=phase)
            await asyncio.sleep(0.05)
        heard[0] = True
        while not shown:
            await asyncio.sleep(0.01)
        heard[0] = False
        job.show(phase="done")
        job.finished.set()
        await task
        return shown

    assert coroutines.run(watch()) == ["three", "done"]  # the end is shown in any case


def test_watching_ends_when_the_watcher_has_left(job):
    left = []

    async def watch() -> list[dict]:
        task = asyncio.ensure_future(seen(job, has_left=lambda: bool(left)))
        await asyncio.sleep(0.05)
        left.append("tab closed")
        return await asyncio.wait_for(task, 5)

    assert len(coroutines.run(watch())) == 1 and not job.finished.is_set()


def test_a_restored_job_can_be_watched(job):
    job.show(phase="running")
    job.record()
    again = Job.restored(job.folder)
    assert [shown["error"] for shown in coroutines.run(seen(again))] == [jobs.RESTARTED]
