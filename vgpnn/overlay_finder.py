"""Finding overlays: small parts whose edges stand still while the picture around them moves.

Only opaque ones on a moving picture can be told from it. Where all stands still nothing is found,
because a logo there is like anything else; so people can mark what is missed, see `overlays`.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import scipy  # scipy.ndimage takes a while to load: it is loaded when it is first used
import torch

from vgpnn.machine.recent import OfClips

LEAST_FRAMES = 4  # of a clip, in which something can be seen to move
LOOKED_FRAMES = 24  # that are looked at, evenly spread
EDGE = 10.0  # [codes per px] of the mean gradient, from which on there may be an edge that stays
STEADY = 0.9  # |mean gradient| over mean |gradient|, from which on an edge stays
MOVING = 6.0  # [codes] by which the smoothed grey of a moving pixel changes over the clip
LETTERS = (3, 7)  # [px] rows and columns of what joins the letters of a word
AROUND, RING = 2, 5  # [px] that belong to an overlay around its edges; and the ring around that
RING_MOVES = 0.75  # share of the ring that moves
STRONG = 20.0  # [codes per px] of the mean gradient of its edges, at least
CALM = 0.5  # gradient of the ring, in gradients of the edges of the overlay, at most
LEAST_SHARE, MOST_SHARE = 0.0008, 0.1  # of the picture, that an overlay takes
PLACE = 0.33  # of height and width: overlays lie in a corner, or along the bottom
KEPT = 4  # clips whose overlays are remembered, because drafts and takes ask again


def found(codes: torch.Tensor, checkpoint: Callable[[], None] = lambda: None) -> torch.Tensor:
    """Where the overlays of a clip are: (H, W) bool.

    codes: (T, H, W, 3) uint8. checkpoint: called for every frame; may raise to cancel.
    """
    height, width = codes.shape[1:3]
    overlays = np.zeros((height, width), bool)
    if len(codes) < LEAST_FRAMES or min(height, width) < 16:
        return torch.from_numpy(overlays)
    looked = torch.linspace(0, len(codes) - 1, min(LOOKED_FRAMES, len(codes))).round().long()
    steady, size, moves = _measured(codes[looked].cpu().numpy(), checkpoint)
    pieces = cv2.morphologyEx(steady.astype(np.uint8), cv2.MORPH_CLOSE, np.ones(LETTERS, np.uint8))
    pieces = scipy.ndimage.binary_fill_holes(pieces > 0)
    count, label, stats, _ = cv2.connectedComponentsWithStats(pieces.astype(np.uint8))
    for number in range(1, count):
        checkpoint()
        x, y, w, h, area = stats[number]
        if not LEAST_SHARE <= area / overlays.size <= MOST_SHARE:
            continue
        room = AROUND + RING + 1
        box = np.s_[max(0, y - room) : y + h + room, max(0, x - room) : x + w + room]
        piece = label[box] == number
        if _lies_where_overlays_lie(y, x, h, w, height, width) and _stands_out(
            piece, steady[box], size[box], moves[box]
        ):
            overlays[box] |= _grown(piece, AROUND)
    return torch.from_numpy(overlays)


def _measured(
    frames: np.ndarray, checkpoint: Callable[[], None]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Which pixels are edges that stay, the mean |gradient| [codes/px], and which pixels move.

    frames: (T, H, W, 3) uint8. Returns (H, W) each.
    """
    total, size, smooth = 0.0, 0.0, []
    for frame in frames:
        checkpoint()
        grey = cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY).astype(np.float32)
        along = [cv2.Sobel(grey, cv2.CV_32F, *axes, ksize=3) / 8 for axes in ((1, 0), (0, 1))]
        total, size = total + np.stack(along), size + np.hypot(*along)
        smooth.append(cv2.blur(grey, (3, 3)))
    mean = np.hypot(*total)
    steady = (mean > EDGE * len(frames)) & (mean > STEADY * size)
    smooth = np.sort(np.stack(smooth), axis=0)
    last = len(smooth) >= 8  # from so many frames on, a single flash is no movement
    moves = smooth[-1 - last] - smooth[last * 1] > MOVING
    return steady, size / len(frames), moves


def _lies_where_overlays_lie(y, x, h, w, height: int, width: int) -> bool:
    """Whether a box lies in a corner of the picture, or along its bottom."""
    at_side = x + w <= PLACE * width or x >= (1 - PLACE) * width
    at_top = y + h <= PLACE * height
    return y >= (1 - PLACE) * height or (at_top and at_side)


def _stands_out(piece: np.ndarray, steady: np.ndarray, size: np.ndarray, moves: np.ndarray) -> bool:
    """Whether a piece has edges of its own, and the picture around it moves.

    All are (h, w) of the box around it: where the piece is, and what `_measured` returns.
    """
    near = _grown(piece, AROUND)
    ring, edges = _grown(near, RING) & ~near, steady & piece
    if not ring.any() or not edges.any() or moves[ring].mean() < RING_MOVES:
        return False
    if size[edges].mean() < STRONG:
        return False
    rim = piece & ~(cv2.erode(piece.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0)
    closed = _grown(edges, 1)[rim].mean() > 0.8
    return bool(closed and size[ring].mean() < CALM * size[edges].mean())


FOUND: OfClips[torch.Tensor] = OfClips(lambda *looking: found(*looking), KEPT)


def _grown(where: np.ndarray, pixels: int) -> np.ndarray:
    kernel = np.ones((2 * pixels + 1,) * 2, np.uint8)
    return cv2.dilate(where.astype(np.uint8), kernel) > 0
