"""Weighted PatchMatch (section 3.3; Barnes et al. 2009) on all cores of the CPU.

A sweep visits the query patches in scan order, the next sweep in the opposite order. At each patch
the matches of the neighbours that were visited before are tried (propagation), and then random
matches in shrinking boxes around the best one (random search). `cpu_comparison` explains how
patches are compared. Levels with few patches are searched exactly, by the same comparison.

The work is cut into bands of rows that run in parallel. So that the result does not depend on which
band comes first, a band never reads what another one may be writing:

- Propagation along time reads the frame before or after. A sweep goes over the even frames first
  and then over the odd ones, so that frame is not being written.
- Propagation across the border of two bands reads a copy of the row beyond the border, which was
  made before the sweep.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np
import torch

from vgpnn.machine.memory import empty
from vgpnn.machine.threads import ROWS_PER_BAND, bands, run_bands
from vgpnn.patches import grid, starts
from vgpnn.query_grid import QueryGrid
from vgpnn.search import cpu_exact
from vgpnn.search.counting import current_tally
from vgpnn.search.cpu_comparison import COUNTED_DISTANCES, COUNTED_ROWS, MARGIN, Sizes
from vgpnn.search.cpu_kernels import compiled
from vgpnn.search.naive import exact_dtype
from vgpnn.settings import Shape

STREAMS_PER_SEED = 64  # streams of random numbers; every sweep takes the next one


class SearchState(NamedTuple):
    """What the kernels of a search read and write, in the order of their first parameters.

    `cpu_kernels.compiled` states the shapes. field and distance change, counts may change.
    """

    query: np.ndarray
    key: np.ndarray
    field: np.ndarray
    distance: np.ndarray
    slack: np.ndarray
    sizes: Sizes
    counts: np.ndarray


def nearest(
    query: torch.Tensor,
    key: torch.Tensor,
    patch: Shape,
    slack: torch.Tensor | None,
    guesses: tuple[torch.Tensor, ...],
    seed: int,
    checkpoint: Callable[[], None],
    sweeps: int,
    reach: int | None = None,
    queries: QueryGrid | None = None,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Approximate twin of `naive.nearest` for one sample; see `search.nearest` for the arguments.

    query: (T, H, W, C) uint8 codes; key: (T', H', W', C) uint8 codes; both on the CPU.
    slack: key grid, float64, or None.
    guesses: query grid + (3,) int16 each; a match of -1 in any but the first is ignored.
    Returns the field, query grid + (3,) int16, and the distances, query grid int32. Raises
    TypeError for codes of another type, and ValueError for a guess of another shape.
    """
    tally = current_tally()
    kernels = compiled(patch, query.shape[3], tally is not None)
    queries = queries or QueryGrid(tuple(query.shape[:3]), patch)
    key_grid = grid(key.shape[:3], patch)
    frames, rows, _ = queries.counts
    first, *others = starts(guesses, queries.counts, key_grid)
    state = search_state(query, key, queries, slack, first, checkpoint)
    run_bands(partial(kernels.evaluate, *state), bands(range(frames), rows), checkpoint)
    for guess in others:
        adopt = partial(kernels.adopt, *state, guess.numpy())
        run_bands(adopt, bands(range(frames), rows), checkpoint)
    reach = max(key_grid[1:]) if reach is None else reach
    for number in range(sweeps):
        forward = number % 2 == 0
        stream = np.uint64((seed * STREAMS_PER_SEED + number) & (2**64 - 1))
        # The rows beyond the borders: the last row of every band, or the first row of the next.
        borders = state.field[:, ROWS_PER_BAND - forward :: ROWS_PER_BAND].copy()
        # Backward sweeps only propagate what the forward ones have found.
        sweep = partial(kernels.sweep, *state, borders, forward, reach * forward, stream)
        for parity in (0, 1):
            run_bands(sweep, bands(range(parity, frames, 2), rows), checkpoint)
    if tally is not None:
        tally.distances += int(state.counts[COUNTED_DISTANCES])
        elements_per_row = patch[0] * patch[2] * query.shape[3]
        tally.elements += int(state.counts[COUNTED_ROWS]) * elements_per_row
    return torch.from_numpy(state.field), torch.from_numpy(state.distance)


def exact(
    query: torch.Tensor,
    key: torch.Tensor,
    patch: Shape,
    slack: torch.Tensor | None,
    checkpoint: Callable[[], None],
    queries: QueryGrid | None = None,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Twin of `naive.nearest` for one sample of uint8 codes, to the byte; distances are int32.

    The arguments are those of `naive.nearest`. Raises TypeError for codes of another type.
    """
    queries = queries or QueryGrid(tuple(query.shape[:3]), patch)
    frames, rows, _ = queries.counts
    field = empty((*queries.counts, 3), torch.int16)
    state = search_state(query, key, queries, slack, field, checkpoint)
    dtype = exact_dtype(query, key, patch)
    if slack is None:
        weights = torch.ones(1, dtype=dtype)
    else:  # in the same steps as there
        unusable = slack.reshape(-1) == 0
        weights = (1.0 / slack.reshape(-1).masked_fill(unusable, 1.0)).to(dtype)
        weights.masked_fill_(unusable, -1.0)
    state = state._replace(slack=weights.numpy())
    kernel = partial(cpu_exact.compiled(patch, query.shape[3]), *state)
    run_bands(kernel, bands(range(frames), rows), checkpoint)
    return field, torch.from_numpy(state.distance)


def search_state(
    query: torch.Tensor,
    key: torch.Tensor,
    queries: QueryGrid,
    slack: torch.Tensor | None,
    field: torch.Tensor,
    checkpoint: Callable[[], None],
) -> SearchState:
    """The arguments of all kernels, for a search that starts from a field.

    query, key, slack, checkpoint: see `nearest`. queries: the query patches that search.
    field: query grid + (3,) int16; a contiguous one is not copied, so that the search overwrites
    it. The distances are not computed yet.
    """
    patch = queries.patch
    return SearchState(
        query=interleaved(query, patch, checkpoint),
        key=interleaved(key, patch, checkpoint),
        field=field.contiguous().numpy(),
        distance=empty(queries.counts, torch.int32).numpy(),
        slack=np.ones(1) if slack is None else slack.numpy().reshape(-1),
        sizes=Sizes(
            query_grid=queries.counts,
            key_grid=grid(key.shape[:3], patch),
            query_ends=queries.all[1:],
            stride=queries.stride,
            shift=queries.shift,
            query_size=tuple(query.shape[1:3]),
            key_size=tuple(key.shape[1:3]),
            slack_step=0 if slack is None else 1,
        ),
        counts=np.zeros(2, np.int64),
    )


def interleaved(video: torch.Tensor, patch: Shape, checkpoint: Callable[[], None]) -> np.ndarray:
    """A video in the layout in which patches are compared, see `cpu_comparison`.

    video: (T, H, W, C) uint8 codes. Returns flat uint8: (T - patch_t + 1, H, W, patch_t * C) in
    row-major order, and MARGIN zeros behind it. Raises TypeError for codes of another type.
    """
    if video.dtype != torch.uint8:
        raise TypeError(f"The kernels read uint8 codes, not {video.dtype}.")
    frames, rows = len(video) - patch[0] + 1, video.shape[1]
    size = frames * math.prod(video.shape[1:]) * patch[0]
    pixels = empty((size + MARGIN,), torch.uint8).numpy()
    pixels[size:] = 0
    kernel = compiled(patch, video.shape[3], False).interleave
    run_bands(
        partial(kernel, video.contiguous().numpy(), pixels), bands(range(frames), rows), checkpoint
    )
    return pixels
