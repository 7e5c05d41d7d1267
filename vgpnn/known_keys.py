"""Which patches of a source are known well enough to be keys, where parts of it are a guess."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F

from vgpnn.outside import keys_outside
from vgpnn.settings import Shape

LEAST_KNOWN = 0.02  # share of the patches of a source that are keys, however little is known
ROUNDING = 1e-5  # of a mean over a patch


def known_keys(
    unknown: torch.Tensor,
    patch: Shape,
    tolerance: float = 0.0,
    checkpoint: Callable[[], None] = lambda: None,
) -> torch.Tensor:
    """Which patches of a source are known well enough to be keys: the key grid, bool.

    unknown: (t, h, w) in [0, 1], how much of each voxel is a guess. tolerance: the mean of it that
    a patch may have. Where less than LEAST_KNOWN of the patches are left, the best known ones are
    keys, as many as that.
    """
    if tolerance == 0:
        known = keys_outside(unknown > 0, patch, checkpoint)
        if known.sum() >= LEAST_KNOWN * known.numel():
            return known
    checkpoint()
    share = F.avg_pool3d(unknown[None, None].float(), patch, stride=1)[0, 0]
    least = share.flatten().kthvalue(max(1, math.ceil(LEAST_KNOWN * share.numel()))).values
    return share <= torch.clamp(least, min=tolerance + ROUNDING)
