"""The strip of examples: frames of a film, each of them a clip with a result made beforehand."""

from __future__ import annotations

import html

import gradio as gr

from vgpnn.examples import Example
from vgpnn.page import scripts
from vgpnn.page.events import event_index
from vgpnn.service import examples
from vgpnn.service.files import url


class ExampleStrip:
    """frames: fires `select` when an example is chosen."""

    def __init__(self, shown: list[Example]) -> None:
        """Create the strip in the layout that is open."""
        self.shown = shown
        content = "".join(_frame(number, example) for number, example in enumerate(shown))
        self.frames = gr.HTML(
            f"<p class='heading'>Examples</p><div class='strip'>{content}</div>",
            js_on_load=scripts.on_load("examples.js"),
            elem_classes="examples",
        )

    def chosen(self, event: gr.EventData) -> Example:
        """The example that was chosen. Raises ValueError for an event that names none."""
        return self.shown[event_index(event, "index", len(self.shown))]


def options_of(example: Example) -> tuple[str, dict]:
    """The task of an example, and its options as a request has them."""
    options = dict(example.options)
    if style := examples.style_clip_of(example):
        options["style"] = style
    return options.pop("kind", example.task), options


def _frame(number: int, example: Example) -> str:
    title, address = html.escape(example.title), html.escape(url(example.video))
    # The videos of all strips together are some megabytes, and a browser decodes a frame of each.
    shown = f"preload='metadata' src='{address}#t=0.05'"
    if example.poster:
        poster = html.escape(url(example.poster))
        shown = f"preload='none' poster='{poster}' src='{address}'"
    return (
        f"<button class='frame' data-index='{number}' aria-label='Example: {title}'>"
        f"<video muted loop playsinline tabindex='-1' {shown}>"
        f"</video><span>{title}</span></button>"
    )
