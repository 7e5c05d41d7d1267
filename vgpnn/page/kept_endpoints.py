"""The endpoints of the tasks that keep the clip as it is, and go on around it or after it, or make
a seamless tile of it."""

from __future__ import annotations

import gradio as gr

from vgpnn.checks import number, one_of, yes_or_no
from vgpnn.page.endpoint import Answer, endpoint
from vgpnn.tasks import extending, going_on, tiling


def _extend_options(arguments: dict) -> dict:
    sides = {side: number(side, arguments[side], 0, extending.MOST) for side in extending.SIDES}
    if (aspect := arguments["aspect"]) is not None:
        if any(sides.values()):
            raise ValueError("Give either the aspect or the sides, not both.")
        info = arguments["video"].info
        sides = dict(zip(extending.SIDES, extending.sides_for(aspect, info.width, info.height)))
    if not any(sides.values()):
        raise ValueError("Nothing is added: give an aspect that the clip does not have, or a side.")
    return {**sides, "from_above": yes_or_no("from_above", arguments["from_above"])}


@endpoint("extend", _extend_options, has_takes=True)
def extend(
    video: gr.FileData,
    aspect: str | None = None,
    *,
    left: float = 0.0,
    right: float = 0.0,
    top: float = 0.0,
    bottom: float = 0.0,
    from_above: bool = False,
) -> Answer:
    """The clip as it is, to the bit, and the picture goes on around it.

    Args:
        video: the uploaded file; `handle_file(path)` in gradio_client.
        aspect: the shape of the result, such as "16:9", with the clip in its middle; null: as wide
            as the sides say.
        left: what is added at the left, in widths of the clip, 0 to 3.
        right: what is added at the right, in widths of the clip, 0 to 3.
        top: what is added above, in heights of the clip, 0 to 3.
        bottom: what is added below, in heights of the clip, 0 to 3.
        from_above: whether the clip is seen from above, so that a thing may be at any height.
    """


def _go_on_options(arguments: dict) -> dict:
    return {"longer": number("longer", arguments["longer"], *going_on.LONGER)}


@endpoint("go_on", _go_on_options)
def go_on(video: gr.FileData, longer: float = going_on.USUAL) -> Answer:
    """The clip to its end as it is, to the bit, and then it goes on.

    Args:
        video: the uploaded file; `handle_file(path)` in gradio_client.
        longer: what is added at the end, in lengths of the clip, 0.1 to 1.
    """


def _tile_options(arguments: dict) -> dict:
    return {
        "axes": one_of("axes", arguments["axes"], tiling.AXES),
        "time": yes_or_no("time", arguments["time"]),
    }


@endpoint("tile", _tile_options)
def tile(video: gr.FileData, axes: str = "both", time: bool = False) -> Answer:
    """The clip as a seamless tile of its size: its edges lead into each other.

    Args:
        video: the uploaded file; `handle_file(path)` in gradio_client.
        axes: what repeats without a seam: "x" side by side, "y" one above the other, or "both".
        time: whether the last frame leads into the first, too.
    """
