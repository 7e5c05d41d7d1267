"""Closing a clip: no step at its edges, lines where little differs, and the same at every size."""

import pytest
import torch
from helpers.clips import drifting_texture
from helpers.seams import seam_step

from vgpnn.codes import decode, encode
from vgpnn.pyramid import resize
from vgpnn.tasks import seam

BOTH = (True, True)


def uneven(shape=(5, 40, 56), seed=3) -> torch.Tensor:
    """Texture that gets brighter to the right and to the bottom."""
    codes = drifting_texture(shape, seed).float() / 3
    codes += (
        torch.linspace(0, 80, shape[2])[:, None] + torch.linspace(0, 60, shape[1])[:, None, None]
    )
    return codes.to(torch.uint8)


def closed(codes, wraps):
    for closing in seam.closings(codes, wraps):
        codes = closing.closed(codes)
    return codes


@pytest.mark.parametrize("wraps", [(False, True), (True, False), BOTH], ids=["x", "y", "both"])
def test_a_closed_clip_has_no_step_at_its_edges(wraps):
    codes = uneven()
    result = closed(codes, wraps)
    assert result.shape == codes.shape
    for axis, on in enumerate(wraps, start=1):
        if on:
            assert seam_step(result, axis) < 1.3 < seam_step(codes, axis)
    again = closed(codes, wraps)
    assert torch.equal(again, result)


def test_lines_go_where_two_pictures_are_alike():
    costs = torch.ones(2, 6, 9)
    path = torch.tensor([4, 5, 6, 6, 5, 4])
    costs[1, torch.arange(6), path] = 0
    found, cost = seam.least_lines(costs)
    assert torch.equal(found[1], path) and cost.tolist() == [1, 0]
    assert (found[:, 1:] - found[:, :-1]).abs().max() <= 1


def test_a_line_that_goes_round_ends_where_it_begins():
    costs = torch.rand(1, 12, 9, generator=torch.Generator().manual_seed(2))
    costs[0, 0, 0] = costs[0, -1, -1] = -1  # worth the way for a line with ends only
    (found,), _ = seam.least_lines(costs, goes_round=True)
    assert abs(int(found[0]) - int(found[-1])) <= 1


def test_what_differs_in_brightness_is_spread_and_large_differences_stay():
    clip = torch.zeros(16, 20, 3)
    is_copy = torch.zeros(16, 20, dtype=torch.bool)
    is_copy[:, 10:] = True
    faint = seam.joined(clip, clip + 0.1, is_copy, (False, False))
    steps = (faint[:, 1:] - faint[:, :-1]).abs()
    assert steps.max() < 0.02
    strong = seam.joined(clip - 0.9, clip + 0.9, is_copy, (False, False))
    assert (strong[:, 10] - strong[:, 9]).min() > 1.5
    same = decode(uneven()[0])
    assert (seam.joined(same, same, same[..., 0] > 0, BOTH) - same).abs().max() < 0.002


def test_a_closing_holds_for_other_sizes():
    codes = uneven((3, 80, 112))
    (closing,) = seam.closings(codes, (False, True))
    small = closing.closed(resize(codes, (3, 40, 56)))
    apart = resize(closing.closed(codes), (3, 40, 56)).float() - small.float()
    assert apart.abs().mean() < 12 < codes.float().std() and seam_step(small, 2) < 1.3
    share = closing.is_copy(80, 112).float().mean() - closing.is_copy(33, 51).float().mean()
    assert abs(share) < 0.02


def test_each_pixel_knows_where_it_comes_from():
    codes = uneven()
    (closing,) = seam.closings(codes, (True, False))
    rows, columns = torch.meshgrid(torch.arange(40), torch.arange(56), indexing="ij")
    places = closing.sources(torch.stack([rows, columns], -1))
    assert torch.equal(places[..., 1], columns)
    moved = codes[0].float()[places[..., 0], places[..., 1]]
    result = closing.closed(codes)[0].float()
    assert (moved - moved.mean() - result + result.mean()).abs().mean() < 14
    lines = closing.with_lines(torch.zeros(40, 56, dtype=torch.bool))
    assert 0 < lines.float().mean() < 0.3


def test_a_clip_too_small_to_cut_stays():
    assert seam.closings(encode(torch.zeros(2, 5, 40, 3)), (True, False)) == ()
