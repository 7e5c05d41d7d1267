"""Paint is kept compressed, and comes back as it was."""

from __future__ import annotations

import numpy as np
import pytest

from vgpnn.service import paint
from vgpnn.service.paint import LOST, Packed, Paint, TooMuchPaint, packed, paint_range, unpacked


def stroke(size: int = 1000, colour: int = 255) -> np.ndarray:
    picture = np.zeros((size, size, 4), np.uint8)
    picture[10 : size // 2, 10 : size // 2] = (colour, 0, 0, 255)
    return picture


def test_a_picture_comes_back():
    values = np.random.default_rng(0).integers(0, 256, (9, 7, 4), np.uint8)
    assert (unpacked(packed(values)) == values).all()
    assert (unpacked(packed(values[::2, ::2])) == values[::2, ::2]).all()
    assert (unpacked(packed(values[..., 0] > 100)) == (values[..., 0] > 100)).all()


def test_paint_on_every_frame_is_small():
    """100 frames of 4 MB each took 400 MB of the server's memory."""
    one = stroke()
    assert one.nbytes == 4_000_000
    assert Paint({k: packed(one) for k in range(100)}).nbytes < 2_000_000


def test_pictures_are_read_by_number():
    kept = Paint.of({3: stroke(20, 1), 0: stroke(20, 2)})
    assert list(kept) == [3, 0] and len(kept) == 2 and 3 in kept and 1 not in kept
    assert (kept[3] == stroke(20, 1)).all() and kept.get(1) is None
    assert Paint.of(kept) is kept and Paint.of(dict(kept)) == kept
    assert kept != Paint() and hash(kept) == hash(Paint.of(dict(kept)))


def test_another_picture_makes_other_paint():
    kept = Paint.of({0: stroke(20)})
    more = kept.with_picture(4, stroke(20))
    assert list(more) == [0, 4] and list(kept) == [0]
    assert list(more.with_picture(0, None)) == [4]
    assert list(more.until(3)) == [0]


def test_there_is_a_most_for_one_page(monkeypatch):
    monkeypatch.setattr(paint, "PAINT_BYTES", 1000)
    noise = np.random.default_rng(0).integers(0, 256, (15, 15, 4), np.uint8)
    kept = Paint.of({0: noise})
    with pytest.raises(TooMuchPaint, match=r"^This is more paint than is kept: .*\.$"):
        kept.with_picture(1, noise)


def test_what_does_not_fit_its_shape_is_not_read():
    content = packed(stroke(20)).content
    for shape in ((20, 20, 3), (20, 21, 4), (10**5, 10**5, 4)):
        with pytest.raises(ValueError, match="damaged"):
            unpacked(Packed(shape, content))


def test_lost_paint_is_not_empty_paint():
    assert LOST.is_lost and len(LOST) == 0 and Paint() != LOST


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ((3, 1, 0.5), "The paint ends before it begins: swap the two frames."),
        ((-1, 1, 0.5), "The first painted frame must be a whole number from 0 to 1000000, not -1."),
        ((0, 0.5, 0), "The last painted frame must be a whole number from 0 to 1000000, not 0.5."),
        ((0, 1, 5), "The room around the paint must be a number from 0 to 4, not 5."),
    ],
)
def test_a_wrong_range_of_paint_is_one_sentence(values, sentence):
    with pytest.raises(ValueError) as caught:
        paint_range(*values)
    assert str(caught.value) == sentence
    assert paint_range(1, 1, 0) == {"first": 1, "last": 1, "margin": 0.0}
