"""The choice of the frame rate accepts every rate that is allowed, offered or not."""

from __future__ import annotations

import json

import gradio as gr
import pytest
from helpers.page import open_settings, opened, upload
from playwright.sync_api import expect

from vgpnn.page.panels.rate import RATES, RateChoice, shown_rate
from vgpnn.page.values import Unusable

CHOICE = RateChoice(RATES, value=0, label="Frame rate")


@pytest.mark.parametrize(
    ("sent", "arrived"), [(None, 0), (0, 0), (24, 24), (12, 12), (239.5, 239.5)]
)
def test_an_allowed_rate_arrives(sent, arrived):
    assert CHOICE.preprocess(sent) == arrived


@pytest.mark.parametrize("sent", ["", "24", -1, 0.5, 241, 10**400, True, [], [24], {}], ids=repr)
def test_any_other_value_is_unusable(sent):
    arrived = CHOICE.preprocess(sent)
    assert isinstance(arrived, Unusable) and arrived.sentence.startswith("Frame rate must be")


def test_a_rate_that_is_not_in_the_list_is_offered_too():
    assert shown_rate(None)["value"] == 0 and shown_rate(24.0)["choices"] == RATES
    shown = shown_rate(12.0)
    assert shown["value"] == 12 and shown["choices"] == [*RATES, ("12 per second", 12)]


def test_gradio_draws_it_as_its_own():
    with gr.Blocks():
        assert CHOICE.get_block_name() == "dropdown"


def test_a_rate_from_a_settings_file_is_shown_and_used(browser, server, clips, tmp_path):
    path = tmp_path / "rate.json"
    path.write_text(json.dumps({"start": 0, "frames": 4, "height": 64, "seed": 1, "fps": 12}))
    with opened(browser, server) as page:
        upload(page, clips["slow"])
        open_settings(page)
        page.set_input_files("#advanced input[type=file]", str(path))
        expect(page.locator("#fps input")).to_have_value("12 per second")
        page.wait_for_selector("#sizes dd:has-text('12 fps')")
        assert page.errors == []
