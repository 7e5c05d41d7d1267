"""The path from tracks that last."""

import numpy as np
from helpers import cameras

from vgpnn.camera import path as paths
from vgpnn.camera import similarity
from vgpnn.camera.tracks import Window, windows

PATH = cameras.shake()


def made_window(first: int, length: int, movers: int) -> Window:
    """Tracks of a scene along PATH, of which the last `movers` bend."""
    points = np.random.default_rng(first).uniform(0, 90, (60, 2))
    steps = [similarity.applied(PATH[first + k], points) for k in range(length + 1)]
    places = np.stack(steps, 1)
    bend = np.sin(np.arange(length + 1))[:, None] * [5.0, 3.0]
    places[len(places) - movers :] += bend
    return Window(first, places, np.ones(places.shape[:2], bool))


def test_what_bends_is_no_background():
    chosen = paths.background(made_window(0, 8, 20), 0.6)
    assert chosen[:40].all() and not chosen[40:].any()


def test_the_path_is_found_again_though_some_tracks_are_wrong():
    made = [made_window(first, 8, 0) for first in (0, 4)]
    for window in made:
        window.places[:5, 1:] += [3.0, -4.0]
    chosen = [np.ones(60, bool)] * 2
    found = paths.estimated(made, chosen, cameras.FRAMES)
    assert cameras.error(found, PATH) < 0.02


def test_frames_that_nothing_connects_have_no_path():
    made = [made_window(0, 8, 0)]
    assert paths.estimated(made, [np.ones(60, bool)], cameras.FRAMES) is None
    assert paths.estimated(made, [np.zeros(60, bool)], 9) is None


def test_the_path_of_a_filmed_scene_is_right_to_a_fraction_of_a_pixel():
    frames = cameras.greys(cameras.filmed(PATH))
    tracked = windows(frames, 12, 4)
    chosen = [paths.background(window, 0.6) for window in tracked]
    assert cameras.error(paths.estimated(tracked, chosen, len(frames)), PATH) < 0.15


def test_a_rebased_path_begins_with_the_reference():
    moved = paths.rebased(PATH, 3)
    assert np.allclose(moved[3], similarity.IDENTITY) and cameras.error(moved, PATH) < 1e-9
