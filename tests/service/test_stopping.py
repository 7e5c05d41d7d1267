"""Every task ends soon after it was stopped, whatever it was given and wherever it is."""

from __future__ import annotations

import random
import time

import numpy as np
import pytest
import torch
from helpers.gaps import Gaps
from helpers.jobs import person, request_of
from PIL import Image

import vgpnn
from vgpnn.service import work

SHAPE = (12, 96, 128)
SECONDS = 5.0  # [s] until a run has ended, at most

TASKS = ["generate", "retarget", "longer", "analogy", "sketch", "inpaint", "follow", "cues"]


@pytest.fixture(scope="module")
def noise(tmp_path_factory):
    """Files of noise: two videos, and a picture of paint in which every pixel has its colour."""
    folder = tmp_path_factory.mktemp("noise")
    generator = torch.Generator().manual_seed(0)
    for name in ("clip", "other"):
        codes = torch.randint(0, 256, (*SHAPE, 3), generator=generator, dtype=torch.uint8)
        vgpnn.video.write(folder / f"{name}.mp4", vgpnn.Video(codes, 12), quality=0)
    paint = np.random.default_rng(0).integers(0, 256, (*SHAPE[1:], 4), np.uint8)
    Image.fromarray(paint).save(folder / "paint.png")
    return folder


def request(noise, task: str):
    """A request of a task that takes some seconds."""
    clip, numbers = noise / "clip.mp4", {"frames": SHAPE[0], "height": SHAPE[1]}
    paint = {"first": 0, "last": SHAPE[0] - 1, "margin": 0.5, "remove": (255, 0, 255)}
    if task == "longer":
        return request_of(clip, "retarget", {"duration_scale": 1.5, "loop": True}, **numbers)
    if task == "retarget":
        return request_of(clip, "retarget", {"width_scale": 0.7}, **numbers)
    if task in ("analogy", "sketch"):
        style = request_of(noise / "other.mp4").clip
        return request_of(clip, task, {"style": style}, **numbers)
    if task == "cues":  # a file of paint
        paint |= {"cues_path": noise / "paint.png", "key": None}
        return request_of(clip, "inpaint", paint, **numbers)
    if task in (
        "inpaint",
        "follow",
    ):  # painted on the page, on two frames: the paint moves in between
        with Image.open(noise / "paint.png") as image:
            pictures = {0: np.array(image), SHAPE[0] - 1: np.array(image)[::-1].copy()}
        paint |= {"pictures": pictures, "follow": task == "follow"}
        return request_of(clip, "inpaint", paint, **numbers)
    return request_of(clip, samples=2, **numbers)


@pytest.fixture
def stoppable(base, cache, monkeypatch):
    """Makes a job whose checkpoints are an instrument, which stops it after some seconds."""

    def make(request, seconds=None):
        job = work.new_job(request, person())
        gaps = Gaps(seconds, least=3)  # a busy machine may only begin after these seconds
        monkeypatch.setattr(job, "checkpoint", gaps)
        return job, gaps

    return make


@pytest.mark.parametrize("task", TASKS)
def test_a_task_on_noise_is_stopped_at_any_moment(task, noise, stoppable):
    seconds = random.Random(task).uniform(0.0, 3.0)
    job, gaps = stoppable(request(noise, task), seconds)
    began = time.monotonic()
    try:
        work.make_samples(job)
    except vgpnn.Cancelled:
        pass
    except ValueError as error:  # all of the clip was painted over
        assert "leaves too little" in str(error)
    assert time.monotonic() - began < seconds + SECONDS
    assert gaps.calls > 3 and gaps.longest < SECONDS, gaps.where
