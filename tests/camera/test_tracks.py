"""Corners and where they go."""

import numpy as np
from helpers import cameras

from vgpnn.camera import similarity, tracks


def test_dark_parts_have_as_many_corners_as_bright_ones():
    grey = cameras.greys(cameras.filmed(cameras.shake(0, 1), disc=0))[0].copy()
    grey[:, : grey.shape[1] // 2] //= 6
    corners = tracks.even_corners(grey)
    dark = (corners[:, 0] < grey.shape[1] // 2).mean()
    assert len(corners) > 50 and 0.3 < dark < 0.7


def test_corners_keep_inside_and_off_the_edge():
    grey = cameras.greys(cameras.filmed(cameras.shake(0, 1)))[0]
    inside = np.zeros(grey.shape, bool)
    inside[20:50, 30:90] = True
    corners = tracks.even_corners(grey, inside).astype(int)
    assert len(corners) and inside[corners[:, 1], corners[:, 0]].all()
    corners = tracks.even_corners(grey)
    assert corners.min() >= tracks.EDGE


def test_a_flat_picture_has_no_corners():
    grey = np.full((60, 80), 90, np.uint8)
    corners = tracks.even_corners(grey)
    assert len(corners) == 0
    places, found = tracks.follow(grey, grey, corners)
    assert len(places) == len(found) == 0


def test_windows_follow_a_known_path_to_the_last_frame():
    path = cameras.shake()
    frames = cameras.greys(cameras.filmed(path, disc=0))
    found = tracks.windows(frames, 6, 4)
    assert [window.first for window in found] == [0, 4, 6]
    for window in found:
        lives = window.alive[:, -1]
        assert lives.mean() > 0.5
        back = similarity.inverse(path[window.first])
        right = similarity.composed(path[window.first + 6], back)
        off = similarity.distances(right, window.places[lives, 0], window.places[lives, -1])
        assert np.median(off) < 0.2
