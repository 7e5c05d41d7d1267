"""Reading, probing and writing videos.

A video is a float32 tensor (T, H, W, 3), RGB in [-1, 1], and a rate, an exact fraction of frames
per second.  Files are decoded in a child process with limits on time and memory (`decoder.py`);
only files that this module encoded itself should be shown to others.
"""

from __future__ import annotations

import importlib.util
import json
import math
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path

import av
import av.filter
import av.video.reformatter
import numpy as np
import torch

from vgpnn.limits import LIMITS, Limits

Rate = Fraction | float | int
DECODER = Path(__file__).with_name("decoder.py")
# All the child may know of the environment: where the system keeps its libraries, no secrets.
KEPT_ENVIRONMENT = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT")

SCALE = 0x4 | 0x40000 | 0x2000  # swscale: bicubic, accurate rounding, full chroma resolution


class VideoError(ValueError):
    """A video cannot be used; the message is one sentence that names the fix."""


@dataclass(frozen=True)
class Video:
    """`frames`: (T, H, W, 3) float32 RGB in [-1, 1]; `fps`: frames per second, exact."""

    frames: torch.Tensor
    fps: Fraction


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
    with _child(_request("probe", path, limits), limits) as (header, _):
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


def read(
    path: str | os.PathLike,
    start: Rate = 0.0,
    frames: int | None = None,
    seconds: Rate | None = None,
    fps: Rate | None = None,
    height: int | None = None,
    limits: Limits = LIMITS,
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

    See-through pixels are laid over white.  Raises `VideoError`.
    """
    if frames is not None and seconds is not None:
        raise VideoError("Both frames and seconds are given: give one of them.")
    if frames is not None and (isinstance(frames, bool) or frames != int(frames) or frames < 1):
        raise VideoError(f"The number of frames is {frames}: give a whole number from 1.")
    if height is not None and not (math.isfinite(height) and height == int(height) and height >= 2):
        raise VideoError(f"The height is {height}: give a whole number of pixels from 2.")
    request = _request(
        "read",
        path,
        limits,
        start=str(_exact(start, "start", "s")),
        frames=None if frames is None else int(frames),
        seconds=None if seconds is None else str(_exact(seconds, "length", "s", above_zero=True)),
        fps=None if fps is None else str(_rate(fps, limits)),
        height=None if height is None else int(height),
    )
    with _child(request, limits) as (header, pictures):
        shape = (header["count"], header["height"], header["width"], 3)
        pixels = np.empty(shape, np.uint8)
        got = sum(1 for _ in pictures(pixels))
    values = torch.from_numpy(pixels[:got]).to(torch.float32).div_(127.5).sub_(1.0)
    return Video(values, Fraction(header["fps"]))


def write(
    path: str | os.PathLike, video: Video | torch.Tensor, fps: Rate | None = None
) -> VideoInfo:
    """Write an MP4 that plays everywhere, and return what a probe of it says.

    H.264, yuv420p, BT.709 tagged, index first (`+faststart`), at the exact rate.  Odd sizes grow
    by one copied row or column.

    video: a `Video`, or (T, H, W, 3) in [-1, 1] (beyond is clipped) with `fps`, which also
        overrides a `Video`'s own.
    Raises `VideoError` when it cannot be written; nothing is left at `path` then.
    """
    pixels, rate = _pixels_and_rate(video, fps)
    height, width = pixels.shape[1] + pixels.shape[1] % 2, pixels.shape[2] + pixels.shape[2] % 2
    options = {"movflags": "+faststart"}
    with _written(path):
        with av.open(str(path), "w", format="mp4", container_options=options) as out:
            stream = out.add_stream("libx264", rate=rate, options={"crf": "16", "preset": "medium"})
            stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
            codec = stream.codec_context
            codec.time_base = 1 / rate
            codec.colorspace = codec.color_primaries = codec.color_trc = 1  # BT.709
            codec.color_range = 1  # limited, as players expect
            scaler = av.video.reformatter.VideoReformatter()
            for k, picture in enumerate(_to_bytes(pixels)):
                grow = ((0, height - picture.shape[0]), (0, width - picture.shape[1]), (0, 0))
                frame = av.VideoFrame.from_ndarray(
                    np.pad(picture, grow, mode="edge"), format="rgb24"
                )
                frame = scaler.reformat(
                    frame,
                    format="yuv420p",
                    dst_colorspace=1,
                    dst_color_range=1,
                    interpolation=SCALE,
                )
                frame.pts, frame.time_base = k, 1 / rate
                out.mux(stream.encode(frame))
            out.mux(stream.encode(None))
        info = probe(path)
        wanted = (width, height, rate, len(pixels), "yuv420p")
        if wanted != (info.width, info.height, info.fps, info.frames, info.pixel_format):
            raise VideoError(f"The file written holds {info}, not {wanted}: update PyAV.")
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
    with _written(path), av.open(str(path), "w", format="gif") as out:
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
            (source, split, 0, 0), (split, use, 0, 0), (split, palette, 1, 0),
            (palette, use, 0, 1), (use, sink, 0, 0),
        ):  # fmt: skip
            one.link_to(two, output, port)
        graph.configure()
        for k, picture in enumerate(_to_bytes(pixels[list(kept)])):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = k, 1 / rate
            source.push(frame)
        source.push(None)
        for k in range(len(kept)):
            frame = sink.pull()
            frame.pts, frame.time_base = k, 1 / rate
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))


def _to_bytes(pixels: torch.Tensor) -> Iterator[np.ndarray]:
    """(T, H, W, 3) in [-1, 1] to T arrays (H, W, 3) uint8, rounded, clipped."""
    for picture in pixels:
        values = picture.detach().to("cpu", torch.float32)
        yield ((values + 1.0) * 127.5).round().clamp(0, 255).to(torch.uint8).numpy()


def _pixels_and_rate(
    video: Video | torch.Tensor, fps: Rate | None
) -> tuple[torch.Tensor, Fraction]:
    pixels = video.frames if isinstance(video, Video) else video
    if fps is None and isinstance(video, Video):
        fps = video.fps
    if fps is None:
        raise VideoError("The video's rate is not known: give fps.")
    if pixels.ndim != 4 or pixels.shape[-1] != 3 or 0 in pixels.shape:
        raise VideoError(f"The video has shape {tuple(pixels.shape)}: give (T, H, W, 3), none 0.")
    if not torch.isfinite(pixels).all():
        raise VideoError("The video has values that are not finite: give values in [-1, 1].")
    return pixels, _rate(fps, LIMITS)


@contextmanager
def _written(path: str | os.PathLike) -> Iterator[None]:
    """Leave no half-written file behind, and turn encoder errors into a sentence."""
    try:
        yield
    except BaseException as error:
        Path(path).unlink(missing_ok=True)
        if isinstance(error, OSError | av.FFmpegError):
            reason = error.strerror or type(error).__name__
            raise VideoError(f"The video cannot be written ({reason}): check the folder.") from None
        raise


def _exact(value: Rate, name: str, unit: str, above_zero: bool = False) -> Fraction:
    """A number from outside as a fraction, to the microsecond where it is a time."""
    if isinstance(value, bool) or not math.isfinite(value) or value < 0:
        raise VideoError(f"The {name} is {value} {unit}: give a number from 0.")
    if above_zero and value == 0:
        raise VideoError(f"The {name} is 0 {unit}: give a number above 0.")
    return (
        Fraction(value) if isinstance(value, Fraction) else Fraction(value).limit_denominator(10**6)
    )


def _rate(fps: Rate, limits: Limits) -> Fraction:
    """A frame rate as an exact fraction: 29.97 and 23.976 mean 30000/1001 and 24000/1001."""
    rate = _exact(fps, "frame rate", "frames per second", above_zero=True)
    if rate > limits.frame_rate:
        raise VideoError(f"The frame rate is {fps}: give at most {limits.frame_rate:g}.")
    if not isinstance(fps, float):
        return rate
    ntsc = math.ceil(fps) * Fraction(1000, 1001)
    return ntsc if fps % 1 and abs(fps - ntsc) < 0.005 else rate.limit_denominator(1001)


def _request(mode: str, path: str | os.PathLike, limits: Limits, **part) -> str:
    packages = {str(Path(importlib.util.find_spec(n).origin).parents[1]) for n in ("av", "numpy")}
    request = {"start": "0", "frames": None, "seconds": None, "fps": None, "height": None}
    request |= {"mode": mode, "path": os.fspath(path), "limits": asdict(limits)}
    return json.dumps(request | {"packages": sorted(packages)} | part)


@contextmanager
def _child(request: str, limits: Limits):
    """Run the decoder; give its header and a reader that fills an array frame by frame.

    The child is dead and reaped when this ends, whatever happens in between.
    """
    # -I and -S: neither the environment, nor the current folder, nor site hooks choose its code.
    command = [sys.executable, "-I", "-S", str(DECODER), request]
    environment = {k: os.environ[k] for k in KEPT_ENVIRONMENT if k in os.environ}
    child = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
    )
    overrun = threading.Event()
    timer = threading.Timer(limits.child_wall_seconds, lambda: (overrun.set(), child.kill()))
    timer.daemon = True
    timer.start()

    def said(line: bytes) -> dict:
        """One JSON line of the child; `VideoError` if it reports one, or broke off."""
        if not line.endswith(b"\n"):
            child.wait()
            if overrun.is_set() or child.returncode == -getattr(signal, "SIGXCPU", 0):
                raise VideoError(
                    "Decoding takes too long: scale the video down, or cut it to the part you want."
                )
            raise VideoError("Decoding failed: convert the file to MP4 with H.264, then try again.")
        answer = json.loads(line.removeprefix(b"E"))
        if "error" in answer:
            raise VideoError(answer["error"])
        return answer

    def pictures(pixels: np.ndarray) -> Iterator[int]:
        for k in range(len(pixels) + 1):
            if child.stdout.read(1) != b"F":
                said(child.stdout.readline())
                return
            if child.stdout.readinto(memoryview(pixels[k]).cast("B")) < pixels[k].nbytes:
                said(b"")
            yield k

    try:
        yield said(child.stdout.readline()), pictures
    finally:
        timer.cancel()
        child.kill()
        child.stdout.close()
        child.wait()
