"""Fixtures of the command line: small clips, and running a task's command on them."""

from __future__ import annotations

import pytest
import torch

import vgpnn
from vgpnn.cli.main import main
from vgpnn.pyramid import resize


@pytest.fixture
def clip(tmp_path):
    """Path of 5 frames of 32 x 40 at 10 frames per second: smooth colours that change."""
    generator = torch.Generator().manual_seed(0)
    coarse = torch.rand(3, 8, 10, 3, generator=generator) * 2 - 1
    path = tmp_path / "in.mp4"
    vgpnn.video.write(path, resize(coarse, (5, 32, 40)).clamp(-1, 1), fps=10)
    return path


@pytest.fixture
def moving(tmp_path):
    """Path of 6 frames of 40 x 48: a square that runs over a still texture."""
    frames = torch.rand(1, 40, 48, 3, generator=torch.Generator().manual_seed(0)).repeat(6, 1, 1, 1)
    for k in range(6):
        frames[k, 10:26, 4 + 4 * k : 20 + 4 * k] = 0.9
    path = tmp_path / "moving.mp4"
    vgpnn.video.write(path, frames * 2 - 1, fps=10)
    return path


@pytest.fixture
def run_task(tmp_path):
    """A function that runs a task's command and returns the video that it wrote.

    Its arguments are the command, its inputs, and after them its flags.
    """
    one = dict.fromkeys(("generate", "retarget", "extend", "go-on", "tile"), 1)
    inputs = {**one, "analogy": 2, "inpaint": 2}

    def run(command: str, *words: object) -> vgpnn.Video:
        count, out = inputs[command], tmp_path / "out.mp4"
        words = [command, *words[:count], out, *words[count:]]
        assert main([str(word) for word in words]) == 0
        return vgpnn.video.read(out)

    return run
