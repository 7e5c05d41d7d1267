"""Dynamic structure (section 4.2): where and how much a video moves, and nothing of its looks.

The magnitude of the optical flow is quantised, per clip, into k-means bins: the bins of two clips
correspond by rank, so that the liveliest parts of the one meet the liveliest of the other however
fast either is.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import torch
import torch.nn.functional as F

MODES = ("quantised", "magnitude")  # the second leaves the bins out, for comparison
GAMMA = 0.25  # spreads slow motions
LEAST_SIDE = 48  # [px] the flow algorithm needs its pyramid
STILL = 0.02  # [px per frame] below this nothing moves
ORDINARY = 99.9  # [%] of the values, above which one counts as wild
HISTOGRAM = 4096  # steps in which values are counted for k-means
MOVING_SHARE = 0.002  # of the voxels, at least, for a video to count as moving


def dynamic_structure(
    video: torch.Tensor,
    bins: int = 6,
    mode: str = "quantised",
    checkpoint: Callable[[], None] = lambda: None,
) -> torch.Tensor:
    """(T, H, W, 3) in [-1, 1] to its structure, (T, H, W, 1) in [0, 1].

    mode: "quantised", or "magnitude" for the ablation without bins.
    checkpoint: called after every frame; may raise to cancel.
    Raises ValueError with one sentence for a video in which nothing moves.
    """
    return _scaled(flow_magnitude(video, checkpoint), bins, mode)


def sketch_structure(video: torch.Tensor, bins: int = 6) -> torch.Tensor:
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
    change = F.max_pool2d(change.permute(0, 3, 1, 2), reach, 1, reach // 2).permute(0, 2, 3, 1)
    return _scaled(cover * (1 + change.clamp(max=1)), bins, "quantised")


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


def flow_magnitude(
    video: torch.Tensor, checkpoint: Callable[[], None] = lambda: None
) -> torch.Tensor:
    """Length of the optical flow to the next frame [px]: (T, H, W, 1); the last frame has that of
    the one before. Dense inverse search (Kroeger et al. 2016), which needs no weights.

    Raises ValueError with one sentence for a video in which nothing moves.
    """
    height, width = video.shape[1:3]
    still = "Nothing moves in this clip: choose one with motion."
    if len(video) < 2:
        raise ValueError(still)
    scale = max(1.0, LEAST_SIDE / min(height, width))
    grey = ((video.mean(-1) + 1) * 127.5).round().clamp(0, 255).to(torch.uint8).numpy()
    if scale > 1:
        size = round(width * scale), round(height * scale)
        grey = np.stack([cv2.resize(g, size, interpolation=cv2.INTER_CUBIC) for g in grey])
    search = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    lengths = []
    for here, there in zip(grey, grey[1:]):
        checkpoint()
        flow = search.calc(here, there, None)
        lengths.append(cv2.resize(np.hypot(*np.moveaxis(flow, -1, 0)), (width, height)) / scale)
    magnitude = torch.from_numpy(np.stack([*lengths, lengths[-1]]))[..., None]
    if (magnitude > STILL).double().mean() < MOVING_SHARE:
        raise ValueError(still)
    return magnitude


def _scaled(amount: torch.Tensor, bins: int, mode: str) -> torch.Tensor:
    if mode not in MODES:
        raise ValueError(f"mode must be one of {', '.join(MODES)}, not {mode!r}.")
    if mode == "quantised":
        amount = k_means_rank(amount, bins)
    return (amount / amount.max()) ** GAMMA


def k_means_rank(amount: torch.Tensor, bins: int) -> torch.Tensor:
    """The rank, from 0, of the k-means cluster of every value, all at least 0; float32.

    A few wild values count as the largest ordinary one: alone they would take whole clusters.
    Clusters that stay empty have no rank.
    """
    top = max(float(np.percentile(amount.numpy(), ORDINARY)), 1e-12)
    fine = (amount / top).clamp(max=1).mul(HISTOGRAM - 1).round().long()
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
