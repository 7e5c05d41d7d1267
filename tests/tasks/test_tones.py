"""Blended seams: the step of tones goes, texture and what lies apart stay."""

from fractions import Fraction

import pytest
import torch
from helpers.clips import drifting_texture

import vgpnn
from vgpnn.bars import Box, Frame
from vgpnn.source_map import identity
from vgpnn.tasks import tones
from vgpnn.tasks.finishing import finish_in_full
from vgpnn.tasks.tones import Tones, blended, settled, tones_of

SHAPE = (4, 48, 96)
SEAM = 48  # [px] the column at which the halves of the source meet, which change their places


def sky(slope: float = 0.3) -> torch.Tensor:
    """(T, H, W, 3) codes: a texture on a sky that becomes brighter to the right."""
    ramp = torch.arange(SHAPE[2]) * slope
    return (90 + drifting_texture(SHAPE, 0) / 16 + ramp[:, None]).to(torch.uint8)


def swapped(source: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The halves of a video in the other order, and the source map of that."""
    columns = (torch.arange(source.shape[2]) + SEAM) % source.shape[2]
    return source[:, :, columns], identity(tuple(source.shape[:3]))[:, :, columns].contiguous()


def step(video: torch.Tensor, at: int = SEAM) -> float:
    """How much brighter the columns after a place are than those before it [codes]."""
    return (
        video[:, :, at : at + 3].float().mean() - video[:, :, at - 3 : at].float().mean()
    ).item()


def test_the_step_at_a_seam_goes_and_the_texture_stays():
    source = sky()
    codes, places = swapped(source)
    result, change = blended(codes, places, source)
    assert step(codes) < -25 and abs(step(result)) < 4
    # Half of the step on either side, and far from the seam hardly anything.
    added = result.float() - codes.float()
    assert added[:, :, SEAM].mean() == pytest.approx(-added[:, :, SEAM - 1].mean(), abs=2)
    assert added[:, :, [0, -1]].abs().max() < 0.15 * added.abs().max()
    # The change is smooth but for the seam itself, so that it takes no texture away.
    steps = added.diff(dim=2).abs().amax((0, 1, 3))
    assert steps[torch.arange(len(steps)) != SEAM - 1].max() <= 4
    assert change.change.shape[1:3] == (48, 96)


def test_a_copy_and_a_map_without_seams_stay():
    source = sky()
    codes, change = blended(source, identity(SHAPE), source)
    assert codes is source and change is None
    moved = identity(SHAPE)
    moved[..., 2] = (moved[..., 2] + 5).clamp(max=SHAPE[2] - 1)  # the border repeats, and no piece
    assert torch.equal(blended(source, moved, source)[0][:, :, :40], source[:, :, :40])


def test_other_things_side_by_side_stay():
    source = sky(slope=1.6)  # a step of 150 codes
    codes, places = swapped(source)
    assert torch.equal(blended(codes, places, source)[0], codes)


@pytest.mark.parametrize("axis", [1, 2], ids=["rows", "columns"])
@pytest.mark.parametrize("shown", [10, 14], ids=["before", "after"])
def test_a_piece_of_another_moment_is_told_as_well(axis, shown):
    source = sky()
    source[1] += 40
    lines = torch.stack(torch.meshgrid(*map(torch.arange, SHAPE[1:]), indexing="ij"))[axis - 1]
    lines = lines[..., None]
    frame = source[0].where(lines < shown, source[1])
    places = identity((1, *SHAPE[1:]))
    places[0, ..., 0] = (lines[..., 0] >= 12).short()
    (found,) = settled(frame[None], places, source)
    assert torch.equal(found[..., 0], (lines[..., 0] >= shown).short())


def test_the_grid_of_a_long_picture_has_a_bound():
    source = torch.zeros(1, 16, 2000, 3, dtype=torch.uint8)
    source[:, :, 1000:] = 30
    codes, places = source.flip(2), identity((1, 16, 2000)).flip(2).contiguous()
    assert tones_of(codes, list(places), source).change.shape[2] <= tones.LONGEST


def test_black_stays_black():
    source = sky()
    source[:, :10] = 0  # such as a bar with a subtitle on it, which is not told from the picture
    codes, places = swapped(source)
    result, _ = blended(codes, places, source)
    assert not result[:, :10].any() and abs(step(result[:, 20:])) < 4


def test_the_equation_is_solved():
    """Against a dense system of equations, with a matrix of differences for every axis."""
    pull = torch.randn(3, 4, 5, 3, generator=torch.Generator().manual_seed(0))
    grid = torch.arange(60).reshape(3, 4, 5)
    matrix = tones.FADING * torch.eye(60, dtype=torch.float64)
    for axis, weight in enumerate((tones.STEADINESS, 1.0, 1.0)):
        for a, b in zip(
            grid.narrow(axis, 0, grid.shape[axis] - 1).flatten(),
            grid.narrow(axis, 1, grid.shape[axis] - 1).flatten(),
        ):
            matrix[a, a] += weight
            matrix[b, b] += weight
            matrix[a, b] -= weight
            matrix[b, a] -= weight
    expected = torch.linalg.solve(matrix, pull.double().reshape(60, 3)).reshape(pull.shape)
    assert (tones._solved(pull) - expected).abs().max() < 1e-4 * expected.abs().max()


def test_a_voxel_belongs_to_the_piece_that_it_has_its_colour_from():
    """The vote may put the seam some px from where the map has it: no line is left between."""
    source, columns = sky(), torch.arange(SHAPE[2])
    shown, told = ((columns + 20).where(columns < seam, columns - 20) for seam in (46, SEAM))
    codes, places = source[:, :, shown], identity(SHAPE)[:, :, told].contiguous()
    result, _ = blended(codes, places, source)
    jumps = [video.float().mean((0, 1, 3)).diff().abs().max().item() for video in (codes, result)]
    assert jumps[0] > 10 and jumps[1] < 3


@pytest.mark.parametrize("rate", [1, 2], ids=["same rate", "twice the rate"])
def test_the_same_change_serves_a_larger_result(rate):
    source = sky()
    codes, places = swapped(source)
    change = tones_of(codes, list(places), source)
    large = source.repeat_interleave(2, 1).repeat_interleave(2, 2).repeat_interleave(rate, 0)
    columns = (torch.arange(2 * SHAPE[2]) + 2 * SEAM) % (2 * SHAPE[2])
    maps = identity(tuple(large.shape[:3]))[:, :, columns].contiguous()
    result = large[:, :, columns].contiguous()
    change.add(result, settled(result, maps, large), rate)
    assert step(large[:, :, columns], 2 * SEAM) < -25 and abs(step(result, 2 * SEAM)) < 4


def test_around_the_picture_nothing_changes():
    source = sky()
    codes, places = swapped(source)
    whole = torch.full((4, 64, 96, 3), 16, dtype=torch.uint8)
    frame = Frame(Box(8, 56, 0, 96), whole.clone())
    change = tones_of(codes, list(places), source).inside(frame)
    around, maps = whole.clone(), identity((4, 64, 96))
    whole[:, 8:56], around[:, 8:56] = codes, source
    maps[:, 8:56, :, 2] = places[..., 2]
    change.add(whole, settled(whole, maps, around))
    assert (whole[:, :8] == 16).all() and (whole[:, 56:] == 16).all()
    assert abs(step(whole[:, 8:56])) < 4


def test_takes_have_blended_seams_unless_they_are_to_be_left():
    clip = vgpnn.Video(sky(), Fraction(12))
    takes = {seams: vgpnn.generate(clip, 3, seams=seams) for seams in ("blend", "leave")}
    assert takes["leave"].tones is None and isinstance(takes["blend"].tones, Tones)
    assert torch.equal(takes["leave"].source_map, takes["blend"].source_map)
    left, blend = (take.video.codes for take in takes.values())
    assert not torch.equal(left, blend)
    larger = vgpnn.Video(sky().repeat_interleave(2, 1).repeat_interleave(2, 2), Fraction(12))
    full = {seams: finish_in_full(take, larger).codes for seams, take in takes.items()}
    small = (full["blend"].float() - full["leave"].float())[:, ::2, ::2]
    expected = takes["blend"].video.codes.float() - takes["leave"].video.codes.float()
    assert torch.corrcoef(torch.stack([small.flatten(), expected.flatten()]))[0, 1] > 0.7
