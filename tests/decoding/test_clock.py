"""When each frame is on screen: constant rates, rounded and uneven timestamps."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from helpers.videos import NTSC, counter, encode, numbers

from vgpnn.decoding.sandbox.clock import Clock
from vgpnn.video import probe, read

pytestmark = pytest.mark.usefixtures("nothing_left_behind")
MILLISECOND = Fraction(1, 1000)


def clock_of(timestamps, time_base, declared=None, is_gif=False, end=0):
    return Clock(sorted(timestamps), end, time_base, declared, is_gif)


@pytest.mark.parametrize("rate", [Fraction(24), Fraction(25), NTSC, Fraction(60)], ids=str)
def test_a_rate_is_found_though_timestamps_are_rounded(rate):
    """WebM and Matroska round to milliseconds, and some files declare no rate."""
    timestamps = [round(1000 * k / rate) for k in range(100)]
    clock = clock_of(timestamps, MILLISECOND)
    assert clock.constant_rate and clock.rate == rate
    assert [clock.appears_at(t) for t in timestamps] == [k / rate for k in range(100)]
    assert clock.end == 100 / rate


def test_the_rate_of_a_recorders_clock_is_not_that_of_its_frames():
    clock = clock_of([40 * k for k in range(50)], MILLISECOND, declared=Fraction(1000))
    assert clock.constant_rate and clock.rate == 25


def test_every_frame_lasts_until_the_next_appears():
    timestamps = [0, 100, 200, 250, 300, 700, 1000]
    clock = clock_of(timestamps, MILLISECOND, end=1050)
    assert not clock.constant_rate and clock.end == Fraction(21, 20)
    following = [clock.appears_at(t) for t in timestamps[1:]]
    assert [clock.disappears_at(t) for t in timestamps] == [*following, clock.end]
    assert clock.rate == Fraction(7 * 20, 21)  # the average


@pytest.mark.parametrize("fps", [Fraction(5), NTSC, Fraction(60)], ids=str)
def test_the_count_is_the_number_of_times_before_the_end(fps):
    clock = clock_of(range(30), Fraction(1, 10))
    for start in (Fraction(0), Fraction(1, 3), Fraction(29, 10), Fraction(3), Fraction(4)):
        times = [start + k / fps for k in range(400)]
        assert clock.count(start, fps) == sum(time < clock.end - clock.tolerance for time in times)


def test_one_frame_has_the_declared_rate():
    clock = clock_of([5], MILLISECOND, declared=Fraction(12))
    assert clock.constant_rate and clock.rate == 12 and clock.end == Fraction(1, 12)
    assert clock_of([5], MILLISECOND).rate == 24


def test_a_file_of_variable_rate_follows_its_timestamps(tmp_path):
    times = [0, 100, 200, 250, 300, 700, 1000, 1050]  # milliseconds
    path = encode(tmp_path / "vfr.mkv", counter(8), 24, times=times, unit=MILLISECOND)
    video = read(path, fps=20)
    expected = [max(k for k, t in enumerate(times) if t <= 50 * j) for j in range(len(video.codes))]
    assert numbers(video) == expected and len(expected) >= 22
    info, whole = probe(path), read(path)
    assert not info.constant_rate and whole.fps == info.fps and abs(len(whole.codes) - 8) <= 1


def test_delays_of_a_gif_are_centiseconds(tmp_path):
    path = encode(
        tmp_path / "slow.gif", counter(4), 10, "gif", "rgb8", [0, 50, 60, 160], Fraction(1, 100)
    )
    assert numbers(read(path, fps=10))[:17] == [0] * 5 + [1] + [2] * 10 + [3]


def test_jitter_of_a_recorder_is_no_variable_rate(tmp_path):
    jitter = np.random.default_rng(0).integers(-3, 4, 30)
    times = [int(k * 100 / 3 + j) for k, j in enumerate(jitter)]
    times = [t - times[0] for t in times]
    path = encode(tmp_path / "phone.mkv", counter(30), 30, times=times, unit=MILLISECOND)
    assert numbers(read(path)) == list(range(30)) and probe(path).constant_rate
