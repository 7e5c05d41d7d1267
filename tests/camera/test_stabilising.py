"""When a clip becomes one on a canvas, and what is said of it."""

import numpy as np
import pytest
import torch
from helpers import cameras

from vgpnn.camera import gate, stabilising
from vgpnn.camera.gate import Camera
from vgpnn.camera.stabilising import stabilised

CODES = cameras.shaken()


def test_a_moving_camera_is_taken_out_unless_it_is_turned_off():
    canvas, (sentence,) = stabilised(CODES)
    assert canvas.shape[1] > CODES.shape[1] and sentence == stabilising.SENTENCES[gate.FOUND]
    assert stabilised(CODES, "off") == (None, ())
    same, _ = stabilised(CODES, "on")
    assert np.array_equal(same.codes, canvas.codes)


def test_of_a_camera_that_stands_still_nothing_is_said():
    assert stabilised(torch.from_numpy(cameras.filmed(cameras.shake(0)))) == (None, ())


def test_a_clip_is_looked_at_once(monkeypatch):
    stabilised(CODES)
    monkeypatch.setattr(gate, "looked_at", lambda *_: pytest.fail("it was looked at again"))
    assert stabilised(CODES.clone())[0] is not None


@pytest.mark.parametrize("kind", [gate.UNSURE, gate.NONE, gate.TOO_FAR, gate.STILL])
def test_a_path_that_is_not_sure_is_used_only_where_it_is_asked_for(monkeypatch, kind):
    camera = Camera(kind, cameras.shake(), 0.25, 0.0, 0.5)
    monkeypatch.setattr(stabilising, "camera_of", lambda *_: camera)
    canvas, said = stabilised(CODES, "auto")
    assert canvas is None and len(said) == (kind != gate.STILL)
    canvas, (sentence,) = stabilised(CODES, "on")
    assert (canvas is None) == (kind == gate.TOO_FAR)
    assert sentence.endswith(".") and sentence.count(". ") == 0


def test_where_there_is_no_path_it_is_said(monkeypatch):
    monkeypatch.setattr(stabilising, "camera_of", lambda *_: Camera(gate.STILL))
    assert stabilised(CODES, "on") == (None, (stabilising.NO_PATH,))


def test_a_canvas_that_would_be_too_large_is_not_made(monkeypatch):
    monkeypatch.setattr(stabilising, "MOST_VOXELS", CODES[..., 0].numel())
    assert stabilised(CODES) == (None, (stabilising.TOO_LARGE,))
