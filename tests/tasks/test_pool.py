"""The pool of drafts of a seed."""

import pytest
import torch
from helpers.clips import clip as moving_blobs
from helpers.clips import drifting_texture

import vgpnn
from vgpnn.machine.recent import Recent
from vgpnn.presets import PRESETS
from vgpnn.search import counting
from vgpnn.tasks import pool
from vgpnn.tasks.generation import clean_problem
from vgpnn.tasks.pool import Pool, Trial

FAST = PRESETS["generate"].with_changes(passes=2, last_levels=3)


@pytest.fixture(autouse=True)
def nothing_known(monkeypatch):
    monkeypatch.setattr(pool, "_known", Recent(pool.KNOWN_SCORES))


def clean(video=None, seed=0, settings=FAST):
    video = drifting_texture((6, 40, 56), 0) if video is None else video
    return clean_problem(video, seed, settings, "cpu", "auto", lambda: None)


def chosen(problem, count):
    drafts, found = Pool(problem), []
    for _ in range(count):
        found.append(drafts.choose(found))
    return found


def test_the_first_drafts_stay_when_more_are_asked_for():
    few, many = chosen(clean(), 2), chosen(clean(), 6)
    assert [trial.name for trial in few] == [trial.name for trial in many[:2]]
    assert len({trial.name for trial in many}) == 6


@pytest.mark.parametrize("skip", [0, 2])
def test_drafts_that_begin_as_one_batch_are_those_that_begin_one_by_one(skip, monkeypatch):
    video = drifting_texture((6, 40, 56), 0)
    alone = list(vgpnn.drafts(video, 4, 3, FAST, skip=skip))
    takes = vgpnn.generate_batch(video, (1, 2), FAST)
    monkeypatch.setattr(pool, "_known", Recent(pool.KNOWN_SCORES))
    monkeypatch.setattr(pool, "runs_gpu_kernels", lambda device: True)
    monkeypatch.setattr(Trial, "to_level", only_prepared(Trial.to_level))
    together = list(vgpnn.drafts(video, 4, 3, FAST, skip=skip))
    assert [(d.name, d.error, d.change) for d in together] == [
        (d.name, d.error, d.change) for d in alone
    ]
    for draft, other in zip(together, alone):
        assert torch.equal(draft.video.codes, other.video.codes)
    for take, other in zip(vgpnn.generate_batch(video, (1, 2), FAST), takes):
        assert take.draft == other.draft and torch.equal(take.video.codes, other.video.codes)


def only_prepared(to_level):
    def checked(trial, level):
        assert level in trial._states, "a draft began by itself"
        return to_level(trial, level)

    return checked


def test_no_draft_is_chosen_twice_and_none_is_a_copy():
    problem = clean()
    for trial in chosen(problem, 6):
        assert not trial.layout.is_copy
        assert trial.score(Pool(problem).judged_level).change > 0


def test_no_two_drafts_have_the_same_layout():
    """In few columns, many orders of pieces come out alike."""
    drafts = chosen(clean(drifting_texture((3, 24, 20), 0)), 12)
    columns = [tuple(trial.layout.columns) for trial in drafts if trial is not None]
    assert len(columns) > 6 and len(set(columns)) == len(columns)


def test_scores_are_kept_and_no_loop_runs_for_what_is_known(monkeypatch):
    problem = clean()
    before = [trial.name for trial in chosen(problem, 3)]
    monkeypatch.setattr(pool, "Run", None)  # a loop would have to begin with it
    assert [trial.name for trial in chosen(clean(), 3)] == before
    with pytest.raises(TypeError):
        chosen(clean(seed=1), 1)
    with pytest.raises(TypeError):
        chosen(clean(drifting_texture((6, 40, 56), 1)), 1)
    with pytest.raises(TypeError):
        chosen(clean(settings=FAST.with_changes(alpha=None)), 1)


def test_a_draft_goes_on_from_where_it_was_judged():
    """The passes that are done are not run again, and the result is that of an unbroken run."""
    (trial,) = chosen(clean(), 1)
    with counting.counted() as going_on:
        (result,) = trial.begun.solve()
    with counting.counted() as unbroken:
        (again,) = trial.problem.solve()
    assert torch.equal(result.video.codes, again.video.codes) and result.draft == trial.name
    assert 0 < going_on.distances < unbroken.distances


def test_the_passes_that_are_done_are_seen_again_by_whoever_observes():
    (trial,) = chosen(clean(), 1)
    seen = [(state.level, state.number, state.guess.clone()) for state in trial.begun.passes()]
    plain = [(state.level, state.number, state.guess.clone()) for state in trial.problem.passes()]
    assert [each[:2] for each in seen] == [each[:2] for each in plain]
    assert all(torch.equal(one[2], other[2]) for one, other in zip(seen, plain))


@pytest.mark.slow
def test_a_take_compares_at_most_twice_what_a_plain_one_compares(monkeypatch):
    monkeypatch.setenv("VGPNN_THREADS", "1")
    video = moving_blobs(8, 96, 128)
    with counting.counted() as ours:
        result = vgpnn.generate(video, 0)
    with counting.counted() as plain:
        vgpnn.generate(video, 0, draft=result.draft)
    assert ours.elements <= 2 * plain.elements


def test_a_clip_with_no_other_layout_is_generated_all_the_same():
    video = torch.rand(4, 20, 1, 3) * 2 - 1
    result = vgpnn.generate(video, 0)
    assert result.draft is None and result.video.frames.shape == video.shape
