"""The checks of speed and memory, at small sizes."""

from dataclasses import replace

import pytest
import torch

from vgpnn import tasks
from vgpnn.evaluation import benchmark
from vgpnn.evaluation.selfcheck import profile, speed
from vgpnn.evaluation.selfcheck.outcome import FAIL, GPU_SIZES, PASS, WARN, Sizes, Target

SMALL = (5, 48, 64)
SIZES = Sizes(large=SMALL, timed=((SMALL, 0.2),), drafts=SMALL, cold=SMALL, roofline=SMALL)
TARGET = Target(torch.device("cpu"), "cpu", sizes=SIZES)
CHECKS = dict(speed.checks(SIZES))


@pytest.fixture(autouse=True)
def one_repeat(monkeypatch):
    monkeypatch.setattr(speed, "REPEATS", 1)
    # The process has other things in its memory meanwhile.
    monkeypatch.setattr(speed, "MOST_BYTES_PER_VOXEL", 100_000)


@pytest.mark.parametrize(
    "name", [name for name in CHECKS if name not in ("roofline", "cold start")]
)
def test_it_does_not_fail_on_the_cpu(name):
    outcome = CHECKS[name](TARGET)
    assert outcome.status in (PASS, WARN), outcome


@pytest.mark.slow
def test_a_cold_start_is_that_of_a_new_process():
    outcome = CHECKS["cold start"](TARGET)
    ((imports, first, second),) = outcome.details["seconds"].values()
    assert imports > 0 and first > 0 and second > 0


@pytest.mark.slow
def test_a_process_that_fails_is_one_sentence():
    nowhere = replace(TARGET, device=torch.device("meta"))
    with pytest.raises(OSError, match="^A new process failed: .*meta"):
        CHECKS["cold start"](nowhere)


def test_the_goals_on_a_gpu_are_those_of_the_project():
    assert dict(GPU_SIZES.timed) == {
        (13, 144, 256): 0.2,
        (13, 720, 1280): 1.0,
        (29, 1080, 1920): 3.0,
    }
    assert GPU_SIZES.drafts_goal == 0.3 and GPU_SIZES.large == (29, 1080, 1920)
    names = [name for name, _ in speed.checks(GPU_SIZES)]
    assert len(names) == len(set(names)) == 11


def test_what_is_slower_than_the_cost_model_promises_is_a_warning(monkeypatch):
    monkeypatch.setattr(speed.cost, "expected_seconds", lambda *given: 1e-6)
    monkeypatch.setattr(speed.cost, "draft_seconds", lambda *given: 1e-6)
    for name, check in list(CHECKS.items())[:3]:
        outcome = check(TARGET)
        assert outcome.status == WARN and "slower than the cost model" in outcome.measured, name


def test_too_much_memory_fails(monkeypatch):
    monkeypatch.setattr(speed, "MOST_BYTES_PER_VOXEL", 0)
    monkeypatch.setattr(benchmark, "peak_memory", lambda on_gpu: 2**50)
    assert speed.large_take(TARGET).status == FAIL


@pytest.fixture
def on_gpu(monkeypatch):
    """A target that looks like a GPU, whose work the CPU does."""
    right = tasks.generate
    monkeypatch.setattr(
        tasks, "generate", lambda *given, **options: right(*given, **{**options, "device": "cpu"})
    )
    monkeypatch.setattr(speed, "synchronise", lambda target: None)
    return replace(TARGET, device=torch.device("cuda"))


COUNTS = {"launches": 900, "runs": 900, "copies": 9, "synchronisations": 5, "busy_seconds": 1e3}


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({}, PASS),
        ({"launches": 5000}, WARN),
        ({"synchronisations": 100}, WARN),
        ({"busy_seconds": 0.0}, WARN),
        ({"launches": 0}, WARN),
    ],
)
def test_what_a_take_asks_of_the_gpu_is_held_against_the_aims(changes, status, on_gpu, monkeypatch):
    monkeypatch.setattr(profile, "counted", lambda do: {**COUNTS, **changes})
    assert speed.gpu_is_busy(on_gpu).status == status


def test_the_roofline_is_a_share_of_the_highest_rate(monkeypatch):
    row = {"elements": 5e8, "seconds": 0.5}
    monkeypatch.setattr(benchmark, "measure_in_new_process", lambda run: row)
    monkeypatch.setattr(benchmark, "measure_peak_rate", lambda: 1e10)
    outcome = speed.roofline(TARGET)
    assert outcome.measured == "10% of 10.0 G elements/s" and outcome.details["share"] == 0.1
