"""What all tabs have in common: words, controls, and requests that become values again."""

from __future__ import annotations

import math

import pytest
from helpers.pages import built_page, connected_page, opened_at, tiny_clip, values_of

from vgpnn import examples
from vgpnn.page import workspace
from vgpnn.page.page import TABS
from vgpnn.page.tabs.tab import Tab
from vgpnn.page.values import Unfinished, Unusable, UnusableValue, plain_values
from vgpnn.page.workspace import Unasked
from vgpnn.service.examples import clip_of
from vgpnn.service.request import TASK_PRESETS
from vgpnn.service.working_size import whole_request
from vgpnn.tasks.drafts import COUNT

TASK_TABS = [tab for tab in TABS if tab.tasks]
# Options of a request for each tab whose controls are only numbers, check boxes and choices.

OPTIONS = {
    "generate": {},
    "resize": {"width_scale": 1.25, "height_scale": 0.8},
    "retime": {"duration_scale": 0.5, "loop": True},
}


@pytest.fixture(scope="module")
def page():
    return built_page()


@pytest.fixture(scope="module")
def clip(clips):
    return tiny_clip(clips["tiny"])


@pytest.mark.parametrize("tab", TABS, ids=lambda tab: tab.__name__)
def test_a_tab_has_its_words(tab):
    assert tab.id and tab.title and tab.description.endswith(".")
    assert bool(tab.verb) == bool(tab.tasks) != tab.explains_runs


def test_every_task_of_the_page_has_one_tab():
    tasks = [task for tab in TASK_TABS for task in tab.tasks]
    assert sorted(tasks) == sorted(TASK_PRESETS)
    assert len({tab.id for tab in TABS}) == len(TABS)


def test_some_tasks_make_several_takes():
    several = [task for tab in TASK_TABS for task in tab.several_takes]
    assert sorted(several) == ["extend", "generate", "retime"]


@pytest.mark.parametrize("name", OPTIONS)
def test_a_request_becomes_the_values_that_made_it(page, clip, name):
    tab = page.tabs[name]
    values = opened_at(page, name, clip, **OPTIONS[name])
    request = page.request(values, seed=5)
    offer = {"offered": COUNT} if name == "generate" else {}
    assert request.task == name and request.options == OPTIONS[name] | offer
    assert request.seed == 5
    chosen = {tab.kind: name} if name in ("resize", "retime") else {}
    assert tab.values_of(request.task, request.options) == chosen | {
        field: values[field] for field in tab.fields.values()
    }
    assert tab.restored_values(request) == tab.values_of(request.task, request.options)


@pytest.mark.parametrize("name", OPTIONS)
def test_a_saved_file_sets_what_a_user_could_set(page, name):
    tab = page.tabs[name]
    saved = tab.saved_values(name, OPTIONS[name] | {"style": "/etc/passwd", "path": "/etc/passwd"})
    assert saved == tab.values_of(name, OPTIONS[name])


@pytest.mark.parametrize(
    ("name", "option", "value"),
    [
        ("resize", "width_scale", 9.0),
        ("resize", "width_scale", math.nan),
        ("resize", "width_scale", "wide"),
        ("retime", "duration_scale", None),
        ("inpaint", "first", -1),
        ("inpaint", "margin", {}),
    ],
)
def test_a_saved_number_out_of_range_is_refused_by_its_label(page, name, option, value):
    tab = page.tabs[name]
    with pytest.raises(ValueError, match=f"^{tab.fields[option].label} "):
        tab.saved_values(name, {option: value})


def test_a_saved_switch_is_a_switch(page):
    tab = page.tabs["retime"]
    assert tab.saved_values("retime", {"loop": "yes"}) == {tab.kind: "retime"}


def test_a_missing_clip_is_named_before_anything_else(page):
    for tab in TASK_TABS:
        with pytest.raises(Unfinished, match="^Choose an example or upload a clip first.$"):
            page.request(opened_at(page, tab.id))


def test_a_number_that_is_being_typed_makes_no_request(page, clip):
    values = opened_at(page, "resize", clip, width_scale=Unusable("Width is wrong."))
    with pytest.raises(UnusableValue, match="^Width is wrong.$"):
        page.request(values)
    # The controls of a tab that is not open do not count.
    assert page.request(values | {page.workspace.open_tab: "generate"}).task == "generate"


def test_takes_count_only_where_they_differ(page, clip):
    values = values_of(page, clip) | {page.workspace.run.samples: 4}
    assert page.request(values).samples == 4
    assert page.request(values | {page.workspace.open_tab: "resize"}).samples == 1


def test_a_new_tab_needs_its_words_alone(clip):
    class Blur(Tab):
        id = "blur"
        tasks = ("resize",)

    assert Blur().options({}) == {} and Blur().task({}) == "resize"
    assert Blur().inputs == Blur().outputs == set()


@pytest.fixture(scope="module")
def bundled():
    """The page with the bundled examples, and for each tab the event that shows its own."""
    page, demo = connected_page(examples.load())
    events = [fn.fn for fn in demo.fns.values() if fn.name == "own_example_shown"]
    return page, dict(zip((tab.id for tab in TASK_TABS), events, strict=True))


def example_values(page, clip, unasked, **changes):
    """What the event gets on a page with a clip, of which some controls were changed."""
    shared = page.workspace
    values = {shared.clip.clip: clip, shared.unasked: unasked, shared.token: None}
    if clip is not None:
        whole = shared.clip.values_of(whole_request(clip), "")
        values |= plain_values({control: whole[control] for control in shared.clip.part})
    return values | {getattr(shared.clip, name): value for name, value in changes.items()}


def test_a_tab_begins_with_an_example_of_its_own(bundled):
    page, events = bundled
    first = page.tabs["generate"].strip.shown[0]
    unasked = Unasked(first, frozenset({"generate"}))
    values = example_values(page, clip_of(first), unasked)
    assert events["generate"](values)["__type__"] == "update"  # it is there already
    for name in [name for name in page.tabs if name != "generate"]:
        own = page.tabs[name].strip.shown[0]
        shown = events[name](values)
        assert shown[page.workspace.clip.clip].path == own.video
        assert shown[page.workspace.unasked] == Unasked(own, frozenset({"generate", name}))
        assert shown[page.workspace.result.data]["title"] == own.title
        after = example_values(page, clip_of(own), shown[page.workspace.unasked])
        assert events[name](after)["__type__"] == "update"  # once for each tab
        assert events["generate"](after)["__type__"] == "update"


def test_what_was_chosen_stays_when_another_tab_is_opened(bundled, clip, monkeypatch):
    page, events = bundled
    first, second = page.tabs["generate"].strip.shown[:2]
    unasked, is_chosen = Unasked(first, frozenset({"generate"})), {page.workspace.unasked: None}
    for each in (clip, clip_of(second), None):
        assert events["resize"](example_values(page, each, unasked)) == is_chosen
    for change in ({"start": 0.2}, {"frames": 9}, {"height": 96}, {"fps": 10}):
        values = example_values(page, clip_of(first), unasked, **change)
        assert events["resize"](values) == is_chosen
    values = example_values(page, clip_of(first), None)  # it was chosen in the strip
    assert events["resize"](values)["__type__"] == "update"
    monkeypatch.setattr(workspace.QUEUE, "find", lambda token: object())  # there is a result
    assert events["resize"](example_values(page, clip_of(first), unasked)) == is_chosen
