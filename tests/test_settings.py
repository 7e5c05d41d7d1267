"""The settings: each is stated once, in its field, and together they adapt to clips."""

import dataclasses
import math

import pytest
from helpers.sentences import is_one_sentence

from vgpnn.setting import GROUPS, setting
from vgpnn.settings import SETTINGS, Settings


@dataclasses.dataclass(frozen=True)
class WithGrain(Settings):
    """The settings and a new one."""

    grain: int = setting(
        2, kind="whole", label="Grain", help="Size of the grain.", group="noise", low=1, high=9
    )


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
