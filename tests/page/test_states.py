"""The states of the page, one after the other on one page load: in each of them nothing is cut off
at the side, no control lies over another one, and axe finds nothing, on a desk and on a phone."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from helpers.page import (
    DONE,
    TWO_FRAMES,
    choose,
    open_settings,
    open_tab,
    opened,
    stroke,
    upload,
    wait_for_board,
    wait_until_playing,
    wait_until_quiet,
)

from vgpnn.page.page import TABS

# Pairs of controls that can be used and lie over each other by more than a seam. What belongs to
# one control counts once; a bar that stays in sight, and a dialogue, cover what is below them.
OVER = """root => {
  const SEAM = 2;
  const kinds = 'button, a[href], select, summary, textarea, input:not([type=range])';
  const own = each => each.closest('label, .timeline, .track, .slider_input_container') ?? each;
  const seen = [...document.querySelector(root).querySelectorAll(kinds)].filter(each => {
    if (each.closest('.sr-only, [inert], .overflow-dropdown') || each.disabled) return false;
    if (each.tabIndex < 0) return false;  // Gradio measures its tabs with others
    if (root === 'body' && each.closest('.action, .viewer, .toast-wrap')) return false;
    return each.checkVisibility({opacityProperty: true, visibilityProperty: true});
  });
  const boxes = seen.map(each => [each, each.getBoundingClientRect()])
    .filter(([, box]) => box.width > 1 && box.height > 1);
  const over = [];
  for (const [k, [one, a]] of boxes.entries()) {
    for (const [other, b] of boxes.slice(k + 1)) {
      if (one.contains(other) || other.contains(one) || own(one) === own(other)) continue;
      const width = Math.min(a.right, b.right) - Math.max(a.left, b.left);
      const height = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      if (width <= SEAM || height <= SEAM) continue;
      over.push([one, other].map(each => each.outerHTML.slice(0, 80)));
    }
  }
  return over;
}"""
# Controls of which a part lies outside the page at its left or right edge, but for those in a strip
# that scrolls by itself.
CUT = """root => {
  const all = document.querySelector(root).querySelectorAll('button, a[href], input, select');
  const scrolls = each => each !== null && (
    /auto|scroll/.test(getComputedStyle(each).overflowX) || scrolls(each.parentElement));
  return [...all].filter(each => {
    const {left, right, width} = each.getBoundingClientRect();
    if (each.tabIndex < 0 || width <= 1 || left >= -1 && right <= innerWidth + 1) return false;
    return each.checkVisibility({visibilityProperty: true}) && !scrolls(each.parentElement);
  }).map(each => each.outerHTML.slice(0, 80));
}"""


def faults(page, root: str = "body") -> list:
    """What does not fit into the window."""
    page.evaluate(TWO_FRAMES)
    wide = page.evaluate("document.documentElement.scrollWidth") > page.viewport_size["width"]
    scrolls = ["the page scrolls to the side"] if wide else []
    return scrolls + page.evaluate(OVER, root) + page.evaluate(CUT, root)


# What axe looks at, and that its answer leaves out all that is right, which is long.
RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"],
    "resultTypes": ["violations"],
}
# Whether nothing changes for a moment, such as the colour of a button that can be used from now on.
STILL = """() => document.getAnimations().every(
  each => each.playState !== "running" || each.effect.getTiming().iterations === Infinity)"""


def violations(page) -> list[str]:
    """What axe finds: the rule, and the elements that break it."""
    page.wait_for_function(STILL)  # text that fades has less contrast
    if not page.evaluate("'axe' in window"):
        page.evaluate(Axe().axe_script)
    found = page.evaluate("async rules => (await axe.run(rules)).violations", RULES)
    return [f"{each['id']}: {[node['html'][:90] for node in each['nodes'][:3]]}" for each in found]


def wrong(page, root: str = "body") -> dict[str, list]:
    """What both checks find, by check."""
    return {"fit": faults(page, root), "axe": violations(page)}


def test_faults_are_seen(browser):
    page = browser.new_page(viewport={"width": 390, "height": 844})
    place = "position: absolute; width: 90px; height: 40px; top: {}px; left: {}px"
    for places, count in (([(0, 0), (50, 0)], 0), ([(0, 0), (30, 40)], 1), ([(0, 350)], 2)):
        buttons = (f"<button style='{place.format(*each)}'>Go</button>" for each in places)
        page.set_content("<!doctype html>" + "".join(buttons))
        assert len(faults(page)) == count, places
    page.set_content("<!doctype html><button></button>")
    assert any("button-name" in each for each in violations(page))
    page.close()


# The colours do not change the layout, so each width and each scheme is seen once.
@pytest.mark.parametrize(
    ("width", "height", "scheme"), [(1280, 800, "light"), (390, 844, "dark")], ids=["wide", "phone"]
)
def test_every_state_fits_the_window_and_axe_finds_nothing(
    browser, server, clips, tmp_path, width, height, scheme
):
    notes = tmp_path / "notes.mp4"
    notes.write_text("not a video")
    found = {}  # by state
    with opened(browser, server, width, height, scheme) as page:
        wait_until_playing(page, 2)
        page.wait_for_selector("#timeline img[src]")
        for tab in TABS:
            open_tab(page, tab.title)
            found[f"the tab {tab.title}"] = wrong(page)
        open_tab(page, "Generate")
        upload(page, clips["slow"])
        page.wait_for_selector("text=What you make of this clip appears here.")
        found["a clip of which nothing is made yet"] = {"fit": faults(page)}
        choose(page, "height", 64)
        choose(page, "samples", 2)
        page.click("#go")
        page.wait_for_selector(".draft")
        found["drafts that come"] = {"fit": faults(page)}
        page.wait_for_selector(".take")
        found["takes that come"] = {"fit": faults(page)}
        page.wait_for_selector(DONE, timeout=120_000)
        page.wait_for_selector("#go", state="visible")
        found["takes"] = {"fit": faults(page)}
        page.locator(".draft").nth(5).click()
        page.wait_for_selector(".choice-bar button:visible")
        found["a draft that is chosen"] = {"fit": faults(page)}
        page.click(".cell.take .look >> nth=0")
        page.wait_for_selector(".viewer:has-text('Take 1')")
        found["a take looked at"] = wrong(page, ".viewer")
        page.keyboard.press("Escape")
        open_settings(page)
        choose(page, "height", 9)  # a sentence below the number
        found["takes, their drafts, and all settings"] = wrong(page)
        open_tab(page, "Inpaint")
        wait_for_board(page, 24)
        wait_until_quiet(page, 1.0)
        stroke(page, "paint", [(0.4, 0.5), (0.6, 0.5)])
        page.wait_for_selector("#paint .marks button")
        page.click("#show-paint")
        page.wait_for_selector("#painted video")
        found["paint"] = wrong(page)
        open_tab(page, "How it works")
        page.wait_for_selector("#explanation")
        found["how a take was made"] = wrong(page)
        page.set_input_files("#upload input[type=file]", str(notes))
        page.wait_for_selector("#working .problem")
        found["a file that is refused"] = wrong(page)
        assert page.errors == []
    assert {
        (state, check): each for state in found for check, each in found[state].items() if each
    } == {}
