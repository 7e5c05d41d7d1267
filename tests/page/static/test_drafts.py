"""The drafts of a run in the browser: they come one by one, are chosen, finished and exchanged."""

from __future__ import annotations

import pytest
from helpers.page import DONE, choose, generate, upload

from vgpnn.tasks.drafts import COUNT

ALL = f"document.querySelectorAll('.draft[data-name]').length === {COUNT}"
# How many pictures are drawn on canvases in a second.
DRAWN = """async () => {
  const kind = CanvasRenderingContext2D.prototype, draw = kind.drawImage;
  let drawn = 0;
  kind.drawImage = function(...asked) { drawn++; return draw.apply(this, asked); };
  await new Promise(over => setTimeout(over, 1000));
  kind.drawImage = draw;
  return drawn;
}"""


@pytest.fixture(scope="module")
def drafted(visit, clips):
    """The page after a run of one take with its drafts; each test goes on where another ended."""
    upload(visit, clips["slow"])
    choose(visit, "height", 64)
    generate(visit, 1)
    visit.wait_for_function(ALL)
    return visit


@pytest.fixture
def page(drafted):
    """That page, with no draft chosen."""
    for chosen in drafted.locator(".draft[aria-selected=true]").all()[::-1]:
        chosen.click()
    yield drafted
    assert drafted.errors == []


def free(page) -> list[int]:
    """The places of the drafts of which there is no take."""
    marks = page.locator(".draft .mark").all_inner_texts()
    return [place for place, mark in enumerate(marks) if not mark]


def names(page) -> list[str]:
    return page.locator(".draft").evaluate_all("cells => cells.map(cell => cell.dataset.name)")


def wait_for_takes(page, count: int) -> None:
    page.wait_for_function(
        "count => document.querySelectorAll('.take.done').length === count", arg=count
    )
    page.wait_for_selector(DONE)
    page.wait_for_selector("#go", state="visible")


def test_a_film_is_drawn_when_its_frame_changes(page):
    """And not sixty times a second: the clip has ten frames in it."""
    assert 0 < page.evaluate(DRAWN) < 20 * COUNT


def test_the_keyboard_moves_and_chooses(page):
    page.locator(".draft").nth(0).focus()
    for key in ("ArrowRight", "ArrowDown", "ArrowLeft", "End", "Home", "ArrowDown", "Space"):
        page.keyboard.press(key)
    place = page.evaluate(
        "[...document.querySelectorAll('.draft')].indexOf(document.activeElement)"
    )
    columns = page.evaluate(
        "getComputedStyle(document.querySelector('.sheet')).gridTemplateColumns.split(' ').length"
    )
    assert place == columns
    assert page.get_attribute(f".draft >> nth={place}", "aria-selected") == "true"
    assert page.locator(".draft[tabindex='0']").count() == 1
    page.keyboard.press("Enter")
    assert page.get_attribute(f".draft >> nth={place}", "aria-selected") == "false"


def test_on_a_phone_the_buttons_are_as_large_as_a_thumb(page):
    page.set_viewport_size({"width": 390, "height": 844})
    try:
        page.wait_for_function(
            "[...document.querySelectorAll('.choice-bar button')]"
            ".every(button => button.getBoundingClientRect().height >= 44)"
        )
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
    finally:
        page.set_viewport_size({"width": 1280, "height": 900})


def test_drafts_are_chosen_by_click_and_finished_beside_the_first(page):
    assert page.locator(".draft .mark").all_inner_texts()[:2] == ["Take 1", ""]
    assert page.is_disabled("[data-ask=finish]") and page.is_disabled("[data-ask=like]")
    page.locator(".draft").nth(0).click(force=True)  # it is finished already
    assert page.is_disabled("[data-ask=finish]")
    page.locator(".draft").nth(3).click()
    page.locator(".draft").nth(5).click()
    page.locator(".draft").nth(5).click()
    page.locator(".draft").nth(2).click()
    assert page.inner_text("[data-ask=finish]") == "Finish 2 takes"
    assert page.is_disabled("[data-ask=like]")
    before = page.get_attribute(".take video >> nth=0", "src")
    page.click("[data-ask=finish]")
    wait_for_takes(page, 3)
    marks = page.locator(".draft .mark").all_inner_texts()
    assert sorted(filter(None, marks)) == ["Take 1", "Take 2", "Take 3"]
    assert marks[3] == "Take 2" and marks[2] == "Take 3"
    after = page.get_attribute(".take video >> nth=0", "src")
    assert before.rsplit("/", 1)[1] == after.rsplit("/", 1)[1]
    page.reload()
    page.wait_for_function(ALL)
    wait_for_takes(page, 3)


def test_drafts_that_are_chosen_meanwhile_come_first_and_the_rest_after_them(page):
    takes, places = page.locator(".take.done").count(), free(page)
    for place in places[2:5]:
        page.locator(".draft").nth(place).click()
    page.click("[data-ask=finish]")
    page.wait_for_selector(".draft .mark:text-is('Next')")
    page.locator(".draft").nth(places[6]).click()
    page.click("[data-ask=finish]")
    wait_for_takes(page, takes + 4)
    marks = page.locator(".draft .mark").all_inner_texts()
    expected = {f"Take {takes + k}" for k in range(1, 5)}
    assert {marks[place] for place in (*places[2:5], places[6])} == expected
    assert page.evaluate("document.activeElement.closest('.drafts') !== null")


def test_a_draft_whose_take_was_stopped_can_be_chosen_again(page):
    places = free(page)[:5]
    for place in places:
        page.locator(".draft").nth(place).click()
    page.click("[data-ask=finish]")
    page.wait_for_selector(".draft .mark:text-is('Next')")
    # Playwright would wait before it presses, until nothing moves, and the run would be over.
    page.evaluate("document.getElementById('stop').click()")
    page.wait_for_selector(".reel[data-phase=stopped]")
    page.wait_for_selector("#go", state="visible")
    page.locator(".draft").nth(places[-1]).click()
    assert page.inner_text("[data-ask=finish]") == "Finish 1 take"


def test_others_and_more_like_one_keep_the_takes(page):
    first, takes = names(page), page.locator(".take.done").count()
    page.click("[data-ask=others]")
    page.wait_for_selector(f".draft .number:text-is('{2 * COUNT}')")
    wait_for_takes(page, takes)
    others = names(page)
    assert not set(first) & set(others)
    page.locator(".draft").nth(1).click()
    page.click("[data-ask=like]")
    page.wait_for_selector(f".draft[data-name='{others[1]}.1'], .draft[data-name^='{others[1]}.']")
    wait_for_takes(page, takes)
    assert all(name.startswith(f"{others[1]}.") for name in names(page))
