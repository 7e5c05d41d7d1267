"""What is said of paint beside the pictures: on which frames it holds, and the room around it."""

from __future__ import annotations

from vgpnn.checks import number


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
