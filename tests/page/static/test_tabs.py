"""What the browser shows around a tab that is opened."""

from __future__ import annotations

import pytest
from helpers.page import open_settings, open_tab, opened
from playwright.sync_api import expect

from vgpnn.page.page import TABS
from vgpnn.presets import PRESETS
from vgpnn.service.request import TASK_PRESETS

TASK_TABS = [tab for tab in TABS if tab.tasks]
# What `taskChanged` returns for a tab of sketches while settings of a preset are shown.
TASK_CHANGED = """async preset => {
  const {taskChanged} = await import(new URL('static/vgpnn/tabs.js', document.baseURI));
  const {settings} = (await import(new URL('static/vgpnn/data.js', document.baseURI))).pageData();
  const shown = settings.keys.map(key => settings.qualities[preset].balanced[key]);
  const presets = {analogy: 'analogy', sketch: 'sketch'};
  const tab = {presets, verbs: {sketch: 'Make'}, severalTakes: []};
  return taskChanged(tab, 'sketch', preset, 'balanced', 50, ...shown);
}"""

# What `opened` changes for a tab while settings of generation are shown: the id of the tab, if it
# counts as open, and whether any other value is changed.
OPENED = """async id => {
  const {opened} = await import(new URL('static/vgpnn/tabs.js', document.baseURI));
  const {settings} = (await import(new URL('static/vgpnn/data.js', document.baseURI))).pageData();
  const shown = settings.keys.map(key => settings.qualities.generate.balanced[key]);
  const tab = {id, verbs: {}, severalTakes: [], presets: {inpaint: 'inpaint'}};
  const [name, ...others] = opened(tab, 'generate', 'balanced', 50, ...shown);
  return [typeof name === 'string' ? name : null, others.some(each => 'value' in each)];
}"""


@pytest.fixture(scope="module")
def page(browser, server):
    with opened(browser, server) as page:
        open_settings(page)
        yield page


@pytest.mark.parametrize("tab", [*TASK_TABS[1:], TASK_TABS[0]], ids=lambda tab: tab.id)
def test_a_tab_that_is_opened_shows_its_verb_and_its_settings(page, tab):
    open_tab(page, tab.title)
    expect(page.locator("#go")).to_have_text(tab.verb)
    for control in ("samples", "seed", "random"):
        expect(page.locator(f"#{control}")).to_be_visible(visible=tab.tasks[0] in tab.several_takes)
    expect(page.locator("#difference")).to_be_visible(visible=tab.id == "generate")
    passes = page.locator("#setting-passes input[type=number]")
    expect(passes).to_have_value(str(PRESETS[TASK_PRESETS[tab.tasks[0]]].passes))


def test_a_choice_in_a_tab_that_is_not_open_changes_no_setting(page):
    for preset in PRESETS:
        updates = page.evaluate(TASK_CHANGED, preset)
        if preset == "analogy":
            assert updates[3]["value"] == "Make" and updates[4]["value"] == "sketch"
        elif preset == "sketch":  # shown already
            assert not any("value" in update for update in updates[4:])
        else:
            assert all(update == {"__type__": "update"} for update in updates)


def test_a_tab_that_is_said_to_open_after_another_was_opened_changes_nothing(page):
    """Gradio says that the first tab is open when a slow page has opened another one already."""
    open_tab(page, "Inpaint")
    assert page.evaluate(OPENED, "generate") == [None, False]
    assert page.evaluate(OPENED, "inpaint") == ["inpaint", True]
