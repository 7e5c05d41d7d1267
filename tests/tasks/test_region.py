"""The size of painted pieces, and regions that grow around them."""

import time

import cv2
import numpy as np
import pytest
import torch

from vgpnn.tasks import region as regions


def test_a_speck_does_not_change_the_scale():
    shape = np.zeros((40, 56), bool)
    shape[4:24, 4:24] = shape[38, 50] = True
    assert regions.smallest_piece_side(shape) == 20


def test_a_region_grows_by_pixels_in_every_frame_with_paint():
    region = torch.zeros(2, 11, 11, dtype=torch.bool)
    region[0, 5, 5] = True
    regions.grow(region, 0)
    assert region.sum() == 1
    regions.grow(region, 3)
    y, x = torch.meshgrid(torch.arange(11), torch.arange(11), indexing="ij")
    distance = ((y - 5) ** 2 + (x - 5) ** 2).sqrt()
    assert region[0][distance <= 2.9].all() and not region[0][distance > 3.7].any()
    assert not region[1].any()


@pytest.mark.parametrize("pixels", [1, 2, 5, 17, 90, 400])
@pytest.mark.parametrize("size", [(1, 1), (30, 47), (64, 9)])
def test_a_shape_grows_as_opencv_dilates_it(size, pixels):
    shape = np.random.default_rng(pixels).random(size) < 0.03
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * pixels + 1, 2 * pixels + 1))
    expected = cv2.dilate(shape.astype(np.uint8), disc) > 0
    assert np.array_equal(regions.grown(shape, pixels), expected)


def test_the_time_to_grow_does_not_depend_on_the_area_of_the_disc():
    """Room of four sizes around a piece that fills a frame of 720p is 3840 pixels."""
    shape = np.zeros((720, 1280), bool)
    shape[300:330, 500:600] = True
    began = time.thread_time()
    assert regions.grown(shape, 700).mean() > 0.8
    assert regions.grown(shape, 3840).all()
    assert time.thread_time() - began < 3
