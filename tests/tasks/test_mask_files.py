"""Masks from files."""

from __future__ import annotations

import numpy as np
import pytest
from helpers.marked import paint_on
from helpers.sentences import is_one_sentence
from PIL import Image

from vgpnn.tasks import mask_files
from vgpnn.tasks.marking import COLOURS


def test_masks_are_read_see_through_or_white_on_black(tmp_path):
    left, right = np.zeros((2, 72, 120), bool)
    left[10:30, 5:25] = right[40:60, 70:90] = True
    clear, opaque = paint_on(left), np.zeros((72, 120, 3), np.uint8)
    opaque[right] = 255
    Image.fromarray(clear).save(tmp_path / "more.png")
    Image.fromarray(opaque).save(tmp_path / "none.png")
    paths = {name: tmp_path / f"{name}.png" for name in ("more", "none")}
    found = mask_files.read(paths, (6, 72, 120), marked_on=3)
    assert [*found] == [3]
    assert (found[3][left] == (*COLOURS["more"], 255)).all()
    assert (found[3][right] == (*COLOURS["none"], 255)).all()
    assert (found[3][..., 3] > 0).sum() == left.sum() + right.sum()
    layers = {"more": clear, "none": np.dstack([opaque, np.full((72, 120), 255, np.uint8)])}
    assert (mask_files.picture_of(layers) == found[3]).all()
    for bad in ({"marked_on": 6}, {"shape": (6, 72, 72)}):
        with pytest.raises(ValueError) as error:
            mask_files.read(paths, **{"shape": (6, 72, 120), **bad})
        assert is_one_sentence(str(error.value))
