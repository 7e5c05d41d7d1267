"""What an endpoint is made of, and what becomes of the job of a client that goes away."""

from __future__ import annotations

import asyncio
import inspect
import threading
import time

import gradio as gr
import pytest
from gradio.utils import get_function_description
from helpers import coroutines
from helpers.jobs import Executor, Gate, job_of, person
from helpers.server import PATIENCE, wait_for

from vgpnn.page import endpoint as endpoints
from vgpnn.page.endpoint import Answer, endpoint
from vgpnn.service import files
from vgpnn.service import job as jobs
from vgpnn.service.executors import selection
from vgpnn.service.queue import JobQueue
from vgpnn.settings import SETTINGS


@pytest.fixture
def base(tmp_path, monkeypatch):
    """The base folder of the service, empty and for this test alone."""
    for name, folder in (("BASE", ""), ("UPLOADS", "uploads"), ("RECORDS", "records")):
        monkeypatch.setattr(files, name, tmp_path / folder)
    files.UPLOADS.mkdir()


def made(task: str = "generate"):
    @endpoint(task, lambda arguments: {}, has_takes=task == "generate")
    def example(video: gr.FileData, *, strength: float = 0.5) -> Answer:
        """An example.

        Args:
            video: a file.
            strength: how strong it is, and
                what else that means.
        """

    return example


def parameters_of(call) -> dict[str, inspect.Parameter]:
    return dict(inspect.signature(call).parameters)


def test_arguments_of_the_task_stand_around_those_that_all_have():
    names = list(parameters_of(made()))
    first = ["gradio_request", "video", "quality", "difference", "seed", "takes"]
    assert names == [
        *first,
        "start",
        "frames",
        "height",
        "fps",
        "size",
        "sound",
        "strength",
        "settings",
    ]


def test_gradio_sees_the_same_types_as_python():
    call = made()
    annotations = {p.name: p.annotation for p in parameters_of(call).values()}
    assert call.__annotations__ == annotations | {"return": Answer}
    assert call.__name__ == "example" and inspect.iscoroutinefunction(call)


def test_every_argument_is_explained_in_one_line_of_the_docstring():
    call = made()
    description, helps, returns = get_function_description(call)
    assert description == "An example." and len(returns) == 2
    names = [name for name in parameters_of(call) if name != "gradio_request"]
    assert all(helps[name].endswith(".") for name in names)
    assert helps["strength"] == "how strong it is, and what else that means."
    lines = call.__doc__.splitlines()
    below = lines[next(k for k, line in enumerate(lines) if "    settings: " in line) + 1 :]
    settings = [line.split(":")[0] for line in below[: below.index("")]]
    assert settings == [f"        {name}" for name in SETTINGS]


# --- the client


@pytest.fixture
def queue(monkeypatch, base):
    """A queue with one worker, for endpoints."""
    monkeypatch.setattr(selection, "current", lambda: Executor(1))
    queue = JobQueue()
    monkeypatch.setattr(endpoints, "QUEUE", queue)
    return queue


def answer(clips, monkeypatch, gate, is_heard) -> None:
    """What an endpoint does for a client whose job goes on until the gate is over."""
    job = job_of(clips["tiny"], gate)
    monkeypatch.setattr(endpoints.work, "new_job", lambda request, person: job)

    async def build():
        return job.request

    coroutines.run(endpoints._done(build, job.person, is_heard))
    with pytest.raises(gr.Error, match="The job was stopped"):
        endpoints._outputs(job, inspect.signature(made()))
    wait_for(job.finished.is_set, 10)
    assert job.shown["phase"] == "stopped"


def test_a_client_who_never_listens_has_its_job_stopped(clips, queue, monkeypatch):
    """It was done to its end, and others waited for it."""
    monkeypatch.setattr(jobs, "UNWATCHED_SECONDS", 1.5)
    gate = Gate()
    answer(clips, monkeypatch, gate, is_heard=lambda: False)
    assert not gate.began.is_set()


def test_a_job_begins_when_its_client_listens(clips, queue, monkeypatch):
    """A program may send a request first and open the stream of the answer later."""
    gate, began = Gate(), time.monotonic()
    gate.over.set()
    job = job_of(clips["tiny"], gate)
    monkeypatch.setattr(endpoints.work, "new_job", lambda request, person: job)

    async def build():
        return job.request

    def listens() -> bool:
        return time.monotonic() > began + 1.5

    coroutines.run(endpoints._done(build, job.person, listens))
    assert job.shown["phase"] == "done" and job.started > began + 1.4


def test_a_client_who_no_longer_listens_has_its_job_stopped(clips, queue, monkeypatch):
    monkeypatch.setattr(jobs, "UNWATCHED_SECONDS", 1.5)
    gate = Gate()
    answer(clips, monkeypatch, gate, is_heard=lambda: not gate.began.is_set())
    assert gate.began.is_set() and not gate.over.is_set()


def test_a_waiting_job_of_such_a_client_makes_room(clips, queue, monkeypatch):
    monkeypatch.setattr(jobs, "UNWATCHED_SECONDS", 1.5)
    first, second = Gate(), Gate()
    running = queue.submit(job_of(clips["tiny"], first, name="bob"))
    running.last_watched += 1000  # on its page
    first.began.wait(PATIENCE)
    answer(clips, monkeypatch, second, is_heard=lambda: False)
    assert not second.began.is_set() and not running.finished.is_set()
    first.over.set()


def test_a_job_that_waits_ends_as_soon_as_its_client_has_hung_up(clips, queue, monkeypatch):
    """It waited for two minutes, because nothing was to be shown."""
    gate = Gate()
    running = queue.submit(job_of(clips["tiny"], gate, name="bob"))
    gate.began.wait(PATIENCE)
    monkeypatch.setattr(endpoints, "_has_hung_up", lambda: True)
    answer(clips, monkeypatch, Gate(), is_heard=lambda: True)
    assert not running.finished.is_set()
    gate.over.set()


def test_one_file_of_a_person_is_probed_at_a_time(clips, monkeypatch):
    running, most = [], []

    def probed(path, name):
        running.append(name)
        most.append(len(running))
        time.sleep(0.05)
        running.remove(name)
        return name

    monkeypatch.setattr(endpoints, "probed_clip", probed)
    monkeypatch.setattr(endpoints, "upload_path", lambda name, file: clips["tiny"])

    async def probe(names) -> list[str]:
        given = [{"video": {"orig_name": "x" * 10**6}} for _ in names]
        people = [person(name) for name in names]
        await asyncio.gather(*map(endpoints._probe_clips, given, people))
        return [each["video"] for each in given]

    found = coroutines.run(probe("aaaa"))
    assert max(most) == 1 and found == ["x" * endpoints.NAME_LENGTH] * 4
    most.clear()
    coroutines.run(probe("aabbcc"))
    assert max(most) == 2 and not endpoints._turns


def test_one_work_with_words_of_a_person_is_done_at_a_time(monkeypatch):
    running, most = [], []

    def work(say, checkpoint):
        running.append(0)
        most.append(len(running))
        time.sleep(0.05)
        running.pop()
        return 42

    async def done(names) -> list[int]:
        return await asyncio.gather(*(endpoints._beside(work, person(name)) for name in names))

    assert coroutines.run(done("aaa")) == [42] * 3 and max(most) == 1
    most.clear()
    assert coroutines.run(done("abcd")) == [42] * 4 and max(most) == 2
    assert not endpoints._turns_with_words


def test_work_with_words_ends_when_its_client_has_hung_up(monkeypatch):
    """Also while it says nothing, such as when the model is downloaded."""
    ended = threading.Event()

    def work(say, checkpoint):
        try:
            while True:
                time.sleep(0.01)
                checkpoint()
        finally:
            ended.set()

    monkeypatch.setattr(endpoints, "_has_hung_up", lambda: True)
    with pytest.raises(ValueError, match="has gone"):
        coroutines.run(endpoints._beside(work, person()))
    assert ended.wait(PATIENCE)
