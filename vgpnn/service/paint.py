"""Pictures that a visitor painted, kept small: a painted picture of a megapixel has a few colours
and takes a few kilobytes."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np

from vgpnn.checks import number

PAINT_PIXELS = 1_000_000  # [px] of a painted picture, at most
PAINT_BYTES = 8_000_000  # [bytes] of all painted pictures of one page, compressed
TOO_MUCH = "This is more paint than is kept: clear some frames, or paint in fewer colours."


class TooMuchPaint(ValueError):
    """The painted pictures are together larger than PAINT_BYTES."""


class Packed(NamedTuple):
    """A picture as it is kept: its shape, (H, W) or (H, W, C), and its compressed uint8 values."""

    shape: tuple[int, ...]
    content: bytes


class Paint(Mapping):
    """Painted pictures by number, such as that of a frame: uint8 arrays, or those of bool, as
    uint8. It is never changed, and a picture that is read is decompressed anew.

    nbytes: what is kept [bytes].
    is_lost: whether there was paint that the server had to drop.
    """

    def __init__(self, packed: Mapping[int, Packed] | None = None, is_lost: bool = False) -> None:
        """packed: the pictures as they are kept. Raises TooMuchPaint."""
        self.packed = dict(packed or {})
        self.is_lost = is_lost
        self.nbytes = sum(len(picture.content) for picture in self.packed.values())
        if self.nbytes > PAINT_BYTES:
            raise TooMuchPaint(TOO_MUCH)

    @classmethod
    def of(cls, pictures: Mapping[int, np.ndarray]) -> Paint:
        """The same pictures, compressed. Raises TooMuchPaint."""
        if isinstance(pictures, Paint):
            return pictures
        return cls({number: packed(picture) for number, picture in pictures.items()})

    def with_picture(self, number: int, picture: np.ndarray | None) -> Paint:
        """The same with another picture, or with none, of a number. Raises TooMuchPaint."""
        others = {key: each for key, each in self.packed.items() if key != number}
        return Paint(others if picture is None else {**others, number: packed(picture)})

    def until(self, last: int) -> Paint:
        """The pictures whose numbers are at most `last`."""
        return Paint({key: each for key, each in self.packed.items() if key <= last})

    def __getitem__(self, number: int) -> np.ndarray:
        return unpacked(self.packed[number])

    def __iter__(self) -> Iterator[int]:
        return iter(self.packed)

    def __len__(self) -> int:
        return len(self.packed)

    def __contains__(self, number: object) -> bool:
        return number in self.packed  # that of Mapping would decompress the picture

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Paint) and vars(self) == vars(other)

    def __hash__(self) -> int:
        return hash((self.is_lost, *self.packed.items()))


LOST = Paint(is_lost=True)  # stands in the place of paint that had to go


def packed(picture: np.ndarray) -> Packed:
    """A picture of uint8 or bool values, compressed."""
    values = np.ascontiguousarray(picture, dtype=np.uint8)
    return Packed(values.shape, zlib.compress(values))


def unpacked(picture: Packed) -> np.ndarray:
    """The uint8 array of a picture. Raises ValueError where the content does not fit the shape."""
    size = int(np.prod(picture.shape))
    try:
        # No more than fits is decompressed, whatever somebody has put into a record.
        values = zlib.decompressobj().decompress(picture.content, size + 1)
    except zlib.error:
        values = b""
    if len(values) != size:
        raise ValueError("a painted picture is damaged")
    return np.frombuffer(values, np.uint8).reshape(picture.shape)


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
