"""What a task returns: its progress after each pass of the loop, and its results."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from vgpnn.camera.view import View
from vgpnn.codes import MeanError
from vgpnn.full_size import Sizes
from vgpnn.level import Measured
from vgpnn.settings import Settings, Shape
from vgpnn.tasks.tones import Tones
from vgpnn.tasks.torus import Torus
from vgpnn.video import Video


class Cancelled(Exception):
    """What a `checkpoint` or a `progress` callback raises to stop a task."""


@dataclass(frozen=True)
class Result:
    """What a task returns for one sample.

    video: the result, (T, H, W), with its frame rate.
    source_map: (T, H, W, 3) int16, for every voxel the coordinates (t, y, x) of the source voxel
        that it comes from.
    source: (t, h, w) of the source that the map points into.
    settings: those that were used, with every automatic value filled in. seed: as it was given.
    notices: a sentence on each thing that was adapted to the input.
    draft: the name of the draft that it was made from: the same seed, settings and draft make the
        same result. None for tasks and layouts without drafts.
    region: (T, H, W) bool, outside which the result is the source; None: all of it was made.
    circular: whether the last frame leads into the first.
    torus: of a seamless tile, how the source goes round; None for others.
    corner: (t, y, x) where the source lies in the result, as it is; None: it does not.
    view: what a camera that was taken out sees of the result; None where the frames were made as
        they are. canvas_map: the source map of the result on the canvas, or into the source of a
        tile, see `Torus.source`.
    forbidden: (t, h, w) bool of the source, what no patch may come from; None: nothing.
    sizes: how large the result of a larger source is, and where that lies in it, see
        `full_size.Sizes`; None: as the sizes here say.
    kept: (T, H, W) bool, where the result is the source because that stays; None: nowhere.
    tones: what was added to the colours so that seams blend; None: nothing.
    """

    video: Video
    source_map: torch.Tensor
    source: Shape
    settings: Settings
    seed: int
    notices: tuple[str, ...]
    draft: str | None = None
    region: torch.Tensor | None = None
    circular: bool = False
    torus: Torus | None = None
    corner: Shape | None = None
    view: View | None = None
    canvas_map: torch.Tensor | None = None
    forbidden: torch.Tensor | None = None
    sizes: Sizes | None = None
    kept: torch.Tensor | None = None
    tones: Tones | None = None

    @property
    def made(self) -> torch.Tensor | None:
        """(T, H, W) bool, outside which the result is the source; None: all of it was made."""
        return self.region if self.kept is None else ~self.kept


@dataclass(frozen=True)
class Step(Measured):
    """How far a task is after one pass of the loop.

    level, levels, number, passes: this level and pass, counted from 1, and how many there are.
    fraction: share of the expected work that is done, in (0, 1].
    guess: (S, T, H, W, 3) uint8 codes at the size of this level, of S samples.
    mean_error: of each sample, see `level.Measured`.
    results: one for every sample, in the last step only.
    """

    level: int
    levels: int
    number: int
    passes: int
    fraction: float
    guess: torch.Tensor
    mean_error: MeanError
    results: tuple[Result, ...] = ()

    @property
    def result(self) -> Result | None:
        """The result of the first sample; None before the last step."""
        return self.results[0] if self.results else None
