"""Which runs a page shows, one after the other."""

from __future__ import annotations

import threading
from types import SimpleNamespace

import pytest
from helpers import coroutines

from vgpnn.page.panels import watching


def job_of(*shown, **attributes):
    """What stands for a job that is over and has shown this."""
    job = SimpleNamespace(finished=threading.Event(), shown=shown[-1], is_followed=False)
    job.finished.set()
    job.follower = job.followed_in = None
    job.__dict__.update(attributes)

    async def watch(is_heard):
        for view in shown:
            yield view

    job.watch = watch
    return job


def seen(job, session):
    async def views():
        return [view async for _, view in watching.views(job, session)]

    return coroutines.run(views())


@pytest.mark.parametrize(("session", "views"), [("other", [{"takes": 2}] * 2), ("own", [])])
def test_a_run_that_follows_is_watched_unless_the_page_began_it(session, views):
    following = job_of({"takes": 2})
    job = job_of({"takes": 1}, is_followed=True, follower=following, followed_in="own")
    assert seen(job, session) == views


def test_a_run_that_nothing_follows_after_all_is_shown(monkeypatch):
    monkeypatch.setattr(watching, "FOLLOW_SECONDS", 0.01)
    job = job_of({"takes": 1}, is_followed=True, followed_in="own")
    assert seen(job, "other") == [{"takes": 1}] * 2
