"""Jobs: each worker runs one at a time, the others wait their turn, each can be stopped and looked
up again.

A job runs on a worker thread, not on the thread of a request: a lost connection does not end it,
and a page that comes back finds it by its token, even after the server was started anew.
"""

from __future__ import annotations

import asyncio
import contextvars
import errno
import logging
import secrets
import threading
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import vgpnn
from vgpnn.limits import LIMITS
from vgpnn.machine import memory
from vgpnn.service import executors, files, monitoring, records
from vgpnn.service.people import Person
from vgpnn.service.request import Request

UNWATCHED = 120.0  # [s] after which a job nobody looks at any more is stopped
STUCK = 300.0  # [s] without a checkpoint after which a worker counts as ill
HOUSEKEEPING = 2.0  # [s] between two looks at the queue
SORRY = "Something went wrong on the server: try again, or try a shorter clip."
RESTARTED = "The server was restarted before this was done: start it again."
KEPT = ("token", "asked", "shown", "results", "settings", "error")

log = logging.getLogger(__name__)


class Job:
    """One press of Generate and what came of it.

    shown: what the page draws; replaced as a whole, never changed in place. version: counts that.
    """

    def __init__(
        self, asked: Request, work: Callable[[Job], None], shown: dict, asker: Person
    ) -> None:
        self.token = secrets.token_urlsafe(16)
        self.asked, self.work, self.asker = asked, work, asker
        self.shown = {**shown, "phase": "queued"}
        self.folder = files.new_folder()
        self.version = 0
        self.error: str | None = None
        self.cause: str | None = None  # for the log: the kind of an unexpected error
        self.results: list[Path] = []  # the MP4s
        self.settings: dict = {}
        self.created = self.ended = self.watched = self.checked = time.monotonic()
        self.started: float | None = None
        self.finished = threading.Event()
        self._stop = threading.Event()
        # A GPU that is lent per request (ZeroGPU) knows the user by the request's context.
        self.context = contextvars.copy_context()

    @classmethod
    def recorded(cls, folder: Path) -> Job | None:
        """A job of an earlier process; what it did not finish it never will."""
        record = records.read(folder, KEPT)
        if record is None:
            return None
        job = cls.__new__(cls)
        job.__dict__.update(record, folder=folder, version=0, finished=threading.Event())
        job.ended = time.monotonic() - files.age(folder)
        job.finished.set()
        if job.shown["phase"] in ("queued", "running"):
            job.error = RESTARTED
            job.shown = {
                **job.shown,
                "phase": "error",
                "error": RESTARTED,
                "preview": None,
                "progress": None,
            }
        return job

    def record(self) -> None:
        """Write down what is done, for a process after this one."""
        records.write(self.folder, {name: getattr(self, name) for name in KEPT})

    def show(self, **changes) -> None:
        self.shown = {**self.shown, **changes}
        self.version += 1

    def stop(self) -> None:
        self._stop.set()

    @property
    def left(self) -> float:
        """Seconds that it still needs, by the cost model."""
        return self.shown.get("left") or 0.0

    def checkpoint(self) -> None:
        """Called from inside the engine several times a second."""
        self.checked = time.monotonic()
        if self._stop.is_set() or self.checked - self.watched > UNWATCHED:
            raise vgpnn.Cancelled

    async def watch(self, pause: float = 0.15) -> AsyncIterator[dict]:
        """What is to be shown, each time it changes, until the job is over."""
        seen = -1
        while True:
            self.watched = time.monotonic()
            over, version = self.finished.is_set(), self.version
            if version != seen:
                seen = version
                yield self.shown
            if over:
                return
            await asyncio.sleep(pause)


class Runner:
    """The worker threads, their queue, and the jobs that are kept, by token."""

    def __init__(self) -> None:
        self._jobs: dict[str, Job] = {}
        self._waiting: list[Job] = []
        self._running: list[Job] = []
        self._changed = threading.Condition()
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Begin to work; the first thing is to load the kernels, and the first job waits for it."""
        with self._changed:
            if self._threads:
                return
            found = filter(None, map(Job.recorded, files.job_folders()))
            self._jobs = {job.token: job for job in found}
            monitoring.watch(self)
            tasks = [self._keep_house] + [self._work] * executors.current().workers
            self._threads = [threading.Thread(target=task, daemon=True) for task in tasks]
        for thread in self._threads:
            thread.start()

    def submit(self, job: Job) -> Job:
        """Queue a job. Raises ValueError; see `check_room`."""
        self.start()
        job.record()  # before a worker has it, which writes its own
        try:
            with self._changed:
                self.check_room(job.asker)
                self._jobs[job.token] = job
                self._waiting.append(job)
                self._tell_places()
                self._changed.notify_all()
        except ValueError:
            records.remove(job.folder)
            raise
        return job

    def check_room(self, asker: Person) -> None:
        """Raises ValueError where too many jobs wait, or too many of the same person. It costs
        next to nothing: whoever would be refused is, before a file is looked at."""
        with self._changed:
            mine = [j for j in self._waiting + self._running if j.asker.is_same(asker)]
            if len(mine) >= LIMITS.jobs_per_person:
                raise ValueError(
                    "One run of yours is in progress and another one waits: stop one, or try "
                    "again when one is done."
                )
            if len(self._waiting) >= LIMITS.queue:
                raise ValueError(
                    f"Too many requests are waiting: try again in {_about(self._wait())}."
                )

    def find(self, token: str | None) -> Job | None:
        return self._jobs.get(token) if isinstance(token, str) else None

    def stop(self, token: str | None) -> None:
        """Stop a job: at once if it waits, at its next checkpoint if it runs."""
        job = self.find(token)
        if job is None or job.finished.is_set():
            return
        job.stop()
        with self._changed:
            waits = job in self._waiting
            if waits:
                self._waiting.remove(job)
                self._tell_places()
        if waits:
            self._finish(job, "stopped")

    def counts(self) -> dict[str, int]:
        """How many jobs wait and run."""
        return {"waiting": len(self._waiting), "running": len(self._running)}

    def healthy(self) -> bool:
        """Whether all threads are there, and none has been busy for too long with one thing."""
        late = time.monotonic() - STUCK
        return all(t.is_alive() for t in self._threads) and all(
            job.checked > late for job in [*self._running]
        )

    def _wait(self, before: Job | None = None) -> float:
        """Seconds until a new job, or one that waits, would begin, about."""
        ahead = [*self._running, *self._waiting]
        if before is None:
            return sum(job.left for job in ahead) / executors.current().workers
        ahead = ahead[: ahead.index(before)]
        own = [job.left for job in self._running if job.asker.is_same(before.asker)]
        return max(sum(job.left for job in ahead) / executors.current().workers, *own, 0.0)

    def _tell_places(self) -> None:
        for place, job in enumerate(self._waiting, len(self._running)):
            told = {"ahead": place, "wait": round(self._wait(job))}
            if {**job.shown, **told} != job.shown:
                job.show(**told)

    def _next(self) -> Job | None:
        """The first that waits and whose asker has none running, off the queue."""
        for job in self._waiting:
            if not any(job.asker.is_same(other.asker) for other in self._running):
                self._waiting.remove(job)
                self._running.append(job)
                return job
        return None

    def _finish(self, job: Job, phase: str) -> None:
        job.show(phase=phase, progress=None, preview=None)
        job.ended = time.monotonic()
        job.record()
        job.finished.set()
        monitoring.finished(job)
        # The context holds the request, and with it an address: it goes before the job does.
        job.context = job.work = None

    def _work(self) -> None:
        try:
            executors.current().prepare()
        except Exception as error:  # the first job will say what is wrong to somebody
            log.error("warm-up failed", extra=monitoring.trace(error))
        while True:
            with self._changed:
                job = self._changed.wait_for(self._next)
                job.started = job.checked = time.monotonic()
                job.show(phase="running")
                self._tell_places()
            phase = job.context.run(self._perform, job)
            with self._changed:
                self._running.remove(job)
                self._tell_places()
                self._changed.notify_all()
            self._finish(job, phase)

    def _perform(self, job: Job) -> str:
        """The phase that a job ends in."""
        try:
            job.checkpoint()
            job.work(job)
            return "done"
        except vgpnn.Cancelled:
            return "stopped"
        except Exception as error:
            job.error = _sentence(error)
            if job.error is SORRY:
                job.cause = type(error).__name__
                log.error("job failed", extra=monitoring.trace(error))
        job.show(error=job.error)
        return "error"

    def _keep_house(self) -> None:
        """Tell who waits how long it will be; forget what is too old."""
        reaped = 0.0
        while True:
            try:
                with self._changed:
                    self._tell_places()
                if time.monotonic() - reaped > min(60.0, LIMITS.keep_seconds / 10):
                    reaped = time.monotonic()
                    self._forget_old()
            except Exception as error:  # house is kept again next time
                log.error("housekeeping failed", extra=monitoring.trace(error))
            time.sleep(HOUSEKEEPING)

    def _forget_old(self) -> None:
        old = time.monotonic() - LIMITS.keep_seconds
        with self._changed:
            self._jobs = {
                token: job
                for token, job in self._jobs.items()
                if job.ended > old or not job.finished.is_set()
            }
            in_use = {job.folder for job in self._jobs.values()}
            waiting = [*self._waiting]
        for path in [path for job in waiting for path in job.asked.files()]:
            files.keep(path)
        files.reap(in_use)
        if not self._running:
            memory.give_back()


def _sentence(error: Exception) -> str:
    """What a user is told of an error."""
    if isinstance(error, MemoryError):
        return "The memory is not enough: choose fewer frames or a smaller height."
    # An encoder's error is the context of the sentence that names the folder, which nobody here
    # can check.
    found = {getattr(each, "errno", None) for each in (error, error.__context__)}
    if found & {errno.ENOSPC, errno.EDQUOT}:
        return files.DISK_FULL
    return str(error) if isinstance(error, ValueError) else SORRY  # VideoError is one


def _about(seconds: float) -> str:
    minutes = round(seconds / 60)
    return "a minute" if minutes <= 1 else f"about {minutes} minutes"


RUNNER = Runner()
