"""The size at which results are finished in full."""

from dataclasses import replace
from fractions import Fraction
from functools import partial

import pytest
from helpers.clips import clip

import vgpnn
from vgpnn.full_size import full_height, full_part, full_place, read_in_full
from vgpnn.limits import LIMITS
from vgpnn.tasks import extending, retargeting


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


def asked(width, height, duration=1.0):
    """The sizes of a task that makes these scales; the source does not stay."""

    def sizes(size):
        return tuple(round(n * s) for n, s in zip(size, (duration, height, width))), None

    return sizes


@pytest.mark.parametrize(
    ("result", "sizes", "rate", "expected"),
    [
        ((6, 30, 40), None, 1, (6, 90, 120)),
        ((6, 30, 40), None, 3, (18, 90, 120)),
        ((6, 30, 32), None, 1, (6, 90, 96)),  # a layout that is narrower than the style
        ((6, 15, 40), None, 1, (6, 44, 120)),  # even: 45 is not
        ((6, 12, 16), asked(0.41, 0.41), 1, (6, 37, 49)),
        ((2, 30, 40), asked(1, 1, 0.4), 3, (7, 90, 120)),
    ],
)
def test_the_full_shape_is_what_was_asked_for_of_the_source_in_full(result, sizes, rate, expected):
    full = 6 * rate, 90, 120
    place = full_place(result, (6, 30, 40), full, Fraction(rate), sizes)
    assert place.shape == expected and place.corner is None


@pytest.mark.parametrize("sizes", [None, asked(1, 1, 1)])
def test_a_result_is_no_longer_than_a_file_that_ends_early(sizes):
    """10 frames at 24 per second show the moments of 12.5 at 30, of which the file has 12."""
    shapes = (10, 30, 40), (10, 30, 40), (12, 90, 120)
    assert full_place(*shapes, Fraction(30, 24), sizes).shape == (12, 90, 120)
    # And no longer than the working result, where the source goes on.
    assert full_place(*shapes, Fraction(1), sizes).shape == (10, 90, 120)


def test_a_loop_has_as_many_times_the_frames_of_the_working_one():
    sizes = asked(1, 1, 0.4)
    place = full_place((2, 30, 40), (6, 30, 40), (18, 90, 120), Fraction(3), sizes, is_loop=True)
    assert place.shape == (6, 90, 120)


def test_what_working_sizes_lack_is_shared_by_both_edges():
    """0.6 of 192 px is 116 px, because sizes are even, or 483 of 800 px; and of 800 it is 480."""
    sizes = partial(retargeting.output_shape, height_scale=1, width_scale=0.6, duration_scale=1)
    place = full_place((6, 144, 116), (6, 144, 192), (6, 600, 800), 1, lambda n: (sizes(n), None))
    assert place.shape == (6, 600, 480)
    assert place.enlarged == (600, 483) and place.first == (0, -2)
    # Where they agree, nothing is cut off.
    place = full_place((6, 144, 192), (6, 144, 192), (6, 600, 800), 1)
    assert place.first == (0, 0) and place.enlarged == place.shape[1:]


def test_a_source_that_stays_lies_at_its_own_place():
    """The working corner, 87 px, is 1160 px in full, and 1.0802 heights are 1167 px."""
    sizes = extending.sizes_for(1.0802, 1.0802, 0, 0)
    shape = sizes((6, 144, 81))[0]
    place = full_place(shape, (6, 144, 81), (6, 1920, 1080), 1, sizes)
    assert place.corner == (0, 0, 1167) and place.first == (0, 7)
    assert place.kept_box((6, 1920, 1080)) == ((0, 0, 1167), (6, 1920, 2247))


@pytest.mark.parametrize(("aspect", "width"), [("16:9", 3414), ("1:1", 1920)])
def test_an_aspect_is_that_of_the_result_in_full(aspect, width):
    """A working clip of 360 px has 202 of 202.5 columns."""
    sizes = extending.sizes_of_aspect(aspect)
    working, full = (6, 360, 202), (6, 1920, 1080)
    place = full_place(sizes(working)[0], working, full, 1, sizes)
    assert place.shape == (6, 1920, width)
    _, _, left = place.corner
    assert abs(left - (width - 1080) / 2) <= 1
