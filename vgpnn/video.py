"""Reading, probing and writing videos.

A video is RGB values in [-1, 1], kept as 8-bit codes (`codes.py`), and a rate, an exact fraction
of frames per second.  Files are decoded in a child process with limits on time and memory
(`decoder.py`); only files that this module encoded itself should be shown to others.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import av.filter
import numpy as np
import torch

from vgpnn.codes import decode, encode
from vgpnn.decoding.process import VideoError, decoding
from vgpnn.limits import LIMITS, Limits

Rate = Fraction | float | int
ENCODER_THREADS = 1  # the bytes must not depend on the machine
# x264's macroblock tree reads memory before writing it on small frames: bytes would vary by chance.
ENCODER_PARAMETERS = "mbtree=0"
BT709, LIMITED = 1, 1  # colour matrix and value range, as numbered in H.264 and FFmpeg
# In H.264 chroma lies left of the middle; swscale alone puts it in the middle, half a pixel off.
TO_YUV = (
    "out_color_matrix=bt709:out_range=tv:out_chroma_loc=left"
    ":flags=bicubic+accurate_rnd+full_chroma_inp"
)


@dataclass(frozen=True)
class Video:
    """`codes`: (T, H, W, 3) uint8 RGB; `fps`: frames per second, exact.

    It may also be made from values in [-1, 1], which are rounded to codes: a quarter of the memory,
    and all that a file can hold. Raises ValueError for values that are none.
    """

    codes: torch.Tensor
    fps: Fraction

    def __post_init__(self) -> None:
        values = self.codes
        if values.ndim != 4 or values.shape[3] != 3 or 0 in values.shape:
            raise ValueError(f"A video has the shape (T, H, W, 3), not {tuple(values.shape)}.")
        if max(values.shape) > 32_767:
            raise ValueError("A side of the video is longer than 32767: scale it down first.")
        if values.dtype == torch.uint8:
            object.__setattr__(self, "codes", values.cpu())
            return
        if not values.is_floating_point():
            raise ValueError(f"A video is of float values or uint8 codes, not {values.dtype}.")
        if not torch.isfinite(values).all() or values.abs().max() > 1.001:
            raise ValueError("The values of a video lie in [-1, 1]: scale them first.")
        object.__setattr__(self, "codes", encode(values).cpu())

    @property
    def frames(self) -> torch.Tensor:
        """(T, H, W, 3) float32 RGB in [-1, 1]."""
        return decode(self.codes)

    @property
    def shape(self) -> tuple[int, int, int]:
        """(T, H, W)."""
        return tuple(self.codes.shape[:3])


@dataclass(frozen=True)
class VideoInfo:
    """What a file holds.  Sizes are of the upright picture with square pixels [px]."""

    width: int
    height: int
    fps: Fraction  # the average rate of the stream [frames/s]
    seconds: float  # [s] from the first frame to the end of the last
    frames: int  # at that rate
    steady: bool  # whether the rate is constant
    container: str  # mov (also MP4), matroska (also WebM), avi, gif or folder
    codec: str
    pixel_format: str  # as stored


def probe(path: str | os.PathLike, limits: Limits = LIMITS) -> VideoInfo:
    """Say what a video file or a folder of numbered images holds; only one frame is decoded.

    Raises `VideoError` for a file that `read` would refuse whatever part is asked for.
    """
    with decoding("probe", path, limits) as (header, _):
        return VideoInfo(
            width=header["width"],
            height=header["height"],
            fps=Fraction(header["fps"]),
            seconds=header["seconds"],
            frames=header["frames"],
            steady=header["steady"],
            container=header["container"],
            codec=header["codec"],
            pixel_format=header["pixel_format"],
        )


def working_shape(
    info: VideoInfo, start: float = 0.0, frames: int | None = None, height: int | None = None
) -> tuple[int, int, int]:
    """(T, H, W) that `read` will return for the same arguments at the stream's own rate."""
    left = max(1, math.ceil((info.seconds - start) * info.fps - 1e-6))
    length = left if frames is None else min(frames, left)
    if height is None or height >= info.height:
        return length, info.height, info.width
    even = max(2, height - height % 2)
    return length, even, max(2, 2 * round(Fraction(info.width * even, 2 * info.height)))


def read(
    path: str | os.PathLike,
    start: Rate = 0.0,
    frames: int | None = None,
    seconds: Rate | None = None,
    fps: Rate | None = None,
    height: int | None = None,
    limits: Limits = LIMITS,
    backdrop: int = 255,
    plain: bool = False,
) -> Video:
    """Read a part of a video file, or of a folder of numbered PNG or JPEG images.

    Frame k of the result is what is on screen at `start + k / fps`: the last stored frame that is
    not later.

    start: seconds after the first frame.
    frames, seconds: how much to read (give one; default: to the end); less comes when less is
        there.
    fps: rate of the result.  Default: the stream's own average rate, at which a clip of constant
        rate comes back frame for frame.  A folder has no rate: `fps` states it (default 24).
    height: reduce to this height [px] (rounded down to even; the width keeps the aspect, rounded
        to even).  A picture that is not higher keeps its size, odd or even.

    backdrop: grey level, 0 to 255, that see-through pixels are laid over.
    plain: convert colours as most tools do where the size stays, with chroma repeated and sums cut
        off: to measure the same pixels as they do.  Raises `VideoError`.
    """
    if frames is not None and seconds is not None:
        raise VideoError("Both frames and seconds are given: give one of them.")
    part = {
        "start": str(_exact(start, "start")),
        "frames": None if frames is None else _whole(frames, "number of frames", 1),
        "seconds": None if seconds is None else str(_above_zero(seconds, "length in seconds")),
        "fps": None if fps is None else str(_rate(fps, limits)),
        "height": None if height is None else _whole(height, "height", 2),
        "backdrop": _whole(backdrop, "backdrop", 0),
        "plain": bool(plain),
    }
    with decoding("read", path, limits, **part) as (header, fill):
        shape = (header["count"], header["height"], header["width"], 3)
        pixels = np.empty(shape, np.uint8)
        got = fill(pixels)
    return Video(torch.from_numpy(pixels[:got]), Fraction(header["fps"]))


def write(
    path: str | os.PathLike,
    video: Video | torch.Tensor,
    fps: Rate | None = None,
    quality: int = 16,
) -> VideoInfo:
    """Write an MP4 that plays everywhere, and return what a probe of it says.

    H.264, yuv420p, BT.709 tagged, index first (`+faststart`), at the exact rate.  Odd sizes grow
    by one copied row or column.

    video: a `Video`, or (T, H, W, 3) in [-1, 1] (beyond is clipped) with `fps`, which also
        overrides a `Video`'s own.
    quality: x264's constant rate factor; 16 looks like the input, 23 is half the size.
    Raises `VideoError` when it cannot be written; nothing is left at `path` then.
    """
    pixels, rate = _pixels_and_rate(video, fps)
    height, width = (size + size % 2 for size in pixels.shape[1:3])
    options = {"movflags": "+faststart"}
    with _written(path):
        with av.open(os.path.abspath(path), "w", format="mp4", container_options=options) as out:
            encoder = {"crf": str(quality), "preset": "medium", "x264-params": ENCODER_PARAMETERS}
            stream = out.add_stream("libx264", rate=rate, options=encoder)
            stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
            codec = stream.codec_context
            codec.thread_count = ENCODER_THREADS
            codec.time_base = 1 / rate
            codec.colorspace = codec.color_primaries = codec.color_trc = BT709
            codec.color_range = LIMITED
            graph = av.filter.Graph()
            source = graph.add_buffer(
                width=width, height=height, format="rgb24", time_base=1 / rate
            )
            chain = (source, graph.add("scale", TO_YUV), graph.add("format", "yuv420p"))
            graph.link_nodes(*chain, graph.add("buffersink")).configure()
            for frame in _frames(pixels, rate, width, height):
                graph.push(frame)
                out.mux(stream.encode(graph.pull()))
            out.mux(stream.encode(None))
        info = probe(path)
        same = (info.width, info.height, info.frames) == (width, height, len(pixels))
        if not same or info.pixel_format != "yuv420p" or abs(info.fps / rate - 1) > 1e-6:
            raise VideoError(f"The file written holds {info}: install PyAV from PyPI again.")
    return info


def write_gif(
    path: str | os.PathLike, video: Video | torch.Tensor, fps: Rate | None = None
) -> None:
    """Write an endless GIF with one palette for all frames; arguments and errors as for `write`.

    Delays are whole centiseconds and browsers slow down any below 2: delays alternate so that the
    rate holds on average, and above 50 frames per second frames are left out.
    """
    pixels, rate = _pixels_and_rate(video, fps)
    kept = range(len(pixels))
    if rate > 50:
        kept = [int(k * rate / 50) for k in range(math.ceil(len(pixels) * 50 / rate))]
        rate = Fraction(50)
    with _written(path), av.open(os.path.abspath(path), "w", format="gif") as out:
        stream = out.add_stream("gif", rate=rate)
        stream.width, stream.height, stream.pix_fmt = pixels.shape[2], pixels.shape[1], "pal8"
        stream.codec_context.time_base = 1 / rate
        graph = av.filter.Graph()
        source = graph.add_buffer(
            width=stream.width, height=stream.height, format="rgb24", time_base=1 / rate
        )
        split, palette = graph.add("split"), graph.add("palettegen", "stats_mode=full")
        use, sink = graph.add("paletteuse", "dither=sierra2_4a"), graph.add("buffersink")
        for one, two, output, port in (
            (source, split, 0, 0),
            (split, use, 0, 0),
            (split, palette, 1, 0),
            (palette, use, 0, 1),
            (use, sink, 0, 0),
        ):
            one.link_to(two, output, port)
        graph.configure()
        for frame in _frames(pixels[list(kept)], rate, stream.width, stream.height):
            source.push(frame)
        source.push(None)
        for k in range(len(kept)):
            frame = sink.pull()
            frame.pts, frame.time_base = k, 1 / rate
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))


def _frames(
    pixels: torch.Tensor, rate: Fraction, width: int, height: int
) -> Iterator[av.VideoFrame]:
    """(T, H, W, 3) codes to T RGB frames that are numbered in time.

    The last row and column are repeated up to `width` x `height` [px]."""
    for k, picture in enumerate(pixels):
        values = picture.numpy()
        grow = ((0, height - values.shape[0]), (0, width - values.shape[1]), (0, 0))
        frame = av.VideoFrame.from_ndarray(np.pad(values, grow, mode="edge"), format="rgb24")
        frame.pts, frame.time_base = k, 1 / rate
        yield frame


def _pixels_and_rate(
    video: Video | torch.Tensor, fps: Rate | None
) -> tuple[torch.Tensor, Fraction]:
    """Codes and rate of what is to be written."""
    pixels = video.codes if isinstance(video, Video) else video
    if fps is None and isinstance(video, Video):
        fps = video.fps
    if fps is None:
        raise VideoError("The video's rate is not known: give fps.")
    if pixels.ndim != 4 or pixels.shape[-1] != 3 or 0 in pixels.shape:
        raise VideoError(f"The video has shape {tuple(pixels.shape)}: give (T, H, W, 3), none 0.")
    if not torch.isfinite(pixels).all():
        raise VideoError("The video has values that are not finite: give values in [-1, 1].")
    if pixels.dtype != torch.uint8:
        pixels = encode(pixels.detach())
    return pixels.cpu(), _rate(fps, LIMITS)


@contextmanager
def _written(path: str | os.PathLike) -> Iterator[None]:
    """Leave no half-written file behind, and turn encoder errors into a sentence."""
    try:
        yield
    except BaseException as error:
        with suppress(OSError):
            Path(path).unlink()
        if isinstance(error, OSError | av.FFmpegError):
            reason = error.strerror or type(error).__name__
            raise VideoError(f"The video cannot be written ({reason}): check the folder.") from None
        raise


def _exact(value: Rate, name: str) -> Fraction:
    """A number from outside, not below 0, as a fraction; a float as the simple one it means."""
    if not math.isfinite(value) or value < 0:
        raise VideoError(f"The {name} is {value}: give a number from 0.")
    return Fraction(value).limit_denominator(10**6) if isinstance(value, float) else Fraction(value)


def _above_zero(value: Rate, name: str) -> Fraction:
    if _exact(value, name) == 0:
        raise VideoError(f"The {name} is {value}: give a number above 0.")
    return _exact(value, name)


def _whole(value: int, name: str, least: int) -> int:
    if not math.isfinite(value) or value != int(value) or value < least:
        raise VideoError(f"The {name} is {value}: give a whole number from {least}.")
    return int(value)


def _rate(fps: Rate, limits: Limits) -> Fraction:
    """A frame rate as an exact fraction: 29.97 and 23.976 mean 30000/1001 and 24000/1001."""
    rate = _above_zero(fps, "frame rate")
    if rate > limits.frame_rate:
        raise VideoError(f"The frame rate is {fps}: give at most {limits.frame_rate:g}.")
    ntsc = math.ceil(rate) * Fraction(1000, 1001)
    means_ntsc = isinstance(fps, float) and rate % 1 and abs(rate - ntsc) < Fraction(1, 200)
    return ntsc if means_ntsc else rate.limit_denominator(1_000_000)
