"""When each stored frame is on screen."""

from __future__ import annotations

from bisect import bisect_right
from fractions import Fraction

import numpy as np

DEFAULT_RATE = 24  # [frames/s] where the file declares none
LONGEST_ERROR = Fraction(1, 1000)  # [s] of a start that a user types in milliseconds


class Clock:
    """When each stored frame appears, from the timestamps of the packets. Time 0 is the first one.

    A stream counts as one of constant rate if its timestamps stay within a quarter of a frame of a
    regular grid: the difference comes from rounding or from a recorder that is not exact. Its
    frames are put on the grid, so that none is dropped or doubled. In any other stream the times
    are taken as they are, and the rate is the average rate.

    timestamps: sorted, in units of `time_base` seconds.
    constant_rate: whether the rate is constant.
    rate: [frames/s]. end: when the last frame disappears [s].
    tolerance: [s] by which a time may lie before a frame appears and still mean this frame.
    """

    def __init__(
        self,
        timestamps: list[int],
        end: int,
        time_base: Fraction,
        declared_rate: Fraction | None,
        is_gif: bool,
    ) -> None:
        """end: the timestamp at which the last frame disappears, 0 where the file does not say.

        declared_rate: what the file says about its rate [frames/s].
        """
        self.timestamps, self.time_base = timestamps, time_base
        rate, self.constant_rate = self._find_rate(declared_rate, is_gif)
        if not self.constant_rate:
            ticks = max(end, timestamps[-1] + 1) - timestamps[0]
            rate = (len(timestamps) / (ticks * time_base)).limit_denominator(1001)
        self.rate = rate
        last = self.appears_at(timestamps[-1])
        declared_end = (end - timestamps[0]) * time_base
        self.end = last + 1 / rate if self.constant_rate else max(last, declared_end)
        # Besides a start in milliseconds, timestamps of a variable rate are rounded themselves.
        rounding = Fraction(0) if self.constant_rate else time_base / 2
        self.tolerance = min(max(LONGEST_ERROR, rounding), 1 / (4 * rate))

    def _find_rate(self, declared: Fraction | None, is_gif: bool) -> tuple[Fraction, bool]:
        """The constant rate on whose grid all frames lie, and True; or 0 and False."""
        count, span = len(self.timestamps), self.timestamps[-1] - self.timestamps[0]
        if count == 1 or span == 0:
            return Fraction(declared or DEFAULT_RATE).limit_denominator(1_000_000), True
        measured = ((count - 1) / (span * self.time_base)).limit_denominator(1001)
        candidates = []  # a rate, and how far frames may be from its grid, in frames
        # Some recorders declare the rate of their clock (1000) as that of their frames, and what
        # FFmpeg declares of a GIF does not follow from all its delays.
        if declared and declared < measured * 3 / 2 and not is_gif:
            candidates.append((declared, 0.25))
        if is_gif:  # A rate that its delays, whole centiseconds, keep exactly is taken first.
            candidates.append((measured, 0.0))
        # The whole number or the NTSC rate nearby, if rounding to the time base explains the
        # differences: GIFs keep 24 frames per second as delays of 4, 4, 5, 4, ... centiseconds.
        whole = Fraction(max(1, round(measured)))
        for rate in (whole, whole * Fraction(1000, 1001)):
            candidates.append((rate, 0.51 * float(self.time_base * rate)))
        candidates.append((measured, 0.25))
        for rate, distance in candidates:
            if self._lies_on_grid(rate, distance):
                return Fraction(rate), True
        return Fraction(0), False

    def _lies_on_grid(self, rate: Fraction, distance: float) -> bool:
        """Whether every frame lies within `distance` frames of the grid of a rate."""
        elapsed = np.asarray(self.timestamps, np.float64) - self.timestamps[0]
        positions = elapsed * float(self.time_base) * float(rate)  # [frames]
        slots = np.round(positions)
        is_near = (np.abs(positions - slots) <= distance + 1e-6).all()
        # Two frames in one slot are too close together for this rate. A few are allowed, because
        # VP8 has packets that show nothing, right beside one that shows a frame. (np.unique would
        # load another module of NumPy, and no file can be opened here.)
        return bool(is_near) and len(set(slots.tolist())) >= 0.9 * len(slots)

    def appears_at(self, timestamp: int) -> Fraction:
        """When the frame with this timestamp appears [s]."""
        seconds = (timestamp - self.timestamps[0]) * self.time_base
        return Fraction(round(seconds * self.rate)) / self.rate if self.constant_rate else seconds

    def disappears_at(self, timestamp: int) -> Fraction:
        """When the next frame takes the place of the frame with this timestamp [s]."""
        following = bisect_right(self.timestamps, timestamp)
        if following == len(self.timestamps):
            return self.end
        return self.appears_at(self.timestamps[following])

    def count(self, start: Fraction, fps: Fraction) -> int:
        """How many frames there are from `start` [s] to the end at `fps` frames per second."""
        return max(0, -((-(self.end - self.tolerance - start) * fps) // 1))
