"""Marks on keys: what the slack is multiplied by, and what may not be used."""

from __future__ import annotations

import math

import pytest
import torch
from helpers.clips import codes

from vgpnn import marks
from vgpnn.fields import FieldShape
from vgpnn.marks import Marks, cover, key_weights, preferred_levels
from vgpnn.outside import keys_outside
from vgpnn.presets import PRESETS
from vgpnn.query_grid import QueryGrid
from vgpnn.schedule import plan_levels
from vgpnn.search import nearest

PATCH = (3, 5, 5)
SIZE = (5, 14, 17)


def box():
    """A mask of a box, (t, h, w) float32."""
    mask = torch.zeros(SIZE)
    mask[:, 4:9, 6:12] = 1
    return mask


def test_the_cover_is_the_mean_of_every_patch():
    mask = torch.rand(SIZE)
    means = mask.unfold(0, 3, 1).unfold(1, 5, 1).unfold(2, 5, 1).mean((-3, -2, -1))
    assert torch.allclose(cover(mask, PATCH), means, atol=1e-6)


def test_a_smaller_level_has_the_share_of_each_voxel():
    found = Marks(box()[None], box()).reduced((5, 7, 17), torch.device("cpu"))
    assert found.wanted.shape == (1, 5, 7, 17) and found.forbidden.shape == (5, 7, 17)
    assert found.wanted.mean().item() == pytest.approx(box().mean().item(), abs=1e-6)
    assert found.wanted[0, 0, 4, 6] == 0.5


def test_a_gain_multiplies_the_slack_of_the_key_that_is_covered_most_by_its_exponential():
    weights = key_weights(None, Marks(box()[None]), PATCH, [(2.0,), (0.0,)])
    assert weights.usable is None and weights.factor.shape[0] == 2
    assert weights.factor[0].max().item() == pytest.approx(math.exp(2))
    assert weights.factor[0].min() == 1 and (weights.factor[1] == 1).all()
    slack = torch.full(weights.factor.shape, 3.0, dtype=torch.double)
    assert torch.equal(weights.slack(slack, 2), slack * weights.factor)
    half = key_weights(None, Marks(box()[None]), PATCH, [(2.0,)], 0.5)
    assert half.factor.max().item() == pytest.approx(math.exp(1))


def test_without_marks_or_gains_nothing_changes():
    for weights in (
        key_weights(None, None, PATCH),
        key_weights(None, Marks(box()[None]), PATCH),
        key_weights(None, Marks(box()[None]), PATCH, [(0.0,)]),
        key_weights(None, Marks(box()[None]), PATCH, [(2.0,)], 0.0),
    ):
        assert weights.factor is weights.usable is weights.slack(None, 1) is None
        assert weights.start(None, QueryGrid(SIZE, PATCH), 1, lambda: None) is None


@pytest.mark.parametrize("backend", ["naive", "cpu"])
def test_forbidden_keys_are_never_found_also_from_no_field(backend):
    clip = codes(SIZE, 0)
    weights = key_weights(None, Marks(box()[None][:0], box()), PATCH, [()])
    assert weights.factor is None and 0 < weights.usable.sum() < weights.usable.numel()
    queries = QueryGrid(SIZE, PATCH)
    start = weights.start(None, FieldShape(queries, SIZE), 1, lambda: None)
    slack = weights.slack(None, 1)
    match = nearest(clip[None], clip[None], PATCH, slack, (start,), backend=backend)
    assert weights.usable[match.field[0].long().unbind(-1)].all()
    shown = cover(box(), PATCH)[match.field[0].long().unbind(-1)]
    assert shown.max() <= marks.FORBIDDEN_SHARE


def test_a_region_and_a_forbidden_mark_are_both_left_out():
    region = torch.zeros(SIZE, dtype=torch.bool)
    region[:, :, 15:] = True
    outside = keys_outside(region, PATCH)
    both = key_weights(outside, Marks(box()[None][:0], box()), PATCH).usable
    one = key_weights(outside, None, PATCH).usable
    other = key_weights(None, Marks(box()[None][:0], box()), PATCH).usable
    assert torch.equal(both, one & other) and both.sum() < min(one.sum(), other.sum())


@pytest.mark.parametrize("sides", [(15, 18, 22, 27, 33, 40, 49, 60, 73, 89), (36, 43, 53, 65)])
def test_gains_act_on_the_coarser_half_at_most(sides):
    shapes = [((8, side, 2 * side), (8, side, 2 * side)) for side in sides]
    count = preferred_levels(plan_levels(shapes, PRESETS["generate"]))
    assert count == {10: 5, 4: 2}[len(sides)]
