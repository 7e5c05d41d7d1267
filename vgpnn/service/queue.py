"""The queue: each worker thread runs one job at a time, and the other jobs wait their turn."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

import vgpnn
from vgpnn.checks import in_minutes
from vgpnn.decoding.places import PLACES, first_in_line
from vgpnn.limits import LIMITS
from vgpnn.machine import memory
from vgpnn.service import clips, errors, files, monitoring, owned, records, work
from vgpnn.service.executors import selection
from vgpnn.service.job import Job
from vgpnn.service.people import Person
from vgpnn.service.shares import Shares
from vgpnn.service.turns import Turns
from vgpnn.service.watchdog import HUNG, Watchdog

HOUSEKEEPING_SECONDS = 2.0  # [s] between two rounds of housekeeping
PERSON_JOB_BYTES = 40_000_000  # [bytes] of memory for the finished jobs of one person
ALL_JOB_BYTES = 300_000_000  # [bytes] of that for all finished jobs together
JOB_BYTES = 200_000  # [bytes], about, of one of them beside its paint
FORGETTING_SECONDS = 30.0  # [s] between two searches for old jobs and files, at most
WATCHING_SECONDS = 1.0  # [s] between two looks for jobs that hang

log = logging.getLogger(__name__)


class JobQueue:
    """The worker threads, the jobs that wait and run, and all jobs that are kept, by token.

    restart: replaces the process when a job hangs, or a thread of the queue has died; does not
        return. None: such a job only shows in `is_healthy`, because the process is not ours.
    """

    def __init__(self) -> None:
        self.restart: Callable[[], None] | None = None
        self._jobs: dict[str, Job] = {}
        self._waiting: list[Job] = []  # in the order in which they are due
        self._turns = Turns()
        self._running: list[Job] = []
        self._changed = threading.Condition()
        self._threads: list[threading.Thread] = []
        self._kept = Shares(PERSON_JOB_BYTES, ALL_JOB_BYTES)  # finished jobs, by token

    def start(self) -> None:
        """Restore recorded jobs and start the threads, unless they run already.

        Workers first load the kernels; the first job waits for that. Recorded jobs that waited
        wait again, in the order in which they came.
        """
        with self._changed:
            if self._threads:
                return
            folders = sorted(files.job_folders(), key=files.age, reverse=True)
            restored = [job for folder in folders if (job := work.restored_job(folder)) is not None]
            self._jobs = {job.token: job for job in restored}
            for job in restored:
                if job.finished.is_set():
                    self._keep(job)
                else:
                    self._waiting.append(job)
            self._show_places()
            monitoring.watch_queue(self.counts)
            PLACES.caller_now = lambda: owned.PERSON.get() or None
            targets = [self._keep_house] + [self._run_jobs] * selection.current().workers
            self._threads = [threading.Thread(target=target, daemon=True) for target in targets]
        for thread in self._threads:
            thread.start()
        threading.Thread(target=self._watch, daemon=True).start()  # once all others are alive

    def submit(self, job: Job) -> Job:
        """Queue a job and return it. Raises ValueError where there is no room; see `check_room`."""
        self.start()
        job.record()  # before a worker has the job and records it too
        try:
            with self._changed:
                self.check_room(job.person)
                self._jobs[job.token] = job
                self._waiting.append(job)
                self._show_places()
                self._changed.notify_all()
        except ValueError:
            records.remove(job.folder)
            raise
        return job

    def check_room(self, person: Person) -> None:
        """Raises ValueError where too many jobs wait, or too many of the same person.

        This is cheap, so that a request can be refused before its files are read.
        """
        with self._changed:
            jobs = [*self._waiting, *self._running]
            if sum(job.person.is_same(person) for job in jobs) >= LIMITS.jobs_per_person:
                raise ValueError(
                    "One run of yours is in progress and another one waits: stop one, or try "
                    "again when one is done."
                )
            if len(self._waiting) >= LIMITS.queue:
                wait = sum(job.seconds_left for job in jobs) / selection.current().workers
                raise ValueError(f"Too many requests are waiting: try again in {in_minutes(wait)}.")

    def find(self, token: str | None) -> Job | None:
        """The job with a token, or None."""
        return self._jobs.get(token) if isinstance(token, str) else None

    def stop(self, token: str | None) -> None:
        """Stop a job: a waiting one at once, a running one at its next checkpoint."""
        job = self.find(token)
        if job is None or job.finished.is_set():
            return
        job.stop()
        with self._changed:
            waits = job in self._waiting
            if waits:
                self._waiting.remove(job)
                self._show_places()
        if waits:
            self._finish(job, "stopped")

    def counts(self) -> dict[str, int]:
        """The numbers of jobs that are `waiting` and `running`."""
        return {"waiting": len(self._waiting), "running": len(self._running)}

    def is_healthy(self) -> bool:
        """Whether all threads are alive and every running job has had a checkpoint lately."""
        oldest = time.monotonic() - LIMITS.stuck_seconds
        return all(thread.is_alive() for thread in self._threads) and all(
            job.last_checkpoint > oldest for job in [*self._running]
        )

    def _seconds_until(self, job: Job) -> float:
        """The time until a waiting job begins [s], about: all jobs before it are done by all
        workers together, but a job of the same person has to end first."""
        jobs = [*self._running, *self._waiting]
        before = sum(each.seconds_left for each in jobs[: jobs.index(job)])
        same_person = [e.seconds_left for e in self._running if e.person.is_same(job.person)]
        return max(before / selection.current().workers, *same_person, 0.0)

    def _show_places(self) -> None:
        """Put the waiting jobs into order, and show how many are before each and for how long."""
        self._waiting = self._turns.order(self._waiting)
        for place, job in enumerate(self._waiting, len(self._running)):
            changes = {"ahead": place, "wait": round(self._seconds_until(job))}
            if {**job.shown, **changes} != job.shown:
                job.show(**changes)

    def _take_next(self) -> Job | None:
        """Move to the running jobs the first that somebody listens to and whose person has none
        running, and return it; None if there is none."""
        for job in self._waiting:
            has_another = any(job.person.is_same(other.person) for other in self._running)
            if not (job.waits_for_listener or has_another):
                self._waiting.remove(job)
                self._running.append(job)
                return job
        return None

    def _run_jobs(self) -> None:
        """What a worker thread does."""
        try:
            selection.current().prepare()
        except Exception as error:  # the first job fails in the same way and tells its user
            log.error("warm-up failed", extra=errors.log_traceback(error))
        while True:
            with self._changed:
                job = self._changed.wait_for(self._take_next)
                job.started = job.last_checkpoint = time.monotonic()
                job.show(phase="running")
                self._show_places()
            job.record()  # it ran: after a crash of the process it is not run again
            phase = job.context.run(self._perform, job)
            self._turns.note(job.person.address, time.monotonic() - job.started)
            with self._changed:
                self._running.remove(job)
                self._show_places()
                self._changed.notify_all()
            self._finish(job, phase)

    def _perform(self, job: Job) -> str:
        """Run a job and return the phase that it ends in: "done", "stopped" or "error"."""
        try:
            job.checkpoint()
            with first_in_line():
                job.perform(job)
            return "done"
        except vgpnn.Cancelled:
            return "stopped"
        except BaseException as error:  # whatever it is, the worker goes on with the next job
            job.error = errors.user_message(error)
            if job.error is errors.UNEXPECTED:
                job.cause = type(error).__name__
                log.error("job failed", extra=errors.log_traceback(error))
        job.show(error=job.error)
        return "error"

    def _finish(self, job: Job, phase: str) -> None:
        job.show(phase=phase, progress=None, preview=None)
        job.ended = time.monotonic()
        job.record()
        job.finished.set()
        self._keep(job)
        self._report(job)
        # The context holds the request, and with it an address: it is not kept with the job.
        job.context = job.perform = None

    def _keep(self, job: Job) -> None:
        """Keep a finished job, and forget others where that is too much; see `Shares`."""
        size = JOB_BYTES + getattr(job.request.options.get("pictures"), "nbytes", 0)
        for token in self._kept.put(job.token, job.person.address, size):
            with self._changed:
                gone = self._jobs.pop(token, None)
            if gone is not None:
                records.remove(gone.folder)

    def _report(self, job: Job) -> None:
        """Count a job that is over, and log it."""
        request, ran = job.request, job.started is not None
        monitoring.job_finished(
            request.task,
            job.shown["phase"],
            waited=(job.started if ran else job.ended) - job.created,
            seconds=job.ended - job.started if ran else None,
            output=request.output_shape,
            source=request.source_shape,
            samples=request.samples,
            results=len(job.results),
            **({"cause": job.cause} if job.cause else {}),
        )

    def _watch(self) -> None:
        """What the watching thread does, and nothing else: restart where a job hangs."""
        watchdog = Watchdog()
        while True:
            time.sleep(WATCHING_SECONDS)
            try:
                hung = watchdog.hung([*self._running])
                are_alive = all(thread.is_alive() for thread in self._threads)
                if self.restart is not None and (hung or not are_alive):
                    self._give_up(hung)
            except Exception as error:  # the next round tries again
                log.error("watching failed", extra=errors.log_traceback(error))

    def _give_up(self, hung: list[Job]) -> None:
        """Restart the process. Jobs that hang have failed, and the others wait once more."""
        tasks = [job.request.task for job in hung]
        log.error("restarting", extra={"fields": {"hung": tasks, **self.counts()}})
        for job in [*self._running]:
            if job in hung:
                job.error = HUNG
                job.show(phase="error", error=HUNG, progress=None, preview=None)
            else:
                job.show(phase="queued", progress=None, preview=None)
            job.record()
        self.restart()

    def _keep_house(self) -> None:
        """What the housekeeping thread does: update waiting times, forget old jobs and files."""
        forgot = 0.0
        while True:
            try:
                with self._changed:
                    self._show_places()
                    self._changed.notify_all()  # somebody may listen now
                if time.monotonic() - forgot > min(FORGETTING_SECONDS, LIMITS.keep_seconds / 10):
                    forgot = time.monotonic()
                    self._forget_old()
            except Exception as error:  # the next round tries again
                log.error("housekeeping failed", extra=errors.log_traceback(error))
            time.sleep(HOUSEKEEPING_SECONDS)

    def _forget_old(self) -> None:
        """Forget the jobs that ended too long ago, and remove old files that no job uses."""
        oldest = time.monotonic() - LIMITS.keep_seconds
        with self._changed:
            self._jobs = {
                token: job
                for token, job in self._jobs.items()
                if job.ended > oldest or not job.finished.is_set()
            }
            for token in self._kept.keys() - self._jobs.keys():
                self._kept.remove(token)
            in_use = {job.folder for job in self._jobs.values()}
            waiting = {path for job in self._waiting for path in job.request.input_paths}
        for path in waiting:
            files.renew(path)
        files.remove_old(in_use)
        clips.CACHE.forget_unneeded(waiting)
        owned.forget_missing()
        if not self._running:
            memory.release_freed()


QUEUE = JobQueue()
