"""More of this, less of this, none of this: what results have of what is marked."""

from __future__ import annotations

import pytest
import torch
from helpers.marked import discs, share_of
from helpers.sentences import is_one_sentence

import vgpnn
from vgpnn import Preference, Video
from vgpnn.settings import Settings
from vgpnn.tasks import generation, retargeting, steering
from vgpnn.tasks.steering import Trial, search

FAST = Settings(passes=2, last_levels=4)
COARSE = {"space_factor": 0.7, "passes": 1, "coarsest_passes": 1}


@pytest.fixture(scope="module")
def scene():
    clip, red = discs()
    return Video(clip, 12), red


@pytest.fixture(scope="module")
def plain(scene):
    return vgpnn.generate(scene[0], 1, FAST)


def wanted(scene, kind, seed=1, **options):
    return vgpnn.generate(
        scene[0], seed, FAST, preference=Preference(**{kind: scene[1]}), **options
    )


def test_more_and_less_change_the_share_in_the_result(scene, plain):
    before = share_of(plain, scene[1])
    more, less = wanted(scene, "more"), wanted(scene, "less")
    assert 1.3 < share_of(more, scene[1]) / before < 2.7
    assert 0.2 < share_of(less, scene[1]) / before < 0.8


def test_none_is_exactly_nothing_also_in_full(scene):
    none = wanted(scene, "none")
    assert share_of(none, scene[1]) == 0
    red = none.video.codes[..., 0].int() - none.video.codes[..., 1].int() > 100
    assert not red.any()
    large = scene[0].codes.repeat_interleave(2, 1).repeat_interleave(2, 2)
    full = vgpnn.finish_in_full(none, Video(large, 12)).codes.int()
    assert not (full[..., 0] - full[..., 1] > 100).any()


def test_the_same_seed_gives_the_same_bytes_alone_or_in_a_batch(scene):
    alone = wanted(scene, "more")
    preference = Preference(more=scene[1])
    first, _ = vgpnn.generate_batch(scene[0], (1, 2), FAST, preference=preference)
    assert torch.equal(first.video.codes, alone.video.codes)


def test_a_problem_of_several_samples_can_be_solved_again(scene, monkeypatch):
    """Also where copies are in the first guess, and where the gain of one sample does not hold."""
    held = {1: True, 2: False}
    seeds = iter([1, 2])
    steered_sample = steering.steered_sample

    def of_next(sample):
        holds = held[next(seeds)]
        monkeypatch.setattr(steering, "_holds", lambda *figures: holds)
        return steered_sample(sample)

    monkeypatch.setattr(steering, "steered_sample", of_next)
    settings = FAST.with_changes(layout="noise")
    batch = generation.problem(scene[0], (1, 2), settings, preference=Preference(more=scene[1]))
    assert [any(each.gains) for each in batch.steering] == [True, False]
    first, again = batch.solve(None), batch.solve(None)
    alone = [sample.solve(None)[0] for sample in batch.samples()]
    for one, *others in zip(first, again, alone):
        assert all(torch.equal(one.video.codes, other.video.codes) for other in others)


def test_drafts_show_the_effect_and_are_finished_with_it(scene):
    preference = Preference(none=scene[1], more=None)
    plain = list(vgpnn.drafts(scene[0], 2, 1, FAST))
    steered = list(vgpnn.drafts(scene[0], 2, 1, FAST, preference=Preference(less=scene[1])))
    none = next(vgpnn.drafts(scene[0], 1, 1, FAST, preference=preference))

    def reds(draft):
        codes = draft.video.codes.int()
        return (codes[..., 0] - codes[..., 1] > 80).float().mean().item()

    assert [draft.name for draft in plain] == [draft.name for draft in steered]
    assert reds(none) < 1e-3 and sum(map(reds, steered)) < 0.85 * sum(map(reds, plain))
    finished = vgpnn.finish(steered[1])
    named = wanted(scene, "less", draft=steered[1].name)
    assert torch.equal(finished.video.codes, named.video.codes)


def test_retiming_and_analogies_are_steered_too(scene):
    clip, red = scene
    longer = vgpnn.retarget(clip, duration_scale=1.5, preference=Preference(none=red), **COARSE)
    assert longer.video.shape[0] == 9 and share_of(longer, red) == 0
    style, mask = clip.codes.flip(2), red.flip(2)
    taken = vgpnn.analogy(clip, Video(style, 12), preference=Preference(none=mask), **COARSE)
    assert share_of(taken, mask) == 0


def test_copies_are_made_only_where_they_keep_the_pace_of_the_source(scene, monkeypatch):
    monkeypatch.setattr(retargeting, "steered", lambda problem: problem)
    monkeypatch.setattr(generation, "steered", lambda problem: problem)
    monkeypatch.setattr(generation.pool, "with_chosen_drafts", lambda problem: problem)
    wish = {"settings": FAST, "preference": Preference(more=scene[1])}
    plain = generation.problem(scene[0], 1, **wish)
    assert not torch.equal(steering.with_copies(plain, 1).guess, plain.guess)
    for length, loop in ((2.0, False), (0.5, False), (1.0, True)):
        # Of a loop the coarsest level has as many frames as the source.
        timed = retargeting.problem(scene[0], 1.0, 1.0, length, loop, 1, **wish)
        assert steering.with_copies(timed, 1) is timed


def test_a_mark_of_everything_is_refused(scene):
    everything = torch.ones_like(scene[1])
    with pytest.raises(ValueError) as error:
        vgpnn.generate(scene[0], 1, FAST, preference=Preference(none=everything))
    assert is_one_sentence(str(error.value))


def tried_by(times_of, holds=lambda gain: True):
    calls = []

    def tried(gains):
        calls.append(gains)
        return Trial(gains, tuple(map(times_of, gains)), all(map(holds, gains)))

    return tried, calls


@pytest.mark.parametrize("target", [2.0, 0.5])
def test_the_search_finds_a_gain_in_few_runs(target):
    tried, calls = tried_by(lambda gain: 2 ** (gain / 4.3))
    best = search(tried, (target,))
    assert abs(best.times[0] - target) <= 0.1 * target and len(calls) <= steering.RUNS
    assert steering.notices(best, (target,)) == ()


def test_two_marks_are_searched_together():
    tried, calls = tried_by(lambda gain: 2 ** (gain / 4))
    best = search(tried, (2.0, 0.5))
    assert best.strengths[0] > 0 > best.strengths[1] and len(calls) == 1


def test_the_nearest_that_holds_is_given_and_told():
    tried, _ = tried_by(lambda gain: 2 ** (gain / 4), lambda gain: gain < 2)
    best = search(tried, (2.0,))
    assert 1.2 < best.times[0] < 1.45 and best.strengths[0] < 2
    (notice,) = steering.notices(best, (2.0,))
    assert is_one_sentence(notice) and "1.4" in notice
    tried, _ = tried_by(lambda gain: 1.0, lambda gain: False)
    assert search(tried, (2.0,)).strengths == (0.0,)
