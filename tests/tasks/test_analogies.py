"""Video analogies and sketches: the layout of one clip with the looks of another."""

from fractions import Fraction

import pytest
import torch
from helpers.clips import codes
from helpers.scenes import half_moving, moving_strokes, two_speeds
from helpers.sentences import is_one_sentence

from vgpnn import tasks
from vgpnn.level import Level
from vgpnn.presets import PRESETS
from vgpnn.pyramid import adapted_settings
from vgpnn.tasks import analogies
from vgpnn.video import Video

SHAPE = (5, 48, 64)
LEFT, RIGHT = slice(0, 24), slice(40, None)  # columns of the two halves, without what is between
FAST = PRESETS["analogy"].with_changes(space_factor=0.75, time_factor=0.75)


def brightness(video):
    """The mean of the left half and that of the right half; what moves is bright."""
    return video[:, :, LEFT].mean(), video[:, :, RIGHT].mean()


def sharpness(video):
    """The mean squared difference of neighbouring pixels of a row."""
    return (video[:, :, 1:] - video[:, :, :-1]).square().mean()


@pytest.mark.parametrize("moves_right", [True, False], ids=["right", "left"])
def test_the_style_appears_where_the_layout_moves(moves_right):
    layout, style = half_moving(SHAPE, moves_right, 0), half_moving(SHAPE, True, 1)
    result = tasks.analogy(layout, style, settings=FAST).video.frames
    assert result.shape == layout.shape
    left, right = brightness(result)
    still, moving = (left, right) if moves_right else (right, left)
    assert moving > still + 0.3


def test_colours_alone_follow_the_colours_of_the_layout():
    """The other ablation: what is bright in the layout is bright in the result, moving or not."""
    layout, style = half_moving(SHAPE, True, 0), half_moving(SHAPE, True, 1)
    still = layout[:1].repeat(5, 1, 1, 1)
    result = tasks.analogy(still, style, settings=FAST, structure="colours").video.frames
    left, right = brightness(result)
    assert right > left + 0.3


@pytest.mark.slow
def test_a_clip_in_the_style_of_itself_keeps_its_look():
    clip = half_moving(SHAPE, True, 0)
    result = tasks.analogy(clip, clip).video.frames
    assert (result.mean((0, 1)) - clip.mean((0, 1))).abs().mean() < 0.15
    assert 0.8 < sharpness(result) / sharpness(clip) < 1.2
    moving = result[:, 8:40, 36:60]
    assert (moving.mean((0, 1, 3)) > 0.1).all()  # bright in every column


def test_the_rate_is_that_of_the_layout_and_changes_nothing_else():
    """Frames are compared with frames, whatever the rates are."""
    layout, style = half_moving(SHAPE, True, 0), half_moving(SHAPE, True, 1)
    slow, fast = Video(layout, Fraction(15)), Video(style, Fraction(30))
    with_rates = analogies.problem(slow, fast, settings=FAST)
    plain = analogies.problem(layout, style, settings=FAST)
    assert with_rates.fps == 15 and torch.equal(with_rates.guess, plain.guess)
    for level, other in zip(with_rates.levels, plain.levels, strict=True):
        assert torch.equal(level.source, other.source) and level.shape == other.shape
        assert (level.structure is None) == (other.structure is None)
        assert all(map(torch.equal, level.structure or (), other.structure or ()))


def test_sizes_and_lengths_may_differ():
    layout, style = half_moving((4, 40, 66), True, 0), half_moving((7, 60, 52), True, 1)
    result = tasks.analogy(layout, style, settings=FAST)
    assert result.video.frames.shape == layout.shape and result.source == (7, 60, 52)
    assert (result.source_map.amax((0, 1, 2)) < torch.tensor(result.source)).all()
    assert (result.source_map >= 0).all()


def test_the_strokes_of_a_sketch_are_filled_with_what_moves():
    sketch = moving_strokes()
    result = tasks.analogy(sketch, half_moving((5, 60, 72), True, 0), sketch=True).video.frames
    assert result.shape == sketch.shape
    assert result[:, 20:40, 26:34].mean() > result[:, :, 50:].mean() + 0.3


def test_the_presets_are_those_of_analogies_and_sketches():
    layout, style = half_moving(SHAPE, True, 0), half_moving(SHAPE, True, 1)
    analogy = analogies.problem(layout, style)
    sketch = analogies.problem(moving_strokes(), style, sketch=True)
    assert analogy.settings[0] == adapted_settings(PRESETS["analogy"], SHAPE)[0]
    assert sketch.settings[0] == adapted_settings(PRESETS["sketch"], SHAPE)[0]


@pytest.mark.parametrize(("share", "count"), [(0.0, 1), (0.5, 2), (1.0, 4)])
def test_the_coarser_levels_compare_structure_and_the_coarsest_nothing_else(share, count):
    sizes = ((3, 6, 8), (4, 9, 12), (5, 12, 16), (5, 18, 24))
    levels = [Level(codes(size, 0), tuple(n + 1 for n in size)) for size in sizes]
    generator = torch.Generator().manual_seed(0)
    layout_structure = torch.rand(6, 19, 25, 1, generator=generator)
    style_structure = torch.rand(5, 18, 24, 1, generator=generator)
    settings = PRESETS["analogy"].with_changes(structure_levels=share)
    structured = analogies.with_structure(levels, layout_structure, style_structure, settings)
    assert [level.structure is not None for level in structured] == [
        index < count for index in range(4)
    ]
    assert [level.colours for level in structured] == [False, True, True, True]
    for level in structured[:count]:
        query, key = level.structure
        assert query.shape == (*level.shape, 1) and key.shape == (*level.source_shape, 1)
        assert min(query.min(), key.min()) >= 0 and max(query.max(), key.max()) <= 1


def test_steps_give_a_result_for_every_seed():
    layout, style = half_moving((4, 32, 40), True, 0), half_moving((4, 32, 40), True, 1)
    *_, last = tasks.analogy_steps(layout, style, seed=(0, 5), settings=FAST)
    assert [result.seed for result in last.results] == [0, 5]
    assert torch.equal(
        last.results[0].video.codes, tasks.analogy(layout, style, settings=FAST).video.codes
    )


MOVING = half_moving((4, 40, 40), True, 0)
STILL = MOVING[:1].repeat(4, 1, 1, 1)
PAN = two_speeds((4, 48, 128), 2, 2)[:, :, :64]


@pytest.mark.parametrize(
    ("layout", "style", "sketch", "says"),
    [
        (STILL, MOVING, False, "Nothing moves in the layout: choose one with motion."),
        (MOVING[:1], MOVING, False, "Nothing moves in the layout: choose one with motion."),
        (MOVING, STILL, False, "Nothing moves in the style: choose one with motion."),
        (PAN, MOVING, False, "Everything in the layout moves alike: choose one with still parts."),
        (
            MOVING,
            MOVING[:2],
            False,
            "The style is smaller than a patch of 3 x 5 x 5: choose a longer or larger clip.",
        ),
        (
            torch.ones(4, 40, 40, 3),
            MOVING,
            True,
            "There is no stroke in the sketch: draw one that differs from the paper.",
        ),
    ],
    ids=["still layout", "one frame", "still style", "pan", "small style", "empty sketch"],
)
def test_clips_that_cannot_be_used_are_one_sentence(layout, style, sketch, says):
    with pytest.raises(ValueError) as error:
        tasks.analogy(layout, style, sketch)
    assert str(error.value) == says and is_one_sentence(says)
