"""Which patches of a source in full may be used, where some of it is kept out of a result."""

from __future__ import annotations

from collections.abc import Callable

import torch

from vgpnn.outside import keys_outside
from vgpnn.settings import Shape
from vgpnn.tasks.result import Result


def usable_keys(
    result: Result,
    key: Shape,
    patch: Shape,
    device: torch.device,
    checkpoint: Callable[[], None],
) -> torch.Tensor | None:
    """Which patches of the source, (t, h, w) at full size, may be used: the key grid, bool; None
    where all may be. They touch neither the region nor what is forbidden."""
    kept_out = [each for each in (result.region, result.forbidden) if each is not None]
    if not kept_out:
        return None
    region = kept_out[0] if len(kept_out) == 1 else kept_out[0] | kept_out[1]
    return keys_outside(enlarged_region(region, key).to(device), patch, checkpoint)


def enlarged_region(region: torch.Tensor, shape: Shape) -> torch.Tensor:
    """A region, (T, H, W) bool, at a larger (T', H', W').

    A frame between two frames of the region has what lies in either of them: what is made anew
    moves from the one to the other.
    """
    before, rows, columns = (torch.arange(n) * small // n for n, small in zip(shape, region.shape))
    is_between = torch.arange(shape[0]) * len(region) % shape[0] > 0
    after = torch.where(is_between, (before + 1).clamp(max=len(region) - 1), before)
    frames = region[before] | region[after]
    return frames[:, rows][:, :, columns]
