"""Which frames a request gets: from its start, at its rate, and as many as it asks for."""

from __future__ import annotations

from fractions import Fraction

import pytest
from helpers.videos import counter, encode, error_of, numbers

from vgpnn.video import probe, read

pytestmark = pytest.mark.usefixtures("nothing_left_behind")


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    """100 frames at 30 per second, with few keyframes and frames out of order."""
    path = tmp_path_factory.mktemp("answer") / "clip.mp4"
    return encode(path, counter(100), 30, options={"g": "24", "bf": "3"})


@pytest.mark.parametrize("start", [0, 1, 25, 59, 99])
def test_a_part_starts_at_its_very_frame(clip, start):
    expected = list(range(start, min(100, start + 4)))
    assert numbers(read(clip, start=start / 30, frames=4)) == expected
    milliseconds = round(start / 30, 3)  # half of these lie before the frame that they mean
    assert numbers(read(clip, start=milliseconds, seconds=2 / 30)) == expected[:2]


def test_a_start_between_frames_shows_the_earlier_one(tmp_path):
    path = encode(tmp_path / "clip.mp4", counter(20), 10)
    assert numbers(read(path, start=0.55, frames=2)) == [5, 6]


@pytest.mark.parametrize(
    "fps, expected",
    [
        (5, [0, 2, 4, 6, 8]),
        (20, [k // 2 for k in range(20)]),
        (7.5, [0, 1, 2, 4, 5, 6, 8, 9]),
    ],
)
def test_another_rate_shows_the_last_frame_that_has_appeared(tmp_path, fps, expected):
    video = read(encode(tmp_path / "clip.mp4", counter(10), 10), fps=fps)
    assert numbers(video) == expected and video.fps == Fraction(fps)


def test_a_length_in_seconds_is_rounded_to_frames(clip):
    for seconds, count in ((0.001, 1), (0.1, 3), (0.12, 4), (99, 100)):
        assert numbers(read(clip, seconds=seconds)) == list(range(count))


def test_a_start_past_the_end_is_refused(clip):
    assert "past the end" in error_of(read, clip, start=3.4)
    assert numbers(read(clip, start=3.3)) == [99]


def test_a_probe_describes_the_whole_file(clip):
    info = probe(clip)
    assert (info.width, info.height, info.frames, info.fps) == (64, 32, 100, 30)
    assert info.seconds == pytest.approx(100 / 30) and info.constant_rate
    assert (info.container, info.codec, info.pixel_format) == ("mov", "h264", "yuv420p")
