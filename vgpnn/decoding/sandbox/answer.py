"""The answer to one request: header, frames, closing line."""

from __future__ import annotations

import json
import os
import stat
from fractions import Fraction

from .checks import DAMAGED, VIDEO_KINDS, Refused, check_pixels
from .picture import Canvas
from .source import File, Folder


def shown(source, start: Fraction, fps: Fraction, count: int, limits: dict):
    """Yield for k = 0 ... count - 1 the frame on screen at start + k / fps: the last not later.

    Fewer come when the file breaks off."""
    clock, k, before = source.clock, 0, None
    for tick, frame in source.frames(start):
        check_pixels(frame.width, frame.height, limits)
        time = clock.time(tick)
        while k < count and start + k / fps + clock.slack < time:
            yield (before or (tick, frame))[1]
            k += 1
        if k == count:
            return
        before = (tick, frame)
    while before and k < count and start + k / fps + clock.slack < clock.gone(before[0]):
        yield before[1]
        k += 1


def answer(request: dict, out) -> None:
    """Write the header, the frames and the closing line that `request` asks for."""
    limits, path = request["limits"], request["path"]
    start, fps = Fraction(request["start"]), request["fps"] and Fraction(request["fps"])
    if stat.S_ISDIR(os.stat(path).st_mode):
        source = Folder(path, fps or Fraction(24), limits)
    elif stat.S_ISREG(os.stat(path).st_mode):
        source = File(path, limits)
    else:
        raise Refused(f"The path is neither a file nor a folder: give {VIDEO_KINDS}.")
    clock = source.clock
    fps = fps or clock.rate
    if fps > limits["frame_rate"]:
        raise Refused(f"The video has {float(fps):g} frames per second: give a lower fps.")
    count = clock.count(start, fps)
    if count == 0:
        raise Refused(
            f"The start ({float(start):g} s) lies past the end of the video, which is"
            f" {float(clock.end):.2f} s long: choose an earlier start."
        )
    if request["seconds"] is not None:
        count = min(count, max(1, round(Fraction(request["seconds"]) * fps)))
    if request["frames"] is not None:
        count = min(count, request["frames"])
    canvas = last = data = None
    reading = request["mode"] == "read"
    if reading and count > limits["decoded_frames"]:
        raise Refused(
            f"The part asked for has {count} frames, and at most {limits['decoded_frames']} are"
            " read: choose a shorter part or a lower fps."
        )
    for frame in shown(source, start, fps, count, limits):
        if canvas is None:
            aspect = source.stream and source.stream.sample_aspect_ratio
            look = request.get("backdrop", 255), request.get("plain", False)
            canvas = Canvas(frame, aspect, request["height"], *look)
            if reading and count * canvas.width * canvas.height > limits["decoded_voxels"]:
                raise Refused(
                    f"The part asked for is {count} frames of {canvas.width} x {canvas.height},"
                    " more than is read at once: choose a lower height or fewer frames."
                )
            header = {
                "width": canvas.width,
                "height": canvas.height,
                "fps": str(fps),
                "count": count,
                "seconds": float(clock.end),
                "frames": clock.count(Fraction(0), fps),
                "container": source.demuxer,
                "codec": source.stream.codec_context.name if source.stream else "images",
                "pixel_format": frame.format.name,
                "steady": clock.steady,
            }
            out.write(json.dumps(header).encode() + b"\n")
            if not reading:
                return
        if frame is not last:
            last, data = frame, canvas.paint(frame).tobytes()
        out.write(b"F")
        out.write(data)
    if canvas is None:
        raise Refused(DAMAGED)
    out.write(b"E{}\n")
