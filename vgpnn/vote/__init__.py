"""Vote (section 3.2): every voxel becomes the median of the patches that cover it.

`naive` is the oracle in plain torch, `cpu` the Numba kernel, `gpu` the Triton kernel.
"""

from __future__ import annotations

from collections.abc import Callable

import torch

from ..devices import checked_backend, fast_backend
from ..patches import stacked
from ..settings import Shape
from . import cpu, naive


def vote(
    value: torch.Tensor,
    field: torch.Tensor,
    patch: Shape,
    mode: str = "median",
    backend: str = "auto",
    checkpoint: Callable[[], None] = lambda: None,
) -> torch.Tensor:
    """Replace every query patch by the value patch at the index found.

    value: (T', H', W', C) uint8 codes of the source at this level.
    field: (S,) + query grid + (3,) int16 of S samples, from `search.nearest`.
    mode: "median" (of an even number of votes the lower one) or "mean" (rounded half up),
        per channel.
    Returns (S, T, H, W, C) uint8 codes. All backends return the same bytes.
    """
    checked_backend(backend)
    if backend == "auto":
        backend = fast_backend(value.device)
    if backend == "gpu":
        from . import gpu  # Triton is not everywhere

        return gpu.vote(value, field, patch, mode)
    if backend == "naive":
        return stacked([naive.vote(value, one, patch, mode) for one in field])
    return stacked([cpu.vote(value, one, patch, mode, checkpoint) for one in field])
