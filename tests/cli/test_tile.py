"""`python -m vgpnn tile`."""

from __future__ import annotations

import torch

import vgpnn


def test_the_result_is_that_of_python(moving, run_task, tmp_path):
    tile = run_task("tile", moving, "--axes", "x", "--seed", 2, "--quality", "fast")
    settings = vgpnn.preset("tile", "fast")
    result = vgpnn.tile(vgpnn.video.read(moving), "x", seed=2, settings=settings)
    vgpnn.video.write(tmp_path / "expected.mp4", result.video)
    assert torch.equal(tile.codes, vgpnn.video.read(tmp_path / "expected.mp4").codes)


def test_a_tile_can_be_a_loop(moving, run_task):
    assert run_task("tile", moving, "--time", "--quality", "fast").shape == (6, 40, 48)
