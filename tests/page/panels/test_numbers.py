"""Number boxes and sliders: no value that somebody may be typing raises an error."""

from __future__ import annotations

import math

import gradio as gr
import pytest

from vgpnn.page.panels.numbers import Number, Slider, clamped, in_range
from vgpnn.page.values import Unusable


def controls():
    return (
        Number(3, label="Count", minimum=0, maximum=10, precision=0),
        Slider(0, 10, 3, step=1, precision=0, label="Count"),
    )


@pytest.mark.parametrize("control", controls(), ids=["box", "slider"])
@pytest.mark.parametrize("value", [0, 3, 10, 4.0])
def test_a_number_in_range_arrives_as_it_is(control, value):
    arrived = control.preprocess(value)
    assert arrived == value and isinstance(arrived, int)


@pytest.mark.parametrize("control", controls(), ids=["box", "slider"])
@pytest.mark.parametrize(
    "value",
    [-1, 11, 2.5, math.nan, math.inf, 10**400, None, "3", True, [1], {"a": 1}, ""],
    ids=repr,
)
def test_any_other_value_is_unusable_and_the_sentence_names_the_control(control, value):
    arrived = control.preprocess(value)
    assert isinstance(arrived, Unusable)
    assert arrived.sentence.startswith("Count ") and arrived.sentence.endswith(".")
    assert len(arrived.sentence) < 120


def test_a_fraction_arrives_where_numbers_need_not_be_whole():
    assert Slider(0, 1, 0.5, step=0.1, label="Share").preprocess(0.25) == 0.25


def test_a_range_without_an_end_has_no_end():
    assert Number(0, label="Free").preprocess(-1e300) == -1e300


def test_in_range_raises_for_a_settings_file():
    with pytest.raises(ValueError, match="Count must be a whole number from 0 to 10, not 11."):
        in_range(controls()[0], 11)


def test_gradio_draws_them_as_its_own():
    with gr.Blocks():
        assert [control.get_block_name() for control in controls()] == ["number", "slider"]


def test_loaded_numbers_are_brought_into_the_range_of_their_controls():
    count, start = controls()[0], Slider(0, 10, 0, step=0.1, label="Start [s]")
    loaded = {count: 1e300, start: 7.5}
    shown, sentences = clamped(loaded, {start: 0.4})
    assert shown == {count: 10, start: gr.update(value=0.4, maximum=0.4)}
    assert sentences == [
        "Count must be from 0 to 10: 1e+300 became 10.",
        "Start [s] must be from 0 to 0.4: 7.5 became 0.4.",
    ]
    assert clamped({count: 3}, {}) == ({count: 3}, [])
