"""The boards on which inpainting and sketches are painted, and the pictures that they send.

All that is painted stays in the browser (paint.js, sketch.js). An event brings it as PNG files in
Base64, within what a request may have, and nothing of it is kept for the next event.
"""

from __future__ import annotations

import math
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import gradio as gr
import torch

from vgpnn.limits import LIMITS
from vgpnn.page import scripts
from vgpnn.page.values import Unusable, word_for
from vgpnn.service.request import Request
from vgpnn.tasks import cues
from vgpnn.tasks.paint import PAINT_PIXELS, UNREADABLE, Paint

MOST_CHARACTERS = 700_000  # of all pictures that a board sends; a request has at most 1 MB
BOARD_HEIGHT = 432  # [px], about, of a frame to paint on
COLOURS = ("#000000", "#ffffff")  # of the brush, besides those of the clip
# For the `js` of an event that only asks which frames are painted.
WITHOUT_PICTURES = scripts.call("light.js", "withoutPictures")


@dataclass(frozen=True)
class Pictures:
    """What a board sends.

    part: what it says of the clip, as `part_of`. paint: what is painted, by number of the frame or
    of the drawing; nothing of it is opened yet. brush: the kind that is chosen, on a board of
    marks.
    """

    part: Mapping[str, Any] = field(default_factory=dict)
    paint: Paint = field(default_factory=Paint)
    brush: str = ""


class PaintBoard(gr.HTML):
    """A board, which a script of the page draws. Its value is for that script; an event gets the
    `Pictures` that are on it."""

    is_template = True

    def __init__(self, value: dict | None = None, *, script: str = "", **options) -> None:
        """value: what the script gets at first. script: its file. options: more of gr.HTML."""
        board, load = "<div class='board'></div>", scripts.on_load(script) if script else None
        super().__init__(value, html_template=board, js_on_load=load, **options)

    def preprocess(self, payload: Any) -> Pictures | Unusable:
        return sent_pictures(payload)


def sent_pictures(payload: Any) -> Pictures | Unusable:
    """What a board has sent."""
    payload = payload if isinstance(payload, dict) else {}
    part = {name: payload.get(name) for name in ("moments", "frames", "size")}
    try:
        pictures = (payload.get("pictures") or {}).items()
        paint = Paint({frame_number(k): b64decode(text) for k, text in pictures})
        return Pictures(part, paint, str(payload.get("brush", "")))
    except (AttributeError, TypeError, ValueError):  # what no board sends
        return Unusable(UNREADABLE)


def frame_number(text: str) -> int:
    """The number of a frame. Raises ValueError unless a clip can have one with this number."""
    number = int(text)
    if not 0 <= number < LIMITS.max_frames:
        raise ValueError("there is no such frame")
    return number


def part_of(request: Request, frames: int) -> dict[str, Any]:
    """What the board of a working clip knows of it, for a clip of so many frames.

    moments: a word for which moments of which file the frames show, whatever their length and size.
    size: [height, width] of the paint [px].
    """
    return {
        "moments": word_for(request.clip.path, request.start, request.fps),
        "frames": frames,
        "size": board_size(*request.working_shape[1:]),
    }


def board_size(height: int, width: int) -> list[int]:
    """[height, width] of the paint on a clip of a height and width [px]: a whole number of times as
    much, about BOARD_HEIGHT high, and within PAINT_PIXELS."""
    scale = max(1, round(BOARD_HEIGHT / height))
    scale = min(scale, math.sqrt(PAINT_PIXELS / (height * width)))
    return [int(height * scale), int(width * scale)]


def board_of(
    request: Request, frames: torch.Tensor, rate: float, paint: Paint | None = None
) -> dict[str, Any]:
    """The value of a board that shows the (T, H, W, 3) frames in [-1, 1] of a working clip.

    rate: of the frames [1/s]. paint: by frame; None leaves what the browser has, as far as it fits.
    """
    colours = dict.fromkeys([*COLOURS, *cues.palette(frames)])
    remove = "#{:02x}{:02x}{:02x}".format(*cues.REMOVE)
    part = part_of(request, len(frames))
    value = {**part, "fps": rate, "colours": list(colours), "remove": remove}
    if paint is None:
        return value
    return {**value, "pictures": paint.texts}
