"""A painted piece follows a thing whose true place is known."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch
from helpers.clips import codes
from helpers.scenes import moving_disc

from vgpnn.tasks.region import grown
from vgpnn.tasks.tracking import GROUND, Pair, Track, thing_in, weighted_median

SHAPE = (14, 96, 128)


def overlap(shape, other):
    return (shape & other).sum() / (shape | other).sum()


def tracked(frames, shape):
    """The track of a shape on the first frame, to the last one."""
    track = Track(shape, frames[0])
    for pair in zip(frames, frames[1:]):
        track.step(Pair(*pair))
    return track


@pytest.mark.parametrize("room", [0, 5], ids=["tight", "generous"])
@pytest.mark.parametrize(
    ("radius", "speed"), [(14, (2.3, 0.7)), (5, (6.0, 1.0)), (14, (0.4, 0.2))],
    ids=["usual", "small and fast", "slow"],
)  # fmt: skip
def test_paint_stays_on_a_disc_that_moves(radius, speed, room):
    """People paint with room around a thing, and small things move by more than their size."""
    video, masks = (each.numpy() for each in moving_disc(SHAPE, radius, speed, (25.0, 40.0)))
    painted = grown(masks[0], room) if room else masks[0]
    track = tracked(video, painted)
    there = grown(masks[-1], room) if room else masks[-1]
    assert overlap(track.covered(len(video) - 1), there) > 0.85
    assert overlap(painted, there) < (0.35 if speed[0] > 1 else 0.9)  # that of paint that stays
    assert track.paths[-1] == pytest.approx(13 * np.hypot(*speed), rel=0.2)


def test_paint_turns_and_grows_with_what_it_is_on():
    wide = moving_disc((1, 240, 240), 3, (0, 0), (0, 0))[0][0].numpy()
    bar = np.zeros((240, 240), np.float32)
    bar[105:135, 85:155] = 1
    turns = [cv2.getRotationMatrix2D((120, 120), 2 * k, 1 + 0.02 * k) for k in range(12)]
    video = [cv2.warpAffine(wide, turn, (240, 240))[40:200, 40:200] for turn in turns]
    bars = [cv2.warpAffine(bar, turn, (240, 240))[40:200, 40:200] > 0.5 for turn in turns]
    track = tracked(video, bars[0])
    assert overlap(track.covered(11), bars[11]) > 0.85 > 0.7 > overlap(bars[0], bars[11])


def test_paint_stays_where_nothing_moves_and_where_nothing_is_to_be_seen():
    shape = np.zeros((48, 64), bool)
    shape[10:30, 20:50] = True
    still = codes((1, 48, 64), 0).numpy().repeat(6, 0)
    for video in (still, np.full_like(still, 90)):
        track = tracked(video, shape)
        assert (track.covered(5) == shape).all() and track.paths[-1] == pytest.approx(0, abs=0.1)


@pytest.mark.parametrize("size", [(5, 7), (64, 64)])
def test_no_clip_is_too_small_or_too_wild(size):
    video = codes((6, *size), 1).numpy()
    for shape in (np.ones(size, bool), np.eye(*size, dtype=bool)):
        assert tracked(video, shape).covered(5).shape == size


@pytest.mark.parametrize("width", [1, 2])
def test_a_thin_line_is_followed(width):
    """A wire or a pole is as long as the picture. It is compared at a sixth of its size."""
    video = [np.full((60, 300, 3), 90, np.uint8) for _ in range(5)]
    for k, frame in enumerate(video):
        frame[20 + 2 * k] = 220
    shape = np.zeros((60, 300), bool)
    shape[20 : 20 + width, 10:290] = True
    rows, _ = np.nonzero(tracked(video, shape).covered(4))
    assert abs(rows.mean() - 28) < 4


def test_paint_follows_a_thing_that_becomes_smaller():
    """As it does when the camera moves away: it is no thing that leaves the picture."""
    wide, masks = moving_disc((1, 200, 200), 40, (0, 0), (100, 100))
    wide, painted = wide[0].numpy(), masks[0].numpy()
    zooms = [cv2.getRotationMatrix2D((100, 100), 0, 0.97**k) for k in range(16)]
    for k, zoom in enumerate(zooms):
        zoom[0, 2] += k
    size, edge = (200, 200), {"borderMode": cv2.BORDER_REFLECT}
    video = [cv2.warpAffine(wide, zoom, size, **edge) for zoom in zooms]
    last = cv2.warpAffine(painted.astype(np.float32), zooms[-1], size) > 0.5
    track = tracked(video, painted)
    assert abs(np.linalg.det(track.places[-1][:, :2])) < 0.6
    assert overlap(track.covered(15), last) > 0.8


def test_a_finished_track_keeps_little():
    video, masks = (each.numpy() for each in moving_disc((3, 64, 96), 6, (1, 0), (32, 32)))
    track = tracked(video, masks[0])
    before = track.covered(2)
    track.finish()
    assert (track.covered(2) == before).all()
    kept = [value.nbytes for value in vars(track).values() if isinstance(value, np.ndarray)]
    assert sum(kept) < 64 * 96 / 2


def test_looking_at_a_large_piece_can_be_stopped():
    class Stopped(Exception):
        pass

    def stop():
        raise Stopped

    shape = np.zeros((200, 200), bool)
    shape[60:140, 60:140] = True
    with pytest.raises(Stopped):
        Track(shape, np.zeros((200, 200, 3), np.uint8), stop)


def test_a_thing_that_left_the_picture_flies_on():
    video, masks = (each.numpy() for each in moving_disc((24, 64, 64), 6, (4, 0), (32, 32)))
    track = tracked(video, masks[0])
    assert track.covered(4).any() and not track.covered(23).any()


def test_colours_of_the_ground_hardly_count():
    frame = np.full((40, 40, 3), 200, np.uint8)
    frame[15:20, 15:22] = 30
    painted = np.zeros((40, 40), bool)
    painted[8:28, 8:30] = True
    weight, is_bird = thing_in(painted, frame), frame[..., 0] == 30
    assert (weight[is_bird] == 1).all() and not weight[~painted].any()
    assert np.allclose(weight[painted & ~is_bird], GROUND)
    assert (
        thing_in(painted, np.full_like(frame, 9)) == thing_in(painted, frame).clip(GROUND)
    ).sum()
    assert (thing_in(np.ones((40, 40), bool), frame) == 1).all()  # there is nothing around it


def test_the_weighted_median_has_half_of_the_weight_below():
    values, weights = np.array([5.0, 1.0, 3.0]), np.array([1.0, 1.0, 10.0])
    assert weighted_median(values, weights) == 3 and weighted_median(values, weights[::-1]) == 5


def test_flow_there_and_back_does_not_agree_on_noise():
    video, _ = moving_disc(SHAPE, 14, (2.0, 0.0), (40.0, 48.0))
    assert Pair(*video[:2].numpy()).is_sure.mean() > 0.8
    wild = torch.cat([video[:1], codes((1, *SHAPE[1:]), 0)]).numpy()
    assert Pair(*wild).is_sure.mean() < 0.5
