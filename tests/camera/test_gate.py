"""Whether a camera moves, and whether its path is used."""

import cv2
import numpy as np
import pytest
import torch
from helpers import cameras

from vgpnn.camera import gate
from vgpnn.camera.gate import decided, looked_at


@pytest.mark.parametrize("size", [0.7, 1.0], ids=["soft", "strong"])
def test_a_shaken_scene_has_a_path_that_is_right(size):
    path = cameras.shake(size)
    camera = looked_at(torch.from_numpy(cameras.filmed(path)))
    assert camera.kind == gate.FOUND and camera.share > camera.without + gate.GAIN
    assert cameras.error(camera.path, path) < 0.25


def test_a_larger_clip_has_the_path_of_its_own_size():
    codes = cameras.shaken()
    large = codes.repeat_interleave(3, 1).repeat_interleave(3, 2)
    camera, small = looked_at(large), looked_at(codes)
    grown = small.path.copy()
    grown[:, :, 2] = (grown[:, :, 2] - [0, 0]) * 3
    assert camera.kind == gate.FOUND and cameras.error(camera.path, grown) < 1.0


def test_a_camera_that_stands_still_is_left_alone():
    still = cameras.filmed(cameras.shake(0))
    camera = looked_at(torch.from_numpy(still))
    assert camera.kind == gate.STILL
    noise = np.random.default_rng(0).integers(0, 256, (8, 64, 80, 3), dtype=np.uint8)
    assert looked_at(torch.from_numpy(noise)).kind == gate.STILL


def test_a_path_is_not_right_because_its_canvas_has_edges(monkeypatch):
    """Wings beat before a bright sky, whose edge stood still on any canvas larger than a frame."""
    flaps, frames = np.random.default_rng(3).uniform(0, 6, 3), []
    for t in range(24):
        picture = np.full((64, 114, 3), 205, np.uint8)
        for number, flap in enumerate(flaps):
            x, y = 10 + 18 * number, 20
            tip = y + round(8 * np.sin(1.3 * t + flap))
            cv2.line(picture, (x, y), (x + 6, tip), (30, 30, 40), 2)
        frames.append(picture)
    path = np.tile(gate.similarity.IDENTITY, (24, 1, 1))
    path[:, :, 2] += np.stack([0.7 * np.sin(np.arange(24) / 4)] * 2, -1)
    monkeypatch.setattr(gate, "candidates", lambda *_: iter([path]))
    monkeypatch.setattr(gate, "refined", lambda _, path, __: path)
    assert looked_at(torch.from_numpy(np.stack(frames))).kind == gate.STILL


def test_small_and_short_clips_are_not_looked_at():
    codes = cameras.shaken()
    assert looked_at(codes[:4]) == looked_at(codes[:, :40]) == gate.Camera(gate.STILL)


@pytest.mark.parametrize(
    ("share", "without", "steadiness", "growth", "kind"),
    [
        (0.5, 0.1, 0.9, 1.2, gate.FOUND),
        (0.5, 0.1, 0.5, 1.2, gate.UNSURE),
        (0.25, 0.0, 0.85, 1.2, gate.FOUND),
        (0.25, 0.0, 0.6, 1.2, gate.UNSURE),
        (0.18, 0.0, 0.9, 1.2, gate.NONE),
        (0.6, 0.5, 0.9, 1.2, gate.STILL),
        (0.5, 0.1, 0.9, 2.5, gate.TOO_FAR),
    ],
)
def test_a_path_is_used_where_enough_stands_still_all_the_time(
    share, without, steadiness, growth, kind
):
    assert decided(share, without, steadiness, growth) == kind


def test_a_pan_over_several_widths_is_too_far():
    scene = np.concatenate([cameras.scene(0), cameras.scene(1), cameras.scene(2)], 1)[:96]
    frames = np.stack([scene[:, 9 * t : 9 * t + 136] for t in range(24)])
    assert looked_at(torch.from_numpy(frames)).kind == gate.TOO_FAR


def test_a_second_path_is_that_of_what_does_not_follow_the_first():
    """One half of the picture drifts as one, and the other half is shaken."""
    path = cameras.shake(0.5)
    frames = cameras.filmed(path, disc=0)
    drifting = cameras.filmed(cameras.pan(40), disc=0, seed=5)
    frames[:, :50] = drifting[:, :50]
    greys = np.stack(gate.even_contrast(cameras.greys(frames)))
    tracked = gate.windows(greys, 12, 4)
    found = [*gate.candidates(tracked, 0.6, len(frames))]
    errors = [[cameras.error(each, right) for right in (cameras.pan(40), path)] for each in found]
    assert np.array(errors).min(0).max() < 1 < np.array(errors).max(0).min()
