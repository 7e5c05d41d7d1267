"""Dynamic structure (section 4.2): where and how much a video moves, and nothing of its looks.

The magnitude of the optical flow is quantised, per clip, into k-means bins: the bins of two clips
correspond by rank, so that the liveliest parts of the one meet the liveliest of the other however
fast either is.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import cv2
import numpy as np
import torch

from vgpnn.settings import Settings
from vgpnn.tasks.flow import MOVING_SHARE, flow_magnitude
from vgpnn.video import Video

GAMMA = 0.25  # spreads slow motions
ORDINARY = 99.9  # [%] of the values, above which one counts as wild
HISTOGRAM = 4096  # steps in which values are counted for k-means


def dynamic_structure(
    video: torch.Tensor, settings: Settings, checkpoint: Callable[[], None] = lambda: None
) -> torch.Tensor:
    """(T, H, W, 3) in [-1, 1] to its structure, (T, H, W, 1) in [0, 1].

    settings: bins, structure and flow of it are used.
    checkpoint: called after every frame; may raise to cancel.
    Raises ValueError with one sentence for a video in which nothing moves.
    """
    return _scaled(flow_magnitude(video, settings.flow, checkpoint), settings)


def sketch_structure(video: torch.Tensor, settings: Settings) -> torch.Tensor:
    """The structure of a moving sketch: (T, H, W, 3) in [-1, 1] to (T, H, W, 1) in [0, 1].

    The strokes are what differs from the paper, the most common grey level. They move, the paper
    does not: a stroke counts more where it changes.
    """
    cover = strokes(video)
    change = torch.zeros_like(cover)
    if len(cover) > 1:
        step = (cover[1:] - cover[:-1]).abs()
        change[1:] += step
        change[:-1] += step
    reach = 2 * (min(cover.shape[1:3]) // 24) + 1  # as far as a stroke of usual width
    around = np.ones((reach, reach), np.uint8)
    change = torch.from_numpy(np.stack([cv2.dilate(x, around) for x in change.numpy()]))[..., None]
    return _scaled(cover * (1 + change.clamp(max=1)), settings)


def strokes(video: torch.Tensor) -> torch.Tensor:
    """How much of every pixel strokes cover: (T, H, W, 3) in [-1, 1] to (T, H, W, 1) in [0, 1].

    Raises ValueError for an empty sketch.
    """
    grey = video.mean(-1, keepdim=True)
    levels = torch.histc(grey, 32, -1.0, 1.0)
    paper = -1 + (levels.argmax().item() + 0.5) / 16
    cover = ((grey - paper).abs() - 0.15).clamp(min=0)
    if (cover > 0.2).double().mean() < MOVING_SHARE:
        raise ValueError("There is no stroke in the sketch: draw one that differs from the paper.")
    return (cover / cover.max()).clamp(0, 1)


def _scaled(amount: torch.Tensor, settings: Settings) -> torch.Tensor:
    if settings.structure == "quantised":
        amount = k_means_rank(amount, settings.bins)
        if amount.max() == 0:
            raise ValueError("Everything in this clip moves alike: choose one with still parts.")
    else:
        amount = ordinary(amount)
    return (amount / amount.max()) ** GAMMA


def ordinary(amount: torch.Tensor) -> torch.Tensor:
    """Amounts, all at least 0, in [0, 1]. A few wild ones count as the largest ordinary one: alone
    they would take whole bins."""
    top = max(float(np.percentile(amount.numpy(), ORDINARY)), 1e-12)
    return (amount / top).clamp(max=1)


def k_means_rank(amount: torch.Tensor, bins: int) -> torch.Tensor:
    """The rank, from 0, of the k-means cluster of every amount; float32.

    Clusters that stay empty have no rank.
    """
    fine = ordinary(amount).mul(HISTOGRAM - 1).round().long()
    count = torch.bincount(fine.reshape(-1), minlength=HISTOGRAM).double()
    values = torch.arange(HISTOGRAM, dtype=torch.double)
    centres = torch.linspace(0, HISTOGRAM - 1, bins, dtype=torch.double)
    for _ in range(100):
        cluster = torch.bucketize(values, (centres[1:] + centres[:-1]) / 2)
        size = torch.zeros(bins, dtype=torch.double).index_add_(0, cluster, count)
        total = torch.zeros(bins, dtype=torch.double).index_add_(0, cluster, count * values)
        moved = torch.where(size > 0, total / size.clamp(min=1), centres).sort().values
        if torch.equal(moved, centres):
            break
        centres = moved
    rank = ((size > 0).cumsum(0) - 1).clamp(min=0)
    return rank[cluster][fine].float()


def as_video(structure: torch.Tensor, fps: Fraction) -> Video:
    """A structure, (T, H, W, 1) in [0, 1], as a grey video: white is where most moves."""
    return Video((structure * 2 - 1).expand(-1, -1, -1, 3).contiguous(), fps)
