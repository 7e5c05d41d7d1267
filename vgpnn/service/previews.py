"""What the page shows before a run: a strip of the whole clip, the working clip, the motion that an
analogy compares, and the paint of inpainting."""

from __future__ import annotations

import time
from collections.abc import Callable

import vgpnn
from vgpnn.service import clips, files, outputs
from vgpnn.service.inputs import read_inputs, wanted_of
from vgpnn.service.request import Clip, Request
from vgpnn.tasks import cues, marking
from vgpnn.tasks.structure import as_grey_video, dynamic_structure, sketch_structure
from vgpnn.thumbnails import strip, thumbnails

STRIP_ASPECT = 7.0  # width of a timeline, by its height
STRIP_HEIGHT = 96  # [px] of its pictures: twice as high as they are shown, for fine screens
MOST_PICTURES = 16  # of a timeline
PREVIEW_SECONDS = 60  # [s] that a preview, or a download that is made on demand, may take
PREVIEW_TOO_LONG = "This preview takes too long: choose fewer frames."


def encode_working_clip(request: Request) -> dict:
    """Encode the working clip in a folder of its own: an upload itself is never handed out.

    Returns `video` (the address), `frames`, `fps` and `notes` (see `vgpnn.Video`).
    Raises ValueError with one sentence.
    """
    checkpoint = deadline(PREVIEW_SECONDS, PREVIEW_TOO_LONG)
    video = clips.working_clip(request, checkpoint)  # an error would leave a folder without it
    path = files.new_folder() / "working.mp4"
    written = vgpnn.video.write(path, video, checkpoint=checkpoint)
    return {
        "video": files.url(path),
        "frames": written.frames,
        "fps": float(written.fps),
        "notes": video.notes,
    }


def encode_strip(clip: Clip) -> str:
    """Encode pictures of the whole of a clip side by side, about STRIP_ASPECT times as wide as
    high. Returns the address. Raises ValueError with one sentence."""
    checkpoint = deadline(PREVIEW_SECONDS, PREVIEW_TOO_LONG)
    count = round(STRIP_ASPECT * clip.info.height / clip.info.width)
    count = min(max(count, 3), MOST_PICTURES)
    pictures = thumbnails(clip.path, count, STRIP_HEIGHT, checkpoint=checkpoint)
    path = files.new_folder() / "strip.jpg"
    path.write_bytes(strip(pictures))
    return files.url(path)


def encode_motion(request: Request) -> list[dict]:
    """Encode the dynamic structure of the layout and of the style.

    Returns what `outputs.save_videos` does. Raises ValueError with one sentence.
    """
    checkpoint = deadline(PREVIEW_SECONDS, PREVIEW_TOO_LONG)
    videos = motion_videos(request, checkpoint)
    return outputs.save_videos(videos, files.new_folder(), checkpoint)


def motion_videos(request: Request, checkpoint: Callable[[], None]) -> dict[str, vgpnn.Video]:
    """The dynamic structure of the layout and of the style, as grey videos by title."""
    inputs, settings = read_inputs(request, checkpoint), request.settings
    if request.task == "sketch":
        layout = sketch_structure(inputs.video.frames, settings, checkpoint)
    else:
        layout = dynamic_structure(inputs.video.frames, settings, checkpoint)
    style = dynamic_structure(inputs.style.frames, settings, checkpoint)
    return {
        "Motion of the layout": as_grey_video(layout, inputs.video.fps),
        "Motion of the style": as_grey_video(style, inputs.style.fps),
    }


def encode_paint(request: Request) -> list[dict]:
    """Encode the working clip with what is painted on it.

    Returns what `outputs.save_videos` does. Raises ValueError with one sentence.
    """
    checkpoint = deadline(PREVIEW_SECONDS, PREVIEW_TOO_LONG)
    videos = {"What is made anew": paint_video(request, checkpoint)}
    return outputs.save_videos(videos, files.new_folder(), checkpoint)


def paint_video(request: Request, checkpoint: Callable[[], None]) -> vgpnn.Video:
    """The working clip with the region of inpainting in magenta and the cues on top."""
    inputs = read_inputs(request, checkpoint)
    return cues.painted_over(inputs.video, inputs.region, inputs.cues, checkpoint)


def encode_marks(request: Request) -> list[dict]:
    """Encode the source of a request with what is marked in it.

    Returns what `outputs.save_videos` does. Raises ValueError with one sentence.
    """
    checkpoint = deadline(PREVIEW_SECONDS, PREVIEW_TOO_LONG)
    is_style = "style" in request.options
    source = (clips.style_clip if is_style else clips.working_clip)(request, checkpoint)
    wanted = wanted_of(request, source, checkpoint)
    if wanted is None:
        raise ValueError(marking.NOTHING)
    videos = {"What is marked": marking.shown(source, wanted, checkpoint)}
    return outputs.save_videos(videos, files.new_folder(), checkpoint)


def deadline(seconds: float, sentence: str) -> Callable[[], None]:
    """A checkpoint that raises ValueError with a sentence when the time [s] is over."""
    end = time.monotonic() + seconds

    def checkpoint() -> None:
        if time.monotonic() > end:
            raise ValueError(sentence)

    return checkpoint
