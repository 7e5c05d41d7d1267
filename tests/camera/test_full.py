"""Results on a canvas at the clip's own size."""

import cv2
import numpy as np
from helpers import cameras

from vgpnn import source_map
from vgpnn.camera.canvas import canvas_of
from vgpnn.camera.full import FullView
from vgpnn.camera.view import view_of
from vgpnn.full_size import FullPlace

PATH = cameras.shake()
FULL = cameras.filmed(PATH, disc=0)


def working(frames: np.ndarray) -> np.ndarray:
    size = FULL.shape[2] // 2, FULL.shape[1] // 2
    return np.stack([cv2.resize(f, size, interpolation=cv2.INTER_AREA) for f in frames])


def place_of(shape, first=(0, 0)) -> FullPlace:
    return FullPlace(shape, None, FULL.shape[1:3], first)


def full_view(step: int) -> FullView:
    """That of a clip at half the size, of whose frames every `step` is used."""
    from vgpnn.camera import similarity

    path = similarity.rescaled(PATH[::step], 0.5)
    canvas = canvas_of(working(FULL[::step]), path)
    view = view_of(canvas, canvas.shape, canvas.size)
    places = source_map.identity(canvas.shape).numpy()
    return FullView(view, places, FULL, place_of(FULL.shape[:3]), float(step))


def test_what_is_in_place_is_the_clip_itself_at_its_own_size():
    for found, right in zip(full_view(1).pictures(), FULL):
        assert found.shape == right.shape and found.dtype == np.uint8
        assert np.abs(found.astype(int) - right).mean() < 0.6


def test_frames_between_working_frames_have_the_path_of_their_own():
    view = full_view(2)
    assert cameras.error(view.source_path() * [[[2, 2, 2]]] / [[[2, 2, 1]]], PATH) < 0.3
    off = [np.abs(a.astype(int) - b).mean() for a, b in zip(view.pictures(), FULL)]
    assert max(off) < 1.5


def test_seams_are_blended_from_one_voxel_to_the_next():
    """From the left a white frame, from the right a black one."""
    view = full_view(1)
    frames = np.zeros_like(FULL)
    frames[2] = 255
    places = view.places.copy()
    places[..., 0] = np.where(np.arange(places.shape[2]) < 40, 2, 3)
    there = FullView(view.view, places, frames, view.place, 1.0)
    picture = next(there.pictures())[20:76, :, 0]
    between = (picture > 30) & (picture < 225)
    assert (picture == 255).any() and (picture == 0).any()
    assert 1 <= between.sum(1).mean() <= 3  # of a voxel's two pixels in full


def test_a_result_that_is_a_little_smaller_is_cut_at_its_edges():
    """It is not squeezed."""
    view, (frames, height, width) = full_view(1), FULL.shape[:3]
    place = place_of((frames, height - 4, width - 6), (-2, -3))
    smaller = FullView(view.view, view.places, FULL, place, 1.0)
    for found, right in zip(smaller.pictures(), view.pictures()):
        assert np.array_equal(found, right[2:-2, 3:-3])
