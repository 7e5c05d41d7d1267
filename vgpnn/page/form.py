"""The form of the page: which components it has, and how their values become a request."""

from __future__ import annotations

import gradio as gr
import numpy as np

from vgpnn.checks import number
from vgpnn.page import advanced, controls
from vgpnn.page.shared import Input, Run
from vgpnn.pictures import reduced
from vgpnn.presets import PRESETS
from vgpnn.service.request import TASK_PRESETS, Clip, Request, new_request, paint_range
from vgpnn.tasks import cues, retargeting

PAINT_PIXELS = 1_000_000  # of what is painted on one frame, at most: it is kept for every session


class Unfinished(ValueError):
    """Something is still to be chosen: the run cannot start, but nothing is wrong."""


class Form:
    """All inputs of the page in one list, `components`, whatever the tab that is open."""

    def __init__(self, task, source: Input, run: Run, method: advanced.Method, tabs: list) -> None:
        """task: gr.State, the open tab. tabs: `controls.Controls` of every tab that has any."""
        self.tabs = tabs
        self._parts = (
            ("task", [task]),
            ("clip", [source.clip]),
            ("part", source.part),
            ("samples", [run.samples]),
            ("method", method.values),
            *((tab.task, tab.values) for tab in tabs),
        )
        self.components = [c for _, part in self._parts for c in part]

    def read(self, values) -> dict:
        """Values in the order of `components`, by part."""
        values, found = list(values), {}
        for name, part in self._parts:
            found[name], values = values[: len(part)], values[len(part) :]
        return found

    def count(self, name: str) -> int:
        """Number of components of a part."""
        return len(dict(self._parts)[name])

    def options_of(self, tab: str, asked: Request) -> dict[str, list]:
        """Values of the controls of every tab: those of a request, and none for other tabs."""
        given = {**asked.options, "kind": asked.task, "at": 0}
        given["paint"] = given.get("pictures")
        return {
            own.task: [
                given.get(name, gr.skip()) if own.task == tab else gr.skip() for name in own.names
            ]
            for own in self.tabs
        }

    def request(self, values, seed=0) -> Request:
        """A checked request. Raises `Unfinished` or ValueError with one sentence."""
        found = self.read(values)
        (task,), (clip,) = found["task"], found["clip"]
        if clip is None:
            raise Unfinished("Choose an example or upload a clip first.")
        start, frames, fps, height = found["part"]
        raw = {
            name: value
            for tab in self.tabs
            if tab.task == task
            for name, value in zip(tab.names, found[task])
        }
        task, options = read_options(task, raw)
        chosen = PRESETS[TASK_PRESETS[task]].with_changes(**advanced.read_method(found["method"]))
        samples = found["samples"][0] if task == "generate" else 1
        return new_request(
            clip,
            start=start,
            frames=frames,
            height=height,
            fps=fps or None,
            samples=samples,
            seed=seed,
            settings=chosen,
            task=task,
            options=options,
        )


def part_of(asked: Request) -> list:
    """Which part of the clip a request takes, as the form shows it."""
    return [asked.start, asked.frames, asked.fps or 0, asked.height]


def read_options(tab: str, raw: dict) -> tuple[str, dict]:
    """The task that a tab's controls ask for, and its checked options."""
    if tab == "resize":
        return tab, {
            name: number(name, raw[name], *controls.SIZES)
            for name in ("width_scale", "height_scale")
        }
    if tab == "retime":
        scale = number("duration_scale", raw["duration_scale"], *retargeting.SCALES)
        return tab, {"duration_scale": scale, "loop": bool(raw["loop"])}
    if tab == "analogy":
        if not isinstance(raw["style"], Clip):
            raise Unfinished("Choose a style first: upload the clip whose looks you want.")
        return raw["kind"], {"style": raw["style"]}
    if tab == "inpaint":
        return tab, paint_options(
            with_editor(raw["paint"], raw["editor"], raw["at"]),
            raw["first"],
            raw["last"],
            raw["margin"],
        )
    return tab, {}


def paint_options(pictures: dict, first, last, margin, remove=cues.REMOVE) -> dict:
    """Checked options of inpainting."""
    if not any(cues.painted(picture).any() for picture in pictures.values()):
        raise Unfinished("Paint on the clip first: a colour, or magenta to remove.")
    return {"pictures": pictures, "remove": remove, **paint_range(first, last, margin)}


def with_editor(paint: dict, editor: dict | None, at: int) -> dict:
    """What was painted on other frames, and what the editor shows now."""
    layer = painted_layer(editor)
    pictures = {int(k): v for k, v in (paint or {}).items()}
    if layer is not None:
        pictures[int(at)] = layer
    elif editor is not None:
        pictures.pop(int(at), None)
    return {k: v for k, v in pictures.items() if cues.painted(v).any()}


def painted_layer(editor: dict | None) -> np.ndarray | None:
    """(H, W, 4) uint8 paint of an image editor; None where there is none."""
    layers = (editor or {}).get("layers") or []
    layers = [np.asarray(layer) for layer in layers if layer is not None]
    layers = [x for x in layers if x.ndim == 3 and x.shape[2] == 4 and x.dtype == np.uint8]
    return reduced(layers[0], PAINT_PIXELS) if layers else None
