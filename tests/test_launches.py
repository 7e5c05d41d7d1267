"""What the host asks of a GPU for one sample, counted without one."""

import pytest
from helpers.clips import drifting_texture
from helpers.stand_in import DEVICE, KERNELS, counted_launches

import vgpnn
from vgpnn import pyramid
from vgpnn.evaluation.benchmark import PAPER_SHAPE
from vgpnn.presets import PRESETS
from vgpnn.tasks.problem import Problem, source_levels

MOST_LAUNCHES = 1200
modules = [pytest.importorskip(name) for name in KERNELS]  # They need Triton.


@pytest.mark.parametrize("samples", [1, 6])
def test_a_sample_takes_few_launches_and_nothing_waits_for_the_gpu(samples, monkeypatch):
    video = vgpnn.Video(drifting_texture(PAPER_SHAPE, 0), 12)
    settings, _ = pyramid.adapted_settings(PRESETS["generate"], video.shape)
    for _ in range(2):  # tables go to the device once
        with monkeypatch.context() as patch, counted_launches(patch) as counts:
            levels = source_levels(video, video.shape, settings, DEVICE, lambda: None)
            guess = levels[0].source.expand(samples, *levels[0].shape, 3)
            problem = Problem(
                levels, guess, (settings,) * samples, video.fps, seeds=tuple(range(samples))
            )
            *_, last = problem.passes()
    assert last.is_last and last.guess.device == DEVICE
    # An error that is not asked for is not waited for either.
    with pytest.raises(RuntimeError, match="meta"):
        _ = last.error
    kernels = {name for names in KERNELS.values() for name in names}
    assert kernels <= counts.keys()
    assert counts.total() <= MOST_LAUNCHES, counts
