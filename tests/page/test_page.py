"""The whole page as a person uses it: a real server process and a real headless Chromium."""

from __future__ import annotations

import json
import urllib.request

import pytest
from helpers.attacker import Attacker
from helpers.page import (
    DONE,
    TWO_FRAMES,
    choose,
    generate,
    open_settings,
    open_tab,
    opened,
    upload,
    wait_until_playing,
)
from helpers.pages import connected_page

import vgpnn
from vgpnn.limits import LIMITS
from vgpnn.page.page import TABS, launch_options
from vgpnn.service import event_queue


def test_opens_without_errors_and_shows_an_example(desk, server):
    page = desk
    wait_until_playing(page, 2)
    assert "Dawn" in page.inner_text("#result")
    body = page.inner_text("body")
    assert "200 MB" in body and "120 frames" in body
    assert f"VGPNN {vgpnn.__version__}" in page.inner_text(".sources")
    assert page.errors == []
    assert server.tracebacks() == 0


TASK_TABS = [tab for tab in TABS if tab.tasks]
BOX = """name => {
  const box = [...document.querySelectorAll(name)].map(each => each.getBoundingClientRect());
  return box.find(({height}) => height > 0)?.toJSON() ?? null;
}"""
# What lies below the lower edge of the bar of the main button after everything that gets the focus
# got it: the elements that the bar covers.
COVERED = """() => {
  const all = document.querySelectorAll('.workspace :is(button, input, select, a[href], summary)');
  return [...all].filter(each => {
    if (each.closest('.action') || each.tabIndex < 0 || !each.checkVisibility()) return false;
    each.scrollIntoView({block: 'nearest'});
    const {bottom, height} = each.getBoundingClientRect();
    const bar = document.querySelector('.action').getBoundingClientRect();
    return height > 0 && bottom > bar.top + 1 && bar.bottom >= bottom;
  }).map(each => each.outerHTML.slice(0, 90));
}"""


def test_the_work_is_in_sight_on_every_tab(desk):
    """The clip, the button and the place of the work, without scrolling."""
    page = desk
    page.set_viewport_size({"width": 1280, "height": 800})
    for tab in TASK_TABS:
        open_tab(page, tab.title)
        work = ".of-inpaint .stage" if tab.id == "inpaint" else ".film"
        page.wait_for_function(f"() => ({BOX})('{work}')?.top < 260")
        clip, button, slogan = (
            page.evaluate(BOX, name) for name in ("#working video", "#go", ".slogan")
        )
        assert clip["top"] < 260 and clip["bottom"] < 800, tab.id
        assert button["bottom"] < 200 and button["left"] >= slogan["right"], tab.id
        assert page.evaluate("document.documentElement.scrollWidth") == 1280


def test_a_strip_of_two_examples_is_a_short_piece_of_film(desk):
    page = desk
    box = page.evaluate(BOX, ".strip")
    frames = page.locator(".strip:visible .frame")
    last = frames.last.bounding_box()
    assert frames.count() == 2
    assert box["right"] - (last["x"] + last["width"]) < 30


@pytest.fixture(scope="module")
def phone(browser, server):
    with opened(browser, server, width=390, height=844, scheme="dark") as page:
        yield page


@pytest.mark.parametrize("title", ["Generate", "Inpaint"])
def test_on_a_phone_the_button_stays_at_the_thumb_and_covers_nothing(phone, title):
    page = phone
    page.evaluate("scrollTo(0, 0)")
    open_tab(page, title)
    wait_until_playing(page, 2)
    button = page.locator("#go").bounding_box()["y"]
    clip, film = (page.evaluate(BOX, name)["top"] for name in ("#working", ".film"))
    assert clip < film
    if title == "Generate":  # elsewhere there may be controls that belong before the takes
        assert film < 700 < button
    else:  # most of the frame that is painted on; the clip is not shown twice
        page.wait_for_selector("#paint .swatch >> nth=3")
        page.evaluate(TWO_FRAMES)
        paper = page.evaluate(BOX, "#paint .paper")
        assert paper["top"] + 0.75 * paper["height"] < button
        assert not page.is_visible("#working video")
    for _ in range(3):
        box = page.locator("#go").bounding_box()
        assert box["height"] >= 44 and 700 < box["y"] < 844 - box["height"]
        page.mouse.wheel(0, 500)
        page.evaluate(TWO_FRAMES)
    assert page.evaluate(COVERED) == []
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    page.evaluate(TWO_FRAMES)
    bar, footer = (page.evaluate(BOX, name) for name in (".action", ".privacy"))
    assert bar["bottom"] <= footer["top"]  # here it has come to a place of its own
    page.focus("#frames input[type=number]")  # while somebody types, it covers nothing
    position = "getComputedStyle(document.querySelector('.action')).position"
    page.wait_for_function(f"{position} === 'static'")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_clip_that_is_not_made_anything_of_yet_has_no_dead_take(desk, clips):
    page = desk
    upload(page, clips["tiny"])
    page.wait_for_selector("text=What you make of this clip appears here.")
    assert page.locator("#result video").count() == 0
    assert not page.locator("#result figcaption:visible").count()


def test_work_that_begins_comes_into_sight(desk, clips):
    page = desk
    page.set_viewport_size({"width": 1280, "height": 500})
    upload(page, clips["slow"])
    choose(page, "height", 64)
    open_settings(page)
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    page.evaluate("document.getElementById('go').click()")
    page.wait_for_selector(".reel[data-phase=running]", timeout=60_000)
    page.wait_for_function(
        f"() => {{ const {{top}} = ({BOX})('.reel'); return -1 < top && top < 400 }}"
    )
    page.click("#stop")
    page.wait_for_selector("#go", state="visible")


def test_upload_generate_download_reload(desk, clips, tmp_path):
    page = desk
    upload(page, clips["tiny"])
    page.wait_for_selector("#sizes dd:has-text('5 frames of 64×48')")
    assert "about" in page.inner_text("#sizes")
    generate(page, 2)
    wait_until_playing(page, 3)
    seed = int(page.input_value("#seed input"))
    assert f"seed {seed}" in page.inner_text(".take >> nth=0")
    assert f"seed {seed}" in page.inner_text(".take >> nth=1")  # another draft of it

    with page.expect_download() as download:
        page.click(".take >> nth=1 >> text=MP4")
    path = tmp_path / download.value.suggested_filename
    download.value.save_as(path)
    assert vgpnn.video.read(path).frames.shape == (5, 48, 64, 3)
    with page.expect_download() as download:
        page.click(".reel .settings")
    settings = json.loads(download.value.path().read_text())
    assert settings["seed"] == seed and settings["takes"] == 2 and "alpha" in settings["settings"]

    page.click("text=Where it came from")
    wait_until_playing(page, 3)
    assert "Colour is place" in page.inner_text(".legend")
    page.click("[data-view=result]")

    page.click(".take >> nth=1 >> .meta")
    assert page.input_value("#seed input") == str(seed)
    assert not page.is_checked("#random input")
    assert page.errors == []

    page.reload()
    page.wait_for_selector(DONE)
    wait_until_playing(page, 3)
    assert f"seed {seed}" in page.inner_text("#result")
    assert "tiny.mp4" in page.inner_text("#working")
    assert page.errors == []
    assert page.evaluate("Object.keys(localStorage)") == ["vgpnn-last-job"]


# Notes in `window.said` what screen readers are told by Gradio's line for them.
LISTEN = """() => {
  window.said = [];
  new MutationObserver(changes => changes.forEach(({target}) => {
    const line = (target.closest ? target : target.parentElement)?.closest('.sr-only[role=status]');
    if (line?.textContent.trim()) window.said.push(line.textContent.trim());
  })).observe(document.body, {subtree: true, childList: true, characterData: true});
}"""


@pytest.mark.parametrize("language", ["en-US", "de-DE"])
def test_screen_readers_are_told_words_after_an_upload(browser, server, clips, language):
    """Gradio has no word for this in any language, and would say `common.complete`."""
    with opened(browser, server, locale=language) as page:
        page.evaluate(LISTEN)
        upload(page, clips["tiny"])
        page.wait_for_function("() => said.some(text => /Done|complete/.test(text))")
        said = page.evaluate("said")
        assert "Done" in said and not any("common." in text for text in said)


# The colours do not change the layout, so each width and each scheme is seen once.
@pytest.mark.parametrize(
    ("window", "width", "is_dark"), [("phone", 390, True), ("desk", 1280, False)]
)
def test_fits_the_screen(request, window, width, is_dark):
    page = request.getfixturevalue(window)
    open_settings(page)
    page.wait_for_selector("text=Coarsest length")
    assert page.evaluate("document.documentElement.scrollWidth") == width
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (sum(map(int, dark[4:-1].split(","))) < 150) == is_dark


# --- events beside the queue

TYPED_KINDS = {"number", "slider", "dropdown", "textbox"}
TYPED = [None, "", "1", -1, 12, 1e300, 10**400, True, [], {}]


def quiet_events():
    """The page's events that are answered beside the queue, by name."""
    demo = connected_page()[1]
    return sorted({fn.api_name for fn in demo.fns.values() if not fn.queue and fn.fn})


@pytest.fixture(scope="module")
def visitor(server, clips):
    """Somebody with a clip, so that handlers have something to work on."""
    with urllib.request.urlopen(server.url + "config", timeout=60) as answer:
        visitor = Attacker(server, json.load(answer))
    visitor.open_clip(clips["tiny"])
    return visitor


@pytest.mark.parametrize("name", quiet_events())
def test_no_event_beside_the_queue_is_answered_by_500(visitor, name):
    """Whatever somebody is typing: Gradio answers 500 to an error there."""
    kinds, values = visitor.kinds(name), visitor.values(name)
    for typed in TYPED if TYPED_KINDS & set(kinds) else [None]:
        sent = [typed if kind in TYPED_KINDS else value for kind, value in zip(kinds, values)]
        event = {"data": sent, "fn_index": visitor.events[name]["id"]}
        event["session_hash"] = visitor.session
        status, _, body = visitor.post("gradio_api/run/predict", event)
        assert status == 200, body
    assert visitor.server.tracebacks() == 0


def test_there_is_no_history_of_runs(visitor):
    assert visitor.config["run_history"] is False
    for path in ("runs", "run-history/connect", "run-history/buckets", "run-history/records"):
        assert visitor.get(f"gradio_api/{path}")[0] == 404
        assert visitor.get(f"gradio_api/{path}", b"{}")[0] == 404


def test_places_for_events_follow_from_the_queue(monkeypatch):
    """With 40 waiting visitors Gradio's 40 slots were all taken."""
    for waiting in (20, 40):
        monkeypatch.setattr(event_queue, "LIMITS", LIMITS.__class__(queue=waiting))
        assert launch_options()["max_threads"] == 4 * waiting + 40
