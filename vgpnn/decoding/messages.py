"""What the decoding process says, checked: a file may have taken it over."""

from __future__ import annotations

import json
import math
from fractions import Fraction

from vgpnn.limits import Limits

LONGEST_LINE = 1 << 16  # [bytes] of a message
MOST_NOTES, LONGEST_NOTE = 12, 400  # sentences in a message, and characters of each
TURNS, HDR = (0, 90, 180, 270), ("", "PQ", "HLG")  # what a header may say of these
LONGEST_SIDE = 1 << 16  # [px] of a picture
FAILED = "Decoding failed: convert the file to MP4 with H.264, then try again."


class VideoError(ValueError):
    """A video cannot be used; the message is one sentence that names the fix."""


class UnfinishedError(VideoError):
    """The decoder did not come to an answer, which says nothing about the file."""


def checked_message(line: bytes) -> dict:
    """A message of the process, which an attacked decoder may have written.

    Raises `VideoError` with the sentence that it reports, and `UnfinishedError` for anything else
    than it writes by itself.
    """
    try:
        message = json.loads(line)
        sentences = [*message.get("notes", ()), message.get("error", "")]
        is_right = all(isinstance(each, str) and len(each) <= LONGEST_NOTE for each in sentences)
    except (ValueError, AttributeError, TypeError):
        is_right = False
    if not is_right or len(sentences) > MOST_NOTES:
        raise UnfinishedError(FAILED)
    if message.get("error"):
        raise VideoError(message["error"])
    return message


def checked_header(message: dict, limits: Limits, is_read: bool) -> dict:
    """The header, which has all its fields, of their kinds and within the limits.

    is_read: whether frames follow. Raises `UnfinishedError` for another one.
    """
    try:
        sizes = [int(message[name]) for name in ("count", "height", "width", "frames")]
        count, height, width, _ = sizes
        seconds, motion = float(message["seconds"]), [float(time) for time in message["motion"]]
        is_right = min(sizes) > 0 and 0 < Fraction(message["fps"]) <= limits.frame_rate
        if is_read:
            is_right &= count <= limits.decoded_frames
            is_right &= count * height * width <= limits.decoded_voxels
        is_right &= len(motion) in (0, 2) and all(0 <= time <= seconds for time in motion)
        names = ("container", "codec", "pixel_format")
        is_right &= all(isinstance(message[name], str) for name in names)
        is_right &= all(isinstance(message[name], bool) for name in ("constant_rate", "sound"))
        is_right &= type(message["turn"]) is int and message["turn"] in TURNS
        is_right &= isinstance(message["hdr"], str) and message["hdr"] in HDR
        is_right &= max(height, width) <= LONGEST_SIDE
        is_right &= math.isfinite(seconds)
    except (KeyError, TypeError, ValueError, ArithmeticError):
        is_right = False
    if not is_right:
        raise UnfinishedError(FAILED)
    return {"notes": [], **message}


def checked_sound_header(message: dict, wanted: int) -> tuple[int, int]:
    """How many samples follow, and of how many channels.

    wanted: how many samples were asked for; there are either so many or none.
    Raises `UnfinishedError` for another header.
    """
    count, channels = message.get("samples"), message.get("channels")
    is_right = type(count) is int and count in (0, wanted)
    if not is_right or type(channels) is not int or channels not in (1, 2):
        raise UnfinishedError(FAILED)
    return count, channels
