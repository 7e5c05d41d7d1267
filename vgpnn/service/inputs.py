"""The videos and the paint of a request, read from their files, and the problem made from them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

import vgpnn
from vgpnn.service import clips
from vgpnn.service.request import Request
from vgpnn.take_sound import TakeSounds, changes_time
from vgpnn.tasks import cues, inputs
from vgpnn.tasks.inputs import Inputs, preference_of, region_and_cues
from vgpnn.tasks.preference import Preference
from vgpnn.tasks.problem import Problem


def read_inputs(request: Request, checkpoint: Callable[[], None] = lambda: None) -> Inputs:
    """Decode all files of a request. Raises ValueError with one sentence.

    checkpoint: called several times a second; may raise to cancel.
    """
    video = clips.working_clip(request, checkpoint)
    full = clips.full_source(request, checkpoint) if request.grows else None
    if "style" in request.options:
        style = clips.style_clip(request, checkpoint)
        wanted = wanted_of(request, style, checkpoint)
        return Inputs(video, style=style, preference=wanted, full=full)
    if request.task == "inpaint":
        pictures = painted_pictures(request, video, checkpoint)
        region, colours = region_and_cues(pictures, video, request.options, checkpoint)
        return Inputs(video, region=region, cues=colours, full=full)
    return Inputs(video, preference=wanted_of(request, video, checkpoint), full=full)


def wanted_of(
    request: Request, source: vgpnn.Video, checkpoint: Callable[[], None] = lambda: None
) -> Preference | None:
    """What is marked in the source of a request, which is its working clip or its style.

    None where nothing is. Raises ValueError with one sentence."""
    options = request.options
    return preference_of(options.get("marks"), source, options, checkpoint)


def painted_pictures(
    request: Request, video: vgpnn.Video, checkpoint: Callable[[], None] = lambda: None
) -> Mapping[int, np.ndarray]:
    """The painted pictures of inpainting by frame, (h, w, 4) uint8, from the page or from a file.

    video: the working clip."""
    options = request.options
    if "cues_path" not in options:
        return options["pictures"]
    part = video.shape, options["key"], request.start, video.fps
    return cues.read(options["cues_path"], *part, checkpoint, options.get("painted_on", 0))


def sounds_of(request: Request) -> TakeSounds:
    """The sound of a request's takes. It is read in this process, whoever makes the takes."""
    clip, frames = request.clip, request.working_shape[0]
    path = clip.path if request.sound and clip.info.sound else None
    seconds, is_retimed = frames / request.frame_rate, changes_time(request.options)
    return TakeSounds(path, request.start, seconds, is_retimed)


def problem_of(
    request: Request, read: Inputs, seeds: Sequence[int], checkpoint: Callable[[], None]
) -> Problem:
    """The request as the data that the loop works on, with one sample for each seed.

    read: its inputs. Raises ValueError with one sentence."""
    made_with = request.settings, request.options
    return inputs.problem_of(request.task, read, seeds, *made_with, checkpoint=checkpoint)
