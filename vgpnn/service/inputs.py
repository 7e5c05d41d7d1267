"""The videos and the paint of a request, read from their files, and the problem made from them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import torch

import vgpnn
from vgpnn.service import clips
from vgpnn.service.request import Request
from vgpnn.tasks import analogies, cues, generation, inpainting, retargeting
from vgpnn.tasks.problem import Problem


@dataclass(frozen=True)
class Inputs:
    """What a run works on.

    video: the working clip, (T, H, W, 3). style: of an analogy.
    region: of inpainting, (T, H, W) bool, what is made anew. cues: (T, H, W, 4), colours in
    [-1, 1] and where they are painted.
    full: what patches are taken from, in full; None where results stay at the working size.
    """

    video: vgpnn.Video
    style: vgpnn.Video | None = None
    region: torch.Tensor | None = None
    cues: torch.Tensor | None = None
    full: vgpnn.Video | None = None


def read_inputs(request: Request, checkpoint: Callable[[], None] = lambda: None) -> Inputs:
    """Decode all files of a request. Raises ValueError with one sentence.

    checkpoint: called several times a second; may raise to cancel.
    """
    video = clips.working_clip(request, checkpoint)
    full = clips.full_source(request, checkpoint) if request.grows else None
    if "style" in request.options:
        return Inputs(video, style=clips.style_clip(request, checkpoint), full=full)
    if request.task == "inpaint":
        region, colours = _region_and_cues(request, video, checkpoint)
        return Inputs(video, region=region, cues=colours, full=full)
    return Inputs(video, full=full)


def _region_and_cues(
    request: Request, video: vgpnn.Video, checkpoint: Callable[[], None]
) -> tuple[torch.Tensor, torch.Tensor]:
    """Region and cues of inpainting, from the paint of the page or from a file."""
    options, shape = request.options, video.shape
    if "cues_path" in options:
        part = shape, options["key"], request.start, video.fps
        pictures = cues.read(options["cues_path"], *part, checkpoint)
    else:
        size = shape[2], shape[1]
        pictures = {}
        for frame in sorted(options["pictures"]):
            checkpoint()
            if frame < len(video.codes):
                picture = options["pictures"][frame]
                pictures[frame] = cv2.resize(picture, size, interpolation=cv2.INTER_NEAREST)
    last = min(options["last"], shape[0] - 1)
    return cues.from_pictures(
        pictures,
        shape,
        options["first"],
        last,
        options["remove"],
        options["margin"],
        checkpoint,
    )


def problem_of(
    request: Request, inputs: Inputs, seeds: Sequence[int], checkpoint: Callable[[], None]
) -> Problem:
    """The request as the data that the loop works on, with one sample for each seed.

    Raises ValueError with one sentence."""
    options, video = request.options, inputs.video
    common = {"seed": seeds, "settings": request.settings, "checkpoint": checkpoint}
    if request.preset == "retarget":
        sides = "width", "height", "duration"
        scales = (options.get(f"{side}_scale", 1.0) for side in sides)
        return retargeting.problem(video, *scales, options.get("loop", False), **common)
    if request.task in ("analogy", "sketch"):
        return analogies.problem(video, inputs.style, request.task == "sketch", **common)
    if request.task == "inpaint":
        return inpainting.problem(video, inputs.region, inputs.cues, **common)
    return generation.problem(video, drafts=options.get("drafts"), **common)
