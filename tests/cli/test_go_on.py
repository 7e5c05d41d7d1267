"""`python -m vgpnn go-on`."""

from __future__ import annotations

import pytest
import torch
from helpers.sounds import flash_times, heard

import vgpnn


def test_the_result_is_that_of_python(moving, run_task, tmp_path):
    longer = run_task("go-on", moving, "--longer", 0.5, "--quality", "fast")
    assert longer.shape == (9, 40, 48)
    settings = vgpnn.preset("go_on", "fast")
    result = vgpnn.go_on(vgpnn.video.read(moving), longer=0.5, settings=settings)
    vgpnn.video.write(tmp_path / "expected.mp4", result.video)
    assert torch.equal(longer.codes, vgpnn.video.read(tmp_path / "expected.mp4").codes)


def test_it_is_heard_to_its_end(clips, run_task, tmp_path):
    run_task("go-on", clips["heard"], "--longer", 0.5, "--quality", "fast")
    assert len(heard(tmp_path / "out.mp4")) == pytest.approx(1.5 * 48_000, abs=1024)
    assert flash_times(tmp_path / "out.mp4")
