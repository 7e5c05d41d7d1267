"""How visible the upright seams of a take are: steps of tone that its source does not have.

Where a layout puts two pieces of the sky with different tones side by side, the take has a long
upright edge. No patch is wrong there, because the source has patches with edges, so the error of
a draft says nothing about it.
"""

from __future__ import annotations

import torch
from torch.nn import functional

from vgpnn.codes import CODES_PER_UNIT

WIDE = 0.03  # width of what is compared on both sides of a line, in widths of the picture
TALL = 0.25  # length of the line, in heights of the picture
LIKE = 1 / 6  # heights of the picture by which the source may have its steps elsewhere


def seam(take: torch.Tensor, source: torch.Tensor) -> float:
    """The mean step of tone along the most visible upright line, beyond the steps of the source.

    take, source: (T, H, W, 3) uint8 codes of one height and width; T may differ.
    The step at a place counts as far as it is larger than all steps of the source at about that
    height. The result is in values of [-1, 1]; it is 0 for a source itself, also seen in a mirror.
    """
    steps, others = steps_of(take), steps_of(source)
    if not steps.numel():
        return 0.0
    allowed = others.amax(1)
    reach = max(1, round(LIKE * len(allowed)))
    allowed = functional.max_pool1d(allowed[None], 2 * reach + 1, 1, reach)[0]
    return (steps - allowed[:, None]).clamp_min(0).mean(0).max().item()


def steps_of(video: torch.Tensor) -> torch.Tensor:
    """How much the mean colours right and left of every upright line differ, over all frames.

    video: (T, H, W, 3) uint8 codes. Returns (H', W') float64, in values of [-1, 1]; H' and W' are
    the numbers of places of a line TALL heights long, with WIDE widths on both sides of it.
    """
    frames, height, width, _ = video.shape
    wide, tall = max(2, round(WIDE * width)), min(height, max(3, round(TALL * height)))
    if 2 * wide > width:
        return torch.zeros(height - tall + 1, 0, dtype=torch.float64)
    # Sums of whole numbers are the same on every machine.
    picture = video.cpu().sum(0, dtype=torch.int64)  # (H, W, 3)
    columns = sums_of(picture, wide, 1)
    difference = sums_of(columns[:, wide:] - columns[:, :-wide], tall, 0)
    return difference.double().square().sum(-1).sqrt() / (frames * wide * tall * CODES_PER_UNIT)


def sums_of(numbers: torch.Tensor, count: int, axis: int) -> torch.Tensor:
    """The sums of every `count` neighbours along an axis of whole numbers."""
    total = numbers.cumsum(axis)
    start = torch.zeros_like(total.narrow(axis, 0, 1))
    total = torch.cat([start, total], axis)
    length = total.shape[axis] - count
    return total.narrow(axis, count, length) - total.narrow(axis, 0, length)
