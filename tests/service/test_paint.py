"""The frames on which paint holds, and the room around it, are checked."""

from __future__ import annotations

import pytest

from vgpnn.service.paint import paint_range


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
