"""How many layouts a pool tries and judges."""

import pytest

from vgpnn import pyramid
from vgpnn.presets import preset
from vgpnn.schedule import plan_levels, total_work
from vgpnn.tasks import pool_size


def plans_of(shape, quality="balanced"):
    settings, _ = pyramid.adapted_settings(preset("generate", quality), shape)
    return plan_levels(pyramid.level_shapes(shape, shape, settings), settings)


@pytest.mark.parametrize("quality", ["fast", "balanced", "best"])
@pytest.mark.parametrize("shape", [(8, 139, 246), (13, 144, 256), (24, 144, 256), (15, 720, 1280)])
def test_the_pool_of_a_take_costs_at_most_as_much_as_the_take(shape, quality):
    """With the assignment of patches, it is a quarter more where a take is fast."""
    plans, most = plans_of(shape, quality), 1.25 if quality == "fast" else 1.0
    assert 0 < pool_size.first_work(plans) <= most * total_work(plans)


def test_at_least_some_layouts_are_tried_where_levels_are_few():
    tried, judged = pool_size.first_counts(plans_of((5, 16, 20)))
    assert tried >= pool_size.LEAST_TRIED and judged >= pool_size.LEAST_JUDGED


def test_drafts_are_judged_where_their_layout_can_be_seen():
    plans = plans_of((13, 144, 256))
    level, sides = pool_size.judged_level(plans), [min(plan.result[1:]) for plan in plans]
    assert sides[level - 1] >= pool_size.JUDGED_SIZE * sides[0] > sides[level - 2]
    assert pool_size.judged_level(plans_of((3, 8, 9))) == 1
