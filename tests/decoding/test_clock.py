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
    assert clock.rate == 10  # that of the median step


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
    assert not info.constant_rate and whole.fps == info.fps == 10 and len(whole.codes) == 11


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


# --- recorders: phones and screens


def shown(clock: Clock) -> list[int]:
    """Which of the frames are shown at the rate of a clock, one after the other."""
    times = [k / clock.rate + clock.tolerance for k in range(clock.count(Fraction(0), clock.rate))]
    begin = [clock.is_shown_from(t, clock.rate) for t in clock.timestamps]
    return [max(k for k, each in enumerate(begin) if k == 0 or each <= time) for time in times]


@pytest.mark.parametrize("missing", [(8, 21), (3,), (5, 6, 7), (1, 30)], ids=str)
@pytest.mark.parametrize("rate", [Fraction(30), NTSC, Fraction(25), Fraction(60)], ids=str)
def test_frames_that_a_phone_dropped_are_filled_by_their_neighbour(rate, missing):
    kept = [k for k in range(42) if k not in missing]
    clock = clock_of([round(90000 * k / rate) for k in kept], Fraction(1, 90000), rate * 40 / 42)
    assert clock.rate == rate
    before = [max(j for j in kept if j <= k) for k in range(42)]
    assert [kept[k] for k in shown(clock)] == before


@pytest.mark.parametrize("jitter", [1, 3, 5, 7, 12])
@pytest.mark.parametrize("declared", ["none", "right", "average"])
def test_jitter_drops_and_doubles_none_and_the_rate_is_a_usual_one(jitter, declared):
    """The average of jittery times, which files declare, is no rate of a camera."""
    for seed in range(6):
        noise = np.random.default_rng(seed).uniform(-jitter, jitter, 90)
        times = [int(1000 + k * 100 / 3 + j) for k, j in enumerate(noise)]
        average = Fraction(90, times[-1] - times[0] + 33) * 1000
        rate = {"none": None, "right": Fraction(30), "average": average}[declared]
        clock = clock_of(times, MILLISECOND, rate)
        assert clock.rate == 30 and shown(clock) == list(range(90))


@pytest.mark.parametrize("rate", [24, 30, 60])
@pytest.mark.parametrize("kind", ["even", "bell", "late", "seldom"])
def test_jitter_of_any_shape_loses_no_frame(rate, kind):
    """Also where it brings two frames to the place of one."""
    for seed in range(4):
        random = np.random.default_rng(seed)
        noise = {  # [frames]
            "even": random.uniform(-0.48, 0.48, 90),
            "bell": random.normal(0, 0.2, 90),
            "late": random.exponential(0.15, 90),
            "seldom": 0.8 * (random.random(90) < 0.05),
        }[kind]
        times = np.sort(90_000 * (1 + (np.arange(90) + noise) / rate)).astype(int).tolist()
        clock = clock_of(times, Fraction(1, 90_000))
        assert clock.rate == rate and set(shown(clock)) == set(range(90))
        assert len(shown(clock)) <= 91


@pytest.mark.parametrize("later", [15, 20, 24])
def test_a_camera_that_becomes_slower_in_the_dark_loses_no_frame(later):
    """The rate is that of the median step, not one between both, at which frames would get lost."""
    step = 600 // later
    times = [*range(0, 600, 20), *range(600, 600 + 29 * step, step)]
    clock = clock_of(times, Fraction(1, 600))
    frames = shown(clock)
    assert clock.rate == 30 and set(frames) == set(range(len(times)))
    assert np.abs(np.diff(frames)).max() == 1


@pytest.mark.parametrize("delays", [[100, *[30] * 8, 2000], [60] * 12, [40] * 9], ids=str)
def test_exact_delays_are_kept(delays):
    """Centiseconds that fit no rate of a camera are no jitter."""
    times = [sum(delays[:k]) // 10 for k in range(len(delays))]
    clock = clock_of(times, Fraction(1, 100), is_gif=True, end=sum(delays) // 10)
    usual = sorted(delays)[len(delays) // 2]
    assert clock.rate == Fraction(1000, usual)
    assert set(shown(clock)) == set(range(len(delays)))


@pytest.mark.parametrize(
    "delays, rate",
    [([50, 100, 200, 50], 2), ([4, 10, 4, 10, 4, 2, 4, 4], 25), ([100, 3, 3, 3, 100, 3, 3], 33)],
    ids=str,
)
def test_no_picture_of_a_gif_is_lost_whatever_its_delays_are(delays, rate):
    times = [sum(delays[:k]) for k in range(len(delays))]
    clock = clock_of(times, Fraction(1, 100), is_gif=True, end=sum(delays))
    assert int(clock.rate) == rate and set(shown(clock)) == set(range(len(delays)))
    assert float(clock.end) == pytest.approx(sum(delays) / 100, rel=0.05)


def test_packets_of_vp8_that_show_nothing_take_no_place():
    times = sorted([*(round(k * 1000 / 30) for k in range(60)), 268, 534, 801])
    clock = clock_of(times, MILLISECOND)
    assert clock.rate == 30 and clock.end == 2


def test_film_that_was_shown_at_60_has_its_own_rate():
    """Its frames stay for two and three pictures in turn."""
    film = Fraction(24000, 1001)
    times = [round(90000 * (k * 5 // 2) * Fraction(1001, 60000)) for k in range(480)]
    clock = clock_of(times, Fraction(1, 90000), film)
    assert clock.rate == film and shown(clock) == list(range(480))


@pytest.mark.parametrize("late", [0, 3, 7, 11])
def test_the_rate_of_a_screen_is_that_of_its_moving_parts(late):
    """Long pictures that stand still do not count, and every moving frame comes once."""
    begin = 12000 + late  # [ms], anywhere between two frames of the first part
    burst = [round(k * 1000 / 60) for k in range(30)]
    times = [*burst, 5000, 10000, *(begin + t for t in burst)]
    clock = clock_of(times, MILLISECOND, Fraction(62 * 1000, 14500), end=14483 + late)
    assert clock.rate == 60 and float(clock.end) == pytest.approx(14.483 + late / 1000, abs=0.02)
    frames = shown(clock)
    assert frames[:30] == list(range(30)) and set(frames) == set(range(62))
    first, last = clock.longest_motion
    assert float(last - first) == pytest.approx(0.5, abs=0.05)


def test_a_part_that_moves_is_named_only_where_most_stands_still():
    steady = clock_of([40 * k for k in range(50)], MILLISECOND)
    assert steady.longest_motion is None
    held = clock_of([*range(0, 1000, 40), 4000, 4040], MILLISECOND)
    assert held.longest_motion == pytest.approx((0, 1))
    slides = clock_of([1000 * k for k in range(9)], MILLISECOND)
    assert slides.rate == 1 and slides.longest_motion is None


@pytest.mark.parametrize("is_gif", [False, True])
def test_a_hold_on_the_last_frame_counts(is_gif):
    clock = clock_of([4 * k for k in range(10)], Fraction(1, 100), is_gif=is_gif, end=236)
    assert clock.rate == 25 and clock.end == Fraction(236, 100)
    assert shown(clock) == [*range(9), *[9] * 50]


def test_of_frames_at_the_same_time_the_later_one_is_shown():
    times = [0, 33, 67, 67, 100, 133, 133, 167, 200, 233, 267, 300]
    clock = clock_of(times, MILLISECOND)
    once = [0, 33, 67, 100, 133, 167, 200, 233, 267, 300]
    assert clock.rate == 30 and [times[k] for k in shown(clock)] == once
