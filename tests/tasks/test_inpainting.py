"""Conditional inpainting: cues become things, and what lies outside the region stays."""

import pytest
import torch
from helpers.clips import codes
from helpers.sentences import is_one_sentence

from vgpnn import pyramid, tasks
from vgpnn.codes import encode
from vgpnn.level import Level
from vgpnn.presets import PRESETS
from vgpnn.tasks import inpainting

SHAPE = (6, 40, 56)
FAST = PRESETS["inpaint"].with_changes(passes=2)


@pytest.fixture(scope="module")
def sky():
    """A grey sky with dark and with light spots, (T, H, W, 3) in [-1, 1]."""
    frames = torch.full((*SHAPE, 3), 0.1)
    for k in range(SHAPE[0]):
        for y, x, value in ((8, 6, -0.9), (28, 14, -0.9), (14, 40, 0.9), (32, 44, 0.9)):
            frames[k, y : y + 5, x + k // 2 : x + 5 + k // 2] = value
    return frames


def box(y, x, side=5, value=-1.0):
    """A region, and a cue of a grey value in the middle of it."""
    region = torch.zeros(SHAPE, dtype=torch.bool)
    region[:, y - 3 : y + side + 3, x - 3 : x + side + 3] = True
    cues = torch.full((*SHAPE, 4), -1.0)
    cues[:, y : y + side, x : x + side, :3] = value
    cues[:, y : y + side, x : x + side, 3] = 1
    return region, cues


@pytest.mark.parametrize("value", [-1.0, 1.0], ids=["dark", "light"])
def test_a_cue_becomes_what_has_its_colour(sky, value):
    region, cues = box(18, 24, value=value)
    result = tasks.inpaint(sky, region, cues, settings=FAST).video.frames
    inside = result[:, 15:26, 21:32]
    assert (inside * value).amax() > 0.7
    assert (inside * value).amin() > -0.3  # nothing of the other kind is there


def test_outside_the_region_nothing_changes_by_a_bit(sky):
    noisy = sky + 0.01 * torch.rand(sky.shape, generator=torch.Generator().manual_seed(0))
    region, cues = box(18, 24)
    result = tasks.inpaint(noisy, region, cues, settings=FAST)
    assert torch.equal(result.video.codes[~region], encode(noisy)[~region])
    assert not torch.equal(result.video.codes[region], encode(noisy)[region])
    places = result.source_map[~region]
    assert torch.equal(places.long(), (~region).nonzero())


def test_no_voxel_inside_comes_from_the_region(sky):
    region, cues = box(18, 24)
    result = tasks.inpaint(sky, region, cues, settings=FAST)
    t, y, x = result.source_map[region].long().unbind(-1)
    assert not region[t, y, x].any()


def test_without_a_cue_a_thing_is_removed(sky):
    region = torch.zeros(SHAPE, dtype=torch.bool)
    region[:, 11:22, 37:50] = True
    assert sky[region].max() > 0.8
    result = tasks.inpaint(sky, region, settings=FAST).video.frames
    assert result[:, 12:21, 38:48].amax() < 0.4


def test_an_empty_region_changes_nothing(sky):
    result = tasks.inpaint(sky, torch.zeros(SHAPE, dtype=torch.bool), settings=FAST)
    assert torch.equal(result.video.codes, encode(sky))


def test_steps_give_a_result_for_every_seed(sky):
    region, cues = box(18, 24)
    *_, last = tasks.inpaint_steps(sky, region, cues, seed=(0, 4), settings=FAST)
    assert [result.seed for result in last.results] == [0, 4]
    alone = tasks.inpaint(sky, region, cues, seed=4, settings=FAST)
    assert torch.equal(last.results[1].video.codes, alone.video.codes)


def test_the_coarsest_level_makes_a_cue_as_large_as_a_patch():
    region, cues = torch.zeros(4, 280, 420, dtype=torch.bool), torch.full((4, 280, 420, 4), -1.0)
    region[:, 100:128, 200:228] = True
    settings = PRESETS["inpaint"]
    assert inpainting.coarsest_side(region, None, settings) == 70  # 28 px become 7
    cues[:, 110:124, 210:224, 3] = 1
    assert inpainting.coarsest_side(region, cues, settings) == 140  # 14 px become 7
    assert inpainting.coarsest_side(region, torch.zeros_like(cues), settings) == settings.min_side
    assert inpainting.coarsest_side(region & False, None, settings) == settings.min_side
    region[:] = True
    assert inpainting.coarsest_side(region, None, settings) == settings.min_side  # not below


def test_a_reduced_region_covers_all_that_lies_in_it():
    region = torch.zeros(5, 24, 30, dtype=torch.bool)
    region[3, 7, 11] = True
    reduced = inpainting.reduced_region(region, (2, 5, 7))
    assert reduced.dtype == torch.bool and reduced.nonzero().tolist() == [[1, 1, 2]]
    assert inpainting.reduced_region(region, (5, 24, 30)) is region


def test_a_level_needs_patches_that_do_not_touch_its_region():
    """A patch has 3 x 7 x 7 voxels: a free strip 22 px high holds 16 rows of one patch each."""
    source, region = codes((3, 22, 14), 0), torch.zeros(3, 22, 14, dtype=torch.bool)
    region[:, :, 7:] = True
    assert inpainting.LEAST_KEYS == 16
    assert inpainting.has_enough_keys(Level(source, (3, 22, 14), region=region), FAST)
    region[:, 0, :] = True
    assert not inpainting.has_enough_keys(Level(source, (3, 22, 14), region=region), FAST)


def test_the_first_guess_is_filled_smoothly_and_has_the_cues_on_top(sky):
    region, cues = box(12, 38, value=-0.4)  # around a light spot
    calls = []
    guess = inpainting.first_guess(encode(sky), region, cues, SHAPE, lambda: calls.append(0))
    assert len(calls) == SHAPE[0]
    assert torch.equal(guess[~region], encode(sky)[~region])
    has_cue = cues[..., 3] > 0
    assert (guess[has_cue] == encode(torch.tensor(-0.4))).all()
    filled = guess[region & ~has_cue].int() - encode(torch.tensor(0.1)).int()
    assert filled.abs().max() <= 110 and filled.abs().float().median() < 20  # the sky, mostly
    small = inpainting.first_guess(encode(sky), region, cues, (3, 20, 28), lambda: None)
    assert torch.equal(small, pyramid.resize(guess, (3, 20, 28)))


@pytest.mark.parametrize(
    ("region", "cues", "says"),
    [
        (
            torch.ones(SHAPE, dtype=torch.bool),
            None,
            "The region leaves too little of the clip to fill it from: paint less.",
        ),
        (
            torch.zeros(2, 2, 2, dtype=torch.bool),
            None,
            "region must be a bool tensor of shape (6, 40, 56), like the video.",
        ),
        (
            torch.zeros(SHAPE),
            None,
            "region must be a bool tensor of shape (6, 40, 56), like the video.",
        ),
        (
            torch.zeros(SHAPE, dtype=torch.bool),
            torch.zeros(SHAPE),
            "cues must be a tensor of shape (6, 40, 56, 4), like the video.",
        ),
    ],
    ids=["all of it", "other shape", "not bool", "cues without colours"],
)
def test_a_bad_region_or_cues_are_one_sentence(sky, region, cues, says):
    with pytest.raises(ValueError) as error:
        tasks.inpaint(sky, region, cues)
    assert str(error.value) == says and is_one_sentence(says)
