"""Marks between painted frames that are close to each other, as words leave them.

Paint follows its things piece by piece (`carrying`): pieces that touch move as one, and so do all
of many pieces. Where each thing has a way of its own, as balloons that words have marked before a
hill that they have marked, too, optical flow carries them pixel by pixel. Over two frames it does
not fray. Where it goes wrong, as at small and fast things, it does not lead from what is painted on
one frame to what is painted on the next: there the pieces are left as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import cv2
import numpy as np
import torch

from vgpnn.tasks.carrying import MOST_PIECES
from vgpnn.tasks.flow import dis_flow

LONGEST = 4  # [frames] from one painted frame to the next, at most
AGREES = 0.7  # overlap, by union, with the next painted frame, from which on the flow is right


def carried(
    clip: torch.Tensor,
    masks: Mapping[int, np.ndarray],
    checkpoint: Callable[[], None] = lambda: None,
) -> Iterator[tuple[int, torch.Tensor]]:
    """Yield the frames between painted ones that this is for, and the marks there, (H, W) bool.

    clip: (T, H, W, 3) uint8 codes. masks: (H, W) bool by number of the painted frame, each with or
    without marks. checkpoint: called for every frame; may raise to cancel.
    """
    numbers = sorted(masks)
    for before, after in zip(numbers, numbers[1:]):
        marks = masks[before], masks[after]
        if after - before > LONGEST or not all(mask.any() for mask in marks):
            continue
        checkpoint()
        is_many = max(map(_pieces, marks)) > MOST_PIECES
        if not is_many and _overlap(marks[0], _seen_from(clip, before, after, marks[1])) < AGREES:
            continue
        for frame in range(before + 1, after):
            checkpoint()
            nearer = before if frame - before <= after - frame else after
            yield frame, torch.from_numpy(_seen_from(clip, frame, nearer, masks[nearer]))


def _pieces(mask: np.ndarray) -> int:
    return cv2.connectedComponents(mask.astype(np.uint8))[0] - 1


def _overlap(mask: np.ndarray, other: np.ndarray) -> float:
    return float((mask & other).sum() / (mask | other).sum())


def _seen_from(clip: torch.Tensor, frame: int, painted: int, mask: np.ndarray) -> np.ndarray:
    """Where on a frame lies what a mask, (H, W) bool, marks on another one."""
    greys = [clip[k].numpy().mean(-1).round().astype(np.uint8) for k in (frame, painted)]
    flow = dis_flow(*greys)
    y, x = np.mgrid[: mask.shape[0], : mask.shape[1]].astype(np.float32)
    spot = x + flow[..., 0], y + flow[..., 1]
    return cv2.remap(mask.astype(np.float32), *spot, cv2.INTER_LINEAR) >= 0.5
