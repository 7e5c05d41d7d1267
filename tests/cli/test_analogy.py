"""`python -m vgpnn analogy`."""

from __future__ import annotations

import torch

import vgpnn


def test_the_style_is_read_at_the_rate_of_the_layout(moving, run_task, tmp_path):
    style = tmp_path / "style.mp4"
    vgpnn.video.write(style, vgpnn.video.read(moving).frames.repeat_interleave(3, 0), fps=30)
    settings = "--bins", 3, "--structure", "magnitude", "--quality", "fast"
    result = run_task("analogy", moving, style, *settings)
    assert result.frames.shape == (6, 40, 48, 3) and result.fps == 10
    same = run_task("analogy", moving, moving, *settings)
    assert (result.frames - same.frames).abs().mean() < 0.1


def test_a_sketch_has_the_settings_of_sketches(moving, run_task, tmp_path):
    drawing = torch.ones(4, 40, 40, 3)
    for k in range(4):
        drawing[k, 8:32, 8 + 2 * k : 20 + 2 * k] = -1
    path = tmp_path / "sketch.mp4"
    vgpnn.video.write(path, drawing, fps=10)
    result = run_task("analogy", path, moving, "--sketch", "--quality", "fast")
    assert result.frames.shape == (4, 40, 40, 3)
    expected = vgpnn.analogy(
        vgpnn.video.read(path),
        vgpnn.video.read(moving),
        sketch=True,
        settings=vgpnn.preset("sketch", "fast"),
    )
    vgpnn.video.write(tmp_path / "expected.mp4", expected.video)
    assert torch.equal(result.codes, vgpnn.video.read(tmp_path / "expected.mp4").codes)
