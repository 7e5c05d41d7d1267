"""The first guess of a longer result and of a loop: every region plays its own moments.

Jumps of the whole picture repeat its frames, and all of them are seen at once. So the picture is
cut into regions, each of which plays the source along moments of its own. Which pixel follows
which moments is a labelling: joins between regions cost what they show in space, jumps what they
show in time, and a smooth random preference makes regions differ (after Kwatra et al. 2003 and
Liao et al. 2013). The patches of the loop then repair the joins.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import torch
import torch.nn.functional as F

from vgpnn.tasks import cuts, moments
from vgpnn.tasks.labelling import labels

SCHEDULES = 16  # courses through the source, of which each pixel follows one
BLOCK = (0.35, 0.7)  # sides of the part of the picture that a schedule is made for, in its sides
ACROSS = 2.0  # what a join between regions costs, in what a jump of the same difference costs
PREFERENCE = 0.25  # how much pixels prefer some schedules at random, in mean joins
PREFERENCE_CELLS = 3  # of the random preference along the height of the picture
COMPARED_FRAMES = 48  # of a result, at most, at which neighbouring schedules are compared
ATTEMPTS = 8  # labellings of which the best one is taken
IN_STEP = 0.5  # share of the moving pixels that may show one moment without harm
IN_STEP_COST = 4.0  # of showing all of one moment, above that share, in mean changes
WORST_CHANGE = 4.0  # mean changes of the source; above that, regions show more than they hide


@dataclass(frozen=True)
class VideoTexture:
    """Which moment of the source each pixel shows at each frame.

    moments: (N, h, w) int64. change: the largest change between two frames, on pixels that move, in
    mean changes of the source. in_step: the mean share of moving pixels that show one moment.
    regions: whether there are regions, or the whole picture jumps at once.
    """

    moments: torch.Tensor
    change: float
    in_step: float
    regions: bool = True

    @property
    def cost(self) -> float:
        """What shows of it; less is better."""
        return self.change + IN_STEP_COST * max(0.0, self.in_step - IN_STEP)


def draw(
    frames: torch.Tensor,
    count: int,
    circular: bool,
    seed: int,
    checkpoint: Callable[[], None] = lambda: None,
) -> VideoTexture:
    """The best of some drawn textures of `count` frames. frames: (T, h, w, 3) values.

    checkpoint: called several times a second; may raise to cancel.
    """
    if len(frames) == 1:
        return VideoTexture(torch.zeros(count, *frames.shape[1:3], dtype=torch.int64), 0.0, 1.0)

    def best(regions: bool) -> VideoTexture:
        chances = (np.random.default_rng((seed, number)) for number in range(ATTEMPTS))
        drawn = [attempt(frames, count, circular, each, checkpoint, regions) for each in chances]
        return min(drawn, key=lambda texture: texture.cost)

    found = best(regions=True)
    return found if found.change <= WORST_CHANGE else replace(best(regions=False), regions=False)


def attempt(
    frames: torch.Tensor,
    count: int,
    circular: bool,
    random: np.random.Generator,
    checkpoint: Callable[[], None] = lambda: None,
    regions: bool = True,
) -> VideoTexture:
    """One drawn texture. regions: False for one in which the whole picture is one region."""
    schedules = np.stack(
        [
            moments.draw(moments.jump_costs(part), count, random, circular)
            for part in _parts(frames, random, regions)
            if checkpoint() is None
        ]
    )
    if regions:
        chosen = _labelled(frames, schedules, circular, random, checkpoint)
    else:
        chosen = torch.zeros(frames.shape[1:3], dtype=torch.int64)
    shown = torch.from_numpy(schedules)[chosen].permute(2, 0, 1).contiguous()
    for label in chosen.unique().tolist():
        _spread(shown, frames, schedules[label], chosen == label, circular, checkpoint)
    return judged(frames, shown, circular)


def _parts(frames: torch.Tensor, random: np.random.Generator, regions: bool):
    """The differences of moments in random blocks of the picture, or in all of it."""
    if not regions:
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


def _rooms(jumps: list[moments.Jump], count: int, circular: bool) -> list[tuple[int, int]]:
    """Frames from each jump to the one before and to the next one, or to the ends."""
    places = [jump.frame for jump in jumps]
    if not places:
        return []
    if circular:
        edges = [places[-1] - count, *places, places[0] + count]
    else:
        edges = [-1, *places, count - 1]
    return [(b - a, c - b) for a, b, c in zip(edges, edges[1:], edges[2:])]


def _labelled(
    frames: torch.Tensor,
    schedules: np.ndarray,
    circular: bool,
    random: np.random.Generator,
    checkpoint: Callable[[], None],
) -> torch.Tensor:
    """(h, w) int64: the schedule that each pixel follows. schedules: (K, N)."""
    count = schedules.shape[1]
    step = (frames[1:] - frames[:-1]).norm(dim=-1).mean().clamp(min=1e-6)
    in_time = torch.zeros(len(schedules), *frames.shape[1:3])
    for cost, schedule in zip(in_time, schedules):
        checkpoint()
        found = moments.jumps_of(schedule, circular)
        for jump, room in zip(found, _rooms(found, count, circular)):
            reach = cuts.reach_of(jump, room, len(frames))
            cost += cuts.costs_of(cuts.differences(frames, jump, reach)).amin(0)
    in_time = in_time.permute(1, 2, 0) / step / count
    in_space = _compared(frames, schedules, checkpoint) * (ACROSS / step)
    joins = in_space.mean((2, 3), keepdim=True)[..., 0]
    wanted = torch.stack([_smooth(frames.shape[1:3], random) for _ in schedules], -1)
    costs = in_time + PREFERENCE / 2 * joins * wanted
    right, down = (in_space[:, :-1] + in_space[:, 1:]) / 2, (in_space[:-1] + in_space[1:]) / 2
    return labels(costs, right, down, checkpoint)


def _compared(
    frames: torch.Tensor, schedules: np.ndarray, checkpoint: Callable[[], None]
) -> torch.Tensor:
    """(h, w, K, K): how different two schedules are at a pixel, the mean over time."""
    count, pixels = schedules.shape[1], frames.flatten(1, 2)
    step = -(-count // COMPARED_FRAMES)
    total = torch.zeros(pixels.shape[1], len(schedules), len(schedules))
    for frame in range(0, count, step):
        checkpoint()
        shown = pixels[torch.from_numpy(schedules[:, frame])].transpose(0, 1)  # (h w, K, 3)
        total += torch.cdist(shown, shown)
    return (total / len(range(0, count, step))).unflatten(0, frames.shape[1:3])


def _smooth(size: torch.Size, random: np.random.Generator) -> torch.Tensor:
    """(h, w): smooth random values with a mean of about 0 and a deviation of 1."""
    cells = PREFERENCE_CELLS, max(2, round(PREFERENCE_CELLS * size[1] / size[0]))
    coarse = torch.from_numpy(random.standard_normal(cells, np.float32))
    smooth = F.interpolate(coarse[None, None], tuple(size), mode="bicubic")[0, 0]
    return smooth / smooth.std().clamp(min=1e-6)


def _spread(
    shown: torch.Tensor,
    frames: torch.Tensor,
    schedule: np.ndarray,
    region: torch.Tensor,
    circular: bool,
    checkpoint: Callable[[], None],
) -> None:
    """Let each pixel of a region change over at a frame of its own. Changes `shown` in place."""
    count = len(shown)
    found = moments.jumps_of(schedule, circular)
    for jump, room in zip(found, _rooms(found, count, circular)):
        reach = cuts.reach_of(jump, room, len(frames))
        late = cuts.spread(frames, jump, reach, region, checkpoint)
        for step in range(1 - reach[0], reach[1] + 1):
            frame = (jump.frame + step) % count
            # Until it changes over a pixel plays on; from then on it shows what comes after.
            if step > 0:
                shown[frame][region & (late >= step)] = jump.before + step
            else:
                shown[frame][region & (late < step)] = jump.after + step - 1


def judged(frames: torch.Tensor, shown: torch.Tensor, circular: bool) -> VideoTexture:
    """A texture, with how much of it is seen."""
    steps = (frames[1:] - frames[:-1]).norm(dim=-1)
    if len(steps) == 0:
        return VideoTexture(shown, 0.0, 1.0)
    moving = steps.mean(0) > steps.mean() / 2
    if not moving.any():
        return VideoTexture(shown, 0.0, 1.0)
    unit = steps[:, moving].mean()
    played = mosaic(frames, shown)
    if circular:
        played = torch.cat([played, played[:1]])
    change = (played[1:] - played[:-1]).norm(dim=-1)[:, moving].mean(1) / unit
    counts = [torch.bincount(each, minlength=len(frames)).max() for each in shown[:, moving]]
    in_step = torch.stack(counts).float().mean() / moving.sum()
    return VideoTexture(shown, float(change.max()), float(in_step))


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
