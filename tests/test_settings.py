"""Settings that adapt to clips, and the cost model built on them."""

import math

import pytest

from vgpnn.cost import CostModel
from vgpnn.settings import PRESETS, Settings


def test_large_enough_clips_keep_the_settings():
    assert Settings().adapted_to((13, 144, 256)) == (Settings(), ())


def test_adapted_patches_fit_the_coarsest_level():
    settings, notices = Settings().adapted_to((2, 9, 30))
    assert settings.patch == (2, 4, 4) and settings.min_side == 9 and settings.min_frames == 2
    assert len(notices) == 3
    large, notices = Settings(patch=(3, 11, 9)).adapted_to((13, 144, 256))
    assert large.patch == (3, 11, 9) and not notices
    cut, notices = Settings(min_side=8, patch=(3, 11, 7)).adapted_to((13, 144, 256))
    assert cut.patch == (3, 8, 7) and len(notices) == 1


def test_coarsest_level_stays_small_enough_for_exact_search():
    settings, notices = Settings(min_side=60, min_frames=20).adapted_to((40, 720, 1280))
    t, h = settings.min_frames, settings.min_side
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
    for settings in PRESETS.values():
        with pytest.raises(AttributeError):
            settings.passes = 1


def test_cost_grows_with_size_passes_and_samples():
    model = CostModel()
    base = model.expected_seconds((13, 72, 128), Settings())
    assert model.expected_seconds((13, 144, 256), Settings()) > 2 * base
    assert model.expected_seconds((26, 72, 128), Settings()) > 1.5 * base
    assert model.expected_seconds((13, 72, 128), Settings(passes=10)) > 1.5 * base
    assert model.expected_seconds((13, 72, 128), Settings(), samples=3) == pytest.approx(3 * base)
    assert model.expected_seconds((13, 72, 128), Settings(alpha=None)) < base


def test_cost_learns_from_finished_jobs():
    model = CostModel()
    shape = (13, 144, 256)
    before = model.expected_seconds(shape, Settings())
    for _ in range(12):
        model.learn(shape, Settings(), 3 * before)
    assert model.expected_seconds(shape, Settings()) == pytest.approx(3 * before, rel=0.05)
