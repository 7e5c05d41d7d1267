"""Numbers that are typed: nothing complains until the box is left, and then one sentence does."""

from __future__ import annotations

from contextlib import closing

from helpers.page import choose, number, open_settings, open_tab, upload, wait_for_board
from playwright.sync_api import expect


def note(page, control):
    """The sentence below a control."""
    return page.locator(f"#{control} .number-note")


def box(page, control):
    return page.locator(f"#{control} input[type=number]").first


def test_typing_is_silent_and_the_sizes_keep_their_last_text(desk, clips):
    page = desk
    upload(page, clips["tiny"])
    page.wait_for_selector("#sizes .sizes")
    sizes = page.inner_text("#sizes .sizes")
    heights = box(page, "height")
    heights.click()
    heights.press("Control+a")
    answers = []
    page.on("response", lambda answer: answers.append(answer.status))
    for key in ("1", "8"):  # on the way to 180
        heights.press(key)
        page.wait_for_timeout(800)
        assert page.inner_text("#sizes .sizes") == sizes
    heights.press("0")
    page.wait_for_timeout(800)
    assert note(page, "height").count() == 0
    assert page.locator(".toast-body, .problem:visible").count() == 0
    assert answers and max(answers) < 400
    heights.press("Tab")
    page.wait_for_timeout(300)
    assert number(page, "height") == 180 and note(page, "height").count() == 0
    assert page.errors == []


# control, what is typed, what it becomes, and the sentence below it
OUT_OF_RANGE = [
    ("height", "12", 64, "Height [px] must be from 64 to 720: 12 became 64."),
    ("height", "9999", 720, "Height [px] must be from 64 to 720: 9999 became 720."),
    ("height", "100.4", 100, "Height [px] must be a whole number: 100.4 became 100."),
    ("height", "", 100, "The box “Height [px]” was empty: it is 100 again."),
    ("frames", "1", 3, "Frames must be from 3 to 120: 1 became 3."),
    ("start", "-1", 0, "Start [s] must be from 0 to 0.4: -1 became 0."),
    ("samples", "40", 6, "Takes must be from 1 to 6: 40 became 6."),
    ("seed", "-5", 0, "Seed must be from 0 to 2147483647: -5 became 0."),
    ("seed", "1.5", 2, "Seed must be a whole number: 1.5 became 2."),
    ("seed", "", 2, "The box “Seed” was empty: it is 2 again."),
    ("setting-passes", "99", 20, "Passes (J) must be from 1 to 20: 99 became 20."),
    ("setting-alpha", "-1", 1e-6, "Alpha must be from 0.000001 to 100: -1 became 0.000001."),
    ("setting-bins", "", 4, "The box “Bins” was empty: it is 4 again."),
]


def test_a_number_out_of_range_is_set_right_with_one_sentence(desk, clips):
    page = desk
    upload(page, clips["tiny"])
    open_settings(page)
    # Both keys leave a box in the same way, so a few controls are enough for the second.
    for key, cases in (("Tab", OUT_OF_RANGE), ("Enter", OUT_OF_RANGE[2:8:2])):
        for control, typed, becomes, sentence in cases:
            box(page, control).fill(typed)
            box(page, control).press(key)
            expect(note(page, control)).to_have_text(sentence)
            assert number(page, control) == becomes
        page.wait_for_timeout(1000)
        assert number(page, "height") == 100 and number(page, "samples") == 6
        assert page.locator(".toast-body, .problem:visible").count() == 0
        box(page, "setting-passes").fill("7")  # a good value has no sentence
        box(page, "setting-passes").press(key)
        expect(note(page, "setting-passes")).to_have_count(0)
    assert page.errors == []


def test_the_server_has_the_number_that_is_shown(desk, clips):
    page = desk
    upload(page, clips["slow"])
    choose(page, "height", 9)
    page.wait_for_selector("#sizes dd:has-text('24 frames of 86×64')")
    page.wait_for_function("() => document.querySelector('#working video')?.videoHeight === 64")
    assert page.errors == []


# tab, control, what is typed, and the sentence below it
OUT_OF_RANGE_IN_TABS = [
    ("Resize", "width", "7", "Width, times the clip's must be from 0.4 to 2: 7 became 2."),
    ("Retime", "duration", "0", "Length, times the clip's must be from 0.4 to 3: 0 became 0.4."),
    ("Inpaint", "last-frame", "50", "Last painted frame must be from 1 to 5: 50 became 5."),
]


def test_numbers_of_the_tabs(desk, clips):
    page = desk
    upload(page, clips["tiny"])
    for title, control, typed, sentence in OUT_OF_RANGE_IN_TABS:
        open_tab(page, title)
        if title == "Inpaint":
            wait_for_board(page, 5)
        choose(page, control, typed)
        expect(note(page, control)).to_have_text(sentence)
    assert page.errors == []


def test_a_wrong_number_that_was_never_left_gets_one_sentence_from_the_server(desk, clips):
    page = desk
    upload(page, clips["tiny"])
    box(page, "height").fill("12")
    page.evaluate("document.querySelector('#go').click()")  # the focus stays in the box
    toast = page.locator(".toast-body")
    expect(toast).to_contain_text("Height [px] must be a whole number from 64 to 720, not 12.")
    toast.locator("button").click()
    expect(toast).to_have_count(0)
    assert page.errors == []


def test_a_click_out_of_a_wrong_box_is_not_lost(desk, clips):
    """The sentence moves the button only after the mouse was lifted from it."""
    page = desk
    upload(page, clips["tiny"])
    choose(page, "samples", 1)
    page.uncheck("#random input")
    box(page, "seed").fill("-5")
    button = page.locator("#go").bounding_box()
    page.mouse.move(button["x"] + button["width"] / 2, button["y"] + button["height"] / 2)
    page.mouse.down()
    page.wait_for_timeout(300)
    assert note(page, "seed").count() == 0
    assert page.locator("#go").bounding_box() == button
    page.mouse.up()
    expect(note(page, "seed")).to_have_text("Seed must be from 0 to 2147483647: -5 became 0.")
    page.wait_for_selector(".reel[data-phase=done] .take.done:has-text('seed 0')")
    assert page.errors == []


def test_a_sentence_goes_when_something_else_changes_its_box(desk, clips):
    page = desk
    upload(page, clips["tiny"])
    open_settings(page)
    choose(page, "setting-passes", 99)
    expect(note(page, "setting-passes")).to_have_count(1)
    page.click("#quality label:has-text('Fast')")
    expect(note(page, "setting-passes")).to_have_count(0)
    choose(page, "start", 9)
    expect(note(page, "start")).to_have_count(1)
    upload(page, clips["slow"])
    expect(note(page, "start")).to_have_count(0)
    assert page.errors == []


def test_letters_that_are_no_number_are_called_that(desk, clips):
    page = desk
    upload(page, clips["tiny"])
    for typed in ("-", "1e"):
        choose(page, "height", 100)
        page.wait_for_timeout(2000)  # [ms]; until the server's answer has set the box to 100
        box(page, "height").press("Control+a")
        box(page, "height").press_sequentially(typed)
        box(page, "height").press("Tab")
        expect(note(page, "height")).to_have_text(
            "The box “Height [px]” held no number: it is 100 again."
        )
        assert number(page, "height") == 100
    assert page.errors == []


def test_the_arrow_keys_of_a_slider_count_as_its_release(desk, clips):
    page = desk
    upload(page, clips["slow"])
    player = "document.querySelector('#working video').getAttribute('src')"
    before = page.evaluate(player)
    page.locator("#frames input[type=range]").focus()
    page.keyboard.press("ArrowLeft")
    assert number(page, "frames") == 23
    page.wait_for_function(f"before => {player} !== before", arg=before)
    open_tab(page, "Resize")
    page.click("#aspect label:has-text('1:1')")
    expect(page.locator("#aspect input:checked")).to_have_value("1:1")
    page.locator("#width input[type=range]").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#aspect input:checked")).to_have_value("Free")
    assert page.errors == []


def test_the_check_of_one_box(browser, server):
    """`check` of numbers.js alone, with boxes of all kinds."""
    cases = [
        # min, max, step, value, expected value, start of the sentence
        ("0", "10", "1", "4", "4", ""),
        ("0", "10", "1", "11", "10", "The number must be from 0 to 10"),
        ("0", "10", "1", "2.6", "3", "The number must be a whole number"),
        ("0", "10", "0.5", "2.6", "2.6", ""),
        ("0", "10", "any", "2.6", "2.6", ""),
        ("", "10", "any", "-1e9", "-1e9", ""),
        ("5", "", "1", "", "5", "The box “The number” was empty: it is 5 again."),
        ("0.5", "0.95", "0.01", "0.955", "0.95", "The number must be from 0.5 to 0.95"),
    ]
    page = browser.new_page()
    page.goto(f"{server.url}static/vgpnn/numbers.js")  # any address of the server will do
    with closing(page):
        for low, high, step, value, expected, sentence in cases:
            checked = page.evaluate(
                """async ([min, max, step, value]) => {
                  const {check} = await import(document.baseURI);
                  const box = Object.assign(document.createElement('input'),
                    {type: 'number', min, max, step, value});
                  document.createElement('div').append(box);
                  return check(box);
                }""",
                [low, high, step, value],
            )
            assert checked["value"] == expected
            assert checked["sentence"].startswith(sentence) and (
                sentence or not checked["sentence"]
            )
