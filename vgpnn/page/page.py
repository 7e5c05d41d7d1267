"""The whole page: header, tabs, and what a browser remembers."""

from __future__ import annotations

from pathlib import Path

import gradio as gr
from starlette.middleware import Middleware

from vgpnn import examples
from vgpnn.limits import LIMITS
from vgpnn.page import api as endpoint
from vgpnn.page import desk
from vgpnn.page.theme import CSS, theme
from vgpnn.service import files, guard, monitoring
from vgpnn.service.queue import QUEUE

TITLE = "VGPNN: one clip in, many takes out"
HEADER = """
<header class="masthead">
  <p class="brand">VGPNN</p>
  <h1>One clip in. <em>Many takes out.</em></h1>
  <p class="lede">New versions of a short video, put together from space-time patches of that
  video alone. No training, no data set, seconds of work. Best on fire, water, smoke, clouds,
  flocks and crowds.</p>
</header>
"""


def build() -> gr.Blocks:
    """The page as Blocks; `launch_options` belong to its launch()."""
    found = examples.load()
    cache = min(600, round(LIMITS.keep_seconds)), round(LIMITS.keep_seconds)
    with guard.Blocks(title=TITLE, delete_cache=cache, analytics_enabled=False) as demo:
        # The key only scrambles a random token that is worth nothing after a while.
        token = gr.BrowserState("", storage_key="vgpnn-last-job", secret="vgpnn-last-job")
        gr.HTML(HEADER)
        desk.build(found, token, demo)
        gr.HTML(privacy())
        for name, task in endpoint.ENDPOINTS.items():
            gr.api(task, api_name=name, concurrency_limit=None)
    # Its own pictures, which Gradio puts beside the uploads, stay as long as the page does.
    shown = [path for block in demo.blocks.values() for path in block.keep_in_cache]
    files.page_folders.update(Path(path).parent for path in shown)
    demo.queue(max_size=LIMITS.queue + 80)  # room for what is answered at once, beside the jobs
    return demo


def privacy() -> str:
    """What becomes of a visitor's files."""
    return (
        "<p class='privacy'>Your clips and results stay on the server that runs this page, at "
        "addresses that nobody can guess, and are deleted "
        f"{duration(LIMITS.keep_seconds)} after they were last used. There are no analytics, and "
        "the log holds neither file names nor addresses.</p>"
    )


def duration(seconds: float) -> str:
    """In hours or minutes where they are within a tenth of it, or else in seconds."""
    for unit, size in (("hour", 3600), ("minute", 60)):
        count = round(seconds / size)
        if count >= 1 and abs(count * size - seconds) < 0.1 * seconds:
            return f"{'one' if count == 1 else count} {unit}{'s' * (count > 1)}"
    return f"{seconds:.0f} seconds"


def launch_options() -> dict:
    """What Gradio 6 wants at launch."""
    bundled = [path for e in examples.load() for path in e.files()]
    shown = frozenset(path.as_posix() for path in bundled)
    return {
        # Every session keeps what was painted in it; Gradio would keep ten thousand.
        "state_session_capacity": 500,
        "theme": theme(),
        "css": CSS,
        "footer_links": [],
        "ssr_mode": False,
        "allowed_paths": [str(path) for path in (files.BASE, *bundled)],
        "blocked_paths": [str(files.RECORDS)],
        "app_kwargs": {
            "routes": monitoring.routes(QUEUE.is_healthy, QUEUE.counts),
            "middleware": [Middleware(guard.Guard, bundled=shown)],
        },
    }
