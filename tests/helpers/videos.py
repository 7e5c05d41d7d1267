"""Video files for tests, made with PyAV, and what a test can read off the frames that come back.

Every frame of a "counter" video carries its number as black and white bars. They survive any
codec, so a test can tell which stored frames it was given.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from contextlib import suppress
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
import torch

from vgpnn.video import Video, VideoError

NTSC = Fraction(30000, 1001)
BITS = 8


def counter(frames: int, width: int = 64, height: int = 32) -> np.ndarray:
    """(T, H, W, 3) uint8: frame k shows the bits of k as 8 upright bars, the lowest bit first."""
    bits = (np.arange(frames)[:, None] >> np.arange(BITS)) & 1  # (T, 8)
    line = bits[:, np.arange(width) * BITS // width].astype(np.uint8) * 255  # (T, W)
    return np.broadcast_to(line[:, None, :, None], (frames, height, width, 3)).copy()


def numbers(video: Video) -> list[int]:
    """The number that each frame of a counter video carries."""
    width = video.shape[2]
    centres = (np.arange(BITS) * 2 + 1) * width // (2 * BITS)
    bits = video.frames.mean(dim=(1, 3)).numpy()[:, centres] > 0  # (T, 8)
    return (bits << np.arange(BITS)).sum(1).tolist()


def waves(frames: int, height: int, width: int) -> torch.Tensor:
    """(T, H, W, 3) values in [-1, 1]: moving coloured waves, as smooth as camera pictures."""
    t, y, x = np.meshgrid(*(np.arange(n) for n in (frames, height, width)), indexing="ij")
    channels = [np.sin(x / (9 + c) + y / (14 - 2 * c) + t / 3 + 2 * c) for c in range(3)]
    return torch.from_numpy(0.85 * np.stack(channels, -1)).float()


def pixels_of(values: torch.Tensor) -> np.ndarray:
    """Values in [-1, 1] as uint8."""
    return ((values + 1) * 127.5).round().numpy().astype(np.uint8)


def encode(
    path: Path,
    pictures: np.ndarray,
    rate: Fraction | float = 24,
    codec: str = "libx264",
    pixel_format: str = "yuv420p",
    times: list[int] | None = None,
    unit: Fraction | None = None,
    options: dict | None = None,
    container: dict | None = None,
    aspect: Fraction | None = None,
    colours: tuple[int, int] = (1, 1),
    metadata: dict | None = None,
) -> Path:
    """Write RGB or RGBA pictures, (T, H, W, 3 or 4) uint8, and return the path.

    rate: [frames/s]. times: when each frame appears, in `unit` seconds. aspect: of a pixel.
    colours: the colour matrix and the value range, as H.264 numbers them.
    """
    rate = Fraction(rate)
    with av.open(str(path), "w", container_options=container or {}) as file:
        stream = file.add_stream(codec, rate=rate, options=options or {})
        stream.height, stream.width = pictures.shape[1:3]
        stream.pix_fmt = pixel_format
        stream.codec_context.time_base = unit or 1 / rate
        stream.codec_context.colorspace, stream.codec_context.color_range = colours
        if aspect:
            stream.codec_context.sample_aspect_ratio = aspect
        stream.metadata.update(metadata or {})
        for k, picture in enumerate(pictures):
            rgb = "rgba" if picture.shape[-1] == 4 else "rgb24"
            frame = av.VideoFrame.from_ndarray(picture, format=rgb).reformat(
                format=pixel_format, dst_colorspace=colours[0], dst_color_range=colours[1]
            )
            frame.pts, frame.time_base = (times[k] if times else k), unit or 1 / rate
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return path


def error_of(function: Callable, *arguments, **keywords) -> str:
    """The message of the `VideoError` that a call raises.

    It has to be one sentence that names a fix and no folder of this machine.
    """
    with pytest.raises(VideoError) as caught:
        function(*arguments, **keywords)
    message = str(caught.value)
    assert ": " in message and message.endswith(".") and "\n" not in message
    assert tempfile.gettempdir() not in message
    return message


def child_processes() -> set[int]:
    """Processes that this one has started: they run, or wait to be reaped (Linux only)."""
    numbers = set()
    for path in Path("/proc/self/task").glob("*/children"):
        with suppress(FileNotFoundError, ProcessLookupError):  # a thread that has just ended
            numbers.update(int(number) for number in path.read_text().split())
    return numbers
