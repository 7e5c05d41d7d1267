"""Vote (section 3.2): every voxel becomes the median of the patches that cover it, or their mean.

`naive` is the oracle in plain torch, `cpu` the Numba kernel, `gpu` the Triton kernel.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch

from vgpnn.machine.devices import checked_backend, fast_backend
from vgpnn.machine.memory import empty
from vgpnn.patches import stacked
from vgpnn.settings import Shape
from vgpnn.vote import cpu, naive

MOST = 255  # quality of a perfect match
SHARE = 0.75  # of the imperfect matches are as good as the one that the quality is measured in


def vote(
    value: torch.Tensor,
    field: torch.Tensor,
    patch: Shape,
    mode: str = "median",
    quality: torch.Tensor | None = None,
    backend: str = "auto",
    checkpoint: Callable[[], None] = lambda: None,
) -> torch.Tensor:
    """Replace every query patch by the value patch at the index found.

    value: (T', H', W', C) uint8 codes of the source at this level.
    field: (S,) + query grid + (3,) int16 of S samples, from `search.nearest`.
    mode: per channel, "median" (of an even number of votes the lower one), "mean" or "weighted", a
        mean in which every patch counts as much as its `quality` (both rounded half up).
    quality: (S,) + query grid uint8, above 0; read where the mode is "weighted", and only there.
    Returns (S, T, H, W, C) uint8 codes. All backends return the same bytes.
    """
    checked_backend(backend)
    if backend == "auto":
        backend = fast_backend(value.device)
    if backend == "gpu":
        from vgpnn.vote import gpu  # Triton is not everywhere

        return gpu.vote(value, field, patch, mode, quality)
    qualities = [None] * len(field) if quality is None else quality
    each = [(value, one, patch, mode, how) for one, how in zip(field, qualities)]
    if backend == "naive":
        return stacked([naive.vote(*one) for one in each])
    return stacked([cpu.vote(*one, checkpoint) for one in each])


def match_quality(distance: torch.Tensor) -> torch.Tensor:
    """How much the match of each patch counts in a weighted vote, 1 to 255: exp(-D / 2 s), s the
    third quartile of the distances that are not 0 (Wexler et al. 2007, section 3.2; where most of a
    video is copied, as outside the region of inpainting, the quartile of all would be 0).

    distance: (S,) + query grid, integer, at least 0. Returns uint8 of the same shape.
    """
    found = empty(distance.shape, torch.uint8, distance.device)
    for one, into in zip(distance, found):
        scale = third_quartile(one)
        for frame, out in zip(one, into):  # no more than one frame exists as floats
            share = torch.exp(frame.double() / (-2 * scale))
            out.copy_((MOST * share).round().clamp(1, MOST))
    return found


def third_quartile(distance: torch.Tensor) -> int:
    """The least distance that SHARE of those above 0 do not exceed; 1 where there are none.

    distance: (T, H, W), integer. Found by bisection, frame by frame: a sort would hold all of them.
    """
    wanted = math.ceil(SHARE * sum(int((frame > 0).sum()) for frame in distance))
    low, high = 1, max(1, *(int(frame.max()) for frame in distance))
    while low < high:
        middle = (low + high) // 2
        if sum(int(((frame > 0) & (frame <= middle)).sum()) for frame in distance) >= wanted:
            high = middle
        else:
            low = middle + 1
    return low
