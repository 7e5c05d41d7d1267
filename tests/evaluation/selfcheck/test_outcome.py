"""What checks say."""

import pytest

from vgpnn.evaluation.selfcheck.outcome import FAIL, PASS, WARN, at_most, cases, in_time


def test_cases_that_are_wrong_are_named():
    assert cases({"one": True, "two": True}).measured == "2 of 2 cases"
    outcome = cases(dict.fromkeys("abcd", False) | {"e": True})
    assert outcome.status == FAIL
    assert outcome.measured == "1 of 5 cases, not a; b; c and others"
    assert outcome.details["wrong"] == list("abcd")


@pytest.mark.parametrize(("values", "status"), [({"a": 1.0, "b": 0.5}, PASS), ({"a": 1.1}, FAIL)])
def test_the_largest_value_is_held_against_the_limit(values, status):
    assert at_most(values, 1.0).status == status


def test_what_is_not_a_number_fails():
    assert at_most({"a": float("nan"), "b": 0.5}, 1.0).status == FAIL


def test_a_missed_goal_is_a_warning():
    assert in_time(0.1, 0.2).status == PASS
    late = in_time(0.3, 0.2)
    assert late.status == WARN and late.measured == "0.30 s, slower than the goal"
