"""Writing a video while it is made: its frames are asked for one by one, and none is kept."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction

import torch

from vgpnn.decoding.messages import VideoError
from vgpnn.formats import FOLDER, format_of, written_whole
from vgpnn.settings import Shape
from vgpnn.sound import Sound

QUALITY = 16  # that of `video.write`


@dataclass(frozen=True)
class FrameStream:
    """A video whose frames come in parts, once.

    size: (T, H, W). parts: (n, H, W, 3) uint8 codes each, T frames together.
    """

    size: Shape
    parts: Iterable[torch.Tensor]

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """(T, H, W, 3), as that of a tensor of codes."""
        return *self.size, 3

    def __len__(self) -> int:
        return self.size[0]

    def __iter__(self) -> Iterator[torch.Tensor]:
        for part in self.parts:
            yield from part


def check_name(path: str | os.PathLike) -> None:
    """Raises `VideoError` for a name of a file that cannot be written frame by frame."""
    if format_of(path).encode is format_of("name.gif").encode:
        raise VideoError(
            "A GIF has one palette for all frames and cannot be written while they are made: "
            "end the name in .mp4, .mov or .webm."
        )


def write(
    path: str | os.PathLike,
    stream: FrameStream,
    rate: Fraction,
    checkpoint: Callable[[], None] = lambda: None,
    sound: Sound | None = None,
) -> None:
    """Write a video as `video.write` does, while its frames are made.

    rate: [frames/s]. checkpoint: called for every frame; may raise to cancel. sound: written
    beside it, cut to its length. Raises `VideoError` where it cannot be written so.
    """
    check_name(path)
    form = format_of(path)
    with written_whole(path, form is FOLDER) as part:
        heard = sound and sound.lasting(len(stream) / rate)
        form.encode(part, stream, rate, QUALITY, checkpoint, heard)
