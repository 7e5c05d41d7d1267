"""The controls of one setting: one kind of control for every kind of setting."""

from __future__ import annotations

import gradio as gr
import pytest

from vgpnn.page.panels.fields import FIELDS, box_step, element_id
from vgpnn.page.values import Unusable, UnusableValue
from vgpnn.setting import NoneChoice, Setting

WHOLE = Setting(kind="whole", label="Passes", help="How often.", group="passes", low=1, high=20)
SLIDER = Setting(
    kind="whole",
    label="Passes",
    help="How often.",
    group="passes",
    low=1,
    high=20,
    slider=(1, 20, 1),
)
NUMBER = Setting(kind="number", label="Share", help="How much.", group="passes", low=0, high=1)
WORD = Setting(
    kind="word", label="Vote", help="How.", group="vote", words={"mean": "Mean", "median": "Median"}
)
PATCH = Setting(
    kind="patch", label="Patch at all", help="How large.", group="patch", low=1, high=15
)
OPTIONAL = Setting(
    kind="number",
    label="Sigma",
    help="How noisy.",
    group="noise",
    low=0,
    high=20,
    slider=(0, 20, 0.1),
    optional=NoneChoice(word="auto", label="By hand", help="Or not.", start=3.0),
)


def field(about: Setting, value):
    with gr.Blocks():
        return FIELDS[about.kind]("its_name", about, value)


@pytest.mark.parametrize(
    ("about", "values"),
    [
        (WHOLE, [1, 20]),
        (SLIDER, [1, 20]),
        (NUMBER, [0.25]),
        (WORD, ["mean", "median"]),
        (PATCH, [(3, 7, 5)]),
        (OPTIONAL, [None, 1.5]),
    ],
    ids=["whole", "slider", "number", "word", "patch", "optional"],
)
def test_a_value_that_is_shown_is_read_again(about, values):
    control = field(about, values[0])
    for value in values:
        shown = {control.components[key]: v for key, v in control.contents(value).items()}
        read = control.read(shown)
        assert (tuple(read) if about.kind == "patch" else read) == value


@pytest.mark.parametrize(
    ("about", "value", "kinds"),
    [
        (WHOLE, 5, {"its_name": gr.Number}),
        (SLIDER, 5, {"its_name": gr.Slider}),
        (WORD, "mean", {"its_name": gr.Radio}),
        (OPTIONAL, None, {"its_name.on": gr.Checkbox, "its_name": gr.Slider}),
        (PATCH, (3, 7, 7), {f"its_name.{s}": gr.Number for s in ("frames", "height", "width")}),
    ],
    ids=["whole", "slider", "word", "optional", "patch"],
)
def test_the_kind_decides_which_controls_there_are(about, value, kinds):
    components = field(about, value).components
    assert components.keys() == kinds.keys()
    for key, kind in kinds.items():
        assert isinstance(components[key], kind)


def test_a_control_says_what_the_setting_says():
    control = field(SLIDER, 5).components["its_name"]
    assert (control.label, control.info) == ("Passes", "How often.")
    assert (control.minimum, control.maximum, control.step, control.value) == (1, 20, 1, 5)
    assert control.elem_id == element_id("its_name") == "setting-its-name"


def test_a_switch_that_is_off_offers_a_value_that_has_no_effect():
    control = field(OPTIONAL, None)
    number = control.components["its_name"]
    assert control.components["its_name.on"].value is False
    assert number.value == 3.0 and number.interactive is False
    unusable = {control.components["its_name.on"]: False, number: Unusable("Sigma is wrong.")}
    assert control.read(unusable) is None


@pytest.mark.parametrize("about", [WHOLE, SLIDER, NUMBER], ids=["whole", "slider", "number"])
def test_a_number_that_is_being_typed_is_not_read(about):
    control = field(about, 1)
    with pytest.raises(UnusableValue, match="^Wrong.$"):
        control.read({control.components["its_name"]: Unusable("Wrong.")})


@pytest.mark.parametrize(
    ("value", "step"), [(0.001, 0.0001), (0.5, 0.01), (0.0033, 0.0001), (12.0, 1.0), (0, 0.1)]
)
def test_an_arrow_key_moves_a_number_by_a_tenth_of_its_first_digit(value, step):
    assert box_step(value) == pytest.approx(step)
