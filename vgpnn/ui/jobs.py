"""Jobs: one runs at a time, the others wait their turn, each can be stopped and looked up again.

A job runs on the worker thread, not on the thread of a request: a lost connection does not end it,
and a page that comes back finds it by its token.
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
import secrets
import threading
import time
from collections import deque
from collections.abc import AsyncIterator, Callable

import vgpnn
from vgpnn.limits import LIMITS

from . import files
from .request import Request

UNWATCHED = 120.0  # [s] after which a job nobody looks at any more is stopped
SORRY = "Something went wrong on the server: try again, or try a shorter clip."

log = logging.getLogger("vgpnn.ui")


class Job:
    """One press of Generate and what came of it.

    shown: what the page draws; replaced as a whole, never changed in place. version: counts that.
    """

    def __init__(self, asked: Request, work: Callable[[Job], None], shown: dict) -> None:
        self.token = secrets.token_urlsafe(16)
        self.asked, self.work, self.shown = asked, work, {**shown, "phase": "queued"}
        self.folder = files.new_folder()
        self.version = 0
        self.error: str | None = None
        self.results: list = []  # paths of the MP4s
        self.settings: dict = {}
        self.created = self.watched = time.monotonic()
        self.finished = threading.Event()
        self._stop = threading.Event()
        # A GPU that is lent per request (ZeroGPU) knows the user by the request's context.
        self.context = contextvars.copy_context()

    def show(self, **changes) -> None:
        self.shown = {**self.shown, **changes}
        self.version += 1

    def stop(self) -> None:
        self._stop.set()

    @property
    def stopped(self) -> bool:
        return self._stop.is_set()

    def checkpoint(self) -> None:
        """Called from inside the engine several times a second."""
        if self.stopped or time.monotonic() - self.watched > UNWATCHED:
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
    """The worker thread, its queue, and the jobs of the last hour by token."""

    def __init__(self) -> None:
        self._jobs: dict[str, Job] = {}
        self._waiting: deque[Job] = deque()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to work; the first thing is to load the kernels, and the first job waits for it."""
        with self._changed:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, daemon=True, name="worker")
                self._thread.start()

    def submit(self, job: Job) -> Job:
        """Queue a job. Raises ValueError where too many wait."""
        self.start()
        with self._changed:
            if len(self._waiting) >= LIMITS.queue:
                raise ValueError(
                    "Many people are using this page right now: try again in a minute."
                )
            self._jobs[job.token] = job
            self._waiting.append(job)
            self._tell_places()
            self._changed.notify()
        return job

    def find(self, token: str | None) -> Job | None:
        return self._jobs.get(token) if isinstance(token, str) else None

    def stop(self, token: str | None) -> None:
        """Stop a job: at once if it waits, at its next checkpoint if it runs."""
        job = self.find(token)
        if job is None:
            return
        job.stop()
        with self._changed:
            if job in self._waiting:
                self._waiting.remove(job)
                self._finish(job, "stopped")
            self._tell_places()

    def _tell_places(self) -> None:
        for place, job in enumerate(self._waiting):
            job.show(ahead=place + 1 if self._busy() else place)

    def _busy(self) -> bool:
        return any(j.shown["phase"] == "running" for j in self._jobs.values())

    def _finish(self, job: Job, phase: str) -> None:
        job.show(phase=phase, progress=None, preview=None)
        job.finished.set()

    def _run(self) -> None:
        try:
            vgpnn.warm_up()
        except Exception:  # the first job will say what is wrong, to somebody who can read it
            log.exception("warm-up failed")
        while True:
            with self._changed:
                if not self._changed.wait_for(lambda: self._waiting, timeout=300):
                    self._forget_old()
                    continue
                job = self._waiting.popleft()
                job.show(phase="running")
                self._tell_places()
            self._finish(job, job.context.run(self._perform, job))
            self._forget_old()

    def _perform(self, job: Job) -> str:
        """The phase that a job ends in."""
        try:
            job.checkpoint()
            job.work(job)
            return "done"
        except vgpnn.Cancelled:
            return "stopped"
        except ValueError as error:  # VideoError is one
            job.error = str(error)
        except MemoryError:
            job.error = "The memory is not enough: choose fewer frames or a smaller height."
        except Exception:
            log.exception("job failed")
            job.error = SORRY
        job.show(error=job.error)
        return "error"

    def _forget_old(self) -> None:
        old = time.monotonic() - files.KEEP
        with self._changed:
            self._jobs = {
                token: job
                for token, job in self._jobs.items()
                if job.created > old or not job.finished.is_set()
            }
            files.reap({job.folder for job in self._jobs.values()})


RUNNER = Runner()
