"""The checks of whole results."""

from dataclasses import replace

import pytest
import torch

from vgpnn import tasks
from vgpnn.evaluation import metrics
from vgpnn.evaluation.selfcheck import results
from vgpnn.evaluation.selfcheck.footage import clip
from vgpnn.evaluation.selfcheck.outcome import FAIL, PASS, Sizes, Target
from vgpnn.video import Video

SMALL = (5, 48, 64)
TARGET = Target(torch.device("cpu"), "cpu", sizes=Sizes(task=SMALL, repeat=SMALL, quality=SMALL))
CHECKS = dict(results.CHECKS)


@pytest.mark.parametrize("name", CHECKS)
def test_it_passes_on_the_cpu(name):
    outcome = CHECKS[name](TARGET)
    assert outcome.status == PASS, outcome


def changed(result, change):
    """The result with other codes."""
    return replace(result, video=Video(change(result.video.codes.clone()), result.video.fps))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (torch.zeros_like, "its mean is"),
        (lambda codes: codes // 8 + 100, "its contrast is"),
        (lambda codes: codes[:-1], "it is torch.uint8 of (4, 48, 64, 3)"),
        (lambda codes: codes.flip(1), "from what its map copies"),
    ],
    ids=["black", "grey", "short", "upside-down"],
)
def test_a_result_that_is_not_plausible_fails(change, said, monkeypatch):
    result = changed(tasks.generate(clip(SMALL), 1, device="cpu"), change)
    monkeypatch.setattr(tasks, "generate", lambda *given, **options: result)
    outcome = CHECKS["task: generate"](TARGET)
    assert outcome.status == FAIL and said in outcome.measured


def test_a_map_that_points_out_of_the_source_fails(monkeypatch):
    result = tasks.generate(clip(SMALL), 1, device="cpu")
    result.source_map[0, 0, 0] = 100
    monkeypatch.setattr(tasks, "generate", lambda *given, **options: result)
    assert "points out of the source" in CHECKS["task: generate"](TARGET).measured


def test_a_change_outside_the_region_fails(monkeypatch):
    right = tasks.inpaint

    def inpaint(*given, **options):
        def change(codes):
            codes[0, 0, 0, 0] ^= 1
            return codes

        return changed(right(*given, **options), change)

    monkeypatch.setattr(tasks, "inpaint", inpaint)
    outcome = CHECKS["task: inpaint"](TARGET)
    assert outcome.measured == "something changed outside the region"


def test_runs_that_differ_fail(monkeypatch):
    right, seeds = tasks.generate, iter(range(100))

    def generate(video, seed, **options):
        return right(video, next(seeds) // 6, **options)

    monkeypatch.setattr(tasks, "generate", generate)
    outcome = results.runs_are_equal(TARGET)
    assert outcome.status == FAIL and outcome.measured.startswith("2 hashes in 10 runs")


def test_a_batch_that_differs_fails(monkeypatch):
    right = tasks.generate_batch

    def generate_batch(video, seeds, **options):
        return right(video, [seed + 1 for seed in seeds], **options)

    monkeypatch.setattr(tasks, "generate_batch", generate_batch)
    outcome = results.runs_are_equal(TARGET)
    assert outcome.status == FAIL and "in a batch from noise" in outcome.measured


@pytest.fixture
def error_of_device(monkeypatch):
    """Makes up the errors of takes on a device: cuda first, then the CPU."""

    def set_errors(on_device):
        values = iter([on_device] * len(results.QUALITY_SEEDS) + [10.0] * 10)
        take = tasks.generate(clip(SMALL), 1, device="cpu")
        monkeypatch.setattr(tasks, "generate", lambda *given, **options: take)
        monkeypatch.setattr(
            metrics, "patch_figures", lambda *_: dict.fromkeys(results.FIGURES, next(values))
        )

    return set_errors


@pytest.mark.parametrize(("on_device", "status"), [(10.2, PASS), (9.0, PASS), (10.4, FAIL)])
def test_quality_is_within_3_percent_of_the_cpu(on_device, status, error_of_device):
    error_of_device(on_device)
    outcome = results.quality(replace(TARGET, device=torch.device("cuda")))
    assert outcome.status == status and outcome.limit == "at most 1.030"


def test_on_the_cpu_the_figures_are_reported(error_of_device):
    error_of_device(10.0)
    outcome = results.quality(TARGET)
    assert outcome.status == PASS and "coherence 10.00, completeness 10.00" in outcome.measured
