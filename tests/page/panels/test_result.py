"""The panel of results: takes are downloaded, compared, and sent to other tabs."""

from __future__ import annotations

import gradio as gr
import pytest
from helpers.clips import write_examples
from helpers.page import (
    choose,
    make_one,
    open_tab,
    opened,
    upload,
)
from helpers.pages import built_page

from vgpnn import examples
from vgpnn.limits import LIMITS
from vgpnn.page.panels.result import sent_take


@pytest.fixture(scope="module")
def bundled(tmp_path_factory):
    return examples.load(write_examples(tmp_path_factory.mktemp("bundled") / "examples"))


def event(**data):
    return gr.EventData(None, data)


def test_the_result_of_an_example_can_be_sent(bundled):
    path, name = sent_take(event(take=1, title="Dusk"), None, bundled)
    assert path == bundled[1].result and name == "Dusk, take 1"


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"take": 1},
        {"take": 1, "title": "../../secret"},
        {"take": 1, "title": ["Dusk"]},
        {"take": -1, "title": "Dusk"},
        {"take": LIMITS.takes + 1, "title": "Dusk"},
        {"take": "1", "title": "Dusk"},
    ],
    ids=str,
)
@pytest.mark.parametrize("token", [None, "unknown", ["*"]], ids=repr)
def test_nothing_else_can_be_sent(bundled, data, token):
    with pytest.raises(ValueError, match=r"\.$"):
        sent_take(event(**data), token, bundled)


def test_a_view_is_drawn_where_no_job_runs():
    result = built_page().workspace.result
    assert result.unless_running({"phase": "ready"}, "unknown") == {result.data: {"phase": "ready"}}


def test_a_take_is_sent_to_another_tab(browser, server, clips):
    with opened(browser, server) as page:
        upload(page, clips["tiny"])
        open_tab(page, "Retime")
        choose(page, "duration", 2)
        choose(page, "samples", 1)
        make_one(page, "Retime", "Plain slow-down")
        page.select_option(".take .send", "resize")
        page.wait_for_selector("button[role=tab][aria-selected=true]:has-text('Resize')")
        page.wait_for_selector("#working b:has-text('tiny.mp4, take 1')")
        page.wait_for_selector("#sizes dd:has-text('10 frames')")
        assert page.errors == []
