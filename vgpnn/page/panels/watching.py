"""What a page shows of a run while it goes on, and of the runs that follow it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

from vgpnn.service.event_queue import listener
from vgpnn.service.job import Job

FOLLOW_SECONDS = 15.0  # [s] within which a run that follows another one has been sent off
PAUSE = 0.1  # [s] between two looks for it
NOT_SHOWN = (
    "This run goes on, but is not shown here any more: reload the page to see how far it is."
)


async def views(job: Job, session: str | None) -> AsyncIterator[tuple[Job, dict]]:
    """A job and what the page draws of it, whenever that has changed, until the job is over.

    Where another page of the browser goes on to a job that follows, it comes next. Where the page
    of this session itself does so, nothing more comes: another event of that page watches it.
    """
    is_heard = listener(session)
    while True:
        async for view in job.watch(is_heard=is_heard):
            if job.is_followed:
                break
            yield job, view
        if not job.is_followed:
            break
        if job.followed_in == session:
            return
        job = await _follower(job)
    # Where the run goes on, newer pages watch it; here it can still be stopped.
    note = {} if job.finished.is_set() else {"note": NOT_SHOWN}
    yield job, {**job.shown, **note}


async def _follower(job: Job) -> Job:
    """The job that follows one, or the same where the server has refused it."""
    end = time.monotonic() + FOLLOW_SECONDS
    while job.is_followed and job.follower is None and time.monotonic() < end:
        await asyncio.sleep(PAUSE)
    if job.follower is None:
        job.is_followed = False
    return job.follower or job
