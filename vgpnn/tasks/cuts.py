"""Jumps that no frame shows: every pixel changes over at the frame where it shows least there.

A jump of a region is a cut through space and time between two courses of the source (graph-cut
textures, Kwatra et al. 2003). Where a thing is on its way, its pixels wait until it is gone.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F

from vgpnn.tasks.labelling import labels
from vgpnn.tasks.moments import Jump

REACHES = (3, 8)  # [frames] a pixel changes over at most so long before or after the jump
BLUR = 3  # [px] side of the square over which differences are averaged
ACROSS = 1.0  # what a cut between two neighbours costs, in that of a cut between two frames


def reach_of(
    jump: Jump, room: tuple[int, int], source_frames: int, most: int = REACHES[0]
) -> tuple[int, int]:
    """How many frames before and after a jump pixels may change over.

    room: frames to the jump before, and to the next one. most: of REACHES.
    """
    before = min(most, (room[0] - 1) // 2, jump.after)
    after = min(most, (room[1] - 1) // 2, source_frames - 1 - jump.before)
    return max(0, before), max(0, after)


def differences(frames: torch.Tensor, jump: Jump, reach: tuple[int, int]) -> torch.Tensor:
    """(before + after + 2, H, W): how different the two courses are at each frame around a jump.

    frames: (T, H, W, 3) values of the source. reach: of `reach_of`. The frame number `before` is
    that of the jump. Where only one of the courses is in the source, the nearest frame counts.
    """
    before, after = reach
    steps = torch.arange(-before, after + 2)
    left, joined = jump.before + steps, jump.after + steps - 1
    known = (left < len(frames)) & (joined >= 0)
    if not known.any():  # from the last moment to the first
        known = torch.ones_like(known)
        left, joined = left.clamp(max=len(frames) - 1), joined.clamp(min=0)
    first, last = int(known.nonzero()[0]), int(known.nonzero()[-1])
    order = torch.arange(len(steps)).clamp(first, last)
    difference = (frames[left[order]] - frames[joined[order]]).norm(dim=-1)
    return F.avg_pool2d(difference[:, None], BLUR, 1, BLUR // 2, count_include_pad=False)[:, 0]


def costs_of(difference: torch.Tensor) -> torch.Tensor:
    """(before + after + 1, H, W): what it costs to change over after each frame.

    difference: of `differences`.
    """
    return (difference[1:] + difference[:-1]) / 2


def spread(
    frames: torch.Tensor,
    jump: Jump,
    reach: tuple[int, int],
    region: torch.Tensor,
    checkpoint: Callable[[], None] = lambda: None,
) -> torch.Tensor:
    """(H, W) int64: how many frames after a jump each pixel of a region changes over; negative ones
    do so before. Outside the region it is 0.

    frames: (T, H, W, 3) values of the source. region: (H, W) bool. checkpoint: called several times
    a second; may raise to cancel.
    """
    found = torch.zeros(region.shape, dtype=torch.int64)
    if sum(reach) == 0 or not region.any():
        return found
    rows, columns = region.any(1).nonzero()[:, 0], region.any(0).nonzero()[:, 0]
    box = slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)
    inside = region[box]
    difference = differences(frames[:, box[0], box[1]], jump, reach)
    costs = costs_of(difference).permute(1, 2, 0)
    # Between two neighbours the cut shows at every frame at which only one has changed over.
    passed = difference[:-1].cumsum(0).permute(1, 2, 0)  # (H, W, L)
    pairs = ACROSS * (passed[..., None] - passed[..., None, :]).abs()
    right = _between(pairs[:, :-1], pairs[:, 1:], inside[:, :-1] & inside[:, 1:])
    down = _between(pairs[:-1], pairs[1:], inside[:-1] & inside[1:])
    chosen = labels(costs.contiguous(), right, down, checkpoint) - reach[0]
    found[box] = torch.where(inside, chosen, 0)
    return found


def _between(one: torch.Tensor, other: torch.Tensor, same: torch.Tensor) -> torch.Tensor:
    """The costs between neighbours, which are 0 where they are not of the same region."""
    return ((one + other) / 2 * same[..., None, None]).contiguous()
