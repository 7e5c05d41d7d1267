"""The part of a clip that a page starts with, and the size that it is worked on at."""

from __future__ import annotations

import math
from contextlib import suppress
from dataclasses import replace
from typing import NamedTuple

from vgpnn.limits import LIMITS
from vgpnn.service.expected_time import LOOK_SECONDS
from vgpnn.service.request import DEFAULT_SAMPLES, Clip, Request, new_request
from vgpnn.tasks.drafts import COUNT

FIRST_SECONDS = 15.0  # [s] that drafts and takes of a new clip may need, by the cost model


class Plan(NamedTuple):
    """side: of the working clip, the shorter one [px]. seconds: of the clip that are used.
    fps: [frames/s] at most, or None for the rate of the file."""

    side: int
    seconds: float
    fps: int | None


# The first one that can be made in these seconds is taken, or else the last but one. The last one
# is for pictures whose sides differ so much that the others are too large for the page.
PLANS = (
    Plan(480, 3, None),
    Plan(360, 3, None),
    Plan(360, 2, None),
    Plan(240, 2, None),
    Plan(360, 2, 15),
    Plan(240, 3, 15),
    Plan(240, 2, 15),
    Plan(64, 1, 15),
)


def whole_request(clip: Clip) -> Request:
    """A request for all of a clip at its own size, as far as the sliders go. Raises ValueError."""
    info = clip.info
    return new_request(
        clip,
        frames=min(max(info.frames, LIMITS.min_frames), LIMITS.max_frames),
        height=min(max(info.height, LIMITS.min_height), LIMITS.max_height),
    )


def first_request(clip: Clip) -> Request:
    """A request for the beginning of a clip, or of the part that moves where most of it stands
    still, at the size and the rate that its takes can be made at soon. Raises ValueError."""
    *plans, least = PLANS
    found = None
    for plan in plans:
        with suppress(ValueError):  # too large for the page
            found = _planned(clip, plan)
            if (
                found.first_look_seconds() <= LOOK_SECONDS
                and found.expected_seconds() <= FIRST_SECONDS
            ):
                break
    found = found or _planned(clip, least)
    return replace(found, samples=1, options={})


def _planned(clip: Clip, plan: Plan) -> Request:
    """The request of a plan for takes and their drafts. Raises ValueError where it is too large."""
    info = clip.info
    fps = None if plan.fps is None or plan.fps >= info.fps else plan.fps
    rate, (begin, end) = fps or info.fps, info.motion or (0.0, info.seconds)
    start = math.ceil(10 * begin) / 10  # as the slider has it
    frames = math.floor((end - start) * rate + 1e-6)
    if frames < LIMITS.min_frames:
        start, frames = math.floor(10 * begin) / 10, LIMITS.min_frames
    wanted = min(LIMITS.max_frames, max(LIMITS.min_frames, round(plan.seconds * rate)))
    height = plan.side * info.height / min(info.height, info.width)
    height = min(2 * round(height / 2), LIMITS.max_height, info.height)
    return new_request(
        clip,
        start=start,
        frames=min(frames, wanted),
        height=max(height, LIMITS.min_height),
        fps=fps,
        samples=DEFAULT_SAMPLES,
        options={"offered": COUNT},
    )
