"""The strip of examples."""

from __future__ import annotations

import gradio as gr
import pytest
from helpers.clips import write_examples
from helpers.page import opened, wait_until_playing

from vgpnn import examples
from vgpnn.page.panels.examples import ExampleStrip, options_of


@pytest.fixture(scope="module")
def bundled(tmp_path_factory):
    return examples.load(write_examples(tmp_path_factory.mktemp("bundled") / "examples"))


def test_an_example_is_chosen_by_its_number(bundled):
    with gr.Blocks():
        strip = ExampleStrip(bundled)
    assert [strip.chosen(gr.EventData(None, {"index": k})) for k in (0, 1)] == bundled
    for data in ({"index": 2}, {"index": -1}, {}, None):
        with pytest.raises(ValueError, match="no such index"):
            strip.chosen(gr.EventData(None, data))


def test_a_title_is_text(bundled):
    evil = examples.Example("evil", "<b>'&", bundled[0].video, bundled[0].result)
    with gr.Blocks():
        content = ExampleStrip([evil]).frames.value
    assert "<b>" not in content and "Example: &lt;b&gt;&#x27;&amp;" in content


def test_a_strip_loads_small_pictures_and_no_videos():
    shipped = examples.load()
    with gr.Blocks():
        content = ExampleStrip(shipped).frames.value
    assert content.count("preload='none' poster=") == len(shipped)
    assert all(each.poster in each.files() for each in shipped)
    assert all(each.poster.stat().st_size < 20_000 for each in shipped)


def test_options_are_those_of_a_request():
    shipped = {example.name: example for example in examples.load()}
    assert options_of(shipped["pitch_narrow"]) == ("resize", {"width_scale": 0.6})
    task, options = options_of(shipped["ring_of_steam"])
    assert task == "sketch" and options["style"].path == shipped["ring_of_steam"].style


def test_an_example_answers_at_once_and_its_frame_plays_under_the_pointer(browser, server):
    with opened(browser, server) as page:
        wait_until_playing(page, 2)
        page.click("[aria-label='Example: Dusk']")
        page.wait_for_selector("text=The note on dusk.", timeout=15_000)
        wait_until_playing(page, 2, timeout=15_000)
        sources = page.eval_on_selector_all("#result video", "videos => videos.map(v => v.src)")
        assert [source.rpartition("/")[2] for source in sources] == ["dusk.mp4", "dusk_result.mp4"]
        assert page.locator(".strip .frame.on").inner_text() == "Dusk"
        assert page.errors == []
        page.hover("h1")  # the click left the pointer on the frame
        is_paused = "document.querySelectorAll('.strip video')[1].paused"
        page.wait_for_function(f"() => {is_paused}")
        page.hover("[aria-label='Example: Dusk']")
        page.wait_for_function(f"() => !{is_paused}")
        page.hover("h1")
        page.wait_for_function(f"() => {is_paused}")
