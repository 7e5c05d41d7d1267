"""Videos side by side: every frame of each is there, at its time, in its place, below its label."""

from __future__ import annotations

import subprocess
import sys
from fractions import Fraction

import pytest
import torch
from helpers.clips import codes

import vgpnn
from vgpnn.comparison import BACKGROUND, MOST_VOXELS, SCREEN, columns_of, reduction, side_by_side

NTSC = Fraction(30000, 1001)


def video(shape, seed=0, fps=NTSC) -> vgpnn.Video:
    return vgpnn.Video(codes(shape, seed), fps)


def place_of(picture: torch.Tensor, frame: torch.Tensor) -> tuple[int, int] | None:
    """Row and column at which an (h, w, 3) picture lies in an (H, W, 3) frame, None if nowhere."""
    height, width = picture.shape[:2]
    corners = frame.unfold(0, height, 1).unfold(1, width, 1)
    same = (corners == picture.permute(2, 0, 1)).all(-1).all(-1).all(-1).nonzero()
    return tuple(same[0].tolist()) if len(same) == 1 else None


def label_above(place: tuple[int, int], frame: torch.Tensor) -> int:
    """How many pixels of a label differ from the background, in the rows above a place."""
    row, column = place
    rows = frame[max(0, row - 20) : row, column : column + 60].int()
    return int(((rows - torch.tensor(BACKGROUND)).abs().sum(-1) > 60).sum())


def test_each_video_lies_whole_in_its_place_at_every_frame():
    videos = {"Source": video((7, 40, 70), 1), "Take 1": video((7, 40, 70), 2)}
    made = side_by_side(videos)
    assert made.fps == NTSC and len(made.codes) == 7
    for number, frame in enumerate(made.codes):
        places = [place_of(each.codes[number], frame) for each in videos.values()]
        assert places[0][0] == places[1][0] and places[0][1] + 70 < places[1][1]
        assert all(label_above(place, frame) > 20 for place in places)


def test_labels_differ_and_stay():
    videos = {"Source": video((3, 40, 70)), "Take 1": video((3, 40, 70))}
    renamed = {"Source": video((3, 40, 70)), "Take 2": video((3, 40, 70))}
    one, other = side_by_side(videos).codes, side_by_side(renamed).codes
    assert one.shape == other.shape and not torch.equal(one, other)
    top = [side_by_side({"Take 1": video((3, 40, 70), seed)}).codes[:, :18] for seed in (1, 2)]
    assert torch.equal(*top) and torch.equal(top[0][0], top[0][2])


@pytest.mark.parametrize(
    ("count", "size"), [(1, (31, 45)), (2, (45, 31)), (3, (21, 35)), (5, (35, 21))], ids=str
)
def test_sizes_are_even_and_nothing_is_left_out(count, size, tmp_path):
    videos = {f"Take {k}": video((2, *size), k) for k in range(count)}
    made = side_by_side(videos)
    assert made.shape[1] % 2 == made.shape[2] % 2 == 0
    places = [place_of(each.codes[1], made.codes[1]) for each in videos.values()]
    assert None not in places and places == sorted(places) and len(set(places)) == count
    info = vgpnn.video.write(tmp_path / "made.mp4", made)
    assert (info.fps, info.frames) == (NTSC, 2)
    assert (info.height, info.width) == made.shape[1:]


def test_videos_of_other_sizes_lie_in_the_middle_of_their_cells():
    made = side_by_side({"a": video((2, 40, 60)), "b": video((2, 20, 30), 1)})
    (top, left), (row, column) = (
        place_of(codes((2, *size), seed)[0], made.codes[0])
        for seed, size in enumerate([(40, 60), (20, 30)])
    )
    assert row == top + 10 and made.shape[2] - (column + 30) - left == pytest.approx(0, abs=20)


def test_a_shorter_video_begins_again():
    short, long = video((2, 20, 30), 1), video((5, 20, 30), 2)
    made = side_by_side({"Source": short, "Take 1": long})
    assert len(made.codes) == 5
    for number, frame in enumerate(made.codes):
        assert place_of(short.codes[number % 2], frame)
        assert place_of(long.codes[number], frame)


def test_a_video_of_half_the_rate_shows_each_frame_twice():
    slow, fast = video((3, 20, 30), 1, Fraction(12)), video((6, 20, 30), 2, Fraction(24))
    made = side_by_side({"Source": slow, "Take 1": fast})
    assert made.fps == 24 and len(made.codes) == 6
    assert all(place_of(slow.codes[k // 2], frame) for k, frame in enumerate(made.codes))


def test_no_frame_is_lost_to_rounding():
    """At times such as 29 / (30000 / 1001) a float lies just before the frame begins."""
    long = video((200, 4, 6), 1)
    made = side_by_side({"Take 1": long})
    row, column = place_of(long.codes[0], made.codes[0])
    assert torch.equal(made.codes[:, row : row + 4, column : column + 6], long.codes)


def test_rows_are_those_in_which_videos_are_largest():
    wide, tall = (9, 90, 160), (9, 160, 90)
    assert [columns_of([wide] * count) for count in (1, 2, 3, 4, 7)] == [1, 2, 2, 2, 3]
    assert columns_of([tall] * 4) == 4


@pytest.mark.parametrize("count", [1, 4, 25])
@pytest.mark.parametrize("shape", [(120, 720, 1280), (240, 1920, 1080), (5, 48, 64)], ids=str)
def test_large_videos_are_reduced_until_all_fit(shape, count):
    share = reduction([shape] * count)
    sides = (max(2, int(shape[1] * share) // 2 * 2), max(2, round(shape[2] * share / 2) * 2))
    small = vgpnn.Video(torch.zeros((1, *sides, 3), dtype=torch.uint8), NTSC)
    _, height, width = side_by_side({str(k): small for k in range(count)}).shape
    assert width <= SCREEN[0] and height <= SCREEN[1]
    assert shape[0] * sides[0] * sides[1] * count <= MOST_VOXELS * 1.1
    assert share == 1 or max(width / SCREEN[0], height / SCREEN[1]) > 0.8 or shape[0] > 30


def test_it_can_be_stopped_and_needs_a_video():
    def stop():
        raise vgpnn.Cancelled

    with pytest.raises(vgpnn.Cancelled):
        side_by_side({"Take 1": video((2, 20, 30))}, stop)
    with pytest.raises(ValueError, match=r"give at least one\.$"):
        side_by_side({})


def test_the_package_starts_without_moviepy_and_needs_no_program(tmp_path):
    script = (
        "import sys, app, vgpnn.comparison, torch, vgpnn\n"
        "assert 'moviepy' not in sys.modules\n"
        "import imageio_ffmpeg\n"
        "imageio_ffmpeg.get_ffmpeg_exe = lambda: 1 / 0\n"
        "codes = torch.zeros((2, 20, 30, 3), dtype=torch.uint8)\n"
        "made = vgpnn.comparison.side_by_side({'Take 1': vgpnn.Video(codes, 10)})\n"
        "vgpnn.video.write('made.mp4', made)\n"
    )
    environment = {"PATH": str(tmp_path), "PYTHONPATH": ":".join(sys.path), "HOME": str(tmp_path)}
    subprocess.run([sys.executable, "-c", script], check=True, cwd=tmp_path, env=environment)
