"""What somebody wants of a source, and the levels that it needs."""

from __future__ import annotations

import math

import pytest
import torch
from helpers.sentences import is_one_sentence

from vgpnn import pyramid
from vgpnn.bars import Box
from vgpnn.presets import PRESETS
from vgpnn.tasks.preference import (
    LEAST_SIDE,
    MOST_SIDE,
    Preference,
    finer_settings,
    fitting_settings,
    joined,
    piece_side,
)

SHAPE = (6, 90, 120)


def box(side, count=1):
    mask = torch.zeros(SHAPE, dtype=torch.bool)
    for number in range(count):
        mask[:, 10 : 10 + side, 12 * number : 12 * number + side] = True
    return mask


@pytest.mark.parametrize(
    "masks",
    [{}, {"more": box(4).float()}, {"more": box(4)[0]}, {"more": box(4) & False}],
    ids=["none", "type", "frame", "empty"],
)
def test_masks_that_cannot_be_used_are_told(masks):
    with pytest.raises(ValueError) as error:
        Preference(**masks)
    assert is_one_sentence(str(error.value))


def test_another_shape_than_the_source_is_told():
    with pytest.raises(ValueError) as error:
        Preference(less=box(4)).checked((6, 90, 121))
    assert is_one_sentence(str(error.value))


def test_marks_do_not_lie_on_each_other():
    found = Preference(more=box(20), less=box(12), none=box(4)).checked(SHAPE)
    assert found.none.sum() == 6 * 4**2 and found.less.sum() == 6 * (12**2 - 4**2)
    assert found.more.sum() == 6 * (20**2 - 12**2)
    assert found.targets == (2.0, 0.5) and found.marks.wanted.shape == (2, *SHAPE)
    covered = Preference(more=box(4), none=box(20)).checked(SHAPE)
    assert covered.more is None and covered.targets == () and len(covered.marks.wanted) == 0


def test_what_lies_in_the_bars_is_left_out():
    preference = Preference(more=box(8))
    assert preference.inside(Box(12, 80, 0, 120)).more.sum() == 6 * 6 * 8
    assert preference.inside(Box(40, 80, 0, 120)) is None


def test_a_typical_piece_is_measured():
    assert piece_side(box(9, 5)) == 9
    assert piece_side(box(9) & False) is None


def test_small_things_get_a_finer_coarsest_level():
    settings = PRESETS["generate"]
    assert fitting_settings(settings, None, SHAPE) is settings
    assert fitting_settings(settings, Preference(more=box(60)), SHAPE) is settings
    pieces = box(5, 4)[:1].expand(18, -1, -1)
    small = fitting_settings(settings, Preference(none=pieces), (18, *SHAPE[1:]))
    assert small.min_side == MOST_SIDE and small.min_frames > settings.min_frames
    between = fitting_settings(settings, Preference(more=box(60), less=box(14)), SHAPE)
    assert settings.min_side < between.min_side < MOST_SIDE


@pytest.mark.parametrize("shape", [(24, 144, 256), (120, 144, 256), (60, 90, 640)])
def test_the_coarsest_level_stays_small_enough_for_an_exact_search(shape):
    mask = torch.zeros(shape, dtype=torch.bool)
    mask[:, 20:32, 30:42] = True
    settings, _ = pyramid.adapted_settings(PRESETS["generate"], shape)
    fitted = fitting_settings(settings, Preference(more=mask), shape)
    coarsest, _ = pyramid.level_shapes(shape, shape, fitted)[0]
    assert math.prod(coarsest) <= 1.02 * pyramid.COARSEST_VOXELS  # sides are rounded
    assert fitted.min_side >= LEAST_SIDE and fitted.min_frames >= settings.min_frames


def test_what_is_had_already_is_never_taken_away():
    settings = PRESETS["generate"].with_changes(min_frames=24)
    size = 24, 144, 256
    fitted = finer_settings(settings, MOST_SIDE, size)
    assert fitted.min_frames == 24 and settings.min_side < fitted.min_side < MOST_SIDE
    settings = settings.with_changes(min_side=24)
    assert finer_settings(settings, MOST_SIDE, size) is settings


def test_the_smaller_of_source_and_result_says_how_fine_levels_are():
    """Both are shrunk alike, so pieces are 4 px at a smaller side in a smaller result."""
    settings, mask = PRESETS["retarget"], box(12)
    whole = fitting_settings(settings, Preference(more=mask), SHAPE)
    half = fitting_settings(settings, Preference(more=mask), (6, 72, 120))
    assert (whole.min_side, half.min_side) == (30, 24)


def test_preferences_are_joined_by_kind():
    first, second = torch.zeros(2, 3, 4, 4, dtype=torch.bool).unbind()
    first[0], second[1] = True, True
    one, other = Preference(more=first), Preference(more=second, none=second)
    both = joined(one, other)
    assert both.more.equal(first | second) and both.none.equal(second) and both.less is None
    assert joined(None, one) is one is joined(one, None) and joined(None, None) is None
