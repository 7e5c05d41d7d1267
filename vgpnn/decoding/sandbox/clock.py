"""When each stored frame is on screen."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from fractions import Fraction
from functools import cached_property

import numpy as np

from .slots import are_crowded, ordered_slots

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
# Steps within this share of the median one are equal to it. Where at least one in so many is, and
# their mean differs from that of all by more than the last share, the rate changes in the video.
EQUAL_STEPS, ONE_IN, CHANGE = 0.08, 3, 0.05
CLEARLY_LESS = (
    0.95  # by which frames must be moved less for another rate than the most probable one
)
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
        self._slots: np.ndarray | None = None  # places on the grid, where they are not the nearest
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
        typical, moving = self._typical_rates(declared, is_gif)
        whole = Fraction(max(1, round(measured)))
        exact = [whole, whole * NTSC, typical, measured]  # if rounding explains the differences
        jittery = [typical, typical * NTSC, whole, whole * NTSC]
        unsteady = [moving, *({whole} & {*STANDARD_RATES})]
        rough = [*jittery, measured]
        # Some recorders declare the rate of their clock (1000) as that of their frames, and what
        # FFmpeg declares of a GIF does not follow from all its delays.
        if declared and declared < measured * 3 / 2 and not is_gif:
            exact.insert(0, declared)
            if declared in STANDARD_RATES:
                jittery.insert(0, declared)
                rough.insert(0, declared)
            else:
                rough.append(declared)
        # How far frames may be from the grid of a rate, in frames. The delays of a GIF are whole
        # centiseconds, which a rate may keep exactly; 4, 4, 5, 4, ... mean 24 frames per second.
        candidates = [(measured, 0.0), (typical, 0.0)] if is_gif else []
        candidates += [(rate, 0.51 * float(self.time_base * rate)) for rate in exact]
        candidates += [(rate, SMALL_JITTER) for rate in jittery]
        if self._is_on_grid(candidates) or self._is_in_order(unsteady):
            return self.rate, True
        if self._is_in_order([rate * NTSC for rate in unsteady]):
            return self.rate, True
        # Where delays are exact, they may have a common measure.
        finer = self._finest_rate() if is_gif else moving
        candidates = [(finer, 0.0)] if moving < finer <= 2 * moving else []
        candidates += [(rate, SMALL_JITTER) for rate in rough]
        candidates += [] if is_gif else [(rate, LARGE_JITTER) for rate in rough]
        return (self.rate, True) if self._is_on_grid(candidates) else (moving, False)

    def _is_on_grid(self, candidates: list[tuple[Fraction, float]]) -> bool:
        """Whether all frames lie near the grid of one of some rates, the first of which is kept.

        candidates: pairs of a rate and of the distance from its grid that is near [frames].
        """
        for rate, distance in candidates:
            phase = self._phase_of_grid(rate, distance)
            if phase is not None:
                self.rate, self._phase = Fraction(rate), phase
                return True
        return False

    def _is_in_order(self, rates: list[Fraction]) -> bool:
        """Whether frames can be put in their order on the grid of one of some rates, of which the
        one is kept for which they are moved least."""
        least = math.inf
        for rate in rates:
            slots, moved = ordered_slots(self._positions(rate), float(rate))
            if slots is not None and moved < CLEARLY_LESS * least:
                self.rate, self._slots, least = Fraction(rate), slots, moved
        return self._slots is not None

    def _finest_rate(self) -> Fraction:
        """The lowest rate on whose grid all timestamps lie exactly."""
        begin = self.timestamps[0]
        return 1 / (math.gcd(*(each - begin for each in self.timestamps)) * self.time_base)

    def _typical_rates(self, declared: Fraction | None, is_gif: bool) -> tuple[Fraction, Fraction]:
        """The rates of the steps that are about the median one, and of those that are equal to it.

        They differ where the rate changes within the video, and each is snapped to a standard rate
        that the jitter allows: to the declared one, if it does.
        """
        steps = np.diff(np.asarray(self.timestamps, np.float64))
        steps = steps[steps > 0] * float(self.time_base)  # [s]
        middle = np.sort(steps)[(len(steps) - 1) // 2]
        usual = steps[(steps > 0.5 * middle) & (steps < 1.5 * middle)]
        near = max(EQUAL_STEPS * middle, 1.01 * float(self.time_base))
        equal = steps[np.abs(steps - middle) <= near]
        changes = abs(equal.mean() / usual.mean() - 1) > CHANGE
        if is_gif and not usual.std():  # delays are exact
            typical = Fraction(1 / usual.mean()).limit_denominator(1001)
        else:
            typical = self._snapped(usual, len(steps), declared)
        if not changes or ONE_IN * len(equal) < len(usual):
            return typical, typical
        return typical, self._snapped(equal, len(steps), declared)

    def _snapped(self, usual: np.ndarray, count: int, declared: Fraction | None) -> Fraction:
        """The rate of some steps [s] out of `count`, or a standard rate that they allow."""
        rate = 1 / usual.mean()
        # Jitter and rounding cancel along a run, but for its two ends.
        runs = 1 + count - len(usual)
        error = 2 * (runs * usual.std() + float(self.time_base)) / usual.sum()
        near = [each for each in STANDARD_RATES if abs(float(each) / rate - 1) <= error]
        if declared in near:
            return Fraction(declared)
        if not near:
            return Fraction(rate).limit_denominator(1001)
        if error > 0.0005:  # 30 and 29.97 cannot be told apart
            near = [each for each in near if each.denominator == 1] or near
        return min(near, key=lambda each: abs(float(each) - rate))

    def _positions(self, rate: Fraction) -> np.ndarray:
        """(T,): where the frames are on the grid of a rate that begins with the first [frames]."""
        elapsed = np.asarray(self.timestamps, np.float64) - self.timestamps[0]
        return elapsed * float(self.time_base) * float(rate)

    def _phase_of_grid(self, rate: Fraction, distance: float) -> float | None:
        """The phase at which every frame lies within `distance` frames of the grid of a rate; None
        where it does not."""
        positions = self._positions(rate)
        for shift in (0.0, _middle(positions)):
            slots = np.round(positions - shift)
            is_near = (np.abs(positions - shift - slots) <= distance + 1e-6).all()
            # Two frames in one slot are too close together for this rate. A few are allowed, for
            # packets that show nothing; see `are_crowded`.
            # (np.unique would load another module of NumPy, and no file can be opened here.)
            if not is_near or are_crowded(slots):
                continue
            if len(set(slots.tolist())) >= 0.9 * len(slots):
                return shift
        return None

    def appears_at(self, timestamp: int) -> Fraction:
        """When the frame with this timestamp appears [s]."""
        seconds = (timestamp - self.timestamps[0]) * self.time_base
        if not self.constant_rate:
            return seconds
        if self._slots is not None:
            place = min(bisect_left(self.timestamps, timestamp), len(self._slots) - 1)
            return Fraction(int(self._slots[place])) / self.rate
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


def _middle(positions: np.ndarray) -> float:
    """By how much a grid lies after the first of some positions on it [frames].

    The first one has jitter as well: the mean of all directions on a circle is better.
    """
    return float(np.angle(np.exp(2j * np.pi * positions).sum()) / (2 * np.pi))
