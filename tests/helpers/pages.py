"""The page in this process, for tests of its parts without a browser."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import gradio as gr

from vgpnn.page.page import Page
from vgpnn.service.clips import probed_clip
from vgpnn.service.request import Clip


def built_page(examples=()) -> Page:
    """The layout of the page, without its events."""
    with gr.Blocks(analytics_enabled=False):
        return Page(list(examples))


def connected_page(examples=()) -> tuple[Page, gr.Blocks]:
    """The page with its events."""
    with gr.Blocks(analytics_enabled=False) as demo:
        page = Page(list(examples))
        page.connect(demo)
    return page, demo


def values_of(page: Page, clip: Clip | None = None, **changes) -> dict[Any, Any]:
    """What the page's controls hold when it is opened, with a clip and some changes.

    changes: by name of a field of the open tab.
    """
    components = {*page.inputs, *page.workspace.outputs}
    values = {each: getattr(each, "value", None) for each in components}
    values[page.workspace.clip.clip] = clip
    tab = page.tabs[values[page.workspace.open_tab]]
    return values | {tab.fields[name]: value for name, value in changes.items()}


def opened_at(page: Page, tab: str, clip: Clip | None = None, **changes) -> dict[Any, Any]:
    """The same with another tab open; changes: by name of a field of that tab."""
    values = values_of(page, clip) | {page.workspace.open_tab: tab}
    return values | {page.tabs[tab].fields[name]: value for name, value in changes.items()}


def tiny_clip(path: Path, working_url: str = "") -> Clip:
    """A clip of the page from a file."""
    return replace(probed_clip(path, path.name), working_url=working_url)


def event(demo: gr.Blocks, name: str):
    """The function of the page's event with a name; the names of handlers are unique."""
    (found,) = [fn for fn in demo.fns.values() if fn.name == name]
    return found
