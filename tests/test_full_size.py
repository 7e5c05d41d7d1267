"""The size at which results are finished in full."""

from dataclasses import replace
from fractions import Fraction

import pytest
from helpers.clips import clip

import vgpnn
from vgpnn.full_size import full_height, full_part, full_shape, read_in_full
from vgpnn.limits import LIMITS


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    """A clip of 12 frames of 60 x 80 px, 10 a second."""
    path = tmp_path_factory.mktemp("full") / "clip.mp4"
    vgpnn.video.write(path, clip(12, 60, 80))
    return path


@pytest.fixture(scope="module")
def info(path):
    return vgpnn.video.probe(path)


@pytest.mark.parametrize(
    ("width", "height", "frames", "expected"),
    [(1080, 1920, 60, 1920), (3840, 2160, 10, 1080), (640, 360, 240, 360), (2160, 3840, 1, 1920)],
)
def test_the_height_is_the_clips_own_up_to_the_limit(info, width, height, frames, expected):
    assert full_height(replace(info, width=width, height=height), frames) == expected


def test_a_long_part_is_as_large_as_fits(info):
    large = replace(info, width=1920, height=1080)
    height = full_height(large, 200)
    assert height < 1080 and height * height * 1920 / 1080 * 200 <= LIMITS.decoded_voxels
    assert (height + 9) ** 2 * 1920 / 1080 * 200 > LIMITS.decoded_voxels


def test_the_part_has_the_frames_between_those_of_the_working_clip(info):
    fast = replace(info, fps=Fraction(30), frames=36, seconds=1.2)
    assert full_part(fast, 0.0, (12, 30, 40), Fraction(10)) == ((36, 60, 80), 30)
    assert full_part(fast, 0.5, (6, 30, 40), Fraction(15)) == ((12, 60, 80), 30)
    # A working clip that is faster than the file, and a folder, keep their rate.
    assert full_part(info, 0.0, (24, 30, 40), Fraction(20)) == ((24, 60, 80), 20)
    folder = replace(info, container="folder", fps=Fraction(24))
    assert full_part(folder, 0.0, (5, 30, 40), Fraction(10)) == ((5, 60, 80), 10)


def test_the_file_is_read_at_its_own_size_and_rate(path):
    working = vgpnn.video.read(path, 0.2, frames=4, fps=5, height=30)
    full = read_in_full(path, 0.2, working)
    assert full.shape == (8, 60, 80) and full.fps == 10
    assert read_in_full(path, 0.2, working, rate=Fraction(5)).shape == (4, 60, 80)
    small = replace(LIMITS, full_side=40)
    assert read_in_full(path, 0.2, working, limits=small).shape == (8, 40, 54)


@pytest.mark.parametrize(
    ("result", "rate", "expected"),
    [
        ((6, 30, 40), 1, (6, 90, 120)),
        ((6, 15, 80), 1, (6, 45, 240)),
        ((6, 30, 40), 3, (18, 90, 120)),
    ],
)
def test_the_full_shape_is_as_many_times_the_result(result, rate, expected):
    full = 6 * rate, 90, 120
    assert full_shape(result, (6, 30, 40), full, Fraction(rate)) == expected
