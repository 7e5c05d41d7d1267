"""Quality and difference stand for settings, and show what is set there."""

from __future__ import annotations

import pytest
from helpers.page import choose, generate, number, open_settings, open_tab, opened, reload, upload
from helpers.pages import built_page
from playwright.sync_api import expect

from vgpnn.page.panels.quality import HIGHEST, STEP, script_data
from vgpnn.presets import PRESETS, QUALITIES, noise_of, preset
from vgpnn.settings import SETTINGS


@pytest.fixture(scope="module")
def workspace():
    return built_page().workspace


def test_the_browser_looks_up_every_control_of_every_quality(workspace):
    data = script_data(workspace.advanced)
    assert data["keys"] == [*workspace.advanced.components]
    assert {key.partition(".")[0] for key in data["keys"]} == set(SETTINGS)
    assert data["qualities"].keys() == PRESETS.keys()
    for name, qualities in data["qualities"].items():
        assert qualities.keys() == set(QUALITIES)
        for quality, contents in qualities.items():
            assert contents == workspace.advanced.contents(preset(name, quality))
    assert data["noiseKeys"] == ["layout", "sigma.on", "sigma", "noise"]
    assert data["noises"][-1] == noise_of(1) and len(data["noises"]) == HIGHEST // STEP + 1


@pytest.mark.parametrize("quality", QUALITIES)
def test_settings_of_a_quality_are_shown_as_that_quality(workspace, quality):
    settings = preset("generate", quality, 0.75)
    shown = workspace.quality.values_of("generate", settings)
    assert shown[workspace.quality.quality] == quality
    assert shown[workspace.quality.difference] == 75


def test_other_settings_have_no_quality(workspace):
    shown = workspace.quality.values_of("generate", PRESETS["generate"].with_changes(passes=7))
    assert shown[workspace.quality.quality] is None


def test_quality_and_difference_in_the_browser(desk, clips):
    page = desk

    def quality():
        return page.locator("#quality label.selected").all_inner_texts()

    upload(page, clips["tiny"])
    open_settings(page)
    passes, noise = (
        page.locator(f"#setting-{name} input[type=number]") for name in ("passes", "noise")
    )
    last = page.locator("#setting-last-levels input")
    before = passes.input_value()
    page.click("#quality >> text=Fast")
    fast = preset("generate", "fast")
    expect(passes).to_have_value(str(fast.passes))
    page.locator("#difference input[type=range]").fill("100")
    expect(noise).to_have_value(f"{noise_of(1.0):g}")
    assert quality() == ["Fast"] and before != str(fast.passes)
    open_tab(page, "Resize")  # the same quality; how different is for what is generated
    expect(page.locator("#difference")).to_be_hidden()
    expect(last).to_have_value(str(preset("retarget", "fast").last_levels))
    page.click("#quality >> text=Best")
    choose(page, "setting-passes", 9)
    open_tab(page, "Generate")
    expect(noise).to_have_value(f"{noise_of(1.0):g}")
    expect(page.locator("#difference input[type=range]")).to_have_value("100")
    assert quality() == ["Fast"]
    generate(page, 1)
    reload(page, "Generate")
    expect(page.locator("#difference input[type=range]")).to_have_value("100")
    assert quality() == ["Fast"]
    open_settings(page)
    choose(page, "setting-passes", 7)
    expect(page.locator("#quality label.selected")).to_have_count(0)
    choose(page, "setting-passes", fast.passes)
    page.wait_for_selector("#quality label.selected")
    assert quality() == ["Fast"]
    assert page.errors == []


def test_tabs_need_no_answer_of_the_server(browser, server):
    """What a tab shows around it comes before anything else that is done there: its verb, and the
    settings of its task, which come back as they were left."""
    with opened(browser, server) as page:
        open_settings(page)
        page.route("**/gradio_api/run/**", lambda route: None)  # never answered
        passes = page.locator("#setting-passes input[type=number]")
        choose(page, "setting-passes", 9)
        sigma = page.locator("#setting-sigma input[type=number]")
        expect(sigma).to_be_disabled()
        open_tab(page, "Resize")  # without noise, which is a number of its own there
        expect(sigma).to_be_enabled()
        open_tab(page, "Analogy")
        page.wait_for_selector("#go:has-text('Transfer')")
        expect(page.locator("#samples")).to_be_hidden()
        expect(passes).to_have_value(str(preset("analogy", "balanced").passes))
        bins = page.locator("#setting-bins input")
        choose(page, "setting-bins", 5)
        page.click("#kind >> text=a sketch")
        expect(bins).to_have_value(str(preset("sketch", "balanced").bins))
        open_tab(page, "Generate")
        page.wait_for_selector("#go:has-text('Generate')")
        expect(page.locator("#samples")).to_be_visible()
        expect(passes).to_have_value("9")
        open_tab(page, "Analogy")
        expect(bins).to_have_value(str(preset("sketch", "balanced").bins))
        page.click("#kind label >> nth=0")
        expect(bins).to_have_value("5")


def test_the_script_of_the_short_cuts_is_there_before_it_is_used(browser, server):
    """Whatever is pressed right after a quality sees its settings, however slow the network is."""
    with opened(browser, server) as page:
        open_settings(page)
        page.route("**/settings.js", lambda route: route.abort())
        page.click("#quality label:has-text('Fast')")
        page.wait_for_timeout(300)
        fast = preset("generate", "fast").passes
        assert number(page, "setting-passes") == fast != preset("generate", "balanced").passes
        assert page.errors == []
