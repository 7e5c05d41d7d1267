"""A loop that is paused and goes on."""

import torch
from helpers.clips import clip

from vgpnn.presets import PRESETS
from vgpnn.tasks import generation
from vgpnn.tasks.run import Run

SETTINGS = PRESETS["generate"].with_changes(passes=2, last_levels=0, sigma=6.0)


def problem(shape=(5, 30, 40)):
    return generation.problem(clip(*shape), 3, SETTINGS)


def test_it_stops_after_the_last_pass_of_a_level():
    run = Run(problem().passes())
    for level in (1, 3, 3):
        state = run.to_level(level)
        assert (state.level, state.number) == (level, state.passes)
    assert run.to_level(1).level == 1  # a level that is passed
    levels = [state.level for state in run.taken()]
    assert levels == [state.level for state in problem().passes()]


def test_the_passes_are_those_of_a_loop_that_was_never_paused():
    large = 6, 64, 80  # PatchMatch overwrites the field of the pass before
    run = Run(problem(large).passes())
    run.to_level(len(problem(large).levels))
    for paused, plain in zip(run.taken(), problem(large).passes(), strict=True):
        assert torch.equal(paused.guess, plain.guess) and torch.equal(paused.field, plain.field)
        assert (paused.level, paused.number, paused.error) == (
            plain.level,
            plain.number,
            plain.error,
        )


def test_the_passes_can_be_taken_once():
    run = Run(problem().passes())
    assert not run.is_taken and run.taken() is not None
    assert run.is_taken and run.taken() is None
