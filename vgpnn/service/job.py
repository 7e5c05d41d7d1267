"""A job: one request on its way through the queue, what the page shows of it, and its results.

A job belongs to no connection: it goes on when the connection is lost, and a page that comes back
finds it by its token, even after the server was started again.
"""

from __future__ import annotations

import asyncio
import contextvars
import secrets
import threading
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import vgpnn
from vgpnn.service import files, records
from vgpnn.service.people import Person
from vgpnn.service.request import Request

WATCHERS = 3  # of one job at a time
UNWATCHED_SECONDS = 120.0  # [s] after which a job that nobody looks at any more is stopped
RESTARTED = "The server was restarted before this was done: start it again."


class Job:
    """One press of the button and what came of it.

    request: what is made. perform: the function that makes it, called as perform(job).
    person: who sent the request.
    shown: what the page draws, a dictionary that is replaced as a whole and never changed in
        place. version: how often it was replaced.
    error: the sentence for the user, if the job failed. cause: type of an unexpected error, for
        the log.
    results: paths of the MP4 files. settings: arguments that make the results again.
    is_followed: whether a page has gone on to another job that keeps its takes. follower: that job,
        once there is one. followed_in: the session of that page.
    waits_for_listener: whether it does not begin until somebody listens to what comes of it.
    created, started, ended, last_watched, last_checkpoint: times of `time.monotonic()` [s].
    """

    def __init__(
        self, request: Request, perform: Callable[[Job], None], shown: dict, person: Person
    ) -> None:
        self.token = secrets.token_urlsafe(16)
        self.request, self.perform, self.person = request, perform, person
        self.shown = {**shown, "phase": "queued"}
        self.folder = files.new_folder()
        self.version = 0
        self.error: str | None = None
        self.cause: str | None = None
        self.results: list[Path] = []
        self.settings: dict = {}
        self.created = self.ended = time.monotonic()
        self.last_watched = self.last_checkpoint = self.created
        self.started: float | None = None
        self.waits_for_listener = self.is_followed = False
        self.follower: Job | None = None
        self.followed_in: str | None = None
        self.finished = threading.Event()
        self._stop = threading.Event()
        self._watchers: list[object] = []
        # ZeroGPU finds out from the context of the request whose GPU quota it has to use.
        self.context = contextvars.copy_context()

    @classmethod
    def restored(cls, folder: Path) -> Job | None:
        """The job that an earlier process recorded in a folder, or None if there is no valid
        record.

        A job that ran then has failed now. One that waited has not ended, and lacks only `person`
        and `perform`."""
        record = records.read(folder)
        if record is None:
            return None
        job = cls.__new__(cls)
        job.__dict__.update(record, folder=folder, version=0, cause=None, started=None)
        job.finished, job._stop = threading.Event(), threading.Event()
        job._watchers, job.waits_for_listener, job.is_followed = [], False, False
        job.follower = job.followed_in = None
        job.created = job.last_watched = job.last_checkpoint = time.monotonic()
        job.context = contextvars.copy_context()
        job.ended = job.created - files.age(folder)
        if job.shown["phase"] == "running":
            job.fail_restored()
        elif job.shown["phase"] != "queued":
            job.finished.set()
        return job

    def fail_restored(self) -> None:
        """Let a job that an earlier process recorded have failed."""
        self.error = RESTARTED
        changes = {"phase": "error", "error": RESTARTED, "preview": None, "progress": None}
        self.shown = {**self.shown, **changes}
        self.finished.set()

    def record(self) -> None:
        """Save what a later process has to know of this job."""
        records.write(self.folder, {name: getattr(self, name) for name in records.FIELDS})

    def show(self, **changes) -> None:
        """Replace some entries of what the page draws."""
        self.shown = {**self.shown, **changes}
        self.version += 1

    def stop(self) -> None:
        """Let the next `checkpoint` end the job."""
        self._stop.set()

    @property
    def seconds_left(self) -> float:
        """The time that the job still needs [s], by the cost model."""
        return self.shown.get("left") or 0.0

    def checkpoint(self) -> None:
        """The engine calls this several times a second. Raises `Cancelled` for a job that was
        stopped, or that nobody has looked at for UNWATCHED_SECONDS."""
        self.last_checkpoint = time.monotonic()
        unwatched = self.last_checkpoint - self.last_watched > UNWATCHED_SECONDS
        if self._stop.is_set() or unwatched:
            raise vgpnn.Cancelled

    async def watch(
        self,
        pause: float = 0.15,
        is_heard: Callable[[], bool] = lambda: True,
        has_left: Callable[[], bool] = lambda: False,
    ) -> AsyncIterator[dict]:
        """Yield `shown` now and whenever it has changed, until the job is over.

        It ends before that where WATCHERS others have begun to watch since, or where nobody has
        listened for UNWATCHED_SECONDS.

        pause: time between two looks [s]. is_heard: whether somebody takes what is yielded. While
        nobody does, nothing is yielded, and the job counts as not watched. has_left: whether
        whoever watches has gone for good, which ends it at once.
        """
        watcher, seen, heard = object(), -1, time.monotonic()
        self._watchers = [*self._watchers, watcher][-WATCHERS:]
        try:
            while watcher in self._watchers and time.monotonic() - heard < UNWATCHED_SECONDS:
                if has_left():
                    return
                listens = is_heard()
                if listens:
                    heard = self.last_watched = time.monotonic()
                    self.waits_for_listener = False
                over, version = self.finished.is_set(), self.version
                if version != seen and (listens or over):
                    seen = version
                    yield self.shown
                if over:
                    return
                await asyncio.sleep(pause)
        finally:
            self._watchers = [other for other in self._watchers if other is not watcher]
