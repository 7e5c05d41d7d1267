"""`python -m vgpnn retarget`."""

from __future__ import annotations

import torch

import vgpnn


def test_the_size_changes(moving, run_task):
    words = "--width-scale", 1.5, "--height-scale", 0.5, "--quality", "fast"
    wide = run_task("retarget", moving, *words)
    assert wide.frames.shape == (6, 20, 72, 3) and wide.fps == 10


def test_the_length_changes_and_the_result_loops(moving, run_task, tmp_path):
    words = "--duration-scale", 2, "--loop", "--quality", "fast"
    longer = run_task("retarget", moving, *words)
    assert longer.frames.shape == (12, 40, 48, 3)
    settings = vgpnn.preset("retarget", "fast")
    source = vgpnn.video.read(moving)
    result = vgpnn.retarget(source, duration_scale=2, loop=True, settings=settings)
    vgpnn.video.write(tmp_path / "expected.mp4", result.video)
    assert torch.equal(longer.codes, vgpnn.video.read(tmp_path / "expected.mp4").codes)
