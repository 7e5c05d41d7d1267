"""A clip that goes on as long as wanted, made in windows of frames that are not kept.

Which moment each region shows at each frame is decided for the whole result (`video_texture`);
that is small. The loop then solves one window after the other, from the part of the guess that lies
in it. Windows overlap: there every pixel changes over where both look most alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction

import torch
import torch.nn.functional as F

from vgpnn import checks
from vgpnn.codes import decode, encode
from vgpnn.level import Level
from vgpnn.machine.devices import device_of
from vgpnn.machine.threads import torch_threads
from vgpnn.presets import PRESETS
from vgpnn.settings import Settings, Shape
from vgpnn.tasks import retargeting, video_texture
from vgpnn.tasks.problem import (
    Problem,
    checked_seeds,
    gpu_memory_errors_explained,
    source_levels,
)
from vgpnn.tasks.source import unused_settings
from vgpnn.video import Video, as_video

WINDOW = 48  # frames that are solved at once, which bounds the memory
OVERLAP = 8  # frames that a window shares with the one before
MOST_FRAMES = 20_000  # of a result; which moments its pixels show is kept for all of it
BLUR = 5  # [px] side of the square over which the difference of two windows is averaged


@dataclass(frozen=True)
class Playing:
    """A clip that goes on, before its frames are made.

    levels: of one window. moments: (T, h, w) int16, the frame of the source that each pixel of the
    coarsest level shows. fps: [frames/s]. settings: with every automatic value filled in.
    notices: a sentence on each thing that was adapted to the input, or that will be seen.
    """

    levels: list[Level]
    moments: torch.Tensor
    fps: Fraction
    seed: int
    settings: Settings
    notices: tuple[str, ...]
    backend: str
    checkpoint: Callable[[], None]

    @property
    def shape(self) -> Shape:
        """(T, H, W) of the result."""
        return len(self.moments), *self.levels[-1].shape[1:]

    def parts(self) -> Iterator[torch.Tensor]:
        """Yield the result's frames in order: (n, H, W, 3) uint8 codes, on the CPU."""
        length, count = self.levels[-1].shape[0], len(self.moments)
        kept = None  # the end of the window before, which the next one overlaps
        first = 0
        while True:
            codes = self._window(first, length)
            last = first + length == count
            # The last window ends with the result, so that it may overlap the one before by more.
            following = min(first + length - OVERLAP, count - length)
            if kept is not None:
                codes = torch.cat([joined(kept, codes[: len(kept)]), codes[len(kept) :]])
            if last:
                yield codes
                return
            kept = codes[following - first :]
            yield codes[: following - first]
            first = following

    def _window(self, first: int, length: int) -> torch.Tensor:
        """The frames of one window, (length, H, W, 3) uint8 codes."""
        coarsest = self.levels[0].source
        shown = self.moments[first : first + length].long()
        guess = video_texture.mosaic(decode(coarsest).cpu(), shown)
        problem = Problem(
            levels=self.levels,
            guess=encode(guess)[None].to(coarsest.device),
            settings=(self.settings,),
            fps=self.fps,
            seeds=(self.seed,),
            backend=self.backend,
            checkpoint=self.checkpoint,
        )
        for step in problem.passes():
            guess = step.guess
        return guess[0].cpu()


@gpu_memory_errors_explained()
@torch_threads(1)
def play(
    video: Video | torch.Tensor,
    frames: int,
    seed: int = 0,
    settings: Settings = PRESETS["retarget"],
    device: str = "auto",
    backend: str = "auto",
    checkpoint: Callable[[], None] = lambda: None,
    **changes,
) -> Playing:
    """A clip that goes on for any number of frames, at its own pace and without coming to an end.

    video: a `Video`, or a (T, H, W, 3) tensor of values in [-1, 1] or of uint8 codes, of at most
        `retargeting.MOST_FRAMES` frames.
    frames: of the result, from those of the video to MOST_FRAMES.
    The other arguments are those of `generate`. The same seed gives the same frames.
    Raises ValueError with one sentence for what cannot be used.
    """
    video = as_video(video)
    (seed,) = checked_seeds(seed)
    source_frames, *size = video.shape
    if source_frames > retargeting.MOST_FRAMES:
        raise ValueError(
            f"The clip has {source_frames} frames, and at most {retargeting.MOST_FRAMES} can go "
            "on as long as wanted: choose a shorter part or a lower frame rate."
        )
    frames = checks.number("The number of frames", frames, source_frames, MOST_FRAMES, True)
    window = min(frames, max(WINDOW, source_frames))
    shape = window, *size
    # A window is searched like a longer result, also where it is as long as the source.
    settings, notices = retargeting.adapted_settings(
        settings.with_changes(**changes), video.shape, shape, True
    )
    levels = source_levels(video, shape, settings, device_of(device, backend), checkpoint)
    coarsest = decode(levels[0].source).cpu()
    moments, has_regions = video_texture.draw(coarsest, frames, False, seed, checkpoint)
    if not has_regions:
        notices = *notices, retargeting.AT_ONCE
    notices = *unused_settings(settings), *notices
    return Playing(
        levels=levels,
        moments=moments.to(torch.int16),
        fps=video.fps,
        seed=seed,
        settings=settings,
        notices=notices,
        backend=backend,
        checkpoint=checkpoint,
    )


def joined(before: torch.Tensor, after: torch.Tensor) -> torch.Tensor:
    """The frames that two windows share: each pixel changes over where both are most alike.

    before, after: (n, H, W, 3) codes. Returns the same.
    """
    difference = (before.float() - after.float()).norm(dim=-1)[:, None]
    difference = F.avg_pool2d(difference, BLUR, 1, BLUR // 2, count_include_pad=False)[:, 0]
    # Before the first frame or behind the last one is no other frame to change over at.
    has_changed = torch.arange(len(before)).view(-1, 1, 1) >= difference.argmin(0)
    return torch.where(has_changed[..., None], after, before)
