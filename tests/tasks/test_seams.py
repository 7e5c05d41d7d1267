"""How visible upright seams are."""

import pytest
import torch

from vgpnn.tasks import layouts
from vgpnn.tasks.layouts import Layout, Piece
from vgpnn.tasks.seams import seam, steps_of, sums_of


def sky(shape=(4, 40, 64)) -> torch.Tensor:
    """A sky that gets brighter from left to right, with noise."""
    frames, height, width = shape
    ramp = torch.linspace(60, 200, width)[:, None].expand(frames, height, width, 3)
    noise = 6 * torch.randn(*shape, 3, generator=torch.Generator().manual_seed(0))
    return (ramp + noise).clamp(0, 255).to(torch.uint8)


def test_a_layout_of_a_sky_has_a_seam_and_the_sky_has_none():
    panned = layouts.arranged(sky(), Layout("pan", (Piece(30, 64), Piece(0, 30))))
    assert seam(panned, sky()) > 0.4  # the ramp has a step of 1.1, less what two sides blur
    assert seam(sky(), sky()) == 0
    assert seam(sky().flip(2), sky()) == 0


def test_an_edge_that_the_source_has_at_that_height_is_no_seam():
    flat = torch.full_like(sky(), 128)
    trunk = flat.clone()
    trunk[:, :, 20:26] = 0
    assert seam(trunk.roll(20, 2), trunk) == 0
    assert seam(trunk, flat) > 0.3


def test_a_texture_is_no_seam():
    """What differs from row to row is no upright edge, however strong it is."""
    texture = torch.randint(0, 256, (4, 40, 64, 3), generator=torch.Generator().manual_seed(1))
    assert seam(texture.byte(), texture.byte().roll(9, 2)) < 0.02


@pytest.mark.parametrize("shape", [(1, 1, 1), (2, 3, 3), (3, 1, 9), (1, 9, 5)])
def test_small_clips_have_a_figure(shape):
    assert seam(sky(shape), sky(shape)) == 0


def test_steps_are_those_of_means():
    video = sky((2, 8, 40))
    values = video.double().mean(0) / 127.5
    expected = (values[2:5, 11:13] - values[2:5, 9:11]).mean((0, 1)).norm()
    assert steps_of(video)[2, 9] == pytest.approx(expected.item())


def test_sums_of_neighbours():
    assert sums_of(torch.arange(5), 2, 0).tolist() == [1, 3, 5, 7]
