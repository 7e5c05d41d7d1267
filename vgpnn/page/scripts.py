"""The page's JavaScript modules: their address, how events call them, and the data they get."""

from __future__ import annotations

import html
import json
from pathlib import Path

import gradio as gr
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

FOLDER = Path(__file__).parent / "static"
ADDRESS = "static/vgpnn"  # below the address of the page

# JavaScript that says on the page that a module does not work; the console says why.
SHOW_FAILURE = (
    "error => { document.body.insertAdjacentHTML('afterbegin', "
    "`<p role='alert'>A part of this page did not load: reload it.</p>`); throw error; }"
)


class ScriptFiles(StaticFiles):
    """Files that a browser asks for again on every visit: they belong to this version."""

    def file_response(self, *arguments, **options):
        response = super().file_response(*arguments, **options)
        response.headers["Cache-Control"] = "no-cache"
        return response


def route() -> Mount:
    """The address of the modules."""
    return Mount(f"/{ADDRESS}", ScriptFiles(directory=FOLDER))


def call(module: str, function: str, *constants) -> str:
    """JavaScript for the `js` of an event: a function of a module, called with constants, which
    JSON can hold, and the event's inputs in the order in which the event lists them."""
    imported = f"{_imported(module)}.catch({SHOW_FAILURE})"
    first = "".join(f"{json.dumps(constant)}, " for constant in constants)
    return f"async (...values) => (await {imported}).{function}({first}...values)"


def on_load(module: str) -> str:
    """JavaScript for the `js_on_load` of a gr.HTML: it calls `start` of a module with the names
    that Gradio provides there."""
    start = "module => module.start({element, props, trigger, watch})"
    return f"{_imported(module)}.then({start}).catch({SHOW_FAILURE});"


def data_block(data: dict) -> gr.HTML:
    """An invisible block with the data of all modules as JSON; it starts those that need no
    component of their own."""
    text = html.escape(json.dumps(data))
    content = f"<div id='page-data' data-json='{text}'></div>"
    return gr.HTML(content, js_on_load=on_load("main.js"), elem_id="page-data-block")


def _imported(module: str) -> str:
    return f"import(new URL('{ADDRESS}/{module}', document.baseURI))"
