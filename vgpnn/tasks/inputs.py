"""Tasks by their names: what a run works on, and the problem that its task makes of it.

The page and recipes make their results through these functions, so that both make the same bytes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from threading import Lock
from typing import Any

import cv2
import numpy as np
import torch

from vgpnn.machine.recent import Recent
from vgpnn.presets import TASK_PRESETS
from vgpnn.settings import Settings, Shape
from vgpnn.tasks import (
    analogies,
    cues,
    extending,
    generation,
    going_on,
    inpainting,
    marking,
    retargeting,
    tiling,
)
from vgpnn.tasks.paint import Paint
from vgpnn.tasks.preference import Preference, Wish
from vgpnn.tasks.problem import Problem
from vgpnn.video import Video, VideoInfo

MOST_LOOKED_AT = 8  # painted pictures, from which it is told what is wished
KEPT_WISHES = 64  # of paint that was looked at last, by what it is and the size of the clip

_wishes: Recent[tuple[bytes, Shape], Wish | None] = Recent(KEPT_WISHES)
_wishes_lock = Lock()


@dataclass(frozen=True)
class Inputs:
    """What a run works on.

    video: the working clip, (T, H, W, 3). style: of an analogy.
    region: of inpainting, (T, H, W) bool, what is made anew. cues: (T, H, W, 4), colours in
    [-1, 1] and where they are painted.
    preference: what of the video, or of the style, is wanted more, less, or not at all.
    full: what patches are taken from, in full; None where results stay at the working size.
    """

    video: Video
    style: Video | None = None
    region: torch.Tensor | None = None
    cues: torch.Tensor | None = None
    preference: Preference | None = None
    full: Video | None = None


def frame_rate(info: VideoInfo, fps: float | None) -> Fraction:
    """Frames per second of a working clip. fps: what was asked for; None: the rate of the file."""
    return info.fps if fps is None else Fraction(fps).limit_denominator(1001)


def region_and_cues(
    pictures: Mapping[int, np.ndarray],
    video: Video,
    options: Mapping[str, Any],
    checkpoint: Callable[[], None] = lambda: None,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Region and cues of inpainting a clip.

    pictures: by frame, (h, w, 4) uint8 of any size; those beyond the end are left out.
    options: `first` and `last` (frames), `remove` (a colour) and `margin`, see
    `cues.from_pictures`, whose errors are those of this function; and `follow`, whether the paint
    follows what is under it, which it does not where that is missing.
    """
    fitting, length = _fitting(pictures, video.shape, checkpoint), video.shape[0]
    last = min(options["last"], length - 1)
    known = options["first"], last, options["remove"], options["margin"]
    clip = video.codes if options.get("follow") else None
    return cues.from_pictures(fitting, video.shape, *known, checkpoint, clip)


def preference_of(
    pictures: Mapping[int, np.ndarray] | None,
    source: Video,
    options: Mapping[str, Any],
    checkpoint: Callable[[], None] = lambda: None,
) -> Preference | None:
    """What is marked in a source: the working clip, or the style of an analogy.

    pictures: by frame, (h, w, 4) uint8 of any size, painted in `marking.COLOURS`; those beyond the
    end are left out. None: nothing is marked, and None is returned. options: `alike`, whether all
    that is like it is marked, too, which it is where that is missing.
    Raises ValueError with one sentence.
    """
    if not pictures:
        return None
    fitting = _fitting(pictures, source.shape, checkpoint)
    return marking.marked(source.codes, fitting, options.get("alike", True), checkpoint)


def wish_on_paint(pictures: Mapping[int, np.ndarray] | None, shape: Shape) -> Wish | None:
    """What is wished on the painted frames of a source alone, for the cost of a task that is not
    begun; None where nothing is. See `marking.painted_alone`.

    pictures: those of `preference_of`. Of many, some that are evenly spread are looked at.
    shape: (T, H, W) of the source. Raises ValueError where a picture cannot be read.
    """
    if not pictures:
        return None
    paint = Paint.of(pictures)
    known = paint.digest, shape
    with _wishes_lock:
        if known in _wishes:
            return _wishes[known]
    numbers = sorted(number for number in paint if number < shape[0])
    spread = numbers[:: max(1, math.ceil(len(numbers) / MOST_LOOKED_AT))]
    painted = marking.painted_alone(_fitting({number: paint[number] for number in spread}, shape))
    wish = None if painted is None else Wish.of(painted)
    with _wishes_lock:
        _wishes[known] = wish
    return wish


def _fitting(
    pictures: Mapping[int, np.ndarray],
    shape: Shape,
    checkpoint: Callable[[], None] = lambda: None,
) -> dict[int, np.ndarray]:
    """The pictures of the frames that a video of shape (T, H, W) has, at its size."""
    length, height, width = shape
    fitting = {}
    for frame in sorted(pictures):
        checkpoint()
        if frame < length:
            picture = pictures[frame]
            fitting[frame] = cv2.resize(picture, (width, height), interpolation=cv2.INTER_NEAREST)
    return fitting


def problem_of(
    task: str,
    inputs: Inputs,
    seeds: Sequence[int],
    settings: Settings,
    options: Mapping[str, Any],
    device: str = "auto",
    checkpoint: Callable[[], None] = lambda: None,
) -> Problem:
    """A task as the data that the loop works on, with one sample for each seed.

    task: a key of `TASK_PRESETS`. options: what only this task has: `width_scale`, `height_scale`,
    `duration_scale` and `loop` of retargeting; `left`, `right`, `top`, `bottom` and `from_above` of
    extending; `longer` of going on; `axes` and `time` of a tile; and `drafts` of generation, a name
    for each seed.
    Raises ValueError with one sentence.
    """
    video, preset = inputs.video, TASK_PRESETS[task]
    common = {"seed": seeds, "settings": settings, "device": device, "checkpoint": checkpoint}
    if preset == "inpaint":
        return inpainting.problem(video, inputs.region, inputs.cues, **common)
    if preset == "extend":
        sides = extending.sides_of(options)
        return extending.problem(video, *sides, options.get("from_above", False), **common)
    if preset == "go_on":
        return going_on.problem(video, options.get("longer", going_on.USUAL), **common)
    if preset == "tile":
        known = options.get("axes", "both"), options.get("time", False)
        return tiling.problem(video, *known, **common)
    common["preference"] = inputs.preference
    if preset == "retarget":
        sides = "width", "height", "duration"
        scales = (options.get(f"{side}_scale", 1.0) for side in sides)
        return retargeting.problem(video, *scales, options.get("loop", False), **common)
    if preset in ("analogy", "sketch"):
        return analogies.problem(video, inputs.style, preset == "sketch", **common)
    return generation.problem(video, drafts=options.get("drafts"), **common)
