"""Paths for results of other lengths and sizes."""

import numpy as np
import pytest
from helpers import cameras

from vgpnn.camera import courses, similarity

SHAKE, SIZE = cameras.shake(), cameras.FRAME


def test_a_result_as_long_as_the_clip_has_its_path():
    assert courses.course(SHAKE, SIZE, len(SHAKE)) is SHAKE  # the path in full knows it by this
    poses = courses.poses_of(SHAKE, SIZE)
    assert np.allclose(courses.path_of(poses, SIZE), SHAKE)


def test_a_path_that_is_held_does_not_move():
    held = courses.course(SHAKE, SIZE, 20, kind=courses.HELD)
    assert held.shape == (20, 2, 3) and np.allclose(held, held[0])


@pytest.mark.parametrize("frames", [9, 13, 26, 40])
def test_a_loop_closes(frames):
    path = SHAKE.copy()
    path[:, 0, 2] -= np.linspace(0, 30, len(path))
    poses = courses.poses_of(courses.course(path, SIZE, frames, loop=True), SIZE)
    steps = np.abs(np.diff(np.concatenate([poses, poses[:1]]), axis=0))[:, 2:].max(1)
    assert steps[-1] <= 1.3 * steps[:-1].max()


def test_a_shorter_result_goes_a_part_of_the_way_at_the_pace_of_the_camera():
    path = cameras.pan(30)
    assert np.array_equal(courses.course(path, SIZE, len(path) - 5), path[2:-3])


def test_a_pan_takes_as_long_as_a_longer_result():
    path = courses.course(cameras.pan(30), SIZE, 26)
    places = courses.poses_of(path, SIZE)[:, 2]
    assert np.isclose(places[-1] - places[0], 30) and np.ptp(np.diff(places)) < 1e-6


def test_a_longer_result_shakes_at_its_own_pace_and_does_not_jump():
    def speed(path):
        return np.linalg.norm(np.diff(courses.poses_of(path, SIZE)[:, 2:], axis=0), axis=1)

    longer = courses.course(SHAKE, SIZE, 3 * len(SHAKE))
    assert 0.8 < speed(longer).mean() / speed(SHAKE).mean() < 1.2
    assert speed(longer).max() < 1.5 * speed(SHAKE).max()


def test_a_wider_window_on_a_wider_canvas_sees_all_of_it_as_well():
    pan = cameras.pan(40)
    wide = courses.resized(pan, SIZE, (SIZE[0], 2 * SIZE[1]), (1.0, 2.0))
    before = similarity.applied(similarity.inverse(pan), similarity.corners(SIZE))[..., 0]
    after = similarity.applied(similarity.inverse(wide), similarity.corners((96, 272)))[..., 0]
    assert np.allclose(after.min(1), 2 * before.min(1))
    assert np.allclose(after.max(1) - after.min(1), 271)


def test_between_frames_lies_half_of_the_way():
    half = courses.between(cameras.pan(24), SIZE, np.array([0.0, 0.5, 1.0]))
    places = courses.poses_of(half, SIZE)[:, 2]
    assert np.isclose(places[1], (places[0] + places[2]) / 2)
