"""The presets of the tasks, and the quality and difference that change them."""

import pytest
from helpers.sentences import is_one_sentence

from vgpnn import presets
from vgpnn.cost import CostModel
from vgpnn.presets import NOISE_CURVE, PRESETS, QUALITIES, QUALITY_CHANGES
from vgpnn.settings import Settings

CLIP = (13, 144, 256)


@pytest.mark.parametrize("task", PRESETS)
def test_balanced_is_the_preset(task):
    assert presets.preset(task) == PRESETS[task]


@pytest.mark.parametrize("task", PRESETS)
def test_a_better_quality_costs_more_and_is_recognised(task):
    model = CostModel()
    offered = [presets.preset(task, quality) for quality in QUALITIES]
    fast, balanced, best = (model.expected_seconds(CLIP, settings) for settings in offered)
    assert fast < 0.9 * balanced and balanced < 0.9 * best
    assert [presets.quality_of(task, settings) for settings in offered] == list(QUALITIES)


def test_every_task_says_what_its_qualities_change():
    assert QUALITY_CHANGES.keys() == PRESETS.keys()
    assert all(changes.keys() == {"fast", "best"} for changes in QUALITY_CHANGES.values())


def test_the_quality_does_not_depend_on_the_noise_but_on_everything_else():
    best = presets.preset("generate", "best", 0.9)
    assert presets.quality_of("generate", best.with_changes(sigma=3.0)) == "best"
    assert presets.quality_of("generate", best.with_changes(noise=4.0)) == "best"
    assert presets.quality_of("generate", best.with_changes(min_side=22)) is None


def test_the_noise_rises_with_the_difference_along_the_curve():
    differences = [step / presets.DIFFERENCE_STEPS for step in range(presets.DIFFERENCE_STEPS + 1)]
    noises = [presets.noise_of(difference) for difference in differences]
    assert noises == sorted(set(noises))
    assert noises[:: presets.DIFFERENCE_STEPS // 4] == list(NOISE_CURVE)
    assert presets.noise_of(presets.DEFAULT_DIFFERENCE) == Settings().noise


def test_the_difference_is_read_off_the_settings():
    for step in range(presets.DIFFERENCE_STEPS + 1):
        difference = step / presets.DIFFERENCE_STEPS
        settings = presets.preset("generate", "fast", difference)
        assert presets.difference_of(settings) == difference
    assert presets.difference_of(Settings(noise=5.0)) == 1


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        (("generated",), "task"),
        (("generate", "good"), "quality"),
        (("generate", "best", 1.1), "difference"),
        (("generate", "best", None), "difference"),
    ],
    ids=str,
)
def test_a_wrong_choice_is_one_sentence(arguments, name):
    with pytest.raises(ValueError, match=f"^{name} must be") as error:
        presets.preset(*arguments)
    assert is_one_sentence(error.value)
