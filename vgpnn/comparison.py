"""Videos side by side in one video, each with its label above it.

moviepy arranges them and writes the labels. Frames are asked of it one by one, at the middle of the
time that each is on screen, so that the rate stays an exact fraction and no time is rounded to the
wrong frame. `vgpnn.video.write` encodes what comes out, so that no program beside Python is needed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import torch

from vgpnn.editing import moviepy
from vgpnn.settings import Shape
from vgpnn.video import Video

if TYPE_CHECKING:
    from moviepy import VideoClip

SCREEN = (1920, 1080)  # [px] width and height that a comparison has to fit on
MOST_VOXELS = 60_000_000  # [px] frames x height x width; they lie in memory, 3 bytes each
BACKGROUND, INK = (11, 12, 12), (233, 235, 232)  # colours of the film on the page
GAP = 8  # [px] between two videos, and around all of them
LABEL_SHARE, LABEL_SIZES = 1 / 14, (12, 26)  # of a video's height; least and most [px]


def side_by_side(
    videos: Mapping[str, Video], checkpoint: Callable[[], None] = lambda: None
) -> Video:
    """All videos in one, in rows, each below its label.

    videos: by label, in their order from left to right and from top to bottom. Their sizes may
        differ: none is scaled, and each lies in the middle of its cell.
    The rate is the highest one of them. The result is as long as the longest of them, and shorter
    ones begin again, as they do on the page; a picture that is held would look like a fault of the
    video. Width and height are even.
    checkpoint: called for every frame; may raise to cancel.
    Raises ValueError where there are no videos.
    """
    if not videos:
        raise ValueError("There are no videos to compare: give at least one.")
    rate = max(video.fps for video in videos.values())
    seconds = max(len(video.codes) / video.fps for video in videos.values())
    frames = max(1, round(seconds * rate))
    layout = _layout(videos, float(seconds))
    width, height = map(int, layout.size)
    codes = torch.empty((frames, height, width, 3), dtype=torch.uint8)
    for number, frame in enumerate(codes):
        checkpoint()
        frame.copy_(torch.from_numpy(layout.get_frame(float((number + 0.5) / rate))))
    return Video(codes, rate)


def reduction(shapes: Sequence[Shape]) -> float:
    """The share, at most 1, to which videos of these (T, H, W) have to be reduced, all alike, so
    that they fit side by side on SCREEN, and all frames are at most MOST_VOXELS."""
    columns = columns_of(shapes)
    rows = math.ceil(len(shapes) / columns)
    frames, height, width = (max(sides) for sides in zip(*shapes))
    label = LABEL_SIZES[1] * 2 + 2 * GAP
    across, down = (SCREEN[0] - GAP) / columns - GAP, SCREEN[1] / rows - label
    share = min(1.0, across / width, down / height)
    voxels = frames * (columns * width * share) * (rows * height * share)
    return share * min(1.0, math.sqrt(MOST_VOXELS / voxels))


def columns_of(shapes: Sequence[Shape]) -> int:
    """How many videos of these (T, H, W) stand in a row, so that each is as large as can be on a
    screen; of two ways that are equally good the one with longer rows."""
    _, height, width = (max(sides) for sides in zip(*shapes))

    def size(columns: int) -> float:
        rows = math.ceil(len(shapes) / columns)
        return min(SCREEN[0] / (columns * width), SCREEN[1] / (rows * height))

    return max(range(len(shapes), 0, -1), key=size)


def _layout(videos: Mapping[str, Video], seconds: float) -> VideoClip:
    """The arrangement as a clip of moviepy's: a row of labels above each row of videos."""
    columns = columns_of([video.shape for video in videos.values()])
    height = max(video.shape[1] for video in videos.values())
    low, high = LABEL_SIZES
    size = min(high, max(low, round(height * LABEL_SHARE)))
    cells = [(_label(text, size), _moving(video)) for text, video in videos.items()]
    cells += [(_label("", size), _label("", size))] * (-len(cells) % columns)
    cells = [[part.with_duration(seconds) for part in cell] for cell in cells]
    table = []
    for first in range(0, len(cells), columns):
        table += [list(row) for row in zip(*cells[first : first + columns])]
    widths = [max(row[k].w for row in table) + GAP for k in range(columns)]
    heights = [max(clip.h for clip in row) for row in table]
    widths[-1] += sum(widths) % 2
    heights[-1] += GAP + (sum(heights) + GAP) % 2
    # moviepy calls the heights of the rows widths, and the widths of the columns heights.
    sizes = {"rows_widths": heights, "cols_heights": widths}
    return moviepy().clips_array(table, **sizes, bg_color=BACKGROUND)


def _moving(video: Video) -> VideoClip:
    """A video that begins again when it is over, as a clip of moviepy's."""
    pictures, rate = video.codes.numpy(), float(video.fps)
    clip = moviepy().VideoClip(frame_function=lambda t: pictures[int(t * rate) % len(pictures)])
    clip.size = pictures.shape[2], pictures.shape[1]
    return clip.with_fps(rate)


def _label(text: str, size: int) -> VideoClip:
    """A line of text; size: of the letters [px]. The font is the one that Pillow brings along."""
    return moviepy().TextClip(
        text=text or " ",
        font_size=size,
        color=INK,
        bg_color=BACKGROUND,
        margin=(size // 2, size // 3, size // 2, size // 2),
        transparent=False,
    )
