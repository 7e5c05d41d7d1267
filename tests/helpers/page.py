"""What browser tests share: opening the page, and the steps that a user takes on it."""

from __future__ import annotations

import time
from contextlib import contextmanager

import vgpnn

# The number of videos in the result if all of them play, else 0.
PLAYING = """() => {
  const videos = [...document.querySelectorAll('#result video')];
  return videos.length && videos.every(v => v.readyState >= 2 && v.duration > 0 && !v.paused)
    ? videos.length : 0;
}"""
DONE = ".reel[data-phase=done] .take.done"
# Gradio gives controls that are shown for the first time their values once more in the next frame,
# over what somebody has typed who is as fast as a test.
TWO_FRAMES = "new Promise(over => requestAnimationFrame(() => requestAnimationFrame(over)))"
# What Gradio's client says in a page that is being left, because its streams end.
LEAVING = ("AbortError", "Connection errored out")
SIZE = {"width": 1280, "height": 900}  # [px] of the window


@contextmanager
def opened(
    browser,
    server,
    width=SIZE["width"],
    height=SIZE["height"],
    scheme="light",
    locale="en-US",
    query="",
    for_itself=False,
):
    """The page for a new visitor; `page.errors` lists what its console complains about.

    A visitor who has left lends their window to the next one of their language, with nothing in
    its storage: loading the page again costs half of what a browser context of its own does.

    query: what stands behind the address. for_itself: a context of its own, for a test that changes
    what cannot be taken back.
    """
    parked = vars(browser).setdefault("parked", {}).setdefault(locale, [])
    page = new_window(browser, locale) if for_itself or not parked else parked.pop()
    page.errors = []
    page.set_viewport_size({"width": width, "height": height})
    page.emulate_media(color_scheme=scheme)
    try:
        page.goto(server.url + query)
        page.wait_for_selector("#working video", timeout=60_000)
        yield page
    except BaseException:
        print("The console said:", page.errors)
        page.context.close()
        raise
    if for_itself:
        page.context.close()
    else:
        leave(page, server)
        parked.append(page)


def new_window(browser, locale):
    """A page of a browser context of its own, whose console is listened to."""
    context = browser.new_context(locale=locale, accept_downloads=True)
    context.set_default_timeout(90_000)  # [ms]; a machine that does other work is slow
    page = context.new_page()
    page.on(
        "console",
        lambda message: page.errors.append(message.text) if message.type == "error" else None,
    )
    page.on("pageerror", lambda error: page.errors.append(str(error)))
    page.on("framenavigated", lambda frame: forget_leaving(page.errors))
    return page


def leave(page, server):
    """Leave the page for an empty one of the same server, and forget the visit."""
    for each in page.context.pages:
        if each is not page:
            each.close()
    page.unroute_all()
    page.goto(f"{server.url}healthz")
    page.evaluate("localStorage.clear(); sessionStorage.clear()")
    page.context.clear_cookies()
    page.context.clear_permissions()


def forget_leaving(errors):
    """After a reload: drop what the page before said because it was left."""
    errors[:] = [error for error in errors if not any(words in error for words in LEAVING)]


def upload(page, path):
    """Choose a file as the clip, and wait until it plays."""
    name, shown = path.name, page.locator("#working b")
    if shown.count() and shown.inner_text() == name:  # another name shows that it is a new one
        name = f"again-{name}"
    page.set_input_files(
        "#upload input[type=file]",
        {"name": name, "mimeType": "video/mp4", "buffer": path.read_bytes()},
    )
    page.wait_for_function(
        "name => document.querySelector('#working b')?.textContent === name", arg=name
    )


def choose(page, control, value):
    """Type a value into the number box of a control, and leave the box."""
    box = page.locator(f"#{control} input[type=number]").first
    box.fill(str(value))
    box.press("Tab")


def number(page, control):
    """The value in the number box of a control."""
    return float(page.input_value(f"#{control} input[type=number] >> nth=0"))


def wait_until_playing(page, videos, timeout=30_000):
    """Wait until so many videos of the result play, and no other is there."""
    page.wait_for_function(f"count => ({PLAYING})() === count", arg=videos, timeout=timeout)


def open_tab(page, title):
    """Open a tab, also one that a narrow window hides behind a menu."""
    tab = page.locator(f"button[role=tab]:visible:has-text('{title}')")
    if not tab.count():
        page.click(".overflow-menu > button")
        tab = page.locator(f".overflow-dropdown button:has-text('{title}')")
    tab.first.click()
    page.wait_for_selector(f"button[role=tab][aria-selected=true]:has-text('{title}')")
    page.evaluate(TWO_FRAMES)


def open_first_tab(page):
    """Open the first tab unless it is open, at the top of the page."""
    tab = page.locator("button[role=tab]:visible").first
    if tab.get_attribute("aria-selected") != "true":
        open_tab(page, tab.inner_text())
    page.evaluate("scrollTo(0, 0)")


def open_settings(page):
    """Open the panel of settings, unless it is open."""
    if not page.is_visible("#setting-passes input"):
        page.click("#advanced > button")
    page.wait_for_selector("#setting-passes input")
    page.evaluate(TWO_FRAMES)


def generate(page, takes):
    """Make some takes, and wait until they are done."""
    choose(page, "samples", takes)
    page.click("#go")
    page.wait_for_selector(DONE, timeout=120_000)
    assert page.locator(".take.done").count() == takes
    page.wait_for_selector("#go", state="visible")


def make_one(page, verb, beside):
    """Press the button, wait for the result, and see that it plays beside a video with a title."""
    page.wait_for_selector(f"#go:has-text('{verb}')")
    page.click("#go")
    page.wait_for_selector(".reel:has(.beside)", timeout=60_000)
    page.wait_for_selector(DONE, timeout=120_000)
    wait_until_playing(page, 3)
    assert beside in page.inner_text(".cell.beside")
    page.wait_for_selector("#go", state="visible")


def result_frames(page, folder):
    """The frames of the first take, (T, H, W, 3), from the MP4 that the page offers."""
    with page.expect_download() as download:
        page.click(".take >> nth=0 >> text=MP4")
    path = folder / "result.mp4"
    download.value.save_as(path)
    return vgpnn.video.read(path).frames


def reload(page, title):
    """Load the page again, and wait for the last result and the tab that it was made in."""
    page.reload()
    page.wait_for_selector(DONE)
    page.wait_for_selector(f"button[role=tab][aria-selected=true]:has-text('{title}')")
    page.wait_for_selector("#working video")


def stroke(page, board, points):
    """Draw a line with the mouse on a board; points are shares of its paper."""
    paper = page.locator(f"#{board} .paper")
    paper.scroll_into_view_if_needed()
    box = paper.bounding_box()
    spots = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]
    page.mouse.move(*spots[0])
    page.mouse.down()
    for spot in spots[1:]:
        page.mouse.move(*spot, steps=8)
    page.mouse.up()


def wait_until_quiet(page, seconds: float = 2.0) -> None:
    """Wait until the page has asked the server for nothing for a while.

    An upload and a tab that is opened are followed by events, whose answers set what is shown.
    """
    asked = [time.monotonic()]

    def notice(request) -> None:
        if "queue/join" in request.url:
            asked.append(time.monotonic())

    page.on("request", notice)
    while time.monotonic() - asked[-1] < seconds:
        page.wait_for_timeout(100)
    page.remove_listener("request", notice)


def wait_for_board(page, frames):
    """Wait until the board of inpainting shows a clip with so many frames."""
    page.wait_for_selector(f"#paint-frame output:has-text('of {frames}')")
    page.evaluate(TWO_FRAMES)  # the numbers beside it come with it
