"""Resampling on a GPU against exact arithmetic; without a GPU in Triton's interpreter."""

import pytest
import torch
from helpers.gpu import DEVICE, HAS_GPU

from vgpnn import resampling_gpu
from vgpnn.resampling_gpu import resampled
from vgpnn.shrinking import weights

# What (4, 6, 7) becomes, and whether in slabs: smaller, mixed, along time alone, larger, and along
# two axes.
SHAPES = {
    (3, 5, 6): "whole",
    (2, 4, 19): "slabs",
    (3, 6, 7): "whole",
    (5, 9, 10): "whole",
    (3, 6, 10): "slabs",
}


def exactly(video, shape):
    """A (T, H, W, C) video resampled in float64, by its tables of weights as matrices."""
    video = video.double()
    for axis, after in enumerate(shape):
        before = video.shape[axis]
        matrix = torch.zeros(after, before, dtype=torch.float64)
        for row, (first, count, taps) in enumerate(zip(*weights(before, after))):
            matrix[row, first : first + count] = torch.from_numpy(taps[:count]).double()
        video = torch.tensordot(matrix, video, ([1], [axis])).movedim(0, axis)
    return video


@pytest.fixture(autouse=True)
def small_programs(monkeypatch):
    """The small videos are still several programs along every axis, and in the interpreter time
    goes by the elements of all programs, also of those that are beyond the video."""
    if not HAS_GPU:
        monkeypatch.setattr(resampling_gpu, "BLOCK", 64)


def on_device(videos, shape):
    return resampled(videos.to(DEVICE), shape).cpu()


def random_codes(*shape):
    return torch.randint(0, 256, shape, generator=torch.Generator().manual_seed(0)).byte()


@pytest.mark.parametrize(("shape", "parts"), SHAPES.items(), ids=str)
def test_codes_are_rounded_once(shape, parts, monkeypatch):
    monkeypatch.setattr(resampling_gpu, "SLAB_ELEMENTS", 300 if parts == "slabs" else 10**9)
    videos = random_codes(2, 4, 6, 7, 3)
    found = on_device(videos, shape)
    assert found.shape == (2, *shape, 3) and found.dtype == torch.uint8
    for video, result in zip(videos, found):
        exact = exactly(video, shape).clamp(0, 255)
        assert (result - exact).abs().max() < 0.501


@pytest.mark.parametrize("shape", [(5, 8, 7), (4, 5, 8)], ids=str)
def test_a_sample_of_a_batch_has_the_bytes_that_it_has_alone(shape, monkeypatch):
    """Also where the batch is resampled in slabs, and the sample is not."""
    videos = random_codes(2, 4, 6, 6, 3)
    monkeypatch.setattr(resampling_gpu, "SLAB_ELEMENTS", 5 * 8 * 7 * 3)
    together = on_device(videos, shape)
    for number in range(2):
        assert torch.equal(together[number], on_device(videos[number : number + 1], shape)[0])


def test_values_are_not_rounded():
    shape = 5, 9, 10
    video = torch.rand(4, 6, 7, 2, generator=torch.Generator().manual_seed(1)) * 2 - 1
    (found,) = on_device(video[None], shape)
    assert found.dtype == torch.float32
    assert (found - exactly(video, shape)).abs().max() < 1e-5


def test_the_same_shape_is_the_same_video():
    videos = random_codes(2, 3, 4, 5, 3)
    assert resampled(videos, (3, 4, 5)) is videos


@pytest.mark.parametrize(("before", "after"), [(2160, 15), (275, 3)])
def test_a_side_may_shrink_to_a_hundredth(before, after):
    video = random_codes(1, 1, before, 1, 3)
    (found,) = on_device(video, (1, after, 1))
    assert (found - exactly(video[0], (1, after, 1)).clamp(0, 255)).abs().max() < 0.501


@pytest.mark.skipif(not HAS_GPU, reason="too large for the interpreter")
def test_a_video_with_more_elements_than_31_bits_count():
    frame = random_codes(1, 1, 16, 16, 3).to(DEVICE)
    (expected,) = resampled(frame, (1, 2160, 3840))
    (found,) = resampled(frame.repeat(1, 4, 1, 1, 1), (100, 2160, 3840))
    for number in (0, 50, 99):
        assert (found[number].int() - expected[0].int()).abs().max() <= 1
