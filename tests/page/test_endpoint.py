"""Endpoints take the settings of the method from the fields of `Settings`, by name."""

from __future__ import annotations

import asyncio
import inspect
import time
from dataclasses import dataclass

import gradio as gr
import pytest
from helpers import coroutines
from helpers.jobs import Executor, Gate, job_of, person
from helpers.server import wait_for

from vgpnn.page import endpoint as endpoints
from vgpnn.page.endpoint import PART, endpoint, setting_help, setting_type
from vgpnn.presets import PRESETS
from vgpnn.service import files
from vgpnn.service import job as jobs
from vgpnn.service.executors import selection
from vgpnn.service.queue import JobQueue
from vgpnn.setting import NoneChoice, setting
from vgpnn.settings import SETTINGS, Settings


@pytest.fixture
def base(tmp_path, monkeypatch):
    """The base folder of the service, empty and for this test alone."""
    for name, folder in (("BASE", ""), ("UPLOADS", "uploads"), ("RECORDS", "records")):
        monkeypatch.setattr(files, name, tmp_path / folder)
    files.UPLOADS.mkdir()


def made(task: str = "generate"):
    @endpoint(task, lambda arguments: {})
    def example(video: gr.FileData, strength: float = 0.5):
        """An example.

        Args:
            video: a file.
            strength: how strong.
        """

    return example


def parameters_of(call) -> dict[str, inspect.Parameter]:
    return dict(inspect.signature(call).parameters)


def test_arguments_of_the_task_come_first_then_the_part_then_the_settings():
    names = list(parameters_of(made()))
    assert names == ["gradio_request", "video", "strength", *PART, *SETTINGS]


@pytest.mark.parametrize("task", PRESETS)
def test_defaults_are_those_of_the_preset(task):
    parameters = parameters_of(made(task))
    for name in SETTINGS:
        default = getattr(PRESETS[task], name)
        assert parameters[name].default == (list(default) if type(default) is tuple else default)
    assert parameters["strength"].default == 0.5
    assert {name: parameters[name].default for name in PART} == {
        "start": 0.0,
        "frames": 24,
        "height": 144,
        "seed": 0,
        "fps": None,
        "size": "working",
    }


def test_types_follow_from_the_kinds():
    types = {name: parameters_of(made())[name].annotation for name in SETTINGS}
    assert types["patch"] == types["large_patch"] == list[int]
    assert types["passes"] is types["large_voxels"] is types["bins"] is int
    assert types["space_factor"] is types["noise"] is float
    assert types["vote"] is types["flow"] is str
    assert types["alpha"] == types["sigma"] == float | None
    assert {name for name, kind in types.items() if kind == float | None} == {"alpha", "sigma"}


def test_gradio_sees_the_same_types_as_python():
    call = made()
    annotations = {p.name: p.annotation for p in parameters_of(call).values()}
    assert call.__annotations__ == annotations | {"return": endpoints.Answer}
    assert call.__name__ == "example" and inspect.iscoroutinefunction(call)


def test_every_argument_is_explained_in_the_docstring():
    lines = made().__doc__.splitlines()
    assert lines[0] == "An example."
    explained = [line.split(":")[0].strip() for line in lines[lines.index("Args:") + 1 :] if line]
    assert explained[: explained.index("Returns")] == ["video", "strength", *PART, *SETTINGS]


def test_the_help_of_a_setting_has_its_range_and_what_null_means():
    assert setting_help(SETTINGS["passes"]).endswith("cleaner. From 1 to 20.")
    assert setting_help(SETTINGS["alpha"]).endswith("From 0.000001 to 100. null: off.")
    assert setting_help(SETTINGS["vote"]).endswith("One of median, mean, weighted.")
    assert all(setting_help(about).endswith(".") for about in SETTINGS.values())


def test_a_new_field_of_the_settings_is_a_new_argument(monkeypatch):
    @dataclass(frozen=True)
    class More(Settings):
        warmth: float | None = setting(
            None,
            kind="number",
            label="Warmth",
            help="Higher is warmer.",
            group="noise",
            low=0,
            high=9,
            optional=NoneChoice(word="off", label="Warm it", help="Otherwise it stays.", start=1.0),
        )

    about = More.__dataclass_fields__["warmth"].metadata["setting"]
    monkeypatch.setattr(endpoints, "SETTINGS", {**SETTINGS, "warmth": about})
    monkeypatch.setattr(endpoints, "PRESETS", {**PRESETS, "generate": More()})
    call = made()
    parameter = parameters_of(call)["warmth"]
    assert (parameter.default, parameter.annotation) == (None, float | None)
    assert setting_type(about) == float | None
    assert "    warmth: Warmth. Higher is warmer. From 0 to 9. null: off." in call.__doc__


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

    with pytest.raises(gr.Error, match="The job was stopped"):
        coroutines.run(endpoints._answer(build, job.person, is_heard))
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

    coroutines.run(endpoints._answer(build, job.person, listens))
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
    first.began.wait(10)
    answer(clips, monkeypatch, second, is_heard=lambda: False)
    assert not second.began.is_set() and not running.finished.is_set()
    first.over.set()


def test_a_job_that_waits_ends_as_soon_as_its_client_has_hung_up(clips, queue, monkeypatch):
    """It waited for two minutes, because nothing was to be shown."""
    gate = Gate()
    running = queue.submit(job_of(clips["tiny"], gate, name="bob"))
    gate.began.wait(10)
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
