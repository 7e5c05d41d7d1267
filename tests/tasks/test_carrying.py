"""Paint that follows what it is on, through `cues.from_pictures`."""

from __future__ import annotations

import time

import numpy as np
import pytest
import torch
from helpers.clips import codes
from helpers.scenes import moving_disc

from vgpnn.tasks import carrying, cues
from vgpnn.tasks.carrying import Carried

SHAPE = (13, 96, 128)
BLUE = (0, 0, 255)


@pytest.fixture(scope="module")
def scene():
    """A clip with a disc that moves, and where it is, (T, H, W) bool."""
    return moving_disc(SHAPE, 10, (5.0, 1.0), (30.0, 40.0))


def picture(mask, colour=cues.REMOVE):
    """A picture with paint where a mask is."""
    layer = np.zeros((*mask.shape, 4), np.uint8)
    layer[np.asarray(mask)] = (*colour, 255)
    return layer


def overlaps(shapes, others):
    """By frame the overlap of (T, H, W) shapes."""
    either = (shapes | others).flatten(1).sum(1).clamp(min=1)
    return (shapes & others).flatten(1).sum(1) / either


@pytest.mark.parametrize("painted_on", [0, 6, 12])
def test_one_painted_frame_is_enough(scene, painted_on):
    """Paint that stays is soon beside the disc; the region has it on every frame."""
    clip, masks = scene
    paint = {painted_on: picture(masks[painted_on])}
    stays, _ = cues.from_pictures(paint, SHAPE, 0, 12, margin=0)
    follows, _ = cues.from_pictures(paint, SHAPE, 0, 12, margin=0, clip=clip)
    assert overlaps(stays, masks).mean() < 0.35
    assert overlaps(follows, masks).min() > 0.6 > 0 == overlaps(stays, masks).min()
    assert (follows & masks).sum() > 0.98 * masks.sum()


def test_the_frame_that_was_painted_is_as_it_was_painted(scene):
    clip, masks = scene
    for number in (0, 6):
        region, _ = cues.from_pictures(
            {number: picture(masks[number])}, SHAPE, 0, 12, margin=0, clip=clip
        )
        assert torch.equal(region[number], masks[number])


def test_cues_move_with_their_paint_and_only_the_region_grows(scene):
    clip, masks = scene
    region, colours = cues.from_pictures({0: picture(masks[0], BLUE)}, SHAPE, 2, 9, clip=clip)
    has_cue = colours[..., 3] > 0
    assert overlaps(has_cue[2:10], masks[2:10]).min() > 0.85
    assert (region >= has_cue).all() and not region[:2].any() and not region[10:].any()
    assert colours[5][masks[5]].mean(0)[2] > 0.8
    tight, _ = cues.from_pictures({0: picture(masks[0], BLUE)}, SHAPE, 2, 9, margin=0, clip=clip)
    larger = (tight & ~has_cue).flatten(1).sum(1)
    assert larger[9] > larger[2] and larger[9] < has_cue[9].sum()


def test_paint_that_holds_far_from_its_frame_follows_until_there(scene):
    clip, masks = scene
    for number, (first, last) in ((0, (10, 12)), (12, (0, 2))):
        paint = {number: picture(masks[number])}
        region, _ = cues.from_pictures(paint, SHAPE, first, last, margin=0, clip=clip)
        assert overlaps(region, masks)[first : last + 1].min() > 0.6
        assert region.flatten(1).any(1).sum() == last - first + 1


def test_between_two_painted_frames_it_follows_from_the_nearer_one(scene):
    """The paint of each has a form of its own, so that it shows which one it was."""
    clip, masks = scene
    half = masks[12].clone()
    half[: 40 + 12] = False
    paint = {0: picture(masks[0], BLUE), 12: picture(half, BLUE)}
    _, colours = cues.from_pictures(paint, SHAPE, 0, 12, clip=clip)
    areas = (colours[..., 3] > 0).flatten(1).sum(1) / masks[0].sum()
    assert (areas[:6] > 0.9).all() and (areas[7:] < 0.7).all()


def test_between_two_things_it_moves_from_shape_to_shape(scene):
    """As without flow: what was under the one picture is not under the other."""
    clip, masks = scene
    far = torch.zeros_like(masks[0])
    far[70:90, 10:30] = True
    paint = {0: picture(masks[0]), 12: picture(far)}
    follows, _ = cues.from_pictures(paint, SHAPE, 0, 12, clip=clip)
    stays, _ = cues.from_pictures(paint, SHAPE, 0, 12)
    assert torch.equal(follows, stays)


def test_a_colour_of_one_painted_frame_follows_up_to_the_next(scene):
    clip, masks = scene
    other = torch.zeros_like(masks[0])
    other[70:90, 10:30] = True
    paint = {0: picture(masks[0], BLUE), 12: picture(other)}
    _, colours = cues.from_pictures(paint, SHAPE, 0, 12, clip=clip)
    assert overlaps(colours[:12, ..., 3] > 0, masks[:12]).min() > 0.8
    assert not (colours[12, ..., 3] > 0).any()


def test_where_nothing_moves_paint_stays_to_the_pixel():
    still = codes((1, *SHAPE[1:]), 0).expand(13, -1, -1, -1)
    mask = torch.zeros(SHAPE[1:], dtype=torch.bool)
    mask[20:40, 30:70] = True
    paint = {5: picture(mask)}
    follows, _ = cues.from_pictures(paint, SHAPE, 0, 12, clip=still)
    assert torch.equal(follows, cues.from_pictures(paint, SHAPE, 0, 12)[0])


def test_many_pieces_move_together():
    clip = codes(SHAPE, 0)
    dots = np.zeros(SHAPE[1:], bool)
    dots[::3, ::3] = True
    carried = Carried(clip, {0: {BLUE}}, {0: lambda paint: dots}, 0, 12)
    (tracks,) = carried._tracks.values()
    assert len(tracks) == 1 < dots.sum() > carrying.MOST_PIECES


def test_paint_on_every_frame_is_followed_nowhere():
    mask = np.ones(SHAPE[1:], bool)
    every = dict.fromkeys(range(13), lambda paint: mask)
    assert not Carried(codes(SHAPE, 0), dict.fromkeys(every, {BLUE}), every, 0, 12)._tracks


def test_it_stops_within_a_second(scene):
    """Checkpoints come often, and one that raises ends it."""
    clip, masks = scene
    times = []
    cues.from_pictures(
        {6: picture(masks[6])},
        SHAPE,
        0,
        12,
        clip=clip,
        checkpoint=lambda: times.append(time.time()),
    )
    assert len(times) > 24 and max(np.diff(times)) < 1

    def stop():
        if len(times) > 5:
            raise InterruptedError
        times.append(0)

    times.clear()
    with pytest.raises(InterruptedError):
        cues.from_pictures({6: picture(masks[6])}, SHAPE, 0, 12, clip=clip, checkpoint=stop)
