"""The button that copies the link of a result."""

from __future__ import annotations

import pytest
from helpers.page import generate, number, opened, upload
from playwright.sync_api import expect

COPIED = "navigator.clipboard.readText()"
NO_CLIPBOARD = "Object.defineProperty(navigator, 'clipboard', {value: undefined})"
COPY_BY_HAND = "document.execCommand = () => false"


@pytest.fixture
def page(browser, server):
    with opened(browser, server) as page:
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        yield page
        assert page.errors == []


def said(page, text):
    """The polite region has said so."""
    expect(page.locator(".reel .said[role=status]")).to_contain_text(text)


def test_the_link_of_an_example_opens_it_again(page, server):
    page.click("[aria-label='Example: Dusk']")
    page.wait_for_selector("text=The note on dusk.")
    button = page.get_by_role("button", name="Copy link")
    assert button.bounding_box()["height"] >= 44
    button.focus()
    page.keyboard.press("Enter")  # by keyboard, and the focus stays
    said(page, "The link is copied. It opens the page with this example and these settings.")
    expect(button).to_be_focused()
    link = page.evaluate(COPIED)
    assert link == f"{server.url}?example=dusk&seed=1"
    page.goto(link)
    page.wait_for_selector("#result >> text=The note on dusk.")
    assert number(page, "seed") == 1 and not page.is_checked("#random input")


def test_of_a_clip_that_was_uploaded_it_holds_the_settings(page, clips):
    upload(page, clips["tiny"])
    button = page.get_by_role("button", name="Copy link")
    expect(button).to_be_hidden()  # there is no result yet
    generate(page, 1)
    button.click()
    said(page, "The link is copied. It holds the settings, but not your clip.")
    seed = page.input_value("#seed input")
    assert page.evaluate(COPIED).endswith(f"/?task=generate&seed={seed}&takes=1")


def test_without_the_clipboard_of_safe_pages_it_is_copied_or_shown(page):
    button = page.get_by_role("button", name="Copy link")
    page.evaluate("navigator.clipboard.writeText('')")
    page.evaluate(f"window.read = navigator.clipboard; {NO_CLIPBOARD}")
    button.click()
    said(page, "The link is copied.")
    expect(button).to_be_focused()
    assert "?example=dawn" in page.evaluate("read.readText()")
    page.evaluate(COPY_BY_HAND)
    button.click()
    said(page, "Copy this link: http")
