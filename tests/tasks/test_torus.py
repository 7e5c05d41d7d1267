"""A clip that goes round, as a source: margins, lines, and the way back to the clip."""

import pytest
import torch
from helpers.clips import drifting_texture
from helpers.seams import seam_step

from vgpnn.tasks.torus import torus_of

AXES = {"x": (False, True), "y": (True, False), "both": (True, True)}


@pytest.fixture(scope="module")
def codes():
    return drifting_texture((4, 40, 56), 5)


@pytest.mark.parametrize("wraps", AXES.values(), ids=AXES)
def test_the_source_goes_on_beyond_its_edges(codes, wraps):
    torus = torus_of(codes, wraps)
    closed = torus.closed(codes)
    source = torus.source(closed)
    assert tuple(source.shape) == (4, 40 + 20 * wraps[0], 56 + 28 * wraps[1], 3)
    rows, columns = torus.margins(40, 56)
    y, x = torch.arange(source.shape[1]), torch.arange(source.shape[2])
    expected = closed[:, (y - rows) % 40][:, :, (x - columns) % 56]
    assert torch.equal(source, expected)
    assert tuple(torus.lines(4).shape) == tuple(source.shape[:3])
    assert tuple(torus.source(torus.closed(codes.repeat_interleave(2, 1))).shape[1:3]) == (
        2 * (40 + 2 * rows),
        56 + 2 * columns,
    )


def test_a_map_into_the_source_becomes_one_into_the_clip(codes):
    torus = torus_of(codes, AXES["both"])
    closed = torus.closed(codes)
    rows, columns = torus.margins(40, 56)
    t, y, x = torch.meshgrid(*map(torch.arange, (4, 60, 84)), indexing="ij")
    places = torus.sources(torch.stack([t, y, x], -1).to(torch.int16)).long()
    assert (places >= 0).all() and (places < torch.tensor([4, 40, 56])).all()
    colours = codes[places[..., 0], places[..., 1], places[..., 2]].float()
    apart = colours - torus.source(closed).float()  # but for what was spread
    assert apart.abs().mean() < 0.25 * codes.float().std()
    inner = places[:, rows : rows + 40, columns : columns + 56]
    assert (inner[..., 2].unique().numel(), inner[..., 1].unique().numel()) > (28, 20)


def test_a_smaller_torus_has_no_seam_either(codes):
    torus = torus_of(codes, AXES["both"])
    small = torus.reduced(torus.closed(codes), (4, 23, 31))
    assert seam_step(small, 1) < 1.4 and seam_step(small, 2) < 1.4


def test_what_does_not_go_round_is_no_torus(codes):
    assert torus_of(codes, (False, False)) is None
