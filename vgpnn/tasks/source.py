"""The source of a task: a clip as it is, or its scene on a canvas where the camera moves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch

from vgpnn.camera.canvas import Canvas, with_guessed_keys
from vgpnn.camera.stabilising import ON, stabilised
from vgpnn.camera.view import View, view_of
from vgpnn.level import Level
from vgpnn.settings import Settings, Shape
from vgpnn.tasks.problem import source_levels
from vgpnn.video import Video


@dataclass(frozen=True)
class Source:
    """What patches are taken from.

    video: the clip, or its canvas. canvas: what is known of that; None where the clip is used.
    path: the setting `camera_path`. notices: a sentence on the camera, if there is one to say.
    """

    video: Video
    canvas: Canvas | None
    path: str
    notices: tuple[str, ...]

    @property
    def shape(self) -> Shape:
        """(t, h, w) of the source."""
        return self.video.shape

    def levels(
        self,
        shape: Shape,
        settings: Settings,
        device: torch.device,
        checkpoint: Callable[[], None],
    ) -> list[Level]:
        """The levels of a task, coarsest first; see `problem.source_levels`."""
        levels = source_levels(self.video, shape, settings, device, checkpoint)
        if self.canvas is None:
            return levels
        return with_guessed_keys(levels, self.canvas.guessed, checkpoint)

    def view(self, shape: Shape, size: tuple[int, int], loop: bool = False) -> View | None:
        """What the camera sees of a result; None where the clip itself is the source.

        shape: (T, H, W) of the result. size: (H, W) of its frames. loop: whether it is one.
        """
        if self.canvas is None:
            return None
        return view_of(self.canvas, shape, tuple(size), loop, self.path)


UNUSED = (
    "The camera is not taken out of analogies, nor by Inpaint, nor where the clip stays and is "
    "extended or goes on, nor of a tile, nor for a result of so many seconds, nor where something "
    "is marked: set the camera to off to leave this sentence out."
)

UNUSED_OVERLAYS = (
    "Logos and subtitles are kept by Generate only: set overlays to new to leave this sentence out."
)


def unused_camera(settings: Settings) -> tuple[str, ...]:
    """The sentence of a task that makes its frames as they are, where the camera was turned on."""
    return (UNUSED,) if settings.camera == ON else ()


def unused_settings(settings: Settings) -> tuple[str, ...]:
    """The sentences of a task that uses neither the camera nor what stands still on the picture."""
    return *unused_camera(settings), *unused_overlays(settings)


def unused_overlays(settings: Settings) -> tuple[str, ...]:
    """The sentence of a task but Generate where overlays are to be kept."""
    return (UNUSED_OVERLAYS,) if settings.overlays == "keep" else ()


def source_of(
    video: Video,
    settings: Settings,
    checkpoint: Callable[[], None] = lambda: None,
    is_marked: bool = False,
) -> Source:
    """The source that a clip is for a task, by the setting `camera`.

    is_marked: whether parts of the clip are marked: they are marked on its frames, not on a canvas.
    """
    if is_marked:
        return Source(video, None, settings.camera_path, unused_camera(settings))
    canvas, notices = stabilised(video.codes, settings.camera, checkpoint)
    if canvas is not None:
        video = Video(torch.from_numpy(canvas.codes), video.fps)
    return Source(video, canvas, settings.camera_path, notices)
