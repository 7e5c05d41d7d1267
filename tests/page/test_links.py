"""Links that open the page with an example, a task, a seed and settings."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from helpers.page import number, opened

from vgpnn.page import links
from vgpnn.presets import preset

USUAL = {"task": "generate", "seed": 3, "start": 0.0, "frames": 24, "height": 144, "fps": None}
EXAMPLES = [
    SimpleNamespace(name=name, task=task)
    for name, task in (("flock", "generate"), ("sea", "generate"), ("loop", "retime"))
]


def test_what_does_not_count_is_left_out():
    text = "?__theme=dark&seed=7&utm_source=x&quality=best&passes="
    assert links.read(text) == {"seed": "7", "quality": "best"}
    assert links.read("") == links.read("?x=1") == {}
    with pytest.raises(ValueError, match=r"^This link is too long: .*\.$"):
        links.read("?seed=" + "1" * 9999)


@pytest.mark.parametrize(
    ("link", "name"),
    [
        ({}, "flock"),
        ({"example": "sea"}, "sea"),
        ({"task": "retime"}, "loop"),
        ({"task": "retime", "example": "sea"}, "sea"),
        ({"task": "inpaint"}, "flock"),
    ],
)
def test_a_link_has_an_example(link, name):
    assert links.example_of(link, EXAMPLES).name == name
    assert links.example_of({}, []) is None


def test_settings_are_those_of_the_quality_with_some_changed():
    text = "quality=best&difference=0.9&alpha=off&patch=3x5x5&vote=mean&takes=2&size=full&fps=12"
    saved = links.settings_in(links.read(text), USUAL)
    expected = preset("generate", "best", 0.9).with_changes(
        alpha=None, patch=(3, 5, 5), vote="mean"
    )
    assert (saved.task, saved.settings) == ("generate", expected)
    part = {"takes": 2, "seed": 3, "size": "full", "fps": 12, "start": 0, "frames": 24}
    assert saved.part == {**part, "height": 144, "sound": True}


def test_sound_is_kept_unless_a_link_says_otherwise():
    assert links.settings_in(links.read("sound=true"), USUAL).part["sound"] is True
    assert links.settings_in(links.read("sound=false"), USUAL).part["sound"] is False


@pytest.mark.parametrize(
    ("text", "task", "options"),
    [
        ("task=retarget&width_scale=1.5&loop=true", "resize", {"width_scale": 1.5, "loop": True}),
        ("task=retime&duration_scale=2", "retime", {"duration_scale": 2}),
        ("task=tile&axes=y&time=true", "tile", dict(axes="y", time=True)),
        ("task=inpaint&first=2&last=3&margin=0.5", "inpaint", dict(first=2, last=3, margin=0.5)),
        ("task=inpaint&follow=false", "inpaint", dict(follow=False)),
    ],
)
def test_options_are_those_of_the_endpoint(text, task, options):
    saved = links.settings_in(links.read(text), USUAL)
    assert (saved.task, saved.options) == (task, options)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("task=make", "task must be one of"),
        ("sound=no", "sound must be one of"),
        ("quality=good", "quality must be one of"),
        ("difference=2", "difference must be a number from 0 to 1"),
        ("difference=nan", "difference must be a number from 0 to 1"),
        ("seed=-1", "seed must be a whole number"),
        ("seed=x", "seed must be a whole number"),
        ("frames=1e999", "frames must be a whole number"),
        ("takes=99", "takes must be a whole number from 1 to 6"),
        ("passes=99", "passes must be a whole number from 1 to 20"),
        ("patch=3x7", "patch must be three whole numbers"),
        ("size=huge", "size must be one of 'working', 'full'"),
        ("loop=maybe", "loop must be one of"),
        ("follow=1", "follow must be one of 'true', 'false'"),
        ("example=none", "There is no example 'none'"),
    ],
)
def test_what_is_wrong_is_told_in_one_sentence(text, sentence):
    link = links.read(text)
    with pytest.raises(ValueError) as caught:
        links.example_of(link, EXAMPLES)
        links.settings_in(link, USUAL)
    assert str(caught.value).startswith(sentence) and str(caught.value).endswith(".")
    assert "\n" not in str(caught.value)


LENGTH = "document.querySelector('#working video').duration"  # [s]


def open_link(page, server, query: str) -> None:
    page.goto(server.url + query)
    page.wait_for_selector("#working video", timeout=60_000)


def test_a_link_opens_the_page_as_it_says(server, browser):
    query = "?example=dusk&task=retime&seed=7&quality=fast&duration_scale=1.5"
    with opened(browser, server, query=query) as page:
        page.wait_for_selector("button[role=tab][aria-selected=true]:has-text('Retime')")
        page.wait_for_selector("#working b:has-text('Dusk')")
        page.wait_for_selector("#go:has-text('Retime')")
        assert number(page, "duration") == 1.5 and page.is_checked("#quality input[value=fast]")

        open_link(page, server, "?seed=99&passes=2&frames=4&example=dusk&takes=2&utm_source=x")
        page.wait_for_selector("#working b:has-text('Dusk')")
        page.wait_for_selector("button[role=tab][aria-selected=true]:has-text('Generate')")
        assert [number(page, name) for name in ("seed", "frames", "samples")] == [99, 4, 2]
        assert not page.is_checked("#random input")
        page.wait_for_function("document.querySelector('#sizes').innerText.includes('2 takes')")
        # The part of the link plays, and not the whole example.
        page.wait_for_selector("#working video:not([src*=dusk])")
        page.wait_for_function(f"() => Math.abs({LENGTH} - 0.4) < 0.05")
        assert page.locator("#link-problem p").count() == 0
        assert page.errors == []


WRONG = {
    "?task=make&seed=7": "This link cannot be followed: task must be one of",
    "?example=<b>x</b>": "There is no example '<b>x</b>'",
    "?task=retime&duration_scale=77": "from 0.4 to 3",
}


def test_a_wrong_link_opens_the_page_as_usual_and_says_so(server, browser):
    before = server.tracebacks()
    with opened(browser, server, query=next(iter(WRONG))) as page:
        for query, sentence in WRONG.items():
            if not page.url.endswith(query):
                open_link(page, server, query)
            page.wait_for_selector(f'#link-problem:has-text("{sentence}")')
            page.wait_for_selector("#working b:has-text('Dawn')")
            page.wait_for_selector("button[role=tab][aria-selected=true]:has-text('Generate')")
            assert number(page, "seed") == 0
        assert page.errors == []
    assert server.tracebacks() == before
