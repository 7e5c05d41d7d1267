"""Regions of a longer result or of a loop: which pixel follows which moments of the source.

It is a labelling: joins between regions cost what they show in space, jumps what they show in time,
and a smooth random preference makes regions differ (after Kwatra et al. 2003 and Liao et al. 2013).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F

from vgpnn.tasks import cuts, moments
from vgpnn.tasks.labelling import labels

ACROSS = 2.0  # what a join between regions costs, in what a jump of the same difference costs
PREFERENCE = 0.25  # how much pixels prefer some schedules at random, in mean joins
PREFERENCE_CELLS = 3  # of the random preference along the height of the picture
COMPARED_FRAMES = 48  # of a result, at most, at which neighbouring schedules are compared


def labelled(
    frames: torch.Tensor,
    schedules: np.ndarray,
    circular: bool,
    random: np.random.Generator,
    checkpoint: Callable[[], None],
) -> tuple[torch.Tensor, float]:
    """(h, w) int64, the schedule that each pixel follows; and what the joins between regions cost,
    in mean changes of a pixel.

    frames: (T, h, w, 3) values of the source. schedules: (K, N) moments. circular: whether the
    first moment follows the last one. checkpoint: called several times a second; may raise to
    cancel.
    """
    count = schedules.shape[1]
    step = (frames[1:] - frames[:-1]).norm(dim=-1).mean().clamp(min=1e-6)
    in_time = torch.zeros(len(schedules), *frames.shape[1:3])
    for cost, schedule in zip(in_time, schedules):
        checkpoint()
        found = moments.jumps_of(schedule, circular)
        for jump, room in zip(found, rooms(found, count, circular)):
            reach = cuts.reach_of(jump, room, len(frames))
            cost += cuts.costs_of(cuts.differences(frames, jump, reach)).amin(0)
    in_time = in_time.permute(1, 2, 0) / step / count
    in_space = _compared(frames, schedules, checkpoint) * (ACROSS / step)
    joins = in_space.mean((2, 3), keepdim=True)[..., 0]
    wanted = torch.stack([_smooth(frames.shape[1:3], random) for _ in schedules], -1)
    costs = in_time + PREFERENCE / 2 * joins * wanted
    right, down = (in_space[:, :-1] + in_space[:, 1:]) / 2, (in_space[:-1] + in_space[1:]) / 2
    chosen = labels(costs, right, down, checkpoint)
    rows, columns = (torch.arange(side) for side in chosen.shape)
    beside = right[rows[:, None], columns[:-1], chosen[:, :-1], chosen[:, 1:]].sum()
    below = down[rows[:-1, None], columns, chosen[:-1], chosen[1:]].sum()
    return chosen, float((beside + below) / ACROSS / chosen.numel())


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


def rooms(jumps: list[moments.Jump], count: int, circular: bool) -> list[tuple[int, int]]:
    """Frames from each jump to the one before and to the next one, or to the ends."""
    places = [jump.frame for jump in jumps]
    if not places:
        return []
    if circular:
        edges = [places[-1] - count, *places, places[0] + count]
    else:
        edges = [-1, *places, count - 1]
    return [(b - a, c - b) for a, b, c in zip(edges, edges[1:], edges[2:])]
