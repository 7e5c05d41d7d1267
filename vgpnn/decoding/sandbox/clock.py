"""When each stored frame is on screen."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from fractions import Fraction
from functools import cached_property

import numpy as np

DEFAULT_RATE = 24  # [frames/s] where the file declares none
LONGEST_ERROR = Fraction(1, 1000)  # [s] of a start that a user types in milliseconds
# [frames/s] of cameras, screens and editors. An exact rate within what a recorder's jitter explains
# is more probable than what was measured.
NTSC = Fraction(1000, 1001)
WHOLE_RATES = (
    5,
    6,
    8,
    10,
    12,
    15,
    16,
    20,
    24,
    25,
    30,
    48,
    50,
    60,
    90,
    100,
    120,
    144,
    240,
    480,
    960,
)
STANDARD_RATES = tuple(
    rate
    for whole in WHOLE_RATES
    for rate in (Fraction(whole), whole * NTSC)
    if rate == whole or whole % 24 == 0 or whole % 30 == 0
)
# How far frames may be from the grid of a rate [frames]: beyond the first, an exact rate that the
# timestamps suggest is tried, too; beyond the second, nearest frames would be doubled or left out.
SMALL_JITTER, LARGE_JITTER = 0.25, 0.45
FEWEST_STILL_FRAMES = 8  # [frames] that a picture stays on screen to count as standing still ...
FEWEST_STILL_SECONDS = 0.5  # ... and [s]


class Clock:
    """When each stored frame appears, from the timestamps of the packets. Time 0 is the first one.

    A stream counts as one of constant rate if its timestamps stay near a regular grid, on which
    some places may be empty: the difference comes from rounding or from a recorder that is not
    exact. Its frames are put on the grid, so that none is dropped or doubled. In any other stream
    the times are taken as they are, and the rate is that of the median step: of the parts that
    move, however long pictures stand still between them.

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
        self._phase = 0.0  # [frames] by which the grid lies after the first timestamp
        self.rate, self.constant_rate = self._find_rate(declared_rate, is_gif)
        last = self.appears_at(timestamps[-1])
        hold = max(0, end - timestamps[-1]) * time_base  # [s]
        if self.constant_rate:
            self.end = last + Fraction(max(1, round(hold * self.rate))) / self.rate
        else:
            self.end = last + (hold or 1 / self.rate)
        # Besides a start in milliseconds, timestamps of a variable rate are rounded themselves.
        rounding = Fraction(0) if self.constant_rate else time_base / 2
        self.tolerance = min(max(LONGEST_ERROR, rounding), 1 / (4 * self.rate))

    def _find_rate(self, declared: Fraction | None, is_gif: bool) -> tuple[Fraction, bool]:
        """The constant rate on whose grid all frames lie, and True; or the rate of the median step
        and False."""
        count, span = len(self.timestamps), self.timestamps[-1] - self.timestamps[0]
        if count == 1 or span == 0:
            return Fraction(declared or DEFAULT_RATE).limit_denominator(1_000_000), True
        measured = ((count - 1) / (span * self.time_base)).limit_denominator(1001)
        typical = self._typical_rate(declared)
        whole = Fraction(max(1, round(measured)))
        exact = [whole, whole * NTSC, typical, measured]  # if rounding explains the differences
        jittery = [typical, typical * NTSC, whole, whole * NTSC, measured]
        # Some recorders declare the rate of their clock (1000) as that of their frames, and what
        # FFmpeg declares of a GIF does not follow from all its delays.
        if declared and declared < measured * 3 / 2 and not is_gif:
            exact.insert(0, declared)
            jittery.insert(0 if declared in STANDARD_RATES else len(jittery), declared)
        # How far frames may be from the grid of a rate, in frames. The delays of a GIF are whole
        # centiseconds, which a rate may keep exactly; 4, 4, 5, 4, ... mean 24 frames per second.
        candidates = [(measured, 0.0), (typical, 0.0)] if is_gif else []
        candidates += [(rate, 0.51 * float(self.time_base * rate)) for rate in exact]
        for jitter in (SMALL_JITTER, LARGE_JITTER):
            candidates += [(rate, jitter) for rate in jittery]
        for rate, distance in candidates:
            phase = self._phase_of_grid(rate, distance)
            if phase is not None:
                self._phase = phase
                return Fraction(rate), True
        return typical, False

    def _typical_rate(self, declared: Fraction | None) -> Fraction:
        """The rate of the steps that are about the median one, snapped to a standard rate that
        their jitter allows: to the declared one, if it does."""
        steps = np.diff(np.asarray(self.timestamps, np.float64))
        steps = steps[steps > 0] * float(self.time_base)  # [s]
        middle = np.sort(steps)[(len(steps) - 1) // 2]
        usual = steps[(steps > 0.5 * middle) & (steps < 1.5 * middle)]
        rate = 1 / usual.mean()
        # Jitter and rounding cancel along a run, but for its two ends.
        runs = 1 + len(steps) - len(usual)
        error = 2 * (runs * usual.std() + float(self.time_base)) / usual.sum()
        near = [each for each in STANDARD_RATES if abs(float(each) / rate - 1) <= error]
        if declared in near:
            return Fraction(declared)
        if not near:
            return Fraction(rate).limit_denominator(1001)
        if error > 0.0005:  # 30 and 29.97 cannot be told apart
            near = [each for each in near if each.denominator == 1] or near
        return min(near, key=lambda each: abs(float(each) - rate))

    def _phase_of_grid(self, rate: Fraction, distance: float) -> float | None:
        """The phase at which every frame lies within `distance` frames of the grid of a rate; None
        where it does not."""
        elapsed = np.asarray(self.timestamps, np.float64) - self.timestamps[0]
        positions = elapsed * float(self.time_base) * float(rate)  # [frames]
        # The first timestamp has jitter as well: the mean of all directions on a circle is better.
        phase = float(np.angle(np.exp(2j * np.pi * positions).sum()) / (2 * np.pi))
        for shift in (0.0, phase):
            slots = np.round(positions - shift)
            is_near = (np.abs(positions - shift - slots) <= distance + 1e-6).all()
            # Two frames in one slot are too close together for this rate. A few are allowed,
            # because VP8 has packets that show nothing, right beside one that shows a frame.
            # (np.unique would load another module of NumPy, and no file can be opened here.)
            if is_near and len(set(slots.tolist())) >= 0.9 * len(slots):
                return shift
        return None

    def appears_at(self, timestamp: int) -> Fraction:
        """When the frame with this timestamp appears [s]."""
        seconds = (timestamp - self.timestamps[0]) * self.time_base
        if not self.constant_rate:
            return seconds
        return Fraction(round(float(seconds * self.rate) - self._phase)) / self.rate

    def is_shown_from(self, timestamp: int, fps: Fraction) -> Fraction:
        """From which time on a frame is the one to show, for a rate of `fps` frames/s [s].

        That is when it appears. Where its step is about one frame of that rate, it is half a step
        earlier, so that the nearest frame is shown: no jitter drops or doubles one.
        """
        appears = self.appears_at(timestamp)
        before = bisect_left(self.timestamps, timestamp) - 1
        if self.constant_rate or before < 0:
            return appears
        step = appears - self.appears_at(self.timestamps[before])
        is_about_one = Fraction(1, 2) < step * fps < Fraction(3, 2)
        return appears - step / 2 if is_about_one else appears

    def disappears_at(self, timestamp: int) -> Fraction:
        """When the next frame takes the place of the frame with this timestamp [s]."""
        following = bisect_right(self.timestamps, timestamp)
        if following == len(self.timestamps):
            return self.end
        return self.appears_at(self.timestamps[following])

    def count(self, start: Fraction, fps: Fraction) -> int:
        """How many frames there are from `start` [s] to the end at `fps` frames per second."""
        return max(0, -((-(self.end - self.tolerance - start) * fps) // 1))

    @cached_property
    def longest_motion(self) -> tuple[float, float] | None:
        """Begin and end [s] of the longest part without a picture that stands still, where most of
        the video stands still; None where it does not."""
        elapsed = np.asarray(self.timestamps, np.float64) - self.timestamps[0]
        times = np.append(elapsed * float(self.time_base), float(self.end))
        frame = float(1 / self.rate)
        stays = np.diff(times)
        is_still = stays >= max(FEWEST_STILL_SECONDS, FEWEST_STILL_FRAMES * frame)
        if 2 * stays[is_still].sum() <= times[-1]:
            return None
        # A part ends with the first frame of a picture that stays, and the next one begins after.
        ends = [*(times[:-1][is_still] + frame), times[-1]]
        begins = [0.0, *times[1:][is_still]]
        begin, end = max(zip(begins, ends), key=lambda part: part[1] - part[0])
        return (float(begin), float(end)) if end - begin >= 2 * frame else None
