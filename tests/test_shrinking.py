"""Shrinking by kernels against torch's antialiased resampling."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from helpers.clips import codes
from helpers.guarded import guarded

from vgpnn import shrinking
from vgpnn.shrinking import shrunk, weights

SHAPES = {
    "space": ((4, 40, 51), (4, 33, 20)),
    "space-and-time": ((13, 36, 64), (7, 17, 29)),
    "one-side": ((5, 30, 31), (5, 30, 12)),
    "to-one-voxel": ((6, 20, 22), (1, 1, 1)),
    "much": ((3, 300, 20), (3, 3, 20)),
    "two-bands": ((3, 90, 30), (2, 60, 29)),
}


def expected_codes(video: torch.Tensor, shape) -> torch.Tensor:
    """The same by torch, in float64 and rounded once."""
    options = {"mode": "bicubic", "antialias": True, "align_corners": False}
    found = F.interpolate(video.permute(0, 3, 1, 2).double(), shape[1:], **options)
    rows = found.permute(1, 0, 2, 3).flatten(2)[:, None]  # a row for every frame
    rows = F.interpolate(rows, (shape[0], rows.shape[3]), **options)
    found = rows[:, 0].unflatten(2, shape[1:]).permute(1, 2, 3, 0)
    return found.clamp(0, 255)


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("name", SHAPES)
def test_it_is_what_torch_gives(name, channels):
    before, after = SHAPES[name]
    video = torch.cat([codes(before, 0), codes(before, 1)], dim=3)[..., :channels]
    video[:, :3] = 255  # so that sums go beyond the codes
    result = shrunk(video, after, lambda: None)
    assert result.dtype == torch.uint8 and result.shape == (*after, channels)
    assert (result - expected_codes(video, after)).abs().max() <= 0.51


def test_constants_stay():
    video = torch.full((4, 31, 40, 3), 77, dtype=torch.uint8)
    assert (shrunk(video, (2, 9, 40), lambda: None) == 77).all()


@pytest.mark.parametrize(("before", "after"), [(13, 7), (100, 3), (7, 6), (9, 9), (5, 1)])
def test_weights_add_up_to_1_and_stay_within_the_side(before, after):
    first, count, table = weights(before, after)
    assert np.allclose(table.sum(1), 1, atol=1e-6)
    assert (first >= 0).all() and (first + count <= before).all() and (count >= 1).all()
    for number, row in zip(count, table):
        assert (row[number:] == 0).all()


def test_threads_do_not_change_the_result(monkeypatch):
    video = codes((5, 70, 60), 0)
    results = []
    for threads in ("1", "3"):
        monkeypatch.setenv("VGPNN_THREADS", threads)
        results.append(shrunk(video, (3, 50, 41), lambda: None))
    assert torch.equal(*results)


def test_nothing_is_read_or_written_beyond_the_arrays(monkeypatch):
    monkeypatch.setattr(
        shrinking, "empty", lambda shape, kind: guarded(torch.empty(tuple(shape), dtype=kind))
    )
    video = guarded(codes((5, 30, 27), 0))
    for shape in ((5, 30, 11), (3, 29, 27), (1, 1, 1)):
        shrunk(video, shape, lambda: None)


def test_a_checkpoint_can_cancel():
    def cancel():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        shrunk(codes((5, 30, 27), 0), (3, 20, 20), cancel)
