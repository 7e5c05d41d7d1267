"""Bars of one colour along the edges of a clip."""

import pytest
import torch
from helpers.clips import clip as moving_blobs
from helpers.textures import texture
from helpers.videos import encode

import vgpnn
from vgpnn import bars
from vgpnn.bars import Box
from vgpnn.codes import encode as to_codes
from vgpnn.source_map import identity

HEIGHT, WIDTH = 60, 96


def barred(colour, top, bottom, left, right):
    codes = to_codes(texture((5, HEIGHT, WIDTH)))
    box = Box(top, HEIGHT - bottom, left, WIDTH - right)
    framed = torch.tensor(colour, dtype=torch.uint8).expand(5, HEIGHT, WIDTH, 3).clone()
    box.of(framed)[:] = box.of(codes)
    return framed, box


@pytest.mark.parametrize(
    "colour", [(0, 0, 0), (16, 16, 16), (255, 255, 255), (20, 60, 130)], ids=str
)
@pytest.mark.parametrize(
    "sides", [(8, 8, 0, 0), (0, 0, 15, 15), (3, 5, 0, 9), (1, 0, 0, 0)], ids=str
)
def test_bars_are_found_to_the_pixel(colour, sides):
    framed, box = barred(colour, *sides)
    assert bars.find(framed) == box


def test_bars_are_found_within_two_pixels_after_coding(tmp_path):
    framed, box = barred((0, 0, 0), 8, 8, 12, 12)
    path = encode(tmp_path / "bars.mp4", framed.numpy(), 10)
    found = bars.find(vgpnn.video.read(path).codes)
    for name in ("top", "bottom", "left", "right"):
        assert abs(getattr(found, name) - getattr(box, name)) <= 2


def test_a_clip_without_bars_has_none():
    for codes in (to_codes(texture((5, 40, 60))), moving_blobs(4, 30, 40).codes):
        assert bars.inner_box(codes) is None


@pytest.mark.parametrize("shape", [(3, 20, 30), (1, 1, 1), (2, 3, 40)], ids=str)
def test_one_colour_and_tiny_clips_have_no_bars(shape):
    assert bars.inner_box(torch.full((*shape, 3), 7, dtype=torch.uint8)) is None


def test_a_sky_that_fades_is_no_bar():
    codes = to_codes(texture((5, HEIGHT, WIDTH)))
    fade = torch.linspace(90, 160, 20).to(torch.uint8).view(1, 20, 1, 1)
    codes[:, :20] = fade
    assert bars.inner_box(codes) is None


def test_a_night_that_fades_to_black_is_no_bar():
    """Sparks fly up into a black sky, fewer and fewer towards the top."""
    codes = to_codes(texture((5, HEIGHT, WIDTH)))
    sparks = torch.rand(5, 20, WIDTH, 1, generator=torch.Generator().manual_seed(0))
    shines = sparks < torch.linspace(0.01, 0.12, 20).view(1, 20, 1, 1)
    codes[:, :20] = torch.where(shines, 180, 3).to(torch.uint8)
    codes[:, 20:30] //= 6
    assert bars.inner_box(codes) is None


def test_a_dark_picture_beside_black_bars_is_found():
    framed, box = barred((0, 0, 0), 9, 9, 0, 0)
    box.of(framed)[:, :, WIDTH // 3 :] //= 20
    assert bars.find(framed) == box


def test_the_inner_box_leaves_out_what_coding_smears():
    framed, box = barred((0, 0, 0), 8, 8, 0, 12)
    assert bars.inner_box(framed) == Box(box.top + 2, box.bottom - 2, 0, box.right - 2)


def test_bars_that_leave_hardly_a_picture_are_not_taken_for_bars():
    codes = torch.zeros(3, 26, 60, 3, dtype=torch.uint8)
    codes[:, 7:-7] = to_codes(texture((3, 12, 60)))
    assert bars.inner_box(codes) is None


def test_a_frame_lies_around_a_result_and_its_map():
    framed, box = barred((0, 0, 0), 8, 8, 0, 12)
    frame = bars.framed(framed)
    inside = frame.box.of(framed)
    codes, places = frame.around(255 - inside, identity(tuple(inside.shape[:3])).flip(2))
    assert torch.equal(frame.box.of(codes), 255 - inside)
    outside = torch.ones(5, HEIGHT, WIDTH, 1, dtype=torch.bool)
    frame.box.of(outside)[:] = False
    assert torch.equal(codes * outside, framed * outside)
    t, y, x = places.long().unbind(-1)
    assert torch.equal(framed[t, y, x], torch.where(outside, framed, flipped_inside(framed, frame)))


def flipped_inside(framed, frame):
    whole = framed.clone()
    frame.box.of(whole)[:] = frame.box.of(framed).flip(2)
    return whole
