"""The frames on which paint holds, and the room around it, are checked."""

from __future__ import annotations

import numpy as np
import pytest
from helpers.sentences import is_one_sentence
from PIL import Image

from vgpnn.service.paint import masks_as_marks, paint_range
from vgpnn.tasks.marking import COLOURS


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


def mask(path, columns, size=(12, 16)):
    picture = np.zeros(size, np.uint8)
    picture[:, columns] = 255
    Image.fromarray(picture).save(path)
    return path


def test_masks_become_one_picture(tmp_path):
    masks = {
        "more": mask(tmp_path / "more.png", slice(0, 4)),
        "none": mask(tmp_path / "none.png", slice(9, 12)),
    }
    found = masks_as_marks(masks, 3, False)
    assert found["alike"] is False and [*found["marks"]] == [3]
    picture = found["marks"][3]
    assert (picture[:, :4] == (*COLOURS["more"], 255)).all() and not picture[:, 4:9, 3].any()
    assert (picture[:, 9:12] == (*COLOURS["none"], 255)).all()


def test_masks_of_other_sizes_are_refused(tmp_path):
    masks = {
        "more": mask(tmp_path / "more.png", slice(0, 4)),
        "less": mask(tmp_path / "less.png", slice(0, 4), (24, 32)),
    }
    with pytest.raises(ValueError) as error:
        masks_as_marks(masks, 0, True)
    assert is_one_sentence(str(error.value))
