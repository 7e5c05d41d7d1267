"""The settings: each is stated once, in its field, and together they adapt to clips."""

import dataclasses
import math

import pytest
from helpers.sentences import is_one_sentence

from vgpnn.setting import GROUPS, setting
from vgpnn.settings import COARSEST_VOXELS, SETTINGS, Settings


@dataclasses.dataclass(frozen=True)
class WithGrain(Settings):
    """The settings and a new one."""

    grain: int = setting(2, "whole", "Grain", "Size of the grain.", "noise", low=1, high=9)


def test_every_field_is_a_setting_with_a_valid_default():
    assert list(SETTINGS) == [field.name for field in dataclasses.fields(Settings)]
    for name, about in SETTINGS.items():
        assert about.checked(name, getattr(Settings(), name)) == getattr(Settings(), name)


@pytest.mark.parametrize("name", SETTINGS)
def test_what_a_field_says_is_complete(name):
    about = SETTINGS[name]
    assert about.label and is_one_sentence(about.help) and about.group in GROUPS
    assert (about.kind == "word") == (about.words is not None)
    assert about.kind == "word" or about.low < about.high
    if about.slider:
        low, high, step = about.slider
        assert about.low <= low < high <= about.high and 0 < step <= high - low
    if about.optional:
        assert about.checked(name, None) is None
        assert about.low <= about.optional.start <= about.high
        assert is_one_sentence(about.optional.help)
    else:
        with pytest.raises(ValueError, match=f"^(each side of )?{name} must be"):
            about.checked(name, None)


def test_a_new_setting_is_one_field():
    assert WithGrain().grain == 2 and WithGrain(grain=3.0).grain == 3
    assert WithGrain().with_changes(grain=9, passes=2) == WithGrain(grain=9, passes=2)
    with pytest.raises(ValueError) as error:
        WithGrain(grain=10)
    assert str(error.value) == "grain must be a whole number from 1 to 9, not 10."
    with pytest.raises(ValueError, match="^passes must be"):
        WithGrain(passes=0)


@pytest.mark.parametrize(
    "values",
    [{"passes": 2.5}, {"patch": None}, {"patch": (math.nan, 7, 7)}, {"large_voxels": math.nan}],
    ids=str,
)
def test_a_wrong_value_is_one_sentence_that_names_the_setting(values):
    with pytest.raises(ValueError) as error:
        Settings(**values)
    assert is_one_sentence(error.value, *values, "must be")


def test_settings_do_not_change():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Settings().passes = 1


def test_changes_make_a_checked_copy():
    settings = Settings()
    assert settings.with_changes(passes=8.0).passes == 8 and settings.passes == 5
    with pytest.raises(ValueError, match="^passes must be"):
        settings.with_changes(passes=0)
    with pytest.raises(TypeError, match="loudness"):
        settings.with_changes(loudness=3)


def test_a_large_enough_clip_keeps_the_settings():
    assert Settings().adapted_to((13, 144, 256)) == (Settings(), ())


def test_a_small_clip_has_a_notice_for_each_thing_that_was_changed():
    adapted, notices = Settings().adapted_to((2, 9, 30))
    assert adapted == Settings(min_frames=2, min_side=9, patch=(2, 4, 4), large_patch=(2, 4, 4))
    assert notices == (
        "The clip has only 2 frames: a longer one keeps its motion better.",
        "The clip is only 9 px on its smaller side: a larger one works better.",
        "Patches are 2 x 4 x 4 (frames x height x width), to fit the coarsest level.",
    )


def test_a_clip_of_one_voxel_can_be_used():
    adapted, notices = Settings().adapted_to((1, 1, 1))
    assert adapted.patch == (1, 1, 1) and adapted.min_side == adapted.min_frames == 1
    assert notices[0] == "The clip has only 1 frame: a longer one keeps its motion better."
    assert all(is_one_sentence(notice) for notice in notices)


@pytest.mark.parametrize(
    ("settings", "patch", "count"),
    [
        (Settings(patch=(3, 11, 9)), (3, 11, 9), 0),
        (Settings(min_side=8, patch=(3, 11, 7)), (3, 8, 7), 1),
    ],
    ids=["fits", "is cut"],
)
def test_patches_fit_the_coarsest_level(settings, patch, count):
    adapted, notices = settings.adapted_to((13, 144, 256))
    assert adapted.patch == patch and len(notices) == count


def test_the_coarsest_level_stays_small_enough_for_exact_search():
    adapted, notices = Settings(min_side=60, min_frames=20).adapted_to((40, 720, 1280))
    frames, side = adapted.min_frames, adapted.min_side
    assert frames == 20 and frames * side * side * 1280 / 720 <= COARSEST_VOXELS
    assert frames * (side + 1) ** 2 * 1280 / 720 > COARSEST_VOXELS  # it is no smaller than needed
    assert notices == (f"The coarsest level is {side} px on its smaller side, the most it may.",)


def test_the_coarsest_level_is_at_least_as_large_as_a_patch():
    adapted, _ = Settings(min_side=60, min_frames=100, patch=(3, 15, 15)).adapted_to((100, 90, 900))
    assert adapted.min_side == 15 and adapted.patch == (3, 15, 15)
