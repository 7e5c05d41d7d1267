"""Dynamic structure (section 4.2): where and how much a video moves, and nothing of its looks.

The magnitude of the optical flow is quantised into k-means bins, for each clip by itself. The bins
of two clips correspond by rank, so that the liveliest parts of one meet the liveliest parts of the
other, however fast either of them is.
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

GAMMA = 0.25  # exponent that spreads slow motions
ORDINARY_PERCENTILE = 99.9  # [%] larger values are outliers
HISTOGRAM_STEPS = 4096  # in which amounts are counted for k-means
K_MEANS_ITERATIONS = 100  # at most
GREY_LEVELS = 32  # in which the paper of a sketch is looked for
PAPER_TOLERANCE = 0.15  # difference from the paper, of values in [-1, 1], that is no stroke
STROKE_COVER = 0.2  # a pixel that is covered more lies on a stroke
STROKES_PER_SIDE = 24  # usual widths of a stroke in the smaller side of a sketch


def dynamic_structure(
    video: torch.Tensor, settings: Settings, checkpoint: Callable[[], None] = lambda: None
) -> torch.Tensor:
    """The structure of a video: (T, H, W, 3) in [-1, 1] to (T, H, W, 1) in [0, 1].

    settings: the fields structure, bins and flow are used.
    checkpoint: called after every frame; may raise to cancel.
    Raises ValueError with one sentence for a video in which nothing moves or everything moves
    alike, and where RAFT cannot be loaded.
    """
    return _scaled(flow_magnitude(video, settings.flow, checkpoint), settings, checkpoint)


def sketch_structure(
    video: torch.Tensor, settings: Settings, checkpoint: Callable[[], None] = lambda: None
) -> torch.Tensor:
    """The structure of a moving sketch: (T, H, W, 3) in [-1, 1] to (T, H, W, 1) in [0, 1].

    Strokes move and the paper does not; a stroke counts up to twice where it changes.
    settings: the fields structure and bins are used.
    checkpoint: called for every frame; may raise to cancel.
    Raises ValueError with one sentence for an empty sketch.
    """
    cover = strokes(video, checkpoint)
    change = torch.zeros_like(cover)
    for number in range(1, len(cover)):
        checkpoint()
        difference = (cover[number] - cover[number - 1]).abs()
        change[number] += difference
        change[number - 1] += difference
    reach = 2 * (min(cover.shape[1:3]) // STROKES_PER_SIDE) + 1  # [px] as far as a stroke is wide
    square = np.ones((reach, reach), np.uint8)
    for frame, changed in zip(cover, change):
        checkpoint()
        near = torch.from_numpy(cv2.dilate(changed.numpy(), square))
        frame *= 1 + near[..., None].clamp(max=1)
    return _scaled(cover, settings, checkpoint)


def strokes(video: torch.Tensor, checkpoint: Callable[[], None] = lambda: None) -> torch.Tensor:
    """How much of every pixel strokes cover: (T, H, W, 3) in [-1, 1] to (T, H, W, 1) in [0, 1].

    A stroke is what differs from the paper, which is the most common grey level.
    Raises ValueError with one sentence for an empty sketch.
    """
    grey = video.mean(-1, keepdim=True)
    checkpoint()
    counts = torch.histc(grey, GREY_LEVELS, -1.0, 1.0)
    paper = -1 + (counts.argmax().item() + 0.5) * 2 / GREY_LEVELS
    checkpoint()
    cover = ((grey - paper).abs() - PAPER_TOLERANCE).clamp(min=0)
    if (cover > STROKE_COVER).double().mean() < MOVING_SHARE:
        raise ValueError("There is no stroke in the sketch: draw one that differs from the paper.")
    return (cover / cover.max()).clamp(0, 1)


def _scaled(
    amount: torch.Tensor, settings: Settings, checkpoint: Callable[[], None]
) -> torch.Tensor:
    """Amounts of motion as structure in [0, 1]: in bins, or as they are.

    Raises ValueError with one sentence where all amounts fall into one bin.
    """
    checkpoint()
    if settings.structure == "quantised":
        amount = k_means_rank(amount, settings.bins, checkpoint)
        if amount.max() == 0:
            raise ValueError("Everything in this clip moves alike: choose one with still parts.")
    else:
        amount = without_outliers(amount)
    checkpoint()
    amount = amount / amount.max()
    for frame in amount:
        checkpoint()
        frame.pow_(GAMMA)
    return amount


def without_outliers(amount: torch.Tensor) -> torch.Tensor:
    """Amounts, all of them at least 0, scaled to [0, 1].

    Amounts above ORDINARY_PERCENTILE count as the amount there. A few wild amounts would take
    whole bins otherwise.
    """
    largest = max(float(np.percentile(amount.numpy(), ORDINARY_PERCENTILE)), 1e-12)
    return (amount / largest).clamp(max=1)


def k_means_rank(
    amount: torch.Tensor, bins: int, checkpoint: Callable[[], None] = lambda: None
) -> torch.Tensor:
    """The rank of every amount's k-means cluster, as float32 of the same shape.

    Rank 0 is the cluster of the smallest amounts. Clusters that stay empty have no rank.
    """
    step = without_outliers(amount).mul(HISTOGRAM_STEPS - 1).round().long()
    checkpoint()
    count = torch.bincount(step.reshape(-1), minlength=HISTOGRAM_STEPS).double()
    values = torch.arange(HISTOGRAM_STEPS, dtype=torch.double)
    centres = torch.linspace(0, HISTOGRAM_STEPS - 1, bins, dtype=torch.double)
    for _ in range(K_MEANS_ITERATIONS):
        cluster = torch.bucketize(values, (centres[1:] + centres[:-1]) / 2)  # of each value
        size = torch.zeros(bins, dtype=torch.double).index_add_(0, cluster, count)
        total = torch.zeros(bins, dtype=torch.double).index_add_(0, cluster, count * values)
        means = torch.where(size > 0, total / size.clamp(min=1), centres).sort().values
        if torch.equal(means, centres):
            break
        centres = means
    checkpoint()
    rank = ((size > 0).cumsum(0) - 1).clamp(min=0)
    return rank[cluster][step].float()


def as_grey_video(structure: torch.Tensor, fps: Fraction) -> Video:
    """A structure, (T, H, W, 1) in [0, 1], as a grey video: white is where most moves."""
    return Video((structure * 2 - 1).expand(-1, -1, -1, 3).contiguous(), fps)
