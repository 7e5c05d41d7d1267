"""The page as a person uses it: a real server process and a real headless Chromium."""

from __future__ import annotations

import json
import re
import time
from contextlib import contextmanager

import numpy as np
import pytest
from playwright.sync_api import expect

import vgpnn
from vgpnn.presets import noise_of, preset

PLAYING = """() => {
  const videos = [...document.querySelectorAll('#result video')];
  return videos.length && videos.every(v => v.readyState >= 2 && v.duration > 0 && !v.paused)
    ? videos.length : 0;
}"""


@contextmanager
def opened(browser, server, width=1280, height=900, scheme="light"):
    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=scheme, accept_downloads=True
    )
    page = context.new_page()
    page.errors = []
    page.on("console", lambda m: page.errors.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda e: page.errors.append(str(e)))
    page.goto(server.url)
    page.wait_for_selector("#working video", timeout=60_000)
    try:
        yield page
    finally:
        context.close()


def upload(page, path):
    page.set_input_files("#upload input[type=file]", str(path))
    page.wait_for_function(
        "name => document.querySelector('#working b')?.textContent === name", arg=path.name
    )


def choose(page, what, value):
    box = page.locator(f"#{what} input[type=number]").first
    box.fill(str(value))
    box.press("Tab")


def generate(page, takes, playing=True):
    choose(page, "samples", takes)
    page.click("#go")
    page.wait_for_selector(".reel[data-phase=done] .take.done", timeout=120_000)
    assert page.locator(".take.done").count() == takes
    if playing:
        page.wait_for_function(f"n => ({PLAYING})() === n + 1", arg=takes)
    page.wait_for_selector("#go", state="visible")


def test_opens_without_errors_and_shows_an_example(browser, server):
    with opened(browser, server) as page:
        page.wait_for_function(f"() => ({PLAYING})() === 2")
        assert "Dawn" in page.inner_text("#result")
        assert "200 MB" in page.inner_text("body") and "120 frames" in page.inner_text("body")
        assert page.errors == []
    assert server.tracebacks() == 0


def test_an_example_answers_at_once(browser, server):
    with opened(browser, server) as page:
        page.wait_for_function(f"() => ({PLAYING})() === 2")
        page.click("[aria-label='Example: Dusk']")
        page.wait_for_selector("text=The note on dusk.", timeout=15_000)
        page.wait_for_function(f"() => ({PLAYING})() === 2", timeout=15_000)
        sources = page.eval_on_selector_all("#result video", "vs => vs.map(v => v.src)")
        assert sources[0].endswith("dusk.mp4") and sources[1].endswith("dusk_result.mp4")


def test_upload_generate_download_reload(browser, server, clips, tmp_path):
    with opened(browser, server) as page:
        upload(page, clips["tiny"])
        sizes = page.inner_text("#line")
        assert "64×48" in sizes and "5 frames" in sizes and "about" in sizes
        generate(page, 2)
        seed = int(page.input_value("#seed input"))
        assert f"seed {seed}" in page.inner_text(".take >> nth=0")
        assert f"seed {seed + 1}" in page.inner_text(".take >> nth=1")

        for text, start in (("MP4", b"ftyp"), ("GIF", b"GIF8")):
            with page.expect_download() as download:
                page.click(f".take >> nth=1 >> text={text}")
            path = tmp_path / download.value.suggested_filename
            download.value.save_as(path)
            assert start in path.read_bytes()[:12]
            if text == "MP4":
                assert vgpnn.video.read(path).frames.shape == (5, 48, 64, 3)
        with page.expect_download() as download:
            page.click("text=Settings (JSON)")
        settings = json.loads(download.value.path().read_text())
        assert settings["seed"] == seed and settings["samples"] == 2 and "alpha" in settings

        page.click("text=Where it came from")
        page.wait_for_function(f"() => ({PLAYING})() === 3")
        assert "Colour is place" in page.inner_text(".legend")
        page.click("[data-view=result]")

        page.click(".take >> nth=1 >> text=Use seed")
        assert page.input_value("#seed input") == str(seed + 1)
        assert not page.is_checked("#random input")
        assert page.errors == []

        page.reload()
        page.wait_for_function(f"() => ({PLAYING})() === 3", timeout=30_000)
        assert f"seed {seed}" in page.inner_text("#result")
        assert "tiny.mp4" in page.inner_text("#working")


def test_what_is_missing_is_said(browser, server, tmp_path):
    path = tmp_path / "notes.mp4"
    path.write_text("not a video")
    with opened(browser, server) as page:
        page.set_input_files("#upload input[type=file]", str(path))
        page.wait_for_selector(".problem")
        page.click("#go")
        page.wait_for_selector("text=Choose an example or upload a clip first.")


def test_stop_frees_the_machine(browser, server, clips):
    with opened(browser, server) as page:
        upload(page, clips["slow"])
        choose(page, "height", 240)
        choose(page, "frames", 24)
        page.click("#go")
        page.wait_for_selector(".take.active canvas", timeout=60_000)
        assert "level" in page.inner_text(".message") and "pass" in page.inner_text(".message")
        began = time.monotonic()
        page.click("#stop")
        page.wait_for_selector(".reel[data-phase=stopped]", timeout=10_000)
        assert time.monotonic() - began < 2
        upload(page, clips["tiny"])
        generate(page, 1)


@pytest.mark.parametrize("name", ["text", "short", "small"])
def test_bad_uploads_get_a_sentence_or_work(browser, server, clips, tmp_path, name):
    from helpers.clips import clip

    path = tmp_path / f"{name}.mp4"
    if name == "text":
        path.write_text("This is not a video.\n" * 50)
    else:
        vgpnn.video.write(path, clip(1, 48, 64) if name == "short" else clip(5, 7, 7))
    with opened(browser, server) as page:
        before = server.tracebacks()
        page.set_input_files("#upload input[type=file]", str(path))
        page.wait_for_function(
            "name => document.querySelector('#working .problem, #line .problem')"
            " || document.querySelector('#working b')?.textContent === name",
            arg=path.name,
        )
        problem = page.query_selector(".problem")
        if name == "text":
            assert problem and problem.inner_text().count(".") == 1
            assert not list(server.temporary.rglob("text.mp4"))
        if problem is None:
            generate(page, 1, playing=name != "short")  # one picture does not play
        upload(page, clips["tiny"])
        assert page.query_selector(".problem") is None
        assert server.tracebacks() == before


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_fits_the_screen(browser, server, width, scheme):
    with opened(browser, server, width, 844, scheme) as page:
        page.click("#advanced button")
        page.wait_for_selector("text=Coarsest length")
        assert page.evaluate("document.documentElement.scrollWidth") == width
        dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert (sum(map(int, dark[4:-1].split(","))) < 150) == (scheme == "dark")


# --- the other tasks


def test_quality_and_difference_are_short_for_settings(browser, server, clips):
    def quality():
        return page.locator("#quality label.selected").all_inner_texts()

    with opened(browser, server) as page:
        upload(page, clips["tiny"])
        page.click("#advanced > button")
        passes, noise = (
            page.locator(f"#setting-{name} input[type=number]") for name in ("passes", "noise")
        )
        last = page.locator("#setting-last-levels input")
        own = passes.input_value()
        page.click("#quality >> text=Fast")
        fast = preset("generate", "fast")
        expect(passes).to_have_value(str(fast.passes))
        page.locator("#difference input[type=range]").fill("100")
        expect(noise).to_have_value(f"{noise_of(1.0):g}")
        assert quality() == ["Fast"] and own != str(fast.passes)
        tab(page, "Resize")  # the same quality there; how different is for what is generated
        expect(page.locator("#difference")).to_be_hidden()
        expect(last).to_have_value(str(preset("retarget", "fast").last_levels))
        page.click("#quality >> text=Best")
        choose(page, "setting-passes", 9)
        tab(page, "Generate")
        expect(noise).to_have_value(f"{noise_of(1.0):g}")
        expect(page.locator("#difference input[type=range]")).to_have_value("100")
        assert quality() == ["Fast"]
        generate(page, 1)
        reloaded(page, "Generate")
        expect(page.locator("#difference input[type=range]")).to_have_value("100")
        assert quality() == ["Fast"]
        page.click("#advanced > button")
        choose(page, "setting-passes", 7)  # settings of one's own are none of the three
        expect(page.locator("#quality label.selected")).to_have_count(0)
        choose(page, "setting-passes", fast.passes)
        page.wait_for_selector("#quality label.selected")
        assert quality() == ["Fast"]


def tab(page, name):
    page.evaluate(
        "name => [...document.querySelectorAll('button[role=tab]')]"
        ".find(b => b.innerText.trim() === name && b.offsetParent).click()",
        name,
    )
    page.wait_for_selector(f"button[role=tab][aria-selected=true]:has-text('{name}')")


def run(page, button, beside):
    """Press the button, wait for the result, and see that it plays beside something."""
    page.wait_for_selector(f"#go:has-text('{button}')")
    page.click("#go")
    page.wait_for_selector(".reel:has(.beside)", timeout=60_000)
    page.wait_for_selector(".reel[data-phase=done] .take.done", timeout=120_000)
    page.wait_for_function(f"() => ({PLAYING})() === 3")
    assert beside in page.inner_text(".cell.beside")
    assert page.errors == []
    page.wait_for_selector("#go", state="visible")


def result(page, tmp_path):
    with page.expect_download() as download:
        page.click(".take >> text=MP4")
    download.value.save_as(tmp_path / "result.mp4")
    return vgpnn.video.read(tmp_path / "result.mp4").frames


def reloaded(page, title):
    """The page after a reload, with the last result and the tab it was made in."""
    page.reload()
    page.wait_for_selector(".reel[data-phase=done] .take.done")
    page.wait_for_selector(f"button[role=tab][aria-selected=true]:has-text('{title}')")


def number(page, what):
    return float(page.input_value(f"#{what} input[type=number] >> nth=0"))


def test_resize(browser, server, clips, tmp_path):
    with opened(browser, server) as page:
        upload(page, clips["tiny"])
        tab(page, "Resize")
        page.click("#aspect >> text=1:1")
        page.wait_for_function("() => document.querySelector('#line').innerText.includes('48×48')")
        run(page, "Resize", "Plain stretch")
        assert result(page, tmp_path).shape == (5, 48, 48, 3)
        assert number(page, "width") == 0.75
        reloaded(page, "Resize")
        page.wait_for_function(
            "() => document.querySelector('#width input[type=number]')?.value === '0.75'"
        )


def test_retime_and_send_on(browser, server, clips, tmp_path):
    with opened(browser, server) as page:
        upload(page, clips["tiny"])
        tab(page, "Retime")
        choose(page, "duration", 2)
        run(page, "Retime", "Plain slow-down")
        assert result(page, tmp_path).shape == (10, 48, 64, 3)
        page.select_option(".take .send", "resize")
        page.wait_for_selector("button[role=tab][aria-selected=true]:has-text('Resize')")
        page.wait_for_selector("#working b:has-text('tiny.mp4, take 1')")
        assert "10 frames" in page.inner_text("#line")


def trace_to_style(page):
    """What the tab "How it works" says of an analogy: in words, as colours, and of a click."""
    tab(page, "How it works")
    page.wait_for_selector("#explanation >> text=of which only the motion counts")
    assert "noise" not in page.inner_text("#explanation")
    page.click("#explanation >> text=Show it as colours")
    page.wait_for_selector(".reel[data-view=map] .cell.beside video[src$='source-map.mp4']")
    page.click("#explanation >> text=Show the result again")
    page.wait_for_function(f"() => ({PLAYING})() === 3")
    page.click(".play")
    page.click(".cell.take .gate", position={"x": 30, "y": 30})
    assert page.wait_for_selector(".traced").inner_text().endswith("of the style.")
    assert page.locator(".cell.beside .box").count() == 1
    assert page.locator(".cell.source .box").count() == 0


def test_analogy(browser, server, clips, tmp_path):
    with opened(browser, server) as page:
        upload(page, clips["tiny"])
        tab(page, "Analogy")
        page.click("#go")
        page.wait_for_selector("text=Choose a style first")
        page.set_input_files("#style-upload input[type=file]", str(clips["slow"]))
        page.wait_for_selector("#style video")
        page.click("#look")
        page.wait_for_function("() => document.querySelectorAll('#structure video').length === 2")
        page.click("#advanced > button")
        bins = page.locator("#setting-bins input")
        bins.fill("5")
        bins.press("Tab")
        page.click("#kind >> text=The clip is a sketch")
        expect(bins).to_have_value("3")
        page.click("#kind >> text=Motion of the clip")
        expect(bins).to_have_value("5")
        run(page, "Transfer", "Style")
        assert result(page, tmp_path).shape == (5, 48, 64, 3)
        trace_to_style(page)
        reloaded(page, "Analogy")
        page.wait_for_selector("#style b:has-text('slow.mp4')")
        page.click("#advanced > button")
        expect(bins).to_have_value("5")
        page.click("#go")  # the style is still there
        page.wait_for_selector(".reel[data-phase=queued], .reel[data-phase=running]")
        page.wait_for_selector(".reel[data-phase=done]", timeout=120_000)
        assert page.errors == []


def stroke(page, where, points):
    """Draw with the mouse on an image editor; points are shares of its canvas."""
    page.wait_for_selector(f"{where} canvas")
    page.wait_for_timeout(1500)  # the editor fits its canvas to the picture
    box = page.locator(f"{where} canvas").first.bounding_box()
    page.locator(f"{where} canvas").first.scroll_into_view_if_needed()
    box = page.locator(f"{where} canvas").first.bounding_box()
    spots = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]
    page.mouse.move(*spots[0])
    page.mouse.down()
    for spot in spots[1:]:
        page.mouse.move(*spot, steps=8)
    page.mouse.up()
    page.wait_for_timeout(700)


def test_a_drawn_sketch_becomes_the_clip(browser, server, clips):
    with opened(browser, server) as page:
        tab(page, "Analogy")
        page.click("#draw button")
        page.wait_for_timeout(500)
        stroke(page, "#canvas", [(0.35, 0.35), (0.4, 0.6)])
        page.click("#add-drawing")
        page.wait_for_selector("#drawings img")
        stroke(page, "#canvas", [(0.6, 0.35), (0.65, 0.6)])
        choose(page, "frames", 40)
        page.click("#use-sketch")
        page.wait_for_selector("#working b:has-text('Sketch')", timeout=30_000)
        assert number(page, "frames") == 40
        assert page.is_checked("#kind >> text=The clip is a sketch")
        assert page.errors == []


def wait_for_canvas(page, frames):
    """The editor is drawn anew together with the range of its slider."""
    page.wait_for_function(
        "last => document.querySelector('#paint-frame input[type=range]')?.max === last",
        arg=str(frames - 1),
        timeout=20_000,
    )


def test_inpaint(browser, server, clips, tmp_path):
    with opened(browser, server) as page:
        upload(page, clips["tiny"])
        tab(page, "Inpaint")
        page.click("#go")
        page.wait_for_selector("text=Paint on the clip first")
        wait_for_canvas(page, 5)
        upload(page, clips["slow"])
        wait_for_canvas(page, 24)
        upload(page, clips["tiny"])
        wait_for_canvas(page, 5)
        stroke(page, "#paint", [(0.48, 0.5), (0.54, 0.5)])
        choose(page, "frames", 4)  # another length keeps the paint
        wait_for_canvas(page, 4)
        choose(page, "frames", 5)
        wait_for_canvas(page, 5)
        page.click("#look-paint")
        page.wait_for_selector("#painted video", timeout=30_000)
        run(page, "Fill in", "With your paint")
        made, source = result(page, tmp_path), vgpnn.video.read(clips["tiny"]).frames
        changed = (made - source).abs().mean(-1).mean(0)
        assert changed[:, :12].mean() < 0.03  # where nothing was painted
        reloaded(page, "Inpaint")
        wait_for_canvas(page, 5)
        page.wait_for_timeout(1500)
        page.click("#look-paint")  # the paint is still there
        page.wait_for_selector("#painted video", timeout=30_000)


def test_how_it_works_shows_the_run_and_traces_a_click(browser, server, clips):
    with opened(browser, server) as page:
        upload(page, clips["tiny"])
        tab(page, "How it works")
        page.wait_for_selector("#explanation >> text=Press the button above")
        generate(page, 1)
        page.wait_for_selector("#explanation .costs circle")
        levels = page.locator("#explanation .level").count()
        assert page.locator("#explanation .costs polyline:not(.all)").count() == levels > 2
        page.click("#explanation .level >> nth=0")
        assert page.locator("#explanation .shots img").count() == 6  # the coarsest has weights
        loaded = "() => [...document.querySelectorAll('#explanation img')].every(i => i.naturalWidth)"
        page.wait_for_function(loaded)
        page.click(".play")
        page.click(".cell.take .gate", position={"x": 60, "y": 40})
        said = page.wait_for_selector(".traced").inner_text()
        numbers = [int(number) - 1 for number in re.findall(r"(?:frame|column|row) (\d+)", said)]
        size = page.eval_on_selector(".cell.take .gate", "g => [g.clientWidth, g.clientHeight]")
        assert numbers[1:3] == [int(60 / size[0] * 64), int(40 / size[1] * 48)]
        (found,) = server.temporary.rglob(f"tiny-*seed{page.input_value('#seed input')}-places.bin")
        places = np.fromfile(found, "<i2").reshape(5, 48, 64, 3)
        t, y, x = places[numbers[0], numbers[2], numbers[1]].tolist()
        assert numbers[3:] == [t, x, y] and said.endswith("of the source.")
        assert page.locator(".gate .box").count() == 2  # in the source, too
        page.click(".play")
        assert page.locator(".gate .box").count() == 0
        tab(page, "Generate")
        assert not page.is_visible("#explanation")
        assert page.errors == []
