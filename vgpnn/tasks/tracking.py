"""A painted piece that follows the thing under it from frame to frame.

A piece keeps its form: it moves, turns and grows as a whole. Paint that the flow carries pixel by
pixel frays, and leaves behind whatever it covered beside the thing; people paint generously.

Optical flow gives a first answer and the turn; small and fast things, which it misses, are found by
a search around it for what the thing looked like on the frame before and on the painted frame.
Colours that are common around the paint, too, are ground, and hardly count.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np

from vgpnn.tasks.flow import dis_flow
from vgpnn.tasks.region import grown
from vgpnn.tasks.template import Box, best_move

BLUR = 0.8  # [px] standard deviation, before frames are compared
MARGIN = 8  # [px] around a shape that are kept of the painted frame
COLOUR_BITS = 3  # of each channel, for what is thing and what is ground
GROUND = 0.05  # weight of a pixel whose colour is that of the ground
THING_SHARE = 0.6  # of the frequency of a colour inside and around, from which on it is no ground
LEAST_THING = 0.03  # of the painted area; less is no thing, and then everything counts alike
MOST_PIXELS = 4000  # of a piece whose flow is looked at
LEAST_PIXELS = 4  # of a piece in sight; of fewer nothing can be said
IN_SIGHT = 0.6  # of a thing; one of which less is in the picture is leaving it
REACH = 1 / 12  # of the height of the picture, around what is expected
LEAST_REACH = 8  # [px]
TURN_PIXELS = 150  # of a thing whose flow agrees, from which on its turn and growth count
MOST_TURN = 0.04  # [rad per frame], and of growth [1 per frame]
UNSURE = 0.1  # weight of flow there and back that do not agree
SURE_SHARE = 0.3  # of a thing on which flow there and back agree; below that it says nothing
UNLIKE = 0.5  # of the mean difference around; a place that differs less is that of the thing
BETTER = 0.8  # of the difference where it was, below which a thing that the flow knows has moved


@dataclass(frozen=True)
class Pair:
    """A frame and the one after it, in the direction of a track: (H, W, 3) uint8 both."""

    before: np.ndarray
    after: np.ndarray

    @cached_property
    def _both(self) -> tuple[np.ndarray, np.ndarray]:
        greys = [frame.mean(-1).round().astype(np.uint8) for frame in (self.before, self.after)]
        return dis_flow(*greys), dis_flow(*greys[::-1])

    @property
    def flow(self) -> np.ndarray:
        """From each pixel of the frame before to the one after: (H, W, 2), x and y [px]."""
        return self._both[0]

    @cached_property
    def is_sure(self) -> np.ndarray:
        """Where the flow there and the flow back agree: (H, W) bool (Sundaram 2010)."""
        there, back = self._both
        y, x = np.mgrid[: there.shape[0], : there.shape[1]].astype(np.float32)
        spot = x + there[..., 0], y + there[..., 1]
        back = cv2.remap(back, *spot, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        lengths = np.square(there).sum(-1) + np.square(back).sum(-1)
        return np.square(there + back).sum(-1) < 0.05 * lengths + 0.5

    @cached_property
    def smooth(self) -> tuple[np.ndarray, np.ndarray]:
        """Both frames, slightly blurred, as float32."""
        return smoothed(self.before), smoothed(self.after)


def smoothed(frame: np.ndarray) -> np.ndarray:
    """A (H, W, 3) uint8 frame, slightly blurred, as float32."""
    return cv2.GaussianBlur(frame, (0, 0), BLUR).astype(np.float32)


class Track:
    """The way of one painted piece.

    places: (2, 3) matrices from a pixel (x, y) of the painted frame to where it is after each step;
    the first one leaves it where it is. paths: how far the piece has moved by then [px].
    """

    def __init__(
        self,
        shape: np.ndarray,
        frame: np.ndarray,
        checkpoint: Callable[[], None] = lambda: None,
    ) -> None:
        """shape: (H, W) bool, painted on the (H, W, 3) uint8 frame. checkpoint: called several
        times a second; may raise to cancel."""
        (top, bottom), (left, right) = _ends_around(shape, MARGIN)
        part = np.s_[top:bottom, left:right]  # what is kept, because there may be many tracks
        self._size, self._origin = shape.shape[::-1], np.array([left, top], float)
        self._shape = shape[part].copy()
        self._thing = thing_in(shape, frame, checkpoint)[part].copy()
        self._looks = smoothed(frame)[part].copy()
        self.places, self.paths = [np.eye(2, 3)], [0.0]
        self._speed = None  # [px per frame], x and y, in the step before

    def covered(self, step: int) -> np.ndarray:
        """The (H, W) bool shape after so many steps."""
        return self._moved(self._shape.astype(np.float32), self.places[step]) > 0.5

    def finish(self) -> None:
        """Forget what only further steps would need."""
        self._thing = self._looks = None

    def step(self, pair: Pair) -> None:
        """Go on to the next frame."""
        weight = self._moved(self._thing, self.places[-1])
        is_inside = weight > GROUND / 2
        inside = np.flatnonzero(is_inside)
        growth = abs(np.linalg.det(self.places[-1][:, :2]))  # of its area, since it was painted
        if len(inside) < LEAST_PIXELS or weight.sum() < IN_SIGHT * growth * self._thing.sum():
            # It leaves the picture, whose edge looks like anything, and flies on.
            move = np.zeros(2) if self._speed is None else self._speed
            change = np.column_stack([np.eye(2), move])
        else:
            box = _box_of(is_inside)
            inside = inside[:: math.ceil(len(inside) / MOST_PIXELS)]
            weights, flow = weight.ravel()[inside], pair.flow.reshape(-1, 2)[inside]
            is_sure = pair.is_sure.ravel()[inside]
            move = self._move(pair, weight[box], box, (weights, flow, is_sure))
            place = np.column_stack(np.unravel_index(inside, weight.shape)[::-1])
            change = _change(move, place, weights, flow, is_sure)
        self._speed = move
        whole = np.vstack([self.places[-1], [0, 0, 1]])
        self.places.append(change @ whole)
        self.paths.append(self.paths[-1] + float(np.hypot(*move)))

    def _moved(self, picture: np.ndarray, place: np.ndarray) -> np.ndarray:
        return cv2.warpAffine(picture, self._of_part(place), self._size)

    def _of_part(self, place: np.ndarray) -> np.ndarray:
        """A matrix for pixels of the painted frame as one for those of the part that is kept."""
        return np.column_stack([place[:, :2], place[:, 2] + place[:, :2] @ self._origin])

    def _move(
        self,
        pair: Pair,
        weight: np.ndarray,
        box: Box,
        samples: tuple[np.ndarray, np.ndarray, np.ndarray],
    ) -> np.ndarray:
        """How far the thing moves to the next frame: x and y [px].

        weight: of the pixels in the box of the picture. samples: of some pixels of the thing the
        weight, (N,), the flow, (N, 2), and whether that is sure, (N,) bool.
        """
        weights, flow, is_sure = samples
        reach = max(LEAST_REACH, len(pair.before) * REACH)
        sure = weights * np.where(is_sure, 1, UNSURE)
        expected = [np.array([weighted_median(flow[:, axis], sure) for axis in (0, 1)])]
        expected += [] if self._speed is None else [self._speed]
        expected = [each * min(1, reach / max(1e-6, np.hypot(*each))) for each in expected]
        looks = [pair.smooth[0][box], self._moved_frame(box)]
        move, unlike, was_unlike, mean = best_move(
            looks, weight, pair.smooth[1], box, expected, reach
        )
        is_known = weights[is_sure].sum() >= SURE_SHARE * weights.sum()
        is_better = unlike <= BETTER * was_unlike or np.hypot(*move) < 1
        return move if unlike <= UNLIKE * mean or is_known and is_better else np.zeros(2)

    def _moved_frame(self, box: Box) -> np.ndarray:
        """What the painted frame has where the piece is now, in a box of the picture."""
        place = self._of_part(self.places[-1])
        place[:, 2] -= box[1].start, box[0].start
        size = box[1].stop - box[1].start, box[0].stop - box[0].start
        return cv2.warpAffine(self._looks, place, size, borderMode=cv2.BORDER_REPLICATE)


def _ends_around(shape: np.ndarray, margin: int) -> list[tuple[int, int]]:
    """First row and row after the last, and the same of the columns, of what a (H, W) bool shape
    takes up and a margin [px] around it."""
    return [(max(0, side.start - margin), side.stop + margin) for side in _box_of(shape)]


def _box_of(mask: np.ndarray) -> Box:
    """The rows and the columns that a (H, W) bool mask takes up."""
    ends = (np.flatnonzero(mask.any(1 - axis))[[0, -1]] for axis in (0, 1))
    return tuple(slice(int(low), int(high) + 1) for low, high in ends)


def _change(
    move: np.ndarray,
    places: np.ndarray,
    weights: np.ndarray,
    flow: np.ndarray,
    is_sure: np.ndarray,
) -> np.ndarray:
    """A step as a (2, 3) matrix: a move, and the turn and the growth that the flow has.

    move: x and y [px]. Of some pixels of the thing, places: (N, 2), x and y; weights: (N,);
    flow: (N, 2); is_sure: (N,) bool.
    """
    agrees = is_sure & (np.hypot(*(flow - move).T) < 1 + np.hypot(*move) / 4)
    count = int(agrees.sum())
    if count < TURN_PIXELS:
        return np.column_stack([np.eye(2), move])
    places, flow, weights = places[agrees].astype(float), flow[agrees], weights[agrees]
    middle = places.mean(0)
    (x, y), (u, v) = (places - middle).T, (flow - flow.mean(0)).T
    spread = (weights * (x * x + y * y)).sum()
    growth, turn = (weights * (x * u + y * v)).sum(), (weights * (x * v - y * u)).sum()
    trust = count / (count + TURN_PIXELS) / spread  # a small thing shows a turn badly
    growth, turn = np.clip(np.array([growth, turn]) * trust, -MOST_TURN, MOST_TURN)
    matrix = np.array([[1 + growth, -turn], [turn, 1 + growth]])
    return np.column_stack([matrix, move + middle - matrix @ middle])


def thing_in(
    shape: np.ndarray, frame: np.ndarray, checkpoint: Callable[[], None] = lambda: None
) -> np.ndarray:
    """How much each pixel of a painted shape counts: (H, W) float32, from 0 outside to 1.

    Colours that are about as common around the shape as inside are those of the ground.
    checkpoint: called several times a second; may raise to cancel.
    """
    bits = (frame >> (8 - COLOUR_BITS)).astype(np.int32)
    colour = (bits[..., 0] << 2 * COLOUR_BITS) + (bits[..., 1] << COLOUR_BITS) + bits[..., 2]
    radius = max(3, round(np.sqrt(shape.sum()) / 2))
    (top, bottom), (left, right) = _ends_around(shape, radius)
    around = np.zeros_like(shape)  # what is farther away need not be looked at
    near = around[top:bottom, left:right]
    near |= grown(shape[top:bottom, left:right], radius, checkpoint)
    around &= ~shape
    if not around.any():
        return shape.astype(np.float32)
    inner, outer = (np.bincount(colour[m], minlength=8**COLOUR_BITS) for m in (shape, around))
    inner, outer = inner / inner.sum(), outer / outer.sum()
    is_thing = inner > THING_SHARE * (inner + outer)
    weight = np.where(is_thing[colour], 1.0, GROUND) * shape
    has_thing = (is_thing[colour] & shape).sum() >= LEAST_THING * shape.sum()
    return (weight if has_thing else shape).astype(np.float32)


def weighted_median(values: np.ndarray, weights: np.ndarray) -> float:
    """The value at which half of the weight is reached."""
    order = np.argsort(values, kind="stable")
    sums = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(sums, sums[-1] / 2)])
