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


@dataclass(frozen=True, eq=False)
class Sound:
    """Samples at RATE: (N, 1 or 2) int16. is_loop: whether its end leads into its beginning."""

    samples: np.ndarray
    is_loop: bool = False

    def lasting(self, seconds: Fraction | float) -> Sound:
        """The same from its beginning on for so many seconds, to the nearest sample. Where it ends
        before, a loop begins again, and silence follows other sound."""
        if self.is_loop:
            return self.repeated(seconds)
        count = round(seconds * RATE)
        samples = self.samples[:count]
        return Sound(np.pad(samples, ((0, count - len(samples)), (0, 0))))

    def repeated(self, seconds: Fraction | float) -> Sound:
        """The same again and again for so many seconds, as a player repeats it."""
        return Sound(np.resize(self.samples, (round(seconds * RATE), self.samples.shape[1])))


def read(
    path: str | os.PathLike,
    start: Fraction | float,
    seconds: Fraction | float,
    limits: Limits = LIMITS,
    checkpoint: Callable[[], None] = lambda: None,
) -> Sound | None:
    """The sound of a part of a video file; None where the file has none.

    It is that of the track which a player plays, where it plays it beside the picture: silent where
    the track begins later or ends before.
    start: of the part [s], from the first picture on. seconds: its length.
    checkpoint: called several times a second; may raise to cancel.
    Raises `VideoError` where the sound cannot be decoded.
    """
    part = (Fraction(each).limit_denominator(10**6) for each in (start, seconds))
    samples = sound_in_sandbox(path, limits, *part, checkpoint)
    return Sound(samples) if len(samples) else None
