"""What is said of paint beside the pictures: on which frames it holds, and the room around it; and
marks from files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from vgpnn.checks import number
from vgpnn.limits import LIMITS
from vgpnn.pictures import reduced
from vgpnn.tasks import mask_files
from vgpnn.tasks.paint import PAINT_PIXELS, Paint
from vgpnn.tasks.paint_files import read_layers

MASK_HEIGHT = 432  # [px] to which the first frame of a video of masks is reduced


def paint_range(first, last, margin) -> dict:
    """The options `first`, `last` and `margin` of inpainting, checked: the frames on which the
    paint holds, and the room around it in sizes of a painted piece. Raises ValueError."""
    first = number("The first painted frame", first, 0, 10**6, True)
    last = number("The last painted frame", last, 0, 10**6, True)
    if first > last:
        raise ValueError("The paint ends before it begins: swap the two frames.")
    return {
        "first": first,
        "last": last,
        "margin": number("The room around the paint", margin, 0, 4),
    }


def masks_as_marks(masks: Mapping[str, Path], marked_on, alike: bool) -> dict:
    """The options `marks` and `alike` of a request, from masks of one frame, PNG files by kind.

    Raises ValueError with one sentence for a file that is no mask of the size of the others."""
    frame = number("marked_on", marked_on, 0, LIMITS.max_frames - 1, True)
    layers = {
        name: reduced(next(iter(read_layers(path, 0, None, 1, MASK_HEIGHT))), PAINT_PIXELS)
        for name, path in masks.items()
    }
    if len({layer.shape for layer in layers.values()}) > 1:
        raise ValueError("The masks have different sizes: paint all of them on one frame.")
    return {"marks": Paint.of({frame: mask_files.picture_of(layers)}), "alike": alike}
