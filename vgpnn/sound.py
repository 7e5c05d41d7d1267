"""The sound of a clip as samples: read from its file, and cut to a length.

The rate is always RATE, and there are one or two channels. `soundtrack` joins pieces of it, and
`sound_encoding` writes it beside a video.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from vgpnn.decoding.process import SOUND_RATE, sound_in_sandbox
from vgpnn.limits import LIMITS, Limits

RATE = SOUND_RATE  # [samples/s]
MARGIN = RATE // 25  # samples that are read before and after a part, into which joins reach


@dataclass(frozen=True, eq=False)
class Sound:
    """Samples at RATE.

    samples: (N, 1 or 2) int16. margin: how many of them lie before what is meant, and as many
    behind it.
    """

    samples: np.ndarray
    margin: int = 0

    @property
    def count(self) -> int:
        """How many samples are meant."""
        return len(self.samples) - 2 * self.margin

    def piece(self, first: int, count: int) -> np.ndarray:
        """(count, channels) int16 from a sample on that is counted from the first that is meant;
        0 where there are none."""
        low, high = first + self.margin, first + self.margin + count
        before, behind = max(0, -low), max(0, high - len(self.samples))
        inside = self.samples[max(0, low) : max(0, high)]
        return np.pad(inside, ((min(before, count), min(behind, count)), (0, 0)))

    def lasting(self, seconds: Fraction | float) -> Sound:
        """The same from its beginning on, for exactly so many seconds, to the nearest sample."""
        return Sound(self.piece(0, round(seconds * RATE)))

    def repeated(self, seconds: Fraction | float) -> Sound:
        """The same again and again for so many seconds, as a player repeats it."""
        meant = self.piece(0, self.count)
        return Sound(np.resize(meant, (round(seconds * RATE), meant.shape[1])))


def read(
    path: str | os.PathLike,
    start: Fraction | float,
    seconds: Fraction | float,
    limits: Limits = LIMITS,
    checkpoint: Callable[[], None] = lambda: None,
) -> Sound | None:
    """The sound of a part of a video file, and MARGIN samples around it; None where it has none.

    It is that of the track which a player plays, where it plays it beside the picture: silent where
    the track begins later or ends before.
    start: of the part [s], from the first picture on. seconds: its length.
    checkpoint: called several times a second; may raise to cancel.
    Raises `VideoError` where the sound cannot be decoded.
    """
    around = Fraction(MARGIN, RATE)
    begin, length = (Fraction(each).limit_denominator(10**6) for each in (start, seconds))
    samples = sound_in_sandbox(path, limits, begin - around, length + 2 * around, checkpoint)
    return Sound(samples, MARGIN) if len(samples) else None
