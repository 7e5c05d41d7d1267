"""What visitors do on the page, fast and in several tabs, stays below all limits per person."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from gradio_client import Client, handle_file
from helpers.page import open_tab, opened, upload


def test_two_tabs_sliders_reloads_and_a_client_with_threads(browser, server, clips):
    refused = []

    def note(response) -> None:
        if response.status >= 400:
            refused.append((response.status, response.url))

    small = {"width": 800, "height": 400}  # few pixels, which take time
    with opened(browser, server, **small) as page, opened(browser, server, **small) as other:
        for each in (page, other):
            each.on("response", note)
        upload(page, clips["slow"])
        handle = page.locator("#start input[type=range], #frames input[type=range]").first
        handle.focus()
        for _ in range(40):
            page.keyboard.press("ArrowRight")
        for title in ("Resize", "Inpaint", "Generate"):
            open_tab(page, title)
        other.reload()
        other.wait_for_selector("#working video", timeout=60_000)
    assert not refused

    client = Client(server.url, verbose=False)
    options = {"frames": 5, "height": 64, "settings": {"passes": 1}, "api_name": "/generate"}

    def generate(_) -> str:
        try:
            client.predict(video=handle_file(str(clips["tiny"])), **options)
        except Exception as error:
            return str(error)
        return "done"

    with ThreadPoolExecutor(4) as threads:
        said = {*threads.map(generate, range(4))}
    assert "done" in said and all("429" not in each for each in said)
