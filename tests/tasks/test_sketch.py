"""Sketches drawn on the page: key drawings turn into each other."""

import numpy as np
import pytest
import torch

from vgpnn.codes import encode
from vgpnn.tasks import sketch

SHAPE = (30, 40)


def bar(x):
    drawing = np.zeros(SHAPE, bool)
    drawing[5:25, x : x + 3] = True
    return drawing


def column(frame):
    """The mean column of the ink of a frame."""
    return (frame[..., 0] == int(sketch.INK)).nonzero()[:, 1].double().mean().item()


def test_a_drawing_is_ink_on_paper():
    picture = sketch.picture(bar(4))
    assert picture.dtype == np.uint8 and picture.shape == (*SHAPE, 3)
    assert (picture[bar(4)] == sketch.INK).all() and (picture[~bar(4)] == sketch.PAPER).all()


def test_key_drawings_lie_at_even_places_in_time():
    drawings = [bar(4), bar(16), bar(10)]
    frames = encode(sketch.morphed(drawings, 9))
    assert frames.shape == (9, *SHAPE, 3)
    for number, drawing in zip((0, 4, 8), drawings):
        assert torch.equal(frames[number], torch.from_numpy(sketch.picture(drawing)))


def test_between_two_drawings_the_ink_moves():
    frames = encode(sketch.morphed([bar(4), bar(16)], 5))
    columns = [column(frame) for frame in frames]
    assert columns == pytest.approx([5, 8, 11, 14, 17], abs=0.8)


def test_drawings_are_resized_to_the_first():
    large = bar(16).repeat(2, 0).repeat(2, 1)
    frames = encode(sketch.morphed([bar(4), large], 2))
    assert torch.equal(frames[1], torch.from_numpy(sketch.picture(bar(16))))
