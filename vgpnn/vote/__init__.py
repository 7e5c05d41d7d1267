"""Vote (section 3.2): every voxel becomes the median of the patches that cover it, or their mean.

One function for all devices: `naive` is written in plain torch, for any device, `cpu` is a Numba
kernel and `gpu` a Triton kernel. All of them give the same bytes.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch

from vgpnn.machine.devices import checked_backend, fast_backend
from vgpnn.machine.memory import empty
from vgpnn.patches import stacked
from vgpnn.query_grid import QueryGrid
from vgpnn.vote import cpu, naive

BEST_QUALITY = 255  # of a match whose distance is 0
QUALITY_QUANTILE = 0.75  # this quantile of the distances above 0 is the scale of the quality


def vote(
    value: torch.Tensor,
    field: torch.Tensor,
    voters: QueryGrid,
    mode: str = "median",
    quality: torch.Tensor | None = None,
    backend: str = "auto",
    checkpoint: Callable[[], None] = lambda: None,
) -> torch.Tensor:
    """Put the value patch of its match in the place of every query patch, and let them vote.

    value: (T', H', W', C) uint8 codes of the source at this level.
    field: (S,) + query grid + (3,) int16 of S samples, from `search.nearest`.
    voters: the patches of the result that vote, of which the field is.
    mode: "median" (of an even number of votes the lower one), "mean", or "weighted", a mean in
        which the vote of a patch counts as much as its `quality`. Means are rounded half up. Every
        channel is voted by itself.
    quality: (S,) + query grid uint8, above 0; read if the mode is "weighted".
    backend: "naive" or "torch" (plain torch), "cpu", "gpu", or "auto" for what is fast on the
        device.
    checkpoint: called several times a second; may raise to cancel.
    Returns (S, T, H, W, C) uint8 codes. Raises ValueError for other backends.
    """
    checked_backend(backend)
    if backend == "auto":
        backend = fast_backend(value.device)
    if backend == "gpu":
        from vgpnn.vote import gpu  # It needs Triton, which is not on every machine.

        return gpu.vote(value, field, voters, mode, quality, checkpoint)
    qualities = [None] * len(field) if quality is None else quality
    samples = [(value, sample, voters, mode, weight) for sample, weight in zip(field, qualities)]
    if backend in ("naive", "torch"):
        return stacked([naive.vote(*sample, checkpoint) for sample in samples])
    return stacked([cpu.vote(*sample, checkpoint) for sample in samples])


def match_quality(
    distance: torch.Tensor, checkpoint: Callable[[], None] = lambda: None
) -> torch.Tensor:
    """How much the match of each patch counts in a weighted vote: exp(-D / 2s) times BEST_QUALITY.

    s is the third quartile of the distances above 0 of a sample (Wexler et al. 2007, section 3.2,
    where it is that of all distances; it would be 0 where most of a video is copied, as outside the
    region of inpainting).

    distance: (S,) + query grid, integer, at least 0.
    Returns (S,) + query grid uint8, 1 to BEST_QUALITY.
    """
    qualities = empty(distance.shape, torch.uint8, distance.device)
    for sample, sample_quality in zip(distance, qualities):
        scale = third_quartile(sample, checkpoint)
        for frame, quality in zip(sample, sample_quality):  # no more than one frame is in float64
            checkpoint()
            share = torch.exp(frame.double() / (-2 * scale))
            quality.copy_((BEST_QUALITY * share).round().clamp(1, BEST_QUALITY))
    return qualities


def third_quartile(distance: torch.Tensor, checkpoint: Callable[[], None] = lambda: None) -> int:
    """The smallest number that three quarters of the distances above 0 do not exceed.

    It is found by bisection, frame by frame, because a sort would take as much memory again.

    distance: (T, H, W), integer. Returns 1 where no distance is above 0.
    """
    wanted = math.ceil(QUALITY_QUANTILE * sum(int((frame > 0).sum()) for frame in distance))
    low, high = 1, max(1, *(int(frame.max()) for frame in distance))
    while low < high:
        checkpoint()
        middle = (low + high) // 2
        if sum(int(((frame > 0) & (frame <= middle)).sum()) for frame in distance) >= wanted:
            high = middle
        else:
            low = middle + 1
    return low
