"""A folder of numbered images as a video."""

from __future__ import annotations

import io
import os
import re
from fractions import Fraction

import av

from .checks import RefusedError, check_bytes, check_pixels, check_stored_frames
from .clock import Clock
from .source import open_container


def decode_image(data: bytes, name: str, limits: dict):
    """The frame of one PNG or JPEG image. name: of its file, for the sentence that refuses it."""
    if data.startswith(b"\x89PNG"):
        demuxer = "png_pipe"
    elif data.startswith(b"\xff\xd8\xff"):
        demuxer = "jpeg_pipe"
    else:
        raise RefusedError(f"The image {name} is neither PNG nor JPEG: convert it or take it out.")
    try:
        return next(open_container(io.BytesIO(data), demuxer, limits).decode(video=0))
    except (av.FFmpegError, StopIteration, IndexError):
        raise RefusedError(f"The image {name} is damaged: replace it or take it out.") from None


class ImageFolder:
    """A folder of PNG or JPEG images, in the order of the numbers in their names.

    demuxer: "folder". stream: None. clock: when its images are shown; timestamps are 0, 1, ...
    notes: none. has_sound: False.
    """

    demuxer, stream, has_sound = "folder", None, False

    def __init__(self, path: str, rate: Fraction, limits: dict) -> None:
        """List the images. rate: at which they are shown [frames/s]. Raises `RefusedError`."""
        self.notes: list[str] = []
        names = (n for n in os.listdir(path) if n.lower().endswith((".png", ".jpg", ".jpeg")))
        self.names = sorted((n for n in names if not n.startswith(".")), key=natural_order)
        self.path = path
        if not self.names:
            raise RefusedError(
                "The folder holds no PNG or JPEG images: give a folder of numbered images."
            )
        check_stored_frames(len(self.names), limits)
        check_bytes(sum(os.path.getsize(os.path.join(path, n)) for n in self.names), limits)
        self.limits = limits
        self.clock = Clock(list(range(len(self.names))), len(self.names), 1 / rate, rate, False)

    def frames(self, start: Fraction):
        """Yield (timestamp, frame) from the image that is on screen at `start` [s].

        Raises `RefusedError` where images have different sizes, or one is no image.
        """
        first = int((start + self.clock.tolerance) * self.clock.rate)
        size = None
        for number, name in enumerate(self.names[first:], first):
            with open(os.path.join(self.path, name), "rb") as file:
                frame = decode_image(file.read(), name, self.limits)
            check_pixels(frame.width, frame.height, self.limits)
            size = size or (frame.width, frame.height)
            if (frame.width, frame.height) != size:
                raise RefusedError(
                    f"The image {name} has {frame.width} x {frame.height} pixels where others have"
                    f" {size[0]} x {size[1]}: give all images of a folder one size."
                )
            yield number, frame


def natural_order(name: str) -> list:
    """A sort key by which "frame9" comes before "frame10"."""
    parts = re.split(r"([0-9]+)", name.lower())  # text and numbers take turns, beginning with text
    return [int(part) if k % 2 else part for k, part in enumerate(parts)]
