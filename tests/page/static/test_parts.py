"""Which controls stand beside the clip: those of the task whose tab is open."""

from __future__ import annotations

from helpers.page import open_tab, opened
from playwright.sync_api import expect

OWN = {"Resize": "#aspect", "Retime": "#loop", "Analogy": "#kind", "Inpaint": "#show-paint"}


def test_a_tab_shows_the_controls_and_the_examples_of_its_task_alone(browser, server):
    with opened(browser, server) as page:
        for title in ("Generate", *OWN, "Generate"):
            open_tab(page, title)
            for each, control in OWN.items():
                expect(page.locator(control)).to_be_visible(visible=each == title)
            expect(page.locator("#paint")).to_be_visible(visible=title == "Inpaint")
        open_tab(page, "Inpaint")
        open_tab(page, "How it works")
        for control in (*OWN.values(), "#paint"):
            expect(page.locator(control)).to_be_hidden()
        open_tab(page, "Inpaint")
        expect(page.locator("#show-paint")).to_be_visible()
        assert page.errors == []
