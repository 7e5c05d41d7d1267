"""Jobs for tests of the service, and stand-ins for the work that they do."""

from __future__ import annotations

import secrets
import threading
from functools import cache
from pathlib import Path

import vgpnn
from vgpnn.presets import PRESETS
from vgpnn.service import request as requests
from vgpnn.service import work
from vgpnn.service.job import Job
from vgpnn.service.people import Person
from vgpnn.service.request import Clip, Request, new_request

# Settings for a sample in a fraction of a second: few levels, and one pass at each.
FAST = {"passes": 1, "coarsest_passes": 1, "space_factor": 0.6, "time_factor": 0.6}


class Executor:
    """An executor with as many workers as wanted, for jobs that need none of its functions."""

    def __init__(self, workers: int) -> None:
        self.workers = workers

    def prepare(self) -> None:
        pass


class Gate:
    """What a job performs: it goes on until `over` is set or the job is stopped."""

    def __init__(self) -> None:
        self.began, self.over = threading.Event(), threading.Event()

    def __call__(self, job: Job) -> None:
        self.began.set()
        while not self.over.wait(0.02):
            job.checkpoint()


def person(name: str = "ada") -> Person:
    """Somebody with a session and an address of this name."""
    return Person(name, name)


@cache
def clip_of(path: Path) -> Clip:
    """The clip in a file, which is probed once."""
    return Clip(path, path.name, vgpnn.video.probe(path))


def request_of(
    path: Path, task: str = "generate", options=None, settings=None, **numbers
) -> Request:
    """A request for the clip in a file; 5 frames of 64 px and seed 7 unless `numbers` differ.

    settings: changes of the task's preset.
    """
    chosen = PRESETS[requests.TASK_PRESETS[task]].with_changes(**(settings or {}))
    numbers = {"frames": 5, "height": 64, "seed": 7} | numbers
    return new_request(clip_of(path), **numbers, settings=chosen, task=task, options=options)


def job_of(path: Path, perform, name: str = "ada", **shown) -> Job:
    """A job of this person that performs a stand-in. shown: changes of what its page draws."""
    request = request_of(path)
    return Job(request, perform, work.initial_view(request) | shown, person(name))


def real_job(path: Path, task: str = "generate", **numbers) -> Job:
    """A job of somebody new that makes its samples; arguments are those of `request_of`."""
    return work.new_job(request_of(path, task, **numbers), person(secrets.token_hex(8)))
