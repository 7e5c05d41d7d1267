"""Settings that adapt to clips, and the cost model built on them."""

import math

import pytest

from vgpnn import presets
from vgpnn.cost import CostModel
from vgpnn.presets import PRESETS, QUALITIES
from vgpnn.settings import Settings


def test_large_enough_clips_keep_the_settings():
    assert Settings().adapted_to((13, 144, 256)) == (Settings(), ())


def test_adapted_patches_fit_the_coarsest_level():
    adapted, notices = Settings().adapted_to((2, 9, 30))
    assert adapted.patch == (2, 4, 4) and adapted.min_side == 9 and adapted.min_frames == 2
    assert len(notices) == 3
    large, notices = Settings(patch=(3, 11, 9)).adapted_to((13, 144, 256))
    assert large.patch == (3, 11, 9) and not notices
    cut, notices = Settings(min_side=8, patch=(3, 11, 7)).adapted_to((13, 144, 256))
    assert cut.patch == (3, 8, 7) and len(notices) == 1


def test_coarsest_level_stays_small_enough_for_exact_search():
    adapted, notices = Settings(min_side=60, min_frames=20).adapted_to((40, 720, 1280))
    t, h = adapted.min_frames, adapted.min_side
    assert t * h * h * 1280 / 720 <= 20_000 and len(notices) == 1


@pytest.mark.parametrize(
    "bad",
    [{"passes": 2.5}, {"patch": None}, {"patch": (math.nan, 7, 7)}, {"large_voxels": math.nan}],
    ids=str,
)
def test_wrong_types_are_one_sentence(bad):
    with pytest.raises(ValueError, match=f"{next(iter(bad))} must be"):
        Settings(**bad)


def test_presets_are_valid_and_frozen():
    for preset in PRESETS.values():
        with pytest.raises(AttributeError):
            preset.passes = 1


def test_balanced_is_the_preset_and_qualities_cost_more_and_more():
    model = CostModel()
    for task in PRESETS:
        assert presets.preset(task) == PRESETS[task]
        offered = [presets.preset(task, quality) for quality in QUALITIES]
        seconds = [model.expected_seconds((13, 144, 256), one) for one in offered]
        assert sorted(seconds) == seconds and seconds[0] < 0.9 * seconds[1] < 0.8 * seconds[2]
        assert [presets.quality_of(task, one) for one in offered] == list(QUALITIES)


def test_difference_moves_along_the_curve_of_the_noise():
    places = [n / 20 for n in range(21)]
    noises = [presets.preset("generate", difference=place).noise for place in places]
    assert noises == sorted(set(noises)) and noises[10] == Settings().noise
    found = [presets.difference_of(presets.preset("generate", "fast", place)) for place in places]
    assert found == places
    # Whatever the noise, the quality is the same; whatever else is changed, it is none of them.
    best = presets.preset("generate", "best", 0.9)
    assert presets.quality_of("generate", best.with_changes(sigma=3.0)) == "best"
    assert presets.quality_of("generate", best.with_changes(min_side=22)) is None


@pytest.mark.parametrize(
    "bad", [("generated",), ("generate", "good"), ("generate", "best", 1.1)], ids=str
)
def test_no_such_preset_is_one_sentence(bad):
    with pytest.raises(ValueError, match=r"^(task|quality|difference) must be .*\.$"):
        presets.preset(*bad)


def test_cost_grows_with_size_passes_and_samples():
    model = CostModel()
    base = model.expected_seconds((13, 144, 256), Settings())
    assert model.expected_seconds((13, 288, 512), Settings()) > 2 * base
    assert model.expected_seconds((39, 144, 256), Settings()) > 1.5 * base
    more = Settings(passes=10, last_passes=2)
    assert model.expected_seconds((13, 144, 256), more) > 1.5 * base
    assert model.expected_seconds((13, 144, 256), Settings(), samples=3) == pytest.approx(3 * base)
    assert model.expected_seconds((13, 144, 256), Settings(alpha=None)) < base


def test_cost_learns_from_finished_jobs():
    model = CostModel()
    shape = (13, 144, 256)
    before = model.expected_seconds(shape, Settings())
    for _ in range(12):
        model.learn(shape, Settings(), 3 * before)
    assert model.expected_seconds(shape, Settings()) == pytest.approx(3 * before, rel=0.05)
