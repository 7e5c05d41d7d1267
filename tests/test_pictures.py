"""Pictures for the page: film strips, and pictures made smaller or larger."""

import io

import numpy as np
import pytest
import torch
from PIL import Image

from vgpnn import pictures


def greys(frames, height, width):
    """A video whose frame k has the grey level 10 * k, (T, H, W, 3) uint8."""
    levels = (10 * torch.arange(frames, dtype=torch.uint8)).view(-1, 1, 1, 1)
    return levels.expand(frames, height, width, 3).contiguous()


def strip_of(jpeg, count):
    """The frames of a film strip, (T, H, W, 3)."""
    image = np.asarray(Image.open(io.BytesIO(jpeg), formats=["JPEG"]))
    return image.reshape(count, -1, *image.shape[1:])


def test_a_short_video_has_all_frames_in_its_strip():
    jpeg, count, size = pictures.film_strip(greys(5, 48, 64))
    assert (count, size) == (5, (64, 48))
    strip = strip_of(jpeg, count)
    assert strip.shape == (5, 48, 64, 3)
    for k in range(5):  # JPEG changes grey levels a little
        assert np.abs(strip[k].astype(int) - 10 * k).max() <= 3


@pytest.mark.parametrize(("frames", "step", "count"), [(24, 1, 24), (25, 2, 13), (100, 5, 20)])
def test_a_long_video_has_every_nth_frame_in_its_strip(frames, step, count):
    codes = greys(frames, 16, 16) // 4
    jpeg, found, _ = pictures.film_strip(codes)
    assert found == count <= pictures.STRIP_FRAMES
    expected = codes[::step].float().mean((1, 2, 3))
    assert np.abs(strip_of(jpeg, count).mean((1, 2, 3)) - expected.numpy()).max() <= 3


def test_high_frames_are_reduced_in_a_strip():
    jpeg, count, size = pictures.film_strip(greys(3, 360, 640))
    assert (count, size) == (3, (320, pictures.STRIP_HEIGHT))
    strip = strip_of(jpeg, count)
    assert strip.shape == (3, 180, 320, 3)
    middles = strip[:, 10:-10].astype(int)  # frames are blended where they meet
    assert np.abs(middles - 10 * np.arange(3).reshape(3, 1, 1, 1)).max() <= 3


def test_a_reduced_picture_has_at_most_so_many_pixels_and_no_new_colours():
    generator = np.random.default_rng(0)
    picture = generator.integers(0, 2, (90, 160, 4), dtype=np.uint8) * 255
    small = pictures.reduced(picture, 5000)
    assert 4500 <= small.shape[0] * small.shape[1] <= 5000
    assert small.shape[1] / small.shape[0] == pytest.approx(160 / 90, rel=0.03)
    assert set(np.unique(small)) == {0, 255}


def test_a_picture_that_is_small_enough_stays_as_it_is():
    picture = np.zeros((9, 16, 3), np.uint8)
    assert pictures.reduced(picture, 144) is picture
    assert pictures.reduced(picture, 1).shape == (1, 1, 3)
