"""Which frame is on screen when."""

from __future__ import annotations

from bisect import bisect_right
from fractions import Fraction

import numpy as np


class Clock:
    """When each stored frame is shown, from the timestamps of the packets.

    A stream whose timestamps stay within a quarter of a frame of an even grid counts as one of
    constant rate (`steady`): the difference is rounding of its clock or a recorder's jitter, and
    its frames are put on the grid, so that none is dropped or doubled.  Otherwise the rate is
    the average one and times are taken as they are.  Time 0 is the first frame.
    """

    def __init__(self, ticks: list[int], end: int, unit: Fraction, declared, is_gif: bool):
        self.ticks, self.unit = ticks, unit  # sorted timestamps, in units of `unit` seconds
        self.steady, self.rate = True, Fraction(declared or 24).limit_denominator(1_000_000)
        times = (np.asarray(ticks, np.float64) - ticks[0]) * float(unit)  # [s]

        def fits(rate, slack: float) -> bool:
            slots = times * float(rate)
            even = (np.abs(slots - np.round(slots)) <= slack + 1e-6).all()
            # Two in one slot are two frames too close for this rate; VP8 has a few packets that
            # show nothing, right beside one that does.
            return bool(even) and len(set(np.round(slots).tolist())) >= 0.9 * len(slots)

        if len(ticks) > 1 and times[-1] > 0:
            measured = ((len(ticks) - 1) / ((ticks[-1] - ticks[0]) * unit)).limit_denominator(1001)
            whole = Fraction(max(1, round(measured)))
            # Some recorders declare the rate of their clock (1000) for that of their frames.
            trusted = declared and declared < measured * 3 / 2 and not is_gif
            tries = [(declared, 0.25)] if trusted else []
            if is_gif:  # delays are centiseconds: 24 per second is stored as 4, 4, 5, 4, ...
                tries += [(measured, 0.0)]
            for rate in (whole, whole * Fraction(1000, 1001)):
                tries += [(rate, 0.51 * float(unit * rate))]
            tries += [(measured, 0.25)]
            self.rate = next((Fraction(r) for r, slack in tries if fits(r, slack)), Fraction(0))
            if not self.rate:
                self.steady = False
                span = (max(end, ticks[-1] + 1) - ticks[0]) * unit
                self.rate = (len(ticks) / span).limit_denominator(1001)
        last = self.time(ticks[-1])
        self.end = last + 1 / self.rate if self.steady else max(last, (end - ticks[0]) * unit)
        # A start typed in milliseconds, or a timestamp rounded to its clock, still means its frame.
        slack = Fraction(1, 1000) if self.steady else max(Fraction(1, 1000), unit / 2)
        self.slack = min(slack, 1 / (4 * self.rate))

    def time(self, tick: int) -> Fraction:
        """When the frame with this timestamp appears [s]."""
        time = (tick - self.ticks[0]) * self.unit
        return Fraction(round(time * self.rate)) / self.rate if self.steady else time

    def gone(self, tick: int) -> Fraction:
        """When the next frame takes its place [s]."""
        following = bisect_right(self.ticks, tick)
        return self.time(self.ticks[following]) if following < len(self.ticks) else self.end

    def count(self, start: Fraction, fps: Fraction) -> int:
        """Frames from `start` to the end at `fps` per second."""
        return max(0, -((-(self.end - self.slack - start) * fps) // 1))
