"""The first guess of a longer result and of a loop: every region plays its own moments.

Jumps of the whole picture repeat its frames, and all of it is seen to jump. So the picture is cut
into regions, each of which plays the source along moments of its own. The patches of the loop then
repair the joins.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F

from vgpnn.settings import Shape
from vgpnn.tasks import cuts, moments, regions
from vgpnn.tasks.labelling import ROUNDS

SCHEDULES = 16  # courses through the source, of which each pixel follows one
BLOCK = (0.35, 0.7)  # sides of the part of the picture that a schedule is made for, in its sides
ATTEMPTS = 8  # labellings of which the best one is taken
# Lengths of the first piece of a course. Where jumps would be seen, the second ones are tried, too:
# regions then jump at other times, for the price of more jumps.
FIRST_PIECES = moments.PIECE, (0.6, 1.0)
IN_STEP = 0.45  # share of the moving pixels that may show one moment without harm
IN_STEP_COST = 8.0  # of showing all of one moment, above that share, in mean changes
SLAB_FRAMES = 128  # of a result, that are looked at at once
PLAYED_OPERATIONS = 300  # that looking at a voxel of a texture costs, in those of a comparison
JOIN_COST = 6.0  # in mean changes
# The largest change of a guess, in the largest one of its source, that nobody sees in the result:
# the loop brings it down to about 1.2 (measured).
MOST_CHANGE = 2.3
WORST_CHANGE = 4.0  # mean changes of the source; above that, regions show more than they hide


@dataclass(frozen=True)
class VideoTexture:
    """What each pixel shows at each frame, before its jumps are spread.

    schedules: (K, N) moments of the source. labels: (h, w) int64, the schedule of each pixel.
    change: the largest change between two frames, on pixels that move, in mean changes of the
    source. in_step: the mean share of moving pixels that show one moment. joins: what the joins
    between regions show, in mean changes of a pixel.
    """

    schedules: np.ndarray
    labels: torch.Tensor
    change: float
    in_step: float
    joins: float

    @property
    def cost(self) -> float:
        """How much of it is seen; less is better."""
        repeated = max(0.0, self.in_step - IN_STEP)
        return self.change + IN_STEP_COST * repeated + JOIN_COST * self.joins


def draw(
    frames: torch.Tensor,
    count: int,
    circular: bool,
    seed: int,
    checkpoint: Callable[[], None] = lambda: None,
) -> tuple[torch.Tensor, bool]:
    """(count, h, w) int64, the moment that each pixel shows at each frame of a result; and whether
    there are regions, or the whole picture jumps at once.

    frames: (T, h, w, 3) values of the source. circular: whether the result is a loop.
    checkpoint: called several times a second; may raise to cancel.
    """
    if len(frames) == 1:
        return torch.zeros(count, *frames.shape[1:3], dtype=torch.int64), True

    found = None
    for first_piece in FIRST_PIECES:
        texture = best_of(frames, count, circular, seed, checkpoint, first_piece)
        if texture.change > WORST_CHANGE:
            continue
        shown, change = spread(frames, texture, circular, checkpoint)
        if found is None or change < found[1]:
            found = shown, change
        if change <= MOST_CHANGE:
            break
    if found is not None:
        return found[0], True
    texture = best_of(frames, count, circular, seed, checkpoint, has_regions=False)
    return spread(frames, texture, circular, checkpoint)[0], False


def best_of(
    frames: torch.Tensor,
    count: int,
    circular: bool,
    seed: int,
    checkpoint: Callable[[], None] = lambda: None,
    first_piece: tuple[float, float] = moments.PIECE,
    has_regions: bool = True,
) -> VideoTexture:
    """The best of some drawn textures. The arguments are those of `draw` and of `attempt`."""
    drawn = (
        attempt(frames, count, circular, (seed, number), checkpoint, first_piece, has_regions)
        for number in range(ATTEMPTS)
    )
    return min(drawn, key=lambda texture: texture.cost)


def attempt(
    frames: torch.Tensor,
    count: int,
    circular: bool,
    chance: tuple[int, int],
    checkpoint: Callable[[], None] = lambda: None,
    first_piece: tuple[float, float] = moments.PIECE,
    has_regions: bool = True,
) -> VideoTexture:
    """One drawn texture. chance: what it is drawn by. first_piece: see `moments.draw_course`.
    has_regions: False for one whose picture jumps as a whole."""
    random = np.random.default_rng(chance)
    schedules = []
    for part in _parts(frames, random, has_regions):
        checkpoint()
        schedules.append(
            moments.draw(moments.jump_costs(part), count, random, circular, first_piece)
        )
    schedules = np.stack(schedules)
    if has_regions:
        chosen, joins = regions.labelled(frames, schedules, circular, random, checkpoint)
    else:
        chosen, joins = torch.zeros(frames.shape[1:3], dtype=torch.int64), 0.0
    checkpoint()
    return judged(frames, schedules, chosen, circular, joins)


def spread(
    frames: torch.Tensor,
    texture: VideoTexture,
    circular: bool,
    checkpoint: Callable[[], None] = lambda: None,
) -> tuple[torch.Tensor, float]:
    """(N, h, w) int64, the moments of a texture whose pixels jump at frames of their own; and its
    largest change, in that of the source.

    Jumps are spread over no more frames than it takes to hide them among the changes of the source.
    """
    best = None
    for reach in cuts.REACHES:
        shown = shown_by(texture.schedules, texture.labels)
        for label in texture.labels.unique().tolist():
            region = texture.labels == label
            _spread(shown, frames, texture.schedules[label], region, circular, reach, checkpoint)
        change, usual = largest_change(frames, shown, circular)
        change /= max(usual, 1e-6)
        if best is None or change < best[1]:
            best = shown, change
        if change <= MOST_CHANGE:
            break
    return best


def shown_by(schedules: np.ndarray, labels: torch.Tensor) -> torch.Tensor:
    """(N, h, w) int64: the moments of pixels that follow schedules, (K, N), by labels, (h, w)."""
    return torch.from_numpy(schedules).permute(1, 0)[:, labels]


def _parts(
    frames: torch.Tensor, random: np.random.Generator, has_regions: bool
) -> Iterator[np.ndarray]:
    """The differences of moments in random blocks of the picture, or in all of it."""
    if not has_regions:
        yield moments.window_differences(frames.flatten(1))
        return
    for _ in range(SCHEDULES):
        share = random.uniform(*BLOCK)
        rows, columns = (
            _part(side, max(3, int(side * share)), random) for side in frames.shape[1:3]
        )
        yield moments.window_differences(frames[:, rows, columns].flatten(1))


def _part(side: int, length: int, random: np.random.Generator) -> slice:
    first = int(random.integers(max(1, side - length + 1)))
    return slice(first, first + length)


def _spread(
    shown: torch.Tensor,
    frames: torch.Tensor,
    schedule: np.ndarray,
    region: torch.Tensor,
    circular: bool,
    most: int,
    checkpoint: Callable[[], None],
) -> None:
    """Let each pixel of a region change over at a frame of its own, at most so many frames from its
    jump. Changes `shown` in place."""
    count = len(shown)
    found = moments.jumps_of(schedule, circular)
    for jump, room in zip(found, regions.rooms(found, count, circular)):
        reach = cuts.reach_of(jump, room, len(frames), most)
        late = cuts.spread(frames, jump, reach, region, checkpoint)
        for step in range(1 - reach[0], reach[1] + 1):
            frame = (jump.frame + step) % count
            # Until it changes over a pixel plays on; from then on it shows what comes after.
            if step > 0:
                shown[frame][region & (late >= step)] = jump.before + step
            else:
                shown[frame][region & (late < step)] = jump.after + step - 1


def judged(
    frames: torch.Tensor,
    schedules: np.ndarray,
    labels: torch.Tensor,
    circular: bool,
    joins: float = 0.0,
) -> VideoTexture:
    """A texture, with how much of it is seen."""
    shown = shown_by(schedules, labels)
    moving = moving_pixels(frames)
    if not moving.any():
        return VideoTexture(schedules, labels, 0.0, 1.0, joins)
    change, _ = largest_change(frames, shown, circular)
    counts = [torch.bincount(each, minlength=len(frames)).max() for each in shown[:, moving]]
    in_step = torch.stack(counts).float().mean() / moving.sum()
    return VideoTexture(schedules, labels, change, float(in_step), joins)


def moving_pixels(frames: torch.Tensor) -> torch.Tensor:
    """(h, w) bool: the pixels that change at least half as much as the mean one."""
    change = (frames[1:] - frames[:-1]).norm(dim=-1).mean(0)
    return change > change.mean() / 2


def largest_change(
    frames: torch.Tensor, shown: torch.Tensor, circular: bool
) -> tuple[float, float]:
    """The largest change between two frames of a texture, and that of its source, on the pixels
    that move, in mean changes of the source. shown: (N, h, w) moments."""
    moving = moving_pixels(frames)
    if not moving.any():
        return 0.0, 0.0
    steps = (frames[1:] - frames[:-1])[:, moving].norm(dim=-1).mean(1)
    change, before = 0.0, None
    for first in range(0, len(shown), SLAB_FRAMES):  # so that no long result exists whole
        part = shown[first : first + SLAB_FRAMES]
        if circular and first + SLAB_FRAMES >= len(shown):
            part = torch.cat([part, shown[:1]])
        played = mosaic(frames, part)[:, moving]
        if before is not None:
            played = torch.cat([before, played])
        if len(played) > 1:
            steps_here = (played[1:] - played[:-1]).norm(dim=-1).mean(1)
            change = max(change, float(steps_here.max()))
        before = played[-1:]
    return change / float(steps.mean()), float(steps.max() / steps.mean())


def mosaic(frames: torch.Tensor, shown: torch.Tensor) -> torch.Tensor:
    """(N, h, w, 3): the frames of a texture, feathered at its joins.

    frames: (T, h, w, 3). shown: (N, h, w) moments.
    """
    padded = F.pad(shown[:, None].float(), (1, 1, 1, 1), mode="replicate")[:, 0].long()
    height, width = shown.shape[1:]
    total = torch.zeros(*shown.shape, frames.shape[-1])
    rows, columns = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    for y, by in enumerate((1, 2, 1)):
        for x, weight in enumerate((by, 2 * by, by)):
            at = padded[:, y : y + height, x : x + width]
            total += weight / 16 * frames[at, rows, columns]
    return total


def operations(source: Shape, count: int) -> float:
    """About how many operations `draw` takes. source: (T, h, w). count: frames of the result."""
    pixels = source[1] * source[2]
    compared = min(count, regions.COMPARED_FRAMES) * pixels * SCHEDULES**2
    told = 4 * ROUNDS * pixels * SCHEDULES**2
    played = count * pixels * PLAYED_OPERATIONS
    return ATTEMPTS * (compared + told + played + SCHEDULES * count * source[0] ** 2)
