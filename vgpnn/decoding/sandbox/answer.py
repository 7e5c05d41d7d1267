"""The answer to one request: the header, the frames and the closing line."""

from __future__ import annotations

import json
import os
import stat
from fractions import Fraction

from .checks import (
    DAMAGED,
    VIDEO_KINDS,
    RefusedError,
    check_decoded_frames,
    check_decoded_voxels,
    check_pixels,
)
from .clock import Clock
from .colour_tags import colours_of
from .curves import HLG, PQ
from .fitting import FittingConverter
from .folder import ImageFolder
from .sound import CODECS, write_sound
from .source import VideoFile

MOST_DECODED = 600  # frames of a video up to which all are decoded for a glance at it
HDR_NAMES = {PQ: "PQ", HLG: "HLG"}  # what the header calls the curves of HDR
FOLDER_RATE = Fraction(24)  # [frames/s] of a folder of images, where the request states no rate


def write_answer(request: dict, output) -> None:
    """Write what the request asks for to a binary stream, in the format that `main.py` describes.

    Raises `RefusedError` for a file or a part that is not read.
    """
    limits, is_read = request["limits"], request["mode"] != "probe"
    start, fps = Fraction(request["start"]), request["fps"] and Fraction(request["fps"])
    if request["mode"] == "sound":
        write_sound(request, open_source(request["path"], FOLDER_RATE, limits, CODECS), output)
        return
    source = open_source(request["path"], fps or FOLDER_RATE, limits)
    notes = source.notes
    notes += sentences_on_times(source.clock, limits)
    fps = fps or min(source.clock.rate, Fraction(limits["frame_rate"]))
    if request["mode"] == "glance":
        count = request["frames"]
        frames = frames_across(source, count, limits)
    else:
        count = frame_count(request, source.clock, start, fps)
        frames = frames_on_screen(source, start, fps, count, limits)
    if is_read:
        check_decoded_frames(count, limits)
    converter = previous = rgb = None
    for frame in frames:
        if converter is None:
            pixel_aspect = source.stream and source.stream.sample_aspect_ratio
            options = {name: request[name] for name in ("height", "backdrop", "plain")}
            converter = FittingConverter(frame, notes, pixel_aspect=pixel_aspect, **options)
            if is_read:
                check_decoded_voxels(count, converter.width, converter.height, limits)
            header = describe_source(source, fps) | {
                "width": converter.width,
                "height": converter.height,
                "count": count,
                "pixel_format": frame.format.name,
                "turn": converter.turn,
                "hdr": HDR_NAMES.get(colours_of(frame).curve, ""),
                "notes": notes,
            }
            output.write(json.dumps(header).encode() + b"\n")
            if not is_read:
                return
        if frame is not previous:  # A frame that stays on screen is converted once.
            previous, rgb = frame, converter.convert(frame).tobytes()
        output.write(b"F")
        output.write(rgb)
    if converter is None:
        raise RefusedError(DAMAGED)
    output.write(b"E" + json.dumps({"notes": notes}).encode() + b"\n")


def open_source(
    path: str, folder_rate: Fraction, limits: dict, sound_codecs: str = ""
) -> VideoFile | ImageFolder:
    """Open a video file, or a folder of images that are shown at `folder_rate` [frames/s].

    sound_codecs: see `VideoFile`."""
    mode = os.stat(path).st_mode
    if stat.S_ISDIR(mode):
        return ImageFolder(path, folder_rate, limits)
    if stat.S_ISREG(mode):
        return VideoFile(path, limits, sound_codecs)
    raise RefusedError(f"The path is neither a file nor a folder: give {VIDEO_KINDS}.")


def sentences_on_times(clock: Clock, limits: dict) -> list[str]:
    """What has to be said of the times of a video, which cannot be seen in a few frames."""
    sentences = []
    if clock.rate > limits["frame_rate"]:
        most = limits["frame_rate"]
        sentences.append(
            f"The video has {float(clock.rate):.5g} frames per second: it is read at {most:g}."
        )
    if clock.longest_motion is not None:
        begin, end = clock.longest_motion
        sentences.append(
            f"Most of the video stands still: the part from {begin:.2f} s to {end:.2f} s moves."
        )
    return sentences


def describe_source(source: VideoFile | ImageFolder, fps: Fraction) -> dict:
    """The part of the header that does not depend on the first frame, for a rate [frames/s]."""
    clock = source.clock
    return {
        "fps": str(fps),
        "seconds": float(clock.end),
        "frames": clock.count(Fraction(0), fps),
        "container": source.demuxer,
        "codec": source.stream.codec_context.name if source.stream else "images",
        "constant_rate": clock.constant_rate,
        "motion": clock.longest_motion or (),
        "sound": source.has_sound,
    }


def frame_count(request: dict, clock, start: Fraction, fps: Fraction) -> int:
    """How many frames the request asks for, as far as the video goes; at least 1.

    Raises `RefusedError` where the start lies past the end.
    """
    count = clock.count(start, fps)
    if count == 0:
        raise RefusedError(
            f"The start ({float(start):g} s) lies past the end of the video, which is"
            f" {float(clock.end):.2f} s long: choose an earlier start."
        )
    if request["seconds"] is not None:
        count = min(count, max(1, round(Fraction(request["seconds"]) * fps)))
    if request["frames"] is not None:
        count = min(count, request["frames"])
    return count


def frames_on_screen(source, start: Fraction, fps: Fraction, count: int, limits: dict):
    """Yield for k = 0 ... count - 1 the frame that is on screen at start + k / fps [s].

    It is the last frame that has appeared by then, or the nearest one; see `Clock.is_shown_from`.
    Fewer than `count` come where the file breaks off.
    """
    clock, k, current = source.clock, 0, None  # current: the frame on screen and its timestamp
    for timestamp, frame in source.frames(start):
        check_pixels(frame.width, frame.height, limits)
        appears_at = clock.is_shown_from(timestamp, fps)
        while k < count and start + k / fps + clock.tolerance < appears_at:
            yield (current or (timestamp, frame))[1]
            k += 1
        if k == count:
            return
        current = timestamp, frame
    if current is None:
        return
    timestamp, frame = current
    ends_at = clock.disappears_at(timestamp)
    while k < count and start + k / fps + clock.tolerance < ends_at:
        yield frame
        k += 1


def frames_across(source, count: int, limits: dict):
    """Yield the frames in the middle of `count` equal parts of a video's time.

    Of a long video only pictures are decoded that need no others: the last one before each of
    these times, or the first of all.
    """
    step = source.clock.end / count
    if len(source.clock.timestamps) <= MOST_DECODED:
        yield from frames_on_screen(source, step / 2, 1 / step, count, limits)
        return
    if source.demuxer == "avi" or source.stream is None or not source.can_seek:
        raise RefusedError("All of this long video would have to be decoded: convert it to MP4.")
    places = [(source.clock.appears_at(shown), seek) for shown, seek in source.keyframes]
    places.insert(0, (Fraction(0), source.first_seek))
    frame = last = None
    for number in range(count):
        time = step * (2 * number + 1) / 2
        seek_to = [seek for shown, seek in places if shown <= time][-1]
        if seek_to != last:
            last, frame = seek_to, next(source.decode_from(seek_to), frame)
            source.codec.flush_buffers()
        if frame is not None:
            check_pixels(frame.width, frame.height, limits)
            yield frame
