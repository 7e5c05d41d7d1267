"""What the tasks share: steps, results, batches, seeds, and what may stop a task."""

from dataclasses import replace
from fractions import Fraction

import pytest
import torch
from helpers.clips import drifting_texture
from helpers.sentences import is_one_sentence

import vgpnn
from vgpnn import pyramid
from vgpnn.machine.threads import torch_threads
from vgpnn.presets import PRESETS
from vgpnn.settings import Settings
from vgpnn.source_map import identity
from vgpnn.synthesis import synthesize
from vgpnn.tasks import generation, inpainting, retargeting
from vgpnn.tasks import problem as problems
from vgpnn.tasks.problem import checked_seeds, source_levels

SHAPE = (5, 24, 30)
CPU = torch.device("cpu")
FAST = Settings(passes=2, coarsest_passes=1, last_levels=1, sigma=2.0)


@pytest.fixture(scope="module")
def clip():
    return vgpnn.Video(drifting_texture(SHAPE, 0), Fraction(30))


def test_steps_follow_the_passes_of_the_loop(clip):
    problem = generation.problem(clip, (1, 2), FAST)
    observed = []
    steps = list(problem.steps(lambda state: observed.append((state.level, state.number))))
    assert [(step.level, step.number) for step in steps] == observed
    assert [step.level for step in steps if step.number == 1] == list(
        range(1, len(problem.levels) + 1)
    )
    for step in steps:
        assert step.levels == len(problem.levels) and 1 <= step.number <= step.passes
        assert step.guess.shape == (2, *problem.levels[step.level - 1].shape, 3)
        assert len(step.error) == 2 and all(error >= 0 for error in step.error)


def test_the_fraction_rises_to_one(clip):
    fractions = [step.fraction for step in generation.problem(clip, 1, FAST).steps()]
    assert fractions == sorted(set(fractions)) and fractions[0] > 0
    assert fractions[-1] == pytest.approx(1, abs=1e-9)


def test_torch_has_one_thread_in_the_loop_and_in_the_set_up(clip):
    """Its threads would wait for each other without sleeping, which a busy machine cannot bear."""
    found = []
    with torch_threads(3):
        problem = generation.problem(
            clip, 1, FAST, checkpoint=lambda: found.append(torch.get_num_threads())
        )
        assert set(found) == {1} and torch.get_num_threads() == 3
        for _ in problem.steps(lambda state: found.append(torch.get_num_threads())):
            assert torch.get_num_threads() == 3
    assert set(found) == {1}


def test_only_the_last_step_holds_results(clip):
    problem = generation.problem(clip, (7, 8), FAST)
    *before, last = problem.steps()
    assert not any(step.results or step.result for step in before)
    assert last.result is last.results[0]
    assert [result.seed for result in last.results] == [7, 8]
    for result, guess in zip(last.results, last.guess, strict=True):
        assert torch.equal(result.video.codes, guess) and result.video.fps == 30
        assert result.source == SHAPE and result.settings == FAST
        assert result.source_map.shape == (*SHAPE, 3) and result.source_map.dtype == torch.int16


def test_the_map_of_an_empty_region_is_the_identity(clip):
    region = torch.zeros(SHAPE, dtype=torch.bool)
    (result,) = inpainting.problem(clip, region).solve()
    assert torch.equal(result.source_map, identity(SHAPE))


def test_the_map_of_a_loop_is_as_long_as_the_loop(clip):
    settings = PRESETS["retarget"].with_changes(passes=1, coarsest_passes=1, space_factor=0.7)
    (result,) = retargeting.problem(clip, loop=True, settings=settings).solve()
    assert result.source_map.shape == (*result.video.shape, 3)


def test_samples_are_problems_of_one_sample_that_share_the_levels(clip):
    problem = generation.problem(clip, (3, 4, 5), FAST)
    samples = problem.samples()
    assert [sample.seeds for sample in samples] == [(3,), (4,), (5,)]
    assert all(sample.levels is problem.levels for sample in samples)
    assert torch.equal(torch.cat([sample.guess for sample in samples]), problem.guess)


def test_a_cpu_solves_the_samples_one_by_one(clip):
    problem = generation.problem(clip, (3, 4), FAST, device="cpu")
    assert [batch.seeds for batch in problem.batches()] == [(3,), (4,)]


@pytest.mark.parametrize(("room", "sizes"), [(2.5, [2, 2, 1]), (9.0, [5]), (0.1, [1] * 5)])
def test_a_gpu_solves_as_many_samples_at_once_as_fit(room, sizes, clip, monkeypatch):
    problem = generation.problem(clip, range(5), FAST)
    problem = replace(problem, guess=problem.guess.to("meta"))
    shared, of_sample = problem.gpu_bytes()
    assert 50 < of_sample / clip.codes[..., 0].numel() < 80  # 51 were measured for all
    free = shared + room * of_sample
    monkeypatch.setattr(problems.memory, "free_gpu_bytes", lambda device: int(free))
    batches = problem.batches()
    assert [len(batch.guess) for batch in batches] == sizes
    assert [seed for batch in batches for seed in batch.seeds] == [0, 1, 2, 3, 4]


def test_progress_is_called_with_every_step(clip):
    problem = generation.problem(clip, 0, FAST)
    seen = []
    problem.solve(lambda step: seen.append((step.level, step.number)))
    assert seen == [(step.level, step.number) for step in problem.steps()]


def test_progress_may_cancel(clip):
    def cancel(step):
        raise vgpnn.Cancelled

    with pytest.raises(vgpnn.Cancelled):
        vgpnn.generate(clip, 0, FAST, progress=cancel)


def test_a_checkpoint_cancels_inside_a_pass(clip):
    calls = steps = 0

    def checkpoint():
        nonlocal calls
        calls += 1
        if calls == 60:
            raise vgpnn.Cancelled

    with pytest.raises(vgpnn.Cancelled):
        settings = FAST.with_changes(sigma=2.0)  # noise needs no drafts before the first pass
        for _ in vgpnn.generate_steps(clip, 0, settings, checkpoint=checkpoint):
            steps += 1
    assert calls == 60 and 0 < steps < 60


def test_levels_have_the_shapes_of_source_and_result(clip):
    target = (9, 34, 70)
    levels = source_levels(clip, target, FAST, CPU, lambda: None)
    assert [(level.source_shape, level.shape) for level in levels] == pyramid.level_shapes(
        SHAPE, target, FAST
    )
    assert torch.equal(levels[-1].source, clip.codes)
    for level in levels:
        assert torch.equal(level.source, pyramid.resize(clip.codes, level.source_shape))


def test_a_result_may_have_another_size_than_the_source(clip):
    levels = source_levels(clip, (7, 22, 44), FAST, CPU, lambda: None)
    guess = pyramid.resize(levels[0].source, levels[0].shape)[None]
    *_, last = synthesize(levels, guess, FAST)
    assert last.guess.shape == (1, 7, 22, 44, 3)


@pytest.mark.parametrize(
    ("values", "says"),
    [
        (torch.zeros(3, 9, 9), "A video has the shape"),
        (torch.full((3, 9, 9, 3), 7.0), "values of a video lie in"),
        (torch.full((3, 9, 9, 3), torch.nan), "values of a video lie in"),
        (torch.zeros(3, 16, 20, 3, dtype=torch.bool), "uint8 codes"),
        (torch.zeros(3, 16, 20, 3, dtype=torch.int32), "uint8 codes"),
        (torch.zeros(3, 16, 20, 3, dtype=torch.int16), "uint8 codes"),
    ],
    ids=["three axes", "too large", "nan", "bool", "int32", "int16"],
)
def test_a_tensor_that_is_no_video_is_one_sentence(values, says):
    with pytest.raises(ValueError, match=says) as error:
        vgpnn.generate(values)
    assert is_one_sentence(error.value, "video")


def test_seeds_are_one_number_or_several():
    assert checked_seeds(3) == (3,)
    assert checked_seeds([0, 2**32 - 1]) == (0, 2**32 - 1)


@pytest.mark.parametrize("seed", [-1, 2**32, 1.5, "7", (1, -2)], ids=str)
def test_a_bad_seed_is_one_sentence(seed):
    with pytest.raises(ValueError, match=f"from 0 to {2**32 - 1}") as error:
        checked_seeds(seed)
    assert is_one_sentence(error.value, "seed")


def test_no_seed_is_one_sentence():
    with pytest.raises(ValueError) as error:
        checked_seeds(())
    assert str(error.value) == "There is no seed: give at least one."


@pytest.mark.parametrize("place", ["synthesize", "pyramid.resize"])
def test_too_little_memory_on_the_gpu_is_one_sentence(place, clip, monkeypatch):
    def fail(*arguments, **options):
        raise torch.cuda.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(f"{problems.__name__}.{place}", fail)
    with pytest.raises(ValueError, match="fewer frames or samples") as error:
        vgpnn.generate(clip, 0, FAST)
    assert is_one_sentence(error.value, "The GPU has too little memory")
