"""The working clips of requests: the part of a file that is used, decoded at the working size."""

from __future__ import annotations

import vgpnn
from vgpnn.service import files
from vgpnn.service.request import Request


def working_clip(request: Request) -> vgpnn.Video:
    """The part of the clip that a request uses, at its frame rate and height.

    Raises ValueError for a file that cannot be decoded."""
    path = request.clip.path
    files.renew(path)
    return vgpnn.video.read(
        path, request.start, request.frames, fps=request.fps, height=request.height
    )


def style_clip(request: Request) -> vgpnn.Video:
    """The style of an analogy, from its first frame on, with the length, the frame rate and the
    height of the working clip. Raises ValueError for a file that cannot be decoded."""
    path = request.options["style"].path
    files.renew(path)
    return vgpnn.video.read(path, 0, request.frames, fps=request.frame_rate, height=request.height)
