"""Paint that follows what it is on, from the painted frames to all others."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import cv2
import numpy as np
import torch

from vgpnn.tasks.region import grown
from vgpnn.tasks.tracking import Pair, Track

MOST_PIECES = 24  # of the paint on one frame that move by themselves; more move together
AGREE = 0.3  # overlap, by union, with the next painted frame, from which on the way there is right
DRIFT = 0.03  # [px per px] by which a track may have gone astray, and the region is larger for it
MOST_DRIFT = 0.1  # of the side of a piece

Colour = tuple[int, int, int]


class Carried:
    """Where the paint of some frames is on the frames around them, by colour.

    From every painted frame its paint goes both ways, as far as the next painted frame.
    """

    def __init__(
        self,
        codes: torch.Tensor,
        colours: Mapping[int, set[Colour]],
        shape_of: Mapping[int, Callable[[Colour], np.ndarray]],
        first: int,
        last: int,
        checkpoint: Callable[[], None] = lambda: None,
    ) -> None:
        """codes: (T, H, W, 3) uint8 of the clip. colours: of the paint, by number of the frame.
        shape_of: by frame what gives the (H, W) bool shape of a colour. first, last: frames that
        will be asked for. checkpoint: called several times a second; may raise to cancel.
        """
        self._codes, self._colours, self._shape_of = codes.numpy(), colours, shape_of
        self._first, self._last, self._checkpoint = first, last, checkpoint
        self._tracks: dict[tuple[int, int, Colour], list[Track]] = {}  # by frame and direction
        self._agree: dict[tuple[int, int, Colour], bool] = {}
        for direction in (1, -1):
            self._follow(direction)

    def at(
        self, frame: int, before: int, after: int, paint: Colour
    ) -> tuple[np.ndarray, np.ndarray] | None:
        """The shape of a colour on a frame, and how far it may reach, (H, W) bool both.

        before, after: the painted frames around it, see `cues.from_pictures`. None: between two
        painted frames what is under the one is not what is under the other.
        """
        has = [number for number in (before, after) if paint in self._colours[number]]
        if frame in has:
            shape = self._shape_of[frame](paint)
            return shape, shape
        if len(has) == 2 and before != after and not self._agrees(before, after, paint):
            return None
        return self._carried(min(has, key=lambda number: abs(number - frame)), frame, paint)

    def _carried(self, number: int, frame: int, paint: Colour) -> tuple[np.ndarray, np.ndarray]:
        steps, direction = abs(frame - number), 1 if frame > number else -1
        shape = np.zeros(self._codes.shape[1:3], bool)
        reach = shape.copy()
        for track in self._tracks[number, direction, paint]:
            self._checkpoint()
            piece = track.covered(steps)
            drift = min(DRIFT * track.paths[steps], MOST_DRIFT * np.sqrt(piece.sum()))
            shape |= piece
            is_larger = piece.any() and drift >= 0.5
            reach |= grown(piece, round(drift), self._checkpoint) if is_larger else piece
        return shape, reach

    def _agrees(self, before: int, after: int, paint: Colour) -> bool:
        """Whether the paint of one frame arrives on that of the other, in either direction."""
        known = before, after, paint
        if known not in self._agree:
            pairs = (before, after), (after, before)
            self._agree[known] = any(
                _overlap(self._carried(start, end, paint)[0], self._shape_of[end](paint)) >= AGREE
                for start, end in pairs
            )
        return self._agree[known]

    def _follow(self, direction: int) -> None:
        """Make the tracks in one direction, all of them beside each other."""
        numbers = sorted(self._colours, reverse=direction < 0)
        edge = self._last if direction > 0 else self._first
        ends = {}  # by painted frame the last frame of its way
        for number, end in zip(numbers, [*numbers[1:], edge + direction]):
            way = range(number + direction, end, direction)
            if any(self._first <= frame <= self._last for frame in way):
                ends[number] = end if end in numbers else edge
        active: list[tuple[list[Track], int]] = []
        length = len(self._codes)
        for frame in range(length) if direction > 0 else range(length - 1, -1, -1):
            for track in (each for tracks, end in active if end == frame for each in tracks):
                track.finish()
            active = [(tracks, end) for tracks, end in active if end != frame]
            if frame in ends:
                active.append((self._begin(frame, direction), ends[frame]))
            if active:
                pair = Pair(self._codes[frame], self._codes[frame + direction])
                for track in (each for tracks, _ in active for each in tracks):
                    self._checkpoint()
                    track.step(pair)

    def _begin(self, number: int, direction: int) -> list[Track]:
        """The tracks of the paint on a frame, one for each piece, unless there are many."""
        tracks, picture = [], self._codes[number]
        shapes = {paint: self._shape_of[number](paint) for paint in self._colours[number]}
        found = {
            paint: cv2.connectedComponents(shape.astype(np.uint8))
            for paint, shape in shapes.items()
        }
        is_many = sum(count - 1 for count, _ in found.values()) > MOST_PIECES
        for paint, (count, label) in found.items():
            pieces = [label > 0] if is_many else [label == k for k in range(1, count)]
            own = []
            for piece in pieces:
                self._checkpoint()
                own.append(Track(piece, picture, self._checkpoint))
            self._tracks[number, direction, paint] = own
            tracks += own
        return tracks


def _overlap(shape: np.ndarray, other: np.ndarray) -> float:
    """The part of two (H, W) bool shapes that both have, in [0, 1]."""
    either = (shape | other).sum()
    return float((shape & other).sum() / either) if either else 1.0
