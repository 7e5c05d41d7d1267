"""How large the pieces are that a result copied whole, from where its voxels came from.

Two neighbouring voxels belong to one piece if their sources are neighbours in the same way:
M(v + e) = M(v) + e for the source map M and a step e of one voxel in time, height or width. What is
joined by such steps is a piece. A copy of the source, shifted or not, is one piece as large as the
video.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from vgpnn import search
from vgpnn.evaluation.metrics import PATCH, patchable
from vgpnn.machine.kernels import kernel_of
from vgpnn.source_map import source_map
from vgpnn.video import Video


@dataclass(frozen=True)
class Originality:
    """share: of the neighbouring pairs of voxels, over all three axes, that do not come from
        neighbouring source voxels, in [0, 1]; 0 is a copy.
    sizes: of the pieces [voxels], largest first; they sum up to the voxels of the video.
    """

    share: float
    sizes: torch.Tensor

    @property
    def largest(self) -> float:
        """Share of the video that the largest piece is."""
        return (self.sizes[0] / self.sizes.sum()).item()

    @property
    def median(self) -> float:
        """Half of the voxels lie in pieces of at least this share of the video."""
        voxels = self.sizes.cumsum(0)
        return (self.sizes[voxels >= voxels[-1] / 2][0] / voxels[-1]).item()


def originality(places: torch.Tensor) -> Originality:
    """Of a source map, (T, H, W, 3) integers (t, y, x). Raises ValueError for what is none."""
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


def found_map(source: Video | torch.Tensor, generated: Video | torch.Tensor) -> torch.Tensor:
    """Where the voxels of a clip come from in a source, as far as its looks tell: (T, H, W, 3).

    The map of the nearest source patch of each patch, searched exactly for small clips and by
    PatchMatch for others. Where many source patches look alike, flat ones say, or after lossy
    compression, the one found is often not the one that was copied: originality comes out higher
    than from the map that the task saved. Raises ValueError for a clip smaller than a patch.
    """
    codes = [patchable(clip).codes[None] for clip in (generated, source)]
    field = search.nearest(*codes, PATCH, sweeps=search.FIRST_SWEEPS).field[0]
    return source_map(field, PATCH)


@kernel_of()
def _join(places, root):
    """Union of neighbours that were copied together; returns how many pairs of them there are.

    places: (T, H, W, 3) int16. root: (T*H*W,) int32, every voxel its own on entry; on return the
    first voxel of its piece.
    """
    frames, height, width = places.shape[:3]
    joined = 0
    for t in range(frames):
        for y in range(height):
            for x in range(width):
                here = (t * height + y) * width + x
                for axis in range(3):
                    b, c, d = t - (axis == 0), y - (axis == 1), x - (axis == 2)
                    if b < 0 or c < 0 or d < 0:
                        continue
                    alike = True
                    for k in range(3):
                        if places[t, y, x, k] - places[b, c, d, k] != (k == axis):
                            alike = False
                    if not alike:
                        continue
                    joined += 1
                    one, other = here, (b * height + c) * width + d
                    while root[one] != one:
                        root[one] = root[root[one]]
                        one = root[one]
                    while root[other] != other:
                        root[other] = root[root[other]]
                        other = root[other]
                    root[max(one, other)] = min(one, other)
    for voxel in range(len(root)):  # roots come before what they hold
        root[voxel] = root[root[voxel]]
    return joined
