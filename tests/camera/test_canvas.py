"""The canvas: what fills it, and what of it is a guess."""

import numpy as np
import torch
from helpers import cameras
from helpers.clips import codes

from vgpnn.camera import similarity
from vgpnn.camera.canvas import canvas_of, sampled, when_seen, with_guessed_keys
from vgpnn.level import Level

PATH = cameras.pan(36)
FRAMES = cameras.filmed(PATH)
CANVAS = canvas_of(FRAMES, PATH)


def test_unseen_voxels_are_those_of_the_nearest_frame_in_time():
    seen = np.zeros((4, 1, 3), bool)
    seen[0, 0, 0] = seen[3, 0, 0] = seen[2, 0, 1] = True
    moments, nearest = when_seen(seen)
    assert moments[:, 0, 0].tolist() == [0, 0, 3, 3]
    assert moments[:, 0, 1].tolist() == [2, 2, 2, 2]
    assert nearest[:, 0, 2].tolist() == [0, 1] and moments[:, 0, 2].tolist() == [2, 2, 2, 2]


def test_a_pan_is_one_still_picture_on_the_canvas():
    assert CANVAS.shape[0] == len(FRAMES) and CANVAS.shape[2] > FRAMES.shape[2] + 30
    rigid = canvas_of(cameras.filmed(PATH, disc=0), PATH)
    spread = rigid.codes.astype(int).max(0) - rigid.codes.astype(int).min(0)
    assert np.median(spread[4:-4, 4:-4]) <= 6


def test_the_colours_of_a_voxel_are_those_of_its_moment():
    rows, columns = np.indices(CANVAS.shape[1:])
    for number in (0, 6, 12):
        for moment in np.unique(CANVAS.moments[number]):
            here = CANVAS.moments[number] == moment
            own = CANVAS.moments[moment] == moment
            same = here & own
            assert np.array_equal(CANVAS.codes[number][same], CANVAS.codes[moment][same])


def test_only_what_is_not_known_to_stand_still_is_a_guess():
    moving = CANVAS.guessed
    assert 0 < moving.mean() < 0.2
    rigid = canvas_of(cameras.filmed(PATH, disc=0), PATH)
    assert rigid.guessed.mean() < moving.mean()
    own = CANVAS.moments == np.arange(len(FRAMES))[:, None, None]
    assert not moving[own].any()


def test_the_tolerance_falls_from_the_coarsest_level_to_none():
    shapes = [(3, 8, 10), (4, 11, 14), (6, 16, 20), (8, 24, 30)]
    levels = [Level(codes(shape, 0), shape) for shape in shapes]
    guessed = np.zeros((8, 24, 30), bool)
    guessed[:, :, :6] = True
    levels = with_guessed_keys(levels, guessed)
    tolerances = [level.tolerance for level in levels]
    assert tolerances[0] == 0.5 and tolerances[-1] == 0
    assert tolerances == sorted(tolerances, reverse=True)
    for level in levels:
        assert level.unknown.shape == level.source.shape[:3]
        assert abs(float(level.unknown.mean()) - 0.2) < 0.01
    assert torch.equal(levels[-1].unknown > 0, torch.from_numpy(guessed))


def test_whole_places_have_the_colours_of_their_pixels():
    random = np.random.default_rng(0)
    moments = random.integers(0, len(FRAMES), 500)
    places = np.stack([random.integers(0, side, 500) for side in (136, 96)], -1)
    found = sampled(FRAMES, moments, places.astype(float))
    assert np.array_equal(found, FRAMES[moments, places[:, 1], places[:, 0]])
    beyond = sampled(FRAMES, moments[:1], np.array([[-5.0, 200.0]]))
    assert np.array_equal(beyond[0], FRAMES[moments[0], -1, 0])


def test_the_path_of_the_canvas_leads_to_the_frames():
    corner = similarity.applied(CANVAS.path, np.array([[20.0, 20.0]]))[:, 0]
    assert np.allclose(np.diff(corner[:, 0]), np.diff(PATH[:, 0, 2]))


def test_a_canvas_in_the_making_can_be_stopped_all_the_time():
    """Beside the frames, when voxels are seen is found in bands of rows."""
    calls = []
    canvas_of(FRAMES, PATH, lambda: calls.append(1))
    count, height = len(FRAMES), CANVAS.shape[1]
    assert len(calls) >= 6 * count + height // 32
    seen = np.random.default_rng(0).random((5, 80, 9)) < 0.3
    calls.clear()
    moments, nearest = when_seen(seen, lambda: calls.append(1))
    assert len(calls) >= 3
    parts = [when_seen(seen[:, first : first + 8])[0] for first in range(0, 80, 8)]
    own = (nearest == np.indices(seen.shape[1:])).all(0) & (seen.any(0))
    assert np.array_equal(np.concatenate(parts, 1)[:, own], moments[:, own])
