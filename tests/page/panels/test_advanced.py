"""The panel of settings is made from the fields of `Settings`, by name."""

from __future__ import annotations

import dataclasses
import json
import shutil

import gradio as gr
import pytest
from helpers.page import (
    choose,
    generate,
    number,
    open_settings,
    open_tab,
    upload,
    wait_for_board,
)
from helpers.pages import built_page, values_of
from playwright.sync_api import expect

from vgpnn.page.panels import advanced
from vgpnn.page.panels.advanced import AdvancedPanel, is_box
from vgpnn.page.values import Unusable
from vgpnn.presets import PRESETS, QUALITIES, preset
from vgpnn.setting import GROUPS, setting
from vgpnn.settings import SETTINGS, Settings


def panel() -> AdvancedPanel:
    with gr.Blocks():
        return AdvancedPanel(PRESETS["generate"])


def test_every_setting_is_in_the_panel_once_the_basic_ones_first():
    names = [*panel().fields]
    assert sorted(names) == sorted(SETTINGS)
    order = [(SETTINGS[name].advanced, [*GROUPS].index(SETTINGS[name].group)) for name in names]
    assert order == sorted(order)


def test_a_new_field_of_the_settings_appears_without_another_line(monkeypatch):
    @dataclasses.dataclass(frozen=True)
    class More(Settings):
        sharpness: float = setting(
            0.5,
            kind="number",
            label="Sharpness",
            help="How sharp.",
            group="vote",
            low=0,
            high=1,
            slider=(0, 1, 0.1),
        )

    about = {f.name: f.metadata["setting"] for f in dataclasses.fields(More)}
    monkeypatch.setattr(advanced, "SETTINGS", about)
    with gr.Blocks():
        made = AdvancedPanel(More())
    assert made.components["sharpness"].label == "Sharpness"
    assert made.contents(More(sharpness=0.7))["sharpness"] == 0.7


@pytest.mark.parametrize("name", PRESETS)
@pytest.mark.parametrize("quality", QUALITIES)
def test_settings_that_are_shown_are_read_again(name, quality):
    made, settings = panel(), preset(name, quality)
    assert made.settings(made.values_of(settings), name) == settings


def test_a_setting_that_cannot_be_used_is_named_by_its_label():
    page = built_page()
    made = page.workspace.advanced
    typed = {made.components["passes"]: made.components["passes"].preprocess(99)}
    assert isinstance(typed[made.components["passes"]], Unusable)
    with pytest.raises(ValueError, match=r"^Passes \(J\) must be a whole number from 1 to 20"):
        made.settings(values_of(page) | typed, "generate")


def test_flow_is_hidden_where_there_is_nothing_to_choose(monkeypatch):
    for installed in (True, False):
        monkeypatch.setattr(advanced, "raft_installed", lambda installed=installed: installed)
        assert panel().components["flow"].visible is installed


def test_boxes_without_a_slider_may_stand_side_by_side():
    assert is_box("bins") and is_box("large_voxels")
    assert not any(is_box(name) for name in ("passes", "alpha", "patch", "vote"))


def test_saved_settings_are_loaded_again(desk, clips, tmp_path):
    page = desk
    upload(page, clips["tiny"])
    open_settings(page)
    choose(page, "setting-passes", 2)
    choose(page, "frames", 4)
    generate(page, 1)
    with page.expect_download() as download:
        page.click(".reel .settings")
    path = tmp_path / "saved.json"
    download.value.save_as(path)
    seed = json.loads(path.read_text())["seed"]
    choose(page, "setting-passes", 7)
    choose(page, "frames", 5)
    page.set_input_files("#advanced input[type=file]", str(path))
    page.wait_for_function(
        "() => document.querySelector('#setting-passes input[type=number]').value === '2'"
    )
    assert number(page, "frames") == 4 and number(page, "samples") == 1
    assert page.input_value("#seed input") == str(seed)
    assert not page.is_checked("#random input")
    open_tab(page, "Resize")
    copy = shutil.copy(path, tmp_path / "copy.json")  # Chromium ignores the same file again
    page.set_input_files("#advanced input[type=file]", str(copy))
    page.wait_for_selector("text=These are settings of Generate (generate): open that tab")
    assert page.errors == []


def test_loaded_numbers_that_do_not_fit_become_the_nearest_ones(desk, clips, tmp_path):
    """The endpoints allow more than the page's controls, and another clip may be longer."""
    page = desk
    path = tmp_path / "loaded.json"
    part = {"start": 60, "frames": 1, "height": 32, "seed": 1}
    path.write_text(json.dumps(part))
    upload(page, clips["tiny"])
    open_settings(page)
    page.set_input_files("#advanced input[type=file]", str(path))
    toast = page.locator(".toast-body", has_text="became")
    for sentence in (
        "Start [s] must be from 0 to 0.4: 60 became 0.4.",
        "Frames must be from 3 to 120: 1 became 3.",
        "Height [px] must be from 64 to 720: 32 became 64.",
    ):
        expect(toast).to_contain_text(sentence)
    shown = [number(page, control) for control in ("start", "frames", "height")]
    assert shown == [0.4, 3, 64]
    page.wait_for_selector("#sizes dd:has-text('1 frame of')")
    open_tab(page, "Inpaint")
    wait_for_board(page, 1)
    paint = {"task": "inpaint", "first": 0, "last": 23, "margin": 0.5}
    path = tmp_path / "paint.json"
    path.write_text(json.dumps({**part, "start": 0, "frames": 5, "height": 64, **paint}))
    page.set_input_files("#advanced input[type=file]", str(path))
    sentence = "Last painted frame must be from 1 to 5: 24 became 5."
    expect(toast.filter(has_text=sentence)).to_be_visible(timeout=30_000)
    page.wait_for_function("document.querySelector('#last-frame input').value === '5'")
    assert page.errors == []
