"""Endpoints take the settings of the method from the fields of `Settings`, by name."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import get_args

import jsonschema
import pytest
from gradio_client.utils import python_type_to_json_schema

from vgpnn.page import arguments
from vgpnn.page.arguments import (
    common_arguments,
    docstring,
    setting_help,
    setting_type,
    settings_of,
    settings_schema,
)
from vgpnn.presets import PRESETS, preset
from vgpnn.setting import NoneChoice, setting
from vgpnn.settings import SETTINGS, Settings

BALANCED = {"quality": "balanced", "difference": None, "settings": None}


@pytest.mark.parametrize("task", PRESETS)
def test_the_difference_is_offered_where_it_has_an_effect(task):
    names = [*common_arguments(task, has_takes=False)]
    changed = preset(task, difference=1.0)
    has_effect = task == "generate"
    assert ("difference" in names) == has_effect == changed.has_drafts
    assert "takes" not in names and names[-1] == "settings"


def test_the_defaults_are_those_of_the_page():
    defaults = {name: each.default for name, each in common_arguments("generate", True).items()}
    assert defaults == {
        "quality": "balanced",
        "difference": None,
        "seed": 0,
        "takes": 1,
        "start": 0.0,
        "frames": 24,
        "height": 144,
        "fps": None,
        "size": "working",
        "sound": True,
        "settings": None,
    }


def test_types_follow_from_the_kinds():
    types = {name: setting_type(about) for name, about in SETTINGS.items()}
    assert types["patch"] == types["large_patch"] == list[int]
    assert types["passes"] is types["large_voxels"] is types["bins"] is int
    assert types["space_factor"] is types["noise"] is float
    assert types["vote"] is types["flow"] is str
    assert types["alpha"] == types["sigma"] == float | None
    assert {name for name, kind in types.items() if kind == float | None} == {"alpha", "sigma"}


def test_clients_are_told_the_type_of_every_setting():
    kind = common_arguments("generate", True)["settings"].kind
    assert type(None) in get_args(kind)
    properties = python_type_to_json_schema(kind)["oneOf"][1]["properties"]
    assert [*properties] == [*SETTINGS]
    assert properties["passes"] == {"type": "integer"} and properties["vote"] == {"type": "string"}


def test_the_help_of_a_setting_has_its_range_what_null_means_and_its_default():
    assert setting_help(SETTINGS["passes"], 5).endswith("cleaner. From 1 to 20. Default: 5.")
    ends = "From 0.000001 to 100. null: off. Default: null."
    assert setting_help(SETTINGS["alpha"], None).endswith(ends)
    ends = "One of median, mean, weighted. Default: median."
    assert setting_help(SETTINGS["vote"], "median").endswith(ends)
    ends = "Three whole numbers from 1 to 15. Default: [3, 7, 7]."
    assert setting_help(SETTINGS["patch"], (3, 7, 7)).endswith(ends)


def test_settings_change_what_quality_and_difference_say():
    chosen = {"quality": "best", "difference": 0.9, "settings": {"passes": 3, "noise": 0.5}}
    expected = preset("generate", "best", 0.9).with_changes(passes=3, noise=0.5)
    assert settings_of("generate", chosen, ()) == expected
    assert settings_of("generate", BALANCED, ()) == PRESETS["generate"]
    without = {"quality": "fast", "settings": {}}
    assert settings_of("retarget", without, ()) == preset("retarget", "fast")


@pytest.mark.parametrize("task", PRESETS)
def test_the_schema_takes_what_is_right_and_nothing_else(task):
    schema = settings_schema(task)
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    right = {name: getattr(PRESETS[task], name) for name in SETTINGS}
    assert validator.is_valid(json.loads(json.dumps(right))) and validator.is_valid(None)
    for wrong in ({"passes": 0}, {"patch": [3, 7]}, {"vote": "loud"}, {"vote": None}, {"pases": 1}):
        assert not validator.is_valid(wrong)
        with pytest.raises(ValueError, match=r"^[^\n]*\.$"):
            settings_of(task, {**BALANCED, "settings": wrong}, ())


def test_a_new_field_of_the_settings_is_a_new_name(monkeypatch):
    @dataclass(frozen=True)
    class More(Settings):
        warmth: float | None = setting(
            None,
            kind="number",
            label="Warmth",
            help="Higher is warmer.",
            group="noise",
            low=0,
            high=9,
            optional=NoneChoice(word="off", label="Warm it", help="Otherwise it stays.", start=1.0),
        )

    about = More.__dataclass_fields__["warmth"].metadata["setting"]
    monkeypatch.setattr(arguments, "SETTINGS", {**SETTINGS, "warmth": about})
    monkeypatch.setattr(arguments, "PRESETS", {**PRESETS, "generate": More()})
    text = "warmth: Warmth. Higher is warmer. From 0 to 9. null: off. Default: null."
    assert text in docstring("", {}, "generate", ())
    assert settings_schema("generate")["properties"]["warmth"]["maximum"] == 9
    (kind, _) = get_args(common_arguments("generate", True)["settings"].kind)
    assert kind.__annotations__["warmth"] == float | None
