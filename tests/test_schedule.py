"""What is planned for each level, and the work model."""

from dataclasses import replace

import pytest

from vgpnn import pyramid, schedule
from vgpnn.schedule import (
    FINE_REACH,
    FIRST_SWEEPS,
    REVERSE_EFFORT,
    SWEEPS,
    LevelPlan,
    plan_levels,
    random_streams,
    shares_done,
    total_work,
)
from vgpnn.settings import Settings

CLIP = (13, 144, 256)


def plans_of(settings: Settings, shape=CLIP) -> list[LevelPlan]:
    return plan_levels(pyramid.level_shapes(shape, shape, settings), settings)


def test_passes_depend_on_the_level():
    plans = plans_of(Settings(passes=6, coarsest_passes=2, last_levels=4, last_passes=3))
    middle = len(plans) - 5
    assert [plan.passes for plan in plans] == [2, *[6] * middle, *[3] * 4]


def test_large_levels_have_their_own_patch_and_passes():
    plans = plans_of(Settings(large_voxels=100_000, large_patch=(3, 5, 5), large_passes=2))
    assert {plan.result[1] for plan in plans} > {144}
    for plan in plans:
        frames, height, width = plan.result
        is_large = frames * height * width > 100_000
        assert plan.patch == ((3, 5, 5) if is_large else (3, 7, 7))
        assert not is_large or plan.passes == 2


@pytest.mark.parametrize("share", [0, 0.3, 0.5, 1])
def test_weights_act_on_the_coarser_share_of_the_levels(share):
    plans = plans_of(Settings(complete_levels=share))
    weighted = [plan.weighted for plan in plans]
    assert weighted == sorted(weighted, reverse=True)
    assert share * len(plans) <= sum(weighted) < share * len(plans) + 1


def test_without_alpha_no_level_is_weighted():
    assert not any(plan.weighted for plan in plans_of(Settings(alpha=None, complete_levels=1)))


def test_sweeps_are_more_at_the_first_pass_and_near_at_a_fine_level():
    small = LevelPlan(CLIP, (5, 40, 60), (3, 7, 7), passes=5, weighted=True)
    fine = LevelPlan(CLIP, CLIP, (3, 7, 7), passes=5, weighted=True)
    single = LevelPlan(CLIP, CLIP, (3, 7, 7), passes=1, weighted=False)
    assert [small.effort(n)["sweeps"] for n in (0, 1)] == [FIRST_SWEEPS, SWEEPS]
    assert single.effort(0) == {"sweeps": SWEEPS, "reach": FINE_REACH}
    assert (small.effort(0)["reach"], fine.effort(0)["reach"]) == (None, FINE_REACH)
    assert [small.reverse_effort(n) for n in (0, 1)] == [small.effort(0), REVERSE_EFFORT]


def test_every_second_patch_searches_but_on_the_coarsest_levels():
    plans = plans_of(Settings())
    assert [plan.stride for plan in plans] == [1] * 6 + [2] * (len(plans) - 6)
    plans = plans_of(Settings(patch=(3, 2, 7), large_patch=(3, 2, 7)))
    assert {plan.stride for plan in plans} == {1}  # a voxel would be left out
    assert all(plan.stride == 1 for plan in plans_of(Settings(), (3, 20, 24)) if plan.is_exact)


def test_work_grows_with_weights_size_and_the_first_pass():
    plain = LevelPlan(CLIP, CLIP, (3, 7, 7), passes=5, weighted=False)
    weighted = LevelPlan(CLIP, CLIP, (3, 7, 7), passes=5, weighted=True)
    wider = LevelPlan(CLIP, (13, 144, 512), (3, 7, 7), passes=5, weighted=False)
    sparse = replace(plain, stride=2)
    assert plain.work(0) > plain.work(1) == plain.work(4)
    assert weighted.work(0) > 1.8 * plain.work(0)
    assert plain.work(1) < weighted.work(1) < 1.5 * plain.work(1)  # one sweep back
    assert sparse.work(1) < plain.work(1) / 2
    assert wider.work(1) == pytest.approx(2 * plain.work(1), rel=0.1)


def test_exact_levels_cost_by_pairs():
    level = LevelPlan((3, 15, 26), (3, 15, 26), (3, 7, 7), passes=3, weighted=False)
    patches = 1 * 9 * 20
    assert level.is_exact and level.pairs == patches**2
    pairs = schedule.PAIR_SWEEPS * patches**2
    assert level.work(0) == 3 * 15 * 26 + schedule.SEARCH_SWEEPS + pairs


def test_shares_rise_to_one_with_every_pass():
    plans = plans_of(Settings())
    shares = shares_done(plans)
    assert len(shares) == sum(plan.passes for plan in plans)
    assert shares == sorted(shares) and shares[0] > 0 and shares[-1] == pytest.approx(1)
    steps = [after - before for before, after in zip([0, *shares], shares)]
    works = [
        plan.work(number) / total_work(plans) for plan in plans for number in range(plan.passes)
    ]
    assert steps == pytest.approx(works)


def test_no_two_searches_draw_from_one_stream():
    streams = [
        random_streams((0, 1, 999), level, number) for level in range(30) for number in range(20)
    ]
    every = [stream for pair in streams for stream in (*pair.forward, *pair.reverse)]
    assert len(set(every)) == len(every) == 30 * 20 * 3 * 2
