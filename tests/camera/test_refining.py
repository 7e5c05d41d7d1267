"""A path made exact against the median of the canvas."""

import numpy as np
from helpers import cameras

from vgpnn.camera import refining

PATH = cameras.shake()
GREYS = cameras.greys(cameras.filmed(PATH))


def test_a_path_that_is_nearly_right_gets_right():
    rough = PATH.copy()
    rough[:, :, 2] += np.random.default_rng(0).normal(0, 0.5, (len(PATH), 2))
    found = refining.refined(GREYS, rough)
    assert cameras.error(found, PATH) < 0.2 < cameras.error(rough, PATH)


def test_frames_that_show_something_else_keep_their_place():
    greys = GREYS.copy()
    greys[4] = np.random.default_rng(0).integers(0, 256, greys[4].shape)
    found = refining.aligned(greys, PATH, np.full((150, 210), 9, np.uint8))
    assert np.array_equal(found, PATH)
