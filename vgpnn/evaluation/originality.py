"""How large the pieces are that a result has copied from its source without a change.

A source map M says from which source voxel M(v) each voxel v of a result was taken. Two neighbours
v and v + e, where e is a step of one voxel in time, height or width, belong to the same piece if
M(v + e) = M(v) + e. A copy of the source, shifted or not, is a single piece as large as the video.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np
import torch

from vgpnn import search
from vgpnn.evaluation.metrics import PATCH, patchable
from vgpnn.machine.kernels import kernel_of
from vgpnn.query_grid import QueryGrid
from vgpnn.source_map import identity, source_map
from vgpnn.video import Video

SWEEPS = 6  # of PatchMatch, where a map is searched for


@dataclass(frozen=True)
class Originality:
    """How original a result is.

    share: the share of the pairs of neighbouring voxels, over all three axes, that belong to
        different pieces, in [0, 1]; 0 is a copy.
    sizes: the sizes of the pieces [voxels], largest first. Their sum is the size of the video.
    """

    share: float
    sizes: torch.Tensor

    @property
    def largest(self) -> float:
        """The size of the largest piece, as a share of the video."""
        return (self.sizes[0] / self.sizes.sum()).item()

    @property
    def median(self) -> float:
        """Half of the voxels lie in pieces of this size or larger; a share of the video."""
        voxels = self.sizes.cumsum(0)
        return (self.sizes[voxels >= voxels[-1] / 2][0] / voxels[-1]).item()


def originality(places: torch.Tensor) -> Originality:
    """The originality of a result, from its source map, (T, H, W, 3) whole numbers (t, y, x).

    Raises ValueError for a tensor that is no source map.
    """
    if places.ndim != 4 or places.shape[3] != 3 or 0 in places.shape or places.is_floating_point():
        raise ValueError(
            f"A source map is (T, H, W, 3) whole numbers, not {tuple(places.shape)} of "
            f"{str(places.dtype).removeprefix('torch.')}: give what --source-map saved."
        )
    frames, height, width = places.shape[:3]
    root = np.arange(frames * height * width, dtype=np.int32)
    joined = _join(places.to(torch.int16).contiguous().numpy(), root)
    pairs = 3 * len(root) - height * width - frames * width - frames * height
    sizes = np.bincount(root)
    sizes = torch.from_numpy(np.sort(sizes[sizes > 0])[::-1].copy())
    return Originality(1 - joined / pairs if pairs else 0.0, sizes)


def nnf_diversity(places: torch.Tensor) -> float:
    """How hard the nearest-neighbour field of a result is to compress, in (0, 1] or little above.

    It is the length of the compressed field over its raw length, after the diversity that Nikankin,
    Haim and Irani (SinFusion, 2022) measure with zlib. The field says for every voxel how far it
    has come, so a copy, shifted or not, is near 0, and a field without order near 1.

    places: a source map, (T, H, W, 3) whole numbers (t, y, x).
    """
    moved = places.to(torch.int16) - identity(tuple(places.shape[:3]))
    raw = moved.permute(3, 0, 1, 2).contiguous().numpy().astype("<i2").tobytes()
    return len(zlib.compress(raw, 9)) / len(raw)


def search_map(source: Video | torch.Tensor, generated: Video | torch.Tensor) -> torch.Tensor:
    """A source map (T, H, W, 3) of a clip, found by searching the source for each of its patches.

    The search is exact for small clips, and PatchMatch for others. Where many source patches look
    alike (flat ones, for example), and after lossy compression, it often finds another patch than
    the one that was copied. Originality is then higher than with the map that the task has saved.
    Raises ValueError for a clip that is smaller than a patch.
    """
    codes = [patchable(clip).codes[None] for clip in (generated, source)]
    field = search.nearest(*codes, PATCH, sweeps=SWEEPS).field[0]
    return source_map(field, QueryGrid.of_all(field.shape[:3], PATCH))


@kernel_of()
def _join(places, root):
    """Join neighbours that belong to the same piece (union-find); return how many pairs do.

    places: (T, H, W, 3) int16, the source map.
    root: (T*H*W,) int32. On entry it holds the number of each voxel, on return the number of the
    first voxel of the same piece.
    """
    frames, height, width = places.shape[:3]
    joined = 0
    for t in range(frames):
        for y in range(height):
            for x in range(width):
                voxel = (t * height + y) * width + x
                for axis in range(3):
                    b, c, d = t - (axis == 0), y - (axis == 1), x - (axis == 2)
                    if b < 0 or c < 0 or d < 0:
                        continue
                    same_piece = True
                    for k in range(3):
                        if places[t, y, x, k] - places[b, c, d, k] != (k == axis):
                            same_piece = False
                    if not same_piece:
                        continue
                    joined += 1
                    first, second = voxel, (b * height + c) * width + d
                    while root[first] != first:
                        root[first] = root[root[first]]
                        first = root[first]
                    while root[second] != second:
                        root[second] = root[root[second]]
                        second = root[second]
                    root[max(first, second)] = min(first, second)
    for voxel in range(len(root)):  # A root comes before the other voxels of its piece.
        root[voxel] = root[root[voxel]]
    return joined
