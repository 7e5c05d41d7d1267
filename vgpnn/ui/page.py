"""The whole page: header, tabs, and what a browser remembers."""

from __future__ import annotations

import gradio as gr

from vgpnn.limits import LIMITS

from . import desk, endpoint, examples
from .theme import CSS, theme

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
    with gr.Blocks(title=TITLE, delete_cache=(600, 3600), analytics_enabled=False) as demo:
        # The key only scrambles a random token that is worth nothing after an hour.
        token = gr.BrowserState("", storage_key="vgpnn-last-job", secret="vgpnn-last-job")
        gr.HTML(HEADER)
        desk.build(found, token, demo)
        for name, task in endpoint.TASKS.items():
            gr.api(task, api_name=name, concurrency_limit=None)
    demo.queue(max_size=LIMITS.queue + 80)  # room for what is answered at once, beside the jobs
    return demo


def launch_options() -> dict:
    """What Gradio 6 wants at launch."""
    from .files import BASE

    bundled = [str(path) for e in examples.load() for path in e.files()]
    return {
        "theme": theme(), "css": CSS, "footer_links": [], "ssr_mode": False,
        "allowed_paths": [str(BASE), *bundled],
    }  # fmt: skip
