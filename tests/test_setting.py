"""What is known about one setting, and the checks that follow from it."""

import dataclasses

import pytest

from vgpnn.setting import GROUPS, NoneChoice, Setting, names_by_group, setting
from vgpnn.settings import SETTINGS

WHOLE = Setting(
    kind="whole", label="Passes", help="Passes of a level.", group="passes", low=1, high=20
)
NUMBER = Setting(
    kind="number",
    label="Alpha",
    help="Completeness.",
    group="completeness",
    low=0.001,
    high=100,
    optional=NoneChoice(
        word="off", label="Use the whole clip", help="Prefer what is missing.", start=0.5
    ),
)
WORD = Setting(
    kind="word",
    label="Vote",
    help="A vote.",
    group="vote",
    words={"median": "Median", "mean": "Mean"},
)
PATCH = Setting(
    kind="patch", label="Patch", help="Sides of a patch.", group="patch", low=1, high=15
)


@pytest.mark.parametrize(
    ("about", "value", "expected"),
    [
        (WHOLE, 3.0, 3),
        (NUMBER, 5, 5.0),
        (NUMBER, None, None),
        (WORD, "mean", "mean"),
        (PATCH, [3, 7.0, 7], (3, 7, 7)),
    ],
    ids=["whole", "number", "none", "word", "patch"],
)
def test_a_value_gets_the_type_of_its_setting(about, value, expected):
    checked = about.checked("name", value)
    assert checked == expected and type(checked) is type(expected)


def test_the_sides_of_a_patch_are_ints():
    assert [type(side) for side in PATCH.checked("patch", (3.0, 5.0, 5.0))] == [int] * 3


@pytest.mark.parametrize(
    ("about", "value", "says"),
    [
        (WHOLE, 0, "it must be a whole number from 1 to 20, not 0."),
        (WHOLE, 2.5, "it must be a whole number from 1 to 20, not 2.5."),
        (WHOLE, None, "it must be a whole number from 1 to 20, not None."),
        (NUMBER, 0, "it must be a number from 0.001 to 100, not 0."),
        (NUMBER, "off", "it must be a number from 0.001 to 100, not 'off'."),
        (WORD, "best", "it must be one of 'median', 'mean', not 'best'."),
        (PATCH, (3, 7), "it must be three whole numbers from 1 to 15, not (3, 7)."),
        (PATCH, "3x7x7", "it must be three whole numbers from 1 to 15, not '3x7x7'."),
        (PATCH, (3, 7, 16), "each side of it must be a whole number from 1 to 15, not 16."),
    ],
    ids=str,
)
def test_a_wrong_value_is_one_sentence(about, value, says):
    with pytest.raises(ValueError) as error:
        about.checked("it", value)
    assert str(error.value) == says


@pytest.mark.parametrize(
    ("about", "text", "expected"),
    [
        (WHOLE, "5", 5),
        (WHOLE, "5.0", 5),
        (NUMBER, "1e-2", 0.01),
        (NUMBER, "off", None),
        (WORD, "median", "median"),
        (PATCH, "3x7x7", (3, 7, 7)),
    ],
    ids=str,
)
def test_a_value_may_be_written_as_text(about, text, expected):
    assert about.parsed("name", text) == expected


@pytest.mark.parametrize(
    ("about", "text", "says"),
    [
        (WHOLE, "five", "--it must be a whole number from 1 to 20, not 'five'."),
        (WHOLE, "off", "--it must be a whole number from 1 to 20, not 'off'."),
        (WHOLE, "2.5", "--it must be a whole number from 1 to 20, not 2.5."),
        (NUMBER, "nan", "--it must be a number from 0.001 to 100, not nan."),
        (WORD, "Median", "--it must be one of 'median', 'mean', not 'Median'."),
        (PATCH, "3x7", "--it must be three whole numbers from 1 to 15, not [3, 7]."),
        (PATCH, "3xax7", "--it must be three whole numbers from 1 to 15, not '3xax7'."),
    ],
    ids=str,
)
def test_a_wrong_text_is_one_sentence(about, text, says):
    with pytest.raises(ValueError) as error:
        about.parsed("--it", text)
    assert str(error.value) == says


def test_a_field_knows_its_setting_and_its_default():
    field = setting(
        5, kind="whole", label="Passes", help="Passes of a level.", group="passes", low=1, high=20
    )
    assert isinstance(field, dataclasses.Field) and field.default == 5
    assert field.metadata["setting"] == WHOLE


def test_every_setting_is_in_one_group_and_either_basic_or_advanced():
    basic, advanced = (names_by_group(SETTINGS, advanced=flag) for flag in (False, True))
    names = [
        name for groups in (basic, advanced) for members in groups.values() for name in members
    ]
    assert sorted(names) == sorted(SETTINGS)
    for groups, flag in ((basic, False), (advanced, True)):
        assert [*groups] == [group for group in GROUPS if group in groups]
        for group, members in groups.items():
            assert {SETTINGS[name].group for name in members} == {group}
            assert {SETTINGS[name].advanced for name in members} == {flag}
