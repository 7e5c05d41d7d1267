"""The step before a task: a clip whose camera moves becomes one on a canvas that stands still."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch

from vgpnn.camera import gate
from vgpnn.camera.canvas import Canvas, canvas_of
from vgpnn.camera.gate import Camera
from vgpnn.machine.recent import OfClips

AUTO, ON, OFF = "auto", "on", "off"
SENTENCES = {
    gate.FOUND: "The camera moves, so that the scene is made on a canvas that stands still, and "
    "the camera is put back: set the camera to off to make the frames as they are.",
    gate.UNSURE: "The camera may move, but its path is not sure, so that the frames are made as "
    "they are: set the camera to on to try it.",
    gate.TOO_FAR: "The camera moves too far for one canvas, so that the frames are made as they "
    "are: choose fewer frames to keep the scene rigid.",
    gate.NONE: "The camera seems to move, but no path of it was found, so that the frames are made "
    "as they are.",
}
TOO_LARGE = (
    "The camera moves, but the clip is too large for a canvas, so that the frames are made as they "
    "are: choose fewer frames or a smaller height."
)
TAKEN = "The camera is taken as moving, as you chose, though its path is not sure."
NO_PATH = (
    "No path of the camera was found, so that the frames are made as they are: set the camera to "
    "auto."
)
MOST_VOXELS = 60_000_000  # [px] frames x height x width of a canvas, with about 10 bytes each
KEPT = 4  # clips whose camera is remembered, because drafts and takes ask again

CAMERAS: OfClips[Camera] = OfClips(lambda *looking: gate.looked_at(*looking), KEPT)


def camera_of(codes: torch.Tensor, checkpoint: Callable[[], None] = lambda: None) -> Camera:
    """`gate.looked_at`, which remembers the clips that were looked at last."""
    return CAMERAS.of(codes, checkpoint)


def stabilised(
    codes: torch.Tensor, mode: str = AUTO, checkpoint: Callable[[], None] = lambda: None
) -> tuple[Canvas | None, tuple[str, ...]]:
    """The canvas of a clip, or None where its frames are made as they are; and what to say of it.

    codes: (T, H, W, 3) uint8. mode: "auto" (a canvas where the path is sure), "on" (wherever there
    is a path) or "off". checkpoint: called for every frame; may raise to cancel.
    Returns the canvas and a sentence, or none where the camera stands still.
    """
    if mode == OFF:
        return None, ()
    camera = camera_of(codes, checkpoint)
    if camera.kind == gate.FOUND:
        said = SENTENCES[gate.FOUND]
    elif mode == ON and camera.path is not None and camera.kind != gate.TOO_FAR:
        said = TAKEN
    elif mode == ON and camera.kind != gate.TOO_FAR:
        return None, (NO_PATH,)
    else:
        said = SENTENCES.get(camera.kind)
        return None, (said,) if said else ()
    if gate.grows(camera.path, codes.shape[1:3]) * codes[..., 0].numel() > MOST_VOXELS:
        return None, (TOO_LARGE,)
    frames = np.stack([frame.cpu().numpy() for frame in codes])
    return canvas_of(frames, camera.path, checkpoint), (said,)
