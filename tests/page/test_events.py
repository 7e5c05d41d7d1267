"""What a script of the page says about an event, and what anybody else may say."""

from __future__ import annotations

import math

import gradio as gr
import pytest

from vgpnn.page.events import event_index, event_text, shows_errors


def event(data):
    return gr.EventData(None, data)


def test_an_index_and_a_text_are_read_by_name():
    assert event_index(event({"index": 2, "to": "resize"}), "index", 3) == 2
    assert event_text(event({"index": 2, "to": "resize"}), "to") == "resize"


@pytest.mark.parametrize(
    "data",
    [
        None,
        {},
        [],
        "x",
        1,
        *({"index": v} for v in (3, -1, 10**30, "0", 0.5, math.nan, True, None)),
    ],
    ids=repr,
)
def test_anything_else_is_no_index(data):
    with pytest.raises(ValueError, match="^There is no such index.$"):
        event_index(event(data), "index", 3)


@pytest.mark.parametrize("data", [None, {}, [], {"to": []}, {"to": 1}, {"to": None}], ids=repr)
def test_anything_else_is_no_text(data):
    with pytest.raises(ValueError, match="^This event has no to.$"):
        event_text(event(data), "to")


def test_the_sentence_of_a_value_error_is_shown():
    @shows_errors
    def refuse(value):
        raise ValueError(f"{value} is wrong.")

    with pytest.raises(gr.Error) as caught:
        refuse("This")
    assert caught.value.message == "This is wrong." and not caught.value.print_exception


def test_other_errors_are_for_the_log():
    @shows_errors
    def fail():
        raise KeyError("x")

    with pytest.raises(KeyError):
        fail()
