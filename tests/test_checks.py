"""Checks of values from users."""

import math

import numpy as np
import pytest
from helpers.sentences import is_one_sentence

from vgpnn import checks
from vgpnn.settings import SETTINGS
from vgpnn.tasks import cues


@pytest.mark.parametrize("value", [3, 3.0, np.int64(3), np.float32(3)], ids=repr)
def test_a_whole_number_may_come_in_any_type(value):
    number = checks.number("passes", value, 1, 5, whole=True)
    assert number == 3 and type(number) is int


def test_a_number_is_a_float_and_both_ends_of_its_range_belong_to_it():
    assert [checks.number("sigma", value, 0, 20) for value in (0, 20)] == [0.0, 20.0]
    assert type(checks.number("sigma", 0, 0, 20)) is float


@pytest.mark.parametrize("value", [0.9, 5.1, math.nan, math.inf, True, None, "3", [3]], ids=repr)
def test_anything_else_is_one_sentence(value):
    with pytest.raises(ValueError) as error:
        checks.number("sigma", value, 1, 5)
    assert is_one_sentence(error.value, "sigma must be a number from 1 to 5, not ")


@pytest.mark.parametrize(
    ("value", "shown"), [(2.5, "2.5"), (0, "0"), (math.nan, "nan"), ("three", "'three'")]
)
def test_the_sentence_shows_the_value(value, shown):
    with pytest.raises(ValueError) as error:
        checks.number("passes", value, 1, 20, whole=True)
    assert str(error.value) == f"passes must be a whole number from 1 to 20, not {shown}."


def test_a_long_value_is_shown_by_its_beginning():
    with pytest.raises(ValueError) as error:
        checks.number("passes", "9" * 5000, 1, 20, whole=True)
    assert len(str(error.value)) < 100


def test_a_choice_is_returned_as_it_is():
    assert checks.one_of("vote", "mean", ("median", "mean")) == "mean"


@pytest.mark.parametrize("value", ["Mean", "", None, 3, ["mean"]], ids=repr)
def test_no_choice_is_one_sentence(value):
    with pytest.raises(ValueError) as error:
        checks.one_of("vote", value, ("median", "mean"))
    assert str(error.value) == f"vote must be one of 'median', 'mean', not {value!r}."


@pytest.mark.parametrize(
    "value",
    [[0] * 100_000, {"a": "x" * 100_000}, "y" * 100_000, 10**5000, b"z" * 10_000],
    ids=["list", "dict", "text", "number", "bytes"],
)
def test_no_sentence_repeats_a_long_value(value):
    for check in (
        lambda: checks.number("passes", value, 1, 20),
        lambda: checks.one_of("vote", value, ("median", "mean")),
        lambda: SETTINGS["patch"].checked("patch", value),
        lambda: cues.colour(value),
    ):
        with pytest.raises(ValueError) as error:
            check()
        assert len(str(error.value)) < 150


def test_a_value_that_cannot_be_written_is_no_other_error():
    nested = []
    for _ in range(100_000):
        nested = [nested]
    assert checks.shown(nested) == "this one"


def test_a_name_that_is_none_gets_the_nearest_one_or_all():
    assert checks.known("setting", "passes", ("passes", "alpha")) == "passes"
    with pytest.raises(ValueError, match=r"^There is no setting 'pases': the nearest is passes\.$"):
        checks.known("setting", "pases", ("passes", "alpha"))
    with pytest.raises(ValueError, match=r"^There is no setting 'x': there are passes, alpha\.$"):
        checks.known("setting", "x", ("passes", "alpha"))
    with pytest.raises(ValueError, match=r"^There is no setting 'x+…: .*\.$"):
        checks.known("setting", "x" * 10**6, ("passes", "alpha"))
    with pytest.raises(ValueError, match=r"^There is no setting 7: there are passes\.$"):
        checks.known("setting", 7, ("passes",))


def test_yes_and_no_are_nothing_else():
    assert checks.yes_or_no("sound", True) is True and checks.yes_or_no("sound", False) is False
    for value in (1, 0, "true", None):
        with pytest.raises(ValueError, match="^sound must be true or false, not "):
            checks.yes_or_no("sound", value)
