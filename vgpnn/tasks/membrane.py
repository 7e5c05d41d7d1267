"""The last touch around what is kept: small differences of colour at the border are spread outward.

Patches of another place or moment fit at the border up to a slight difference in brightness, which
the eye sees as a line. The difference along a border is spread outward like a membrane: Laplace's
equation in time, along the border and outward, solved by cosine modes. What is even along the
border reaches far, and what changes fast fades within a few px. Large differences are other things
side by side, and stay. What is kept does not change.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F

from vgpnn.settings import Shape

REACH = 1 / 6  # of the longer side of what is kept, over which a difference fades to nothing
LONGEST = 256  # [px] of a border at which the equation is solved; longer ones are reduced first
LIMIT = 40.0  # [codes] larger differences stay
ROW_BLUR, FRAME_BLUR = 2.0, 0.7  # [px, frames] finer differences belong to the texture
HALF_PATCH = 3  # [px]
PATCH = (3, 5)  # [frames, px] over which the size of a difference is averaged


def spread(
    video: torch.Tensor,
    corner: Shape,
    past: Shape,
    checkpoint: Callable[[], None] = lambda: None,
    scale: float = 1.0,
) -> None:
    """Spread the differences at the left and right border, and then above and below, in place.

    video: (T, H, W, 3) uint8 codes on the CPU. corner, past: the first voxel (t, y, x) of what is
        kept, and the one after its last; it has all frames.
    scale: how many times as large the video is as the one that was made of patches.
    """
    if past[0] - corner[0] < len(video):
        return
    rows, whole = slice(corner[1], past[1]), slice(0, video.shape[2])
    reach = round(REACH * max(past[1] - corner[1], past[2] - corner[2]))
    for axis, along in ((2, rows), (1, whole)):
        # Seen with the border upright: (T, along, outward, 3).
        upright = video[:, along] if axis == 2 else video.transpose(1, 2)[:, along]
        for edge, step in ((corner[axis], -1), (past[axis] - 1, 1)):
            for seam, width in seams(scale):
                _spread_side(upright, edge + seam * step, step, reach, width, checkpoint)


def seams(scale: float) -> list[tuple[int, int]]:
    """How far from the border differences are looked for, and over how many px on each side [px].

    They lie at the border itself, and where the patches end that straddle it: half a patch further
    out. A result at full size has that from the working size, too.
    """
    larger = [(round(HALF_PATCH * scale), round(HALF_PATCH * scale))] if scale > 1.5 else []
    return [(0, 1), (HALF_PATCH, HALF_PATCH), *larger]


def _spread_side(
    video: torch.Tensor,
    edge: int,
    step: int,
    reach: int,
    width: int,
    checkpoint: Callable[[], None],
) -> None:
    """Spread the difference at one seam outward.

    video: (T, L, N, 3) codes, a view that is changed. edge: the last column before the seam.
    step: 1 outward to larger columns, or -1. reach: [px]. width: of the columns on each side of the
    seam whose means are compared [px].
    """
    outside = video.shape[2] - 1 - edge if step > 0 else edge
    reach = min(reach, outside)
    if reach < max(2, width):
        return
    checkpoint()
    before, after = edge - step * torch.arange(width), edge + step * torch.arange(1, width + 1)
    difference = video[:, :, before].float().mean(2) - video[:, :, after].float().mean(2)
    scale = max(1.0, difference.shape[1] / LONGEST)
    size = round(difference.shape[1] / scale), max(2, round(reach / scale))
    change = membrane(_reduced(damped(difference), size[0]), size[1])  # (T, L', R', 3)
    for frame, added in zip(video, change):
        checkpoint()
        grown = F.interpolate(
            added.permute(2, 0, 1)[None], (len(frame), reach), mode="bilinear", align_corners=False
        )[0].permute(1, 2, 0)
        columns = edge + step * torch.arange(1, reach + 1)
        frame[:, columns] = (frame[:, columns] + grown).round_().clamp_(0, 255).to(torch.uint8)


def damped(difference: torch.Tensor) -> torch.Tensor:
    """A difference along a border, (T, L, 3) codes, without what is fine or large in it."""
    size = difference.abs().amax(-1)[None, None]
    half = tuple(side // 2 for side in PATCH)
    size = F.avg_pool2d(size, PATCH, 1, half, count_include_pad=False)[0, 0, ..., None]
    smooth = _blurred(_blurred(difference, ROW_BLUR, 1), FRAME_BLUR, 0)
    return smooth * torch.exp(-((size / LIMIT) ** 2))


def membrane(edge: torch.Tensor, reach: int) -> torch.Tensor:
    """Laplace's equation outward from a border: (T, L, reach, 3).

    edge: (T, L, 3), the values at the border; they are 0 at `reach`, and level at the other ends.
    """
    frames, frame_waves = cosines(edge.shape[0])
    rows, row_waves = cosines(edge.shape[1])
    modes = torch.einsum("thc,tk,hm->kmc", edge, frames, rows)
    waves = torch.sqrt(frame_waves[:, None] ** 2 + row_waves**2).clamp(min=1e-4)[..., None]
    place = torch.arange(reach) + 0.5
    # sinh(w (reach - x)) / sinh(w reach), written so that it does not overflow.
    decay = torch.exp(-waves * place) * torch.expm1(-2 * waves * (reach - place))
    decay = decay / torch.expm1(-2 * waves * reach)
    columns = [
        torch.einsum("kmc,tk,hm->thc", modes * decay[..., x, None], frames, rows)
        for x in range(reach)
    ]
    return torch.stack(columns, 2)


def cosines(count: int) -> tuple[torch.Tensor, torch.Tensor]:
    """The orthonormal cosines of `count` samples, (count, count), and their frequencies."""
    waves = torch.arange(count) * math.pi / count
    basis = torch.cos((torch.arange(count)[:, None] + 0.5) * waves)
    return basis / basis.norm(dim=0), waves


def _blurred(values: torch.Tensor, sigma: float, axis: int) -> torch.Tensor:
    """(T, L, 3) values blurred by a Gaussian along axis 0 or 1; the ends are repeated."""
    reach, count = max(1, int(3 * sigma)), values.shape[axis]
    offsets = torch.arange(-reach, reach + 1)
    weights = torch.exp(-0.5 * (offsets / sigma) ** 2)
    places = (torch.arange(count)[:, None] + offsets).clamp(0, count - 1)
    shares = (weights / weights.sum()).expand(count, -1)
    parts = values.index_select(axis, places.flatten()).unflatten(axis, places.shape)
    shape = (1,) * axis + (count, len(offsets)) + (1,) * (values.dim() - axis - 1)
    return (parts * shares.reshape(shape)).sum(axis + 1)


def _reduced(values: torch.Tensor, length: int) -> torch.Tensor:
    """(T, L, 3) values with fewer along the border: means."""
    if values.shape[1] == length:
        return values
    return F.adaptive_avg_pool1d(values.transpose(1, 2), length).transpose(1, 2)
