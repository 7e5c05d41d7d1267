"""Checks of resampling and of the fields, against plain computations."""

from __future__ import annotations

import itertools

import torch
import torch.nn.functional as F

from vgpnn import fields, pyramid
from vgpnn.evaluation.selfcheck.kernels import random_field
from vgpnn.evaluation.selfcheck.outcome import Check, Outcome, Target, at_most, cases
from vgpnn.fields import FieldShape
from vgpnn.patches import grid
from vgpnn.query_grid import QueryGrid
from vgpnn.settings import Shape

SIDE = 8  # [px] of the blocks of one colour in a test picture
NOISE = 32  # codes by which the pixels of a block differ
# Codes of a video that grows. Torch, on the CPU, clips what overshoots after each axis, so that
# codes at either end of the range come out up to 14 codes from the exact ones (measured).
GROWING_CODES = (64, 192)
CODES = 1  # by which a resampled code may differ from the exact one
SEED = 4
GRIDS = {"all": (1, 0), "shifted": (2, 1)}
COARSE, FINE, COARSE_KEY, FINE_KEY = (4, 17, 23), (5, 21, 28), (4, 19, 22), (5, 23, 27)
PATCH = (3, 7, 7)
RATE = 2.0  # frames of the fine level for one of the coarse level


def resampling_is_exact(target: Target) -> Outcome:
    """Resampled codes differ by at most 1 from those of a computation in float64 on the CPU."""
    differences = {}
    for before, after in target.sizes.resampled:
        grows = any(n < m for n, m in zip(before, after))
        video = pattern(before, *(GROWING_CODES if grows else (0, 256)))
        found = pyramid.resize(video.to(target.device), after).cpu()
        expected = exactly_resampled(video, after).round().clamp(0, 255)
        name = " -> ".join("x".join(map(str, shape)) for shape in (before, after))
        if found.shape != expected.shape or found.dtype != torch.uint8:
            differences[name] = float("inf")
        else:
            differences[name] = (found - expected).abs().max().item()
    return at_most(differences, CODES, "{:.0f} codes")


def pattern(shape: Shape, low: int, high: int) -> torch.Tensor:
    """Blocks of random colours, with noise: (T, H, W, 3) codes with edges and texture, from `low`
    to before `high`."""
    random = torch.Generator().manual_seed(SEED)
    blocks = [-(-n // SIDE) for n in shape]
    video = torch.randint(low, high - NOISE, (*blocks, 3), generator=random, dtype=torch.uint8)
    for axis, length in enumerate(shape):
        video = video.repeat_interleave(SIDE, axis).narrow(axis, 0, length)
    return video + torch.randint(0, NOISE, video.shape, generator=random, dtype=torch.uint8)


def exactly_resampled(video: torch.Tensor, shape: Shape) -> torch.Tensor:
    """A (T, H, W, C) video of codes, resampled by torch on the CPU: (t, h, w, C) float64.

    In the order of `pyramid.resize`: a video that grows in space is resampled in time first, and
    rounded between the two steps.
    """
    frames, height, width = shape
    if height * width > video.shape[1] * video.shape[2]:
        video = _in_time(video.double(), frames).round().clamp(0, 255)
        return _in_space(video, height, width)
    return _in_time(_in_space(video.double(), height, width), frames)


def _in_space(video: torch.Tensor, height: int, width: int) -> torch.Tensor:
    pictures = [_cubic(frame.permute(2, 0, 1)[None], (height, width))[0] for frame in video]
    return torch.stack(pictures).permute(0, 2, 3, 1)


def _in_time(video: torch.Tensor, frames: int) -> torch.Tensor:
    rows = video.reshape(1, 1, len(video), -1)
    return _cubic(rows, (frames, rows.shape[3])).reshape(frames, *video.shape[1:])


def _cubic(pictures: torch.Tensor, size: tuple[int, int]) -> torch.Tensor:
    """N pictures (N, C, H, W), float64, at another (H, W)."""
    if tuple(pictures.shape[2:]) == size:
        return pictures
    return F.interpolate(pictures, size, mode="bicubic", antialias=True, align_corners=False)


def fields_are_carried_over(target: Target) -> Outcome:
    """Fields carried to a finer level are equal on the device and on the CPU, and are those of
    the definition, to 1 px."""
    results, random = {}, torch.Generator().manual_seed(SEED)
    for (name, coarse), (fine_name, fine), rate in itertools.product(
        GRIDS.items(), GRIDS.items(), (None, RATE)
    ):
        shapes = (
            FieldShape(QueryGrid(COARSE, PATCH, *coarse), COARSE_KEY),
            FieldShape(QueryGrid(FINE, PATCH, *fine), FINE_KEY),
        )
        field = random_field(2, shapes[0].queries, COARSE_KEY, random)
        on_cpu = fields.upscale(field, *shapes, rate=rate)
        found = fields.upscale(field.to(target.device), *shapes, rate=rate).cpu()
        is_right = torch.equal(found, on_cpu)
        if rate is None and coarse == fine == (1, 0):
            is_right &= bool((found - plainly_upscaled(field, *shapes)).abs().max() <= 1)
        results[f"{name} to {fine_name}{', at another rate' * (rate is not None)}"] = is_right
    return cases(results)


def plainly_upscaled(field: torch.Tensor, coarse: FieldShape, fine: FieldShape) -> torch.Tensor:
    """`fields.upscale` by its definition, in float64, for grids of all patches."""
    axes, offsets = [], []
    for axis in range(3):
        ratio = coarse.queries.shape[axis] / fine.queries.shape[axis]
        centre = (torch.arange(fine.queries.counts[axis]) + fine.patch[axis] / 2.0).double() * ratio
        corner = centre - coarse.patch[axis] / 2
        nearest = corner.round().clamp(0, coarse.queries.counts[axis] - 1).long()
        axes.append(nearest)
        offsets.append(centre - nearest)
    carried = field[:, axes[0]][:, :, axes[1]][:, :, :, axes[2]].double()
    for axis, offset in enumerate(offsets):
        ratio, side = fine.key[axis] / coarse.key[axis], fine.patch[axis]
        offset = offset.reshape([-1 if each == axis else 1 for each in range(3)])
        corner = (carried[..., axis] + offset) * ratio - side / 2
        carried[..., axis] = corner.round().clamp(0, fine.key[axis] - side)
    return carried.to(torch.int16)


def fields_are_inverted(target: Target) -> Outcome:
    """Inverse fields are those of a plain loop over the queries."""
    results, random = {}, torch.Generator().manual_seed(SEED)
    for name, kind in GRIDS.items():
        queries = QueryGrid(COARSE, PATCH, *kind)
        field = random_field(2, queries, COARSE_KEY, random)
        found = fields.inverse(field.to(target.device), FieldShape(queries, COARSE_KEY)).cpu()
        results[name] = torch.equal(found.long(), _plain_inverse(field, queries))
    return cases(results)


def _plain_inverse(field: torch.Tensor, queries: QueryGrid) -> torch.Tensor:
    """(S,) + key grid + (3,): the last query that points at each key, or -1."""
    owners = torch.full((len(field), *grid(COARSE_KEY, PATCH), 3), -1)
    places = queries.corners().reshape(-1, 3).tolist()
    for owner, sample in zip(owners, field.reshape(len(field), -1, 3).tolist()):
        for place, (t, y, x) in zip(places, sample):
            owner[t, y, x] = torch.tensor(place)
    return owners


CHECKS: tuple[Check, ...] = (
    ("fields carried over", fields_are_carried_over),
    ("fields inverted", fields_are_inverted),
    ("resampling", resampling_is_exact),
)
