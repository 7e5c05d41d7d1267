"""Videos in memory, and reading, probing and writing them as files.

A video is RGB values in [-1, 1], kept as 8-bit codes (`codes.py`), and a rate, an exact fraction
of frames per second. Files are decoded in a process with limits on time and memory (`decoding`).
Only files that this module has written should be shown to others.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from fractions import Fraction

import numpy as np
import torch

from vgpnn.codes import decode, encode
from vgpnn.decoding.messages import VideoError
from vgpnn.decoding.process import decode_in_sandbox
from vgpnn.encoding import encode_gif, stored
from vgpnn.formats import FOLDER, format_of, written_whole
from vgpnn.limits import LIMITS, Limits
from vgpnn.sound import Sound

DEFAULT_FPS = Fraction(12)  # [frames/s] of tensors, which have no rate
Rate = Fraction | float | int  # also of times and lengths that the caller gives as a number
SAME_RATE = 1e-6  # by which the rate in a file may differ, as a share; some hold it as a decimal
LONGEST_SIDE = 32_767  # [px], and frames: places in a video are kept as 16-bit numbers


@dataclass(frozen=True)
class Video:
    """A video in memory.

    codes: (T, H, W, 3) uint8 RGB. Float values in [-1, 1] may be given instead; they are rounded
        to codes, which need a quarter of the memory and hold all that a file can hold.
    fps: frames per second, exact.
    notes: sentences on what was chosen or changed when it was read from a file.
    Raises ValueError where `codes` has another shape, type or range.
    """

    codes: torch.Tensor
    fps: Fraction
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        values = self.codes
        if values.ndim != 4 or values.shape[3] != 3 or 0 in values.shape:
            raise ValueError(f"A video has the shape (T, H, W, 3), not {tuple(values.shape)}.")
        if max(values.shape) > LONGEST_SIDE:
            raise ValueError(
                f"A side of the video is longer than {LONGEST_SIDE}: scale it down first."
            )
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


def as_video(video: Video | torch.Tensor) -> Video:
    """A `Video` as it is, and a (T, H, W, 3) tensor as one with the rate DEFAULT_FPS.

    Raises ValueError for a tensor of another shape, type or range; see `Video`.
    """
    return video if isinstance(video, Video) else Video(torch.as_tensor(video), DEFAULT_FPS)


@dataclass(frozen=True)
class VideoInfo:
    """What a file holds. Sizes are those of the upright picture with square pixels [px]."""

    width: int
    height: int
    fps: Fraction  # the rate of the parts that move, as far as it is allowed [frames/s]
    seconds: float  # [s] from the first frame to the end of the last
    frames: int  # at that rate
    constant_rate: bool  # whether the rate is constant
    container: str  # mov (also MP4), matroska (also WebM), mpegts, avi, gif, folder, ...
    codec: str
    pixel_format: str  # as stored
    motion: tuple = ()  # begin and end [s] of the part that moves, where most stands still
    notes: tuple = ()  # sentences on what is chosen or changed when the file is read
    sound: bool = False  # whether the file has a track of sound
    turn: int = 0  # by which stored pictures are shown, clockwise: 0, 90, 180 or 270 [degrees]
    hdr: str = ""  # the curve of a picture in HDR, "PQ" or "HLG"; "" in SDR


def probe(
    path: str | os.PathLike,
    limits: Limits = LIMITS,
    checkpoint: Callable[[], None] = lambda: None,
) -> VideoInfo:
    """Say what a video file or a folder of numbered images holds; only one frame is decoded.

    checkpoint: called several times a second; may raise to cancel.
    Raises `VideoError` for a file that `read` would refuse whatever part is asked for. Its kind
    `UnfinishedError` says nothing about the file: the decoder was ended, or there was no room.
    """
    with decode_in_sandbox("probe", path, limits, checkpoint) as (header, _):
        held = {each.name: header[each.name] for each in fields(VideoInfo)}
        held |= {name: tuple(header[name]) for name in ("motion", "notes")}
        return VideoInfo(**held | {"fps": Fraction(header["fps"])})


def working_shape(
    info: VideoInfo, start: float = 0.0, frames: int | None = None, height: int | None = None
) -> tuple[int, int, int]:
    """(T, H, W) that `read` returns for the same arguments at the stream's own rate."""
    available = max(1, math.ceil((info.seconds - start) * info.fps - 1e-6))
    length = available if frames is None else min(frames, available)
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
    checkpoint: Callable[[], None] = lambda: None,
) -> Video:
    """Read a part of a video file, or of a folder of numbered PNG or JPEG images.

    Frame k of the result is what is on screen at `start + k / fps`: the last stored frame that has
    appeared by then, or the nearest one where the rate varies and steps are about one frame.

    start: seconds after the first frame.
    frames, seconds: how much to read; give at most one of them. Without them everything to the
        end is read; a video that ends earlier gives less.
    fps: rate of the result. By default it is the stream's own, at which a clip of constant rate
        comes back frame for frame; where the rate varies it is that of the parts that move. A
        folder has no rate: `fps` states it, and 24 is the default.
    height: reduce to this height [px], rounded down to even; the width keeps the aspect and is
        rounded to even. A picture that is not higher keeps its size, odd or even.
    backdrop: grey level, 0 to 255, that see-through pixels are laid over.
    plain: convert colours as most tools do, with chroma repeated and sums cut off, where the size
        stays. Use it to measure the same pixels as those tools.
    checkpoint: called several times a second; may raise to cancel, which ends the decoder.
    Raises `VideoError` where the file or the part cannot be read; see `probe`.
    """
    if frames is not None and seconds is not None:
        raise VideoError("Both frames and seconds are given: give one of them.")
    part = {
        "start": str(_not_negative(start, "start")),
        "frames": None if frames is None else _whole(frames, "number of frames", 1),
        "seconds": None if seconds is None else str(_positive(seconds, "length in seconds")),
        "fps": None if fps is None else str(_frame_rate(fps, limits)),
        "height": None if height is None else _whole(height, "height", 2),
        "backdrop": _whole(backdrop, "backdrop", 0),
        "plain": bool(plain),
    }
    with decode_in_sandbox("read", path, limits, checkpoint, **part) as (header, read_frames):
        pixels = np.empty((header["count"], header["height"], header["width"], 3), np.uint8)
        count, notes = read_frames(pixels)
    return Video(torch.from_numpy(pixels[:count]), Fraction(header["fps"]), tuple(notes))


def write(
    path: str | os.PathLike,
    video: Video | torch.Tensor,
    fps: Rate | None = None,
    quality: int = 16,
    checkpoint: Callable[[], None] = lambda: None,
    sound: Sound | None = None,
) -> VideoInfo:
    """Write a video in the format that the ending of its name says; return what a probe says.

    .mp4 and .mov are H.264 and play everywhere, and .webm is VP9: yuv420p, tagged as BT.709, at the
    exact rate; odd sizes grow by one copied row or column. .gif is what `write_gif` writes. A name
    without an ending, or with a slash at its end, is a folder of PNG images, which lose nothing but
    the rate.

    video: a `Video`, or (T, H, W, 3) values in [-1, 1], beyond which they are clipped.
    fps: needed for values; it also replaces the rate of a `Video`.
    quality: x264's constant rate factor; 16 looks like the input, 23 is half the size. A GIF and
        PNG images have no quality.
    checkpoint: called for every frame; may raise to cancel.
    sound: written beside it, but to a GIF or PNG images: AAC, and Opus in WebM. It is cut to the
        length of the video, or silence follows.
    Raises `VideoError` when it cannot be written; `path` stays what it was then.
    """
    codes, rate = _codes_and_rate(video, fps)
    form = format_of(path)
    with written_whole(path, form is FOLDER) as part:
        heard = sound and sound.lasting(len(codes) / rate)
        form.encode(part, codes, rate, quality, checkpoint, heard)
        if form.keeps_rate:
            info = _written(part, rate)
        else:
            info = probe(part, replace(LIMITS, upload_bytes=2**62), checkpoint)
        height, width = (size + size % 2 * form.is_even for size in codes.shape[1:3])
        is_whole = (info.width, info.height) == (width, height)
        if form.keeps_rate:
            is_whole &= info.frames == len(codes) and info.fps == rate
            is_whole &= info.pixel_format == "yuv420p"
        if not is_whole:
            raise VideoError(f"The file written holds {info}: install PyAV from PyPI again.")
    return info


def _written(path: str, rate: Fraction) -> VideoInfo:
    """What `probe` says of a file that this process has just written at a rate [frames/s].

    Nobody else has touched the file, so it is opened here: a process for it takes longer than
    encoding a short video.
    """
    held = stored(path)
    fps = rate if abs(held.pop("rate") / rate - 1) <= SAME_RATE else Fraction(0)
    return VideoInfo(**held, fps=fps, seconds=held["frames"] / float(rate), constant_rate=True)


def write_gif(
    path: str | os.PathLike,
    video: Video | torch.Tensor,
    fps: Rate | None = None,
    checkpoint: Callable[[], None] = lambda: None,
) -> None:
    """Write a GIF that repeats without end; arguments and errors are those of `write`.

    Above 50 frames per second frames are left out, because browsers slow down a faster GIF.
    """
    codes, rate = _codes_and_rate(video, fps)
    with written_whole(path) as part:
        encode_gif(part, codes, rate, checkpoint)


def _codes_and_rate(video: Video | torch.Tensor, fps: Rate | None) -> tuple[torch.Tensor, Fraction]:
    """Codes (T, H, W, 3) and rate [frames/s] of what is to be written. Raises `VideoError`."""
    values = video.codes if isinstance(video, Video) else video
    if fps is None and isinstance(video, Video):
        fps = video.fps
    if fps is None:
        raise VideoError("The video's rate is not known: give fps.")
    if values.ndim != 4 or values.shape[-1] != 3 or 0 in values.shape:
        raise VideoError(f"The video has shape {tuple(values.shape)}: give (T, H, W, 3), none 0.")
    if not torch.isfinite(values).all():
        raise VideoError("The video has values that are not finite: give values in [-1, 1].")
    codes = values if values.dtype == torch.uint8 else encode(values.detach())
    return codes.cpu(), _frame_rate(fps, LIMITS)


def _not_negative(value: Rate, name: str) -> Fraction:
    """A number from 0 as a fraction; a float becomes a simple fraction close to it.

    name: how the sentence of the error calls the number. Raises `VideoError` for other values.
    """
    if not math.isfinite(value) or value < 0:
        raise VideoError(f"The {name} is {value}: give a number from 0.")
    return Fraction(value).limit_denominator(10**6) if isinstance(value, float) else Fraction(value)


def _positive(value: Rate, name: str) -> Fraction:
    """Like `_not_negative`, but without 0."""
    fraction = _not_negative(value, name)
    if fraction == 0:
        raise VideoError(f"The {name} is {value}: give a number above 0.")
    return fraction


def _whole(value: int, name: str, least: int) -> int:
    """A whole number from `least`. Raises `VideoError` for other values."""
    if not math.isfinite(value) or value != int(value) or value < least:
        raise VideoError(f"The {name} is {value}: give a whole number from {least}.")
    return int(value)


def _frame_rate(fps: Rate, limits: Limits) -> Fraction:
    """A frame rate as an exact fraction [frames/s]; 29.97 means 30000/1001, as in NTSC video."""
    rate = _positive(fps, "frame rate")
    if rate > limits.frame_rate:
        raise VideoError(f"The frame rate is {fps}: give at most {limits.frame_rate:g}.")
    ntsc = math.ceil(rate) * Fraction(1000, 1001)
    is_ntsc = isinstance(fps, float) and rate % 1 != 0 and abs(rate - ntsc) < Fraction(1, 200)
    return ntsc if is_ntsc else rate.limit_denominator(1_000_000)
