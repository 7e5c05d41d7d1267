"""What stands still on a canvas."""

import numpy as np
from helpers import cameras

from vgpnn.camera import similarity, still

PATH = cameras.shake()
GREYS = cameras.greys(cameras.filmed(PATH))


def test_more_stands_still_on_the_right_path_than_on_none_or_a_wrong_one():
    at_rest = np.broadcast_to(similarity.IDENTITY, PATH.shape)
    wrong = PATH.copy()
    wrong[::2, 0, 2] += 2
    assert still.stack(GREYS, PATH).share() > 0.6
    assert max(still.stack(GREYS, each).share() for each in (at_rest, wrong)) < 0.3


def test_shares_of_frames_are_steady_on_the_right_path_and_fall_beside_what_drifts():
    right = still.stack(GREYS, PATH).shares()
    drifting = PATH.copy()
    drifting[:, 0, 2] += np.linspace(-3, 3, len(PATH))
    wrong = still.stack(GREYS, drifting).shares()
    assert right.min() > 0.7 * right.max() and wrong.min() < 0.5 * wrong.max()


def test_the_median_is_of_what_is_seen():
    greys = np.array([[[10, 0]], [[30, 0]], [[20, 7]]], np.uint8)
    seen = np.array([[[True, False]], [[True, False]], [[True, True]]])
    median = still.Stack(greys, seen, np.zeros((3, 2, 3))).median
    assert median.tolist() == [[20, 7]]


def test_a_canvas_holds_all_that_is_seen_and_no_more():
    path, (height, width) = still.laid_out(cameras.pan(30), cameras.FRAME)
    seen = np.stack([still.is_seen(matrix, cameras.FRAME, (height, width)) for matrix in path])
    assert height in (96, 98) and 166 <= width <= 170
    assert seen.any(0)[:96, :166].all()
    assert abs(int(seen[0].sum()) - 96 * 136) <= 96 + 136
    assert height % 2 == width % 2 == 0


def test_what_moves_is_not_still():
    stack = still.stack(GREYS, PATH)
    assert stack.is_still()[stack.seen.all(0)].mean() > 0.5
    flicker = GREYS.copy()
    flicker[::2] = 255 - flicker[::2]
    assert still.stack(flicker, PATH).is_still().mean() < 0.3


def test_the_edge_of_a_canvas_is_no_texture_that_stands_still():
    """Frames of a plain bright sky, on a path that shifts them by less than a pixel."""
    greys = np.full((9, 60, 80), 200, np.uint8)
    path = cameras.pan(0.6, 9)
    stack = still.stack(greys, path - cameras.pan(0, 9) + similarity.IDENTITY)
    assert stack.greys.shape[2] > 80 and not stack.seen.any(0).all()
    assert stack.share() == 0 and not stack.shares().any()


def test_what_lies_beside_the_unseen_is_averaged_over_what_is_seen():
    known = np.zeros((9, 9), bool)
    known[:, :6] = True
    values = np.where(known, np.float32(7), np.float32(100))
    assert np.allclose(still.averaged(values, known)[known], 7)


def test_a_stack_can_be_stopped_at_every_frame():
    calls = []
    stack = still.stack(GREYS, PATH, checkpoint=lambda: calls.append(1))
    for compute in (lambda: stack.median, stack.share, stack.shares, stack.is_still):
        compute()
    assert len(calls) >= 5 * len(GREYS)
