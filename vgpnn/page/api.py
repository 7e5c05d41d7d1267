"""The endpoints, one for each task, for gradio_client and other programs."""

from __future__ import annotations

import gradio as gr

from vgpnn.checks import number, yes_or_no
from vgpnn.limits import LIMITS
from vgpnn.page.endpoint import Answer, Offer, endpoint, upload_path
from vgpnn.service.drafting import MOST_OFFERED, MOST_SKIPPED, draft_names
from vgpnn.service.paint import paint_range
from vgpnn.tasks import extending, going_on, retargeting
from vgpnn.tasks.cues import colour
from vgpnn.tasks.drafts import COUNT


def _named_drafts(arguments: dict) -> dict:
    """The drafts to finish, or none where they are to be chosen."""
    names = arguments["drafts"]
    return {} if names is None else _drafts_to_finish(arguments)


def _drafts_to_finish(arguments: dict) -> dict:
    return {"drafts": draft_names(arguments["drafts"], LIMITS.takes)}


@endpoint("generate", _named_drafts, has_takes=True)
def generate(video: gr.FileData, *, drafts: list[str] | None = None) -> Answer:
    """New versions of one short video (diverse generation), without training.

    Args:
        video: the uploaded file; `handle_file(path)` in gradio_client.
        drafts: the names of drafts of this seed, which are finished instead; see drafts.
    """


def _offer(arguments: dict) -> dict:
    like = arguments["like"]
    return {
        "offered": number("count", arguments["count"], 1, MOST_OFFERED, True),
        "skip": number("skip", arguments["skip"], 0, MOST_SKIPPED, True),
        "like": None if like is None else draft_names([like], 1)[0],
        "videos": True,
    }


@endpoint("generate", _offer)
def drafts(
    video: gr.FileData, count: int = COUNT, *, skip: int = 0, like: str | None = None
) -> Offer:
    """Many takes begun, to choose from: a small video of each, the best and most different first.

    Give the names of those that are wanted to finish, with the same clip, seed and settings.

    Args:
        video: the uploaded file; `handle_file(path)` in gradio_client.
        count: how many drafts, 1 to 24.
        skip: how many to leave out first: after 12 drafts, 12 gives others.
        like: the name of a draft whose variations are wanted.
    """


@endpoint("generate", _drafts_to_finish)
def finish(video: gr.FileData, drafts: list[str]) -> Answer:
    """Finish drafts: the takes that drafts has begun, for the same clip, seed and settings.

    Args:
        video: the uploaded file; `handle_file(path)` in gradio_client.
        drafts: their names, up to 24, such as ["10", "3.2"].
    """


def _retarget_options(arguments: dict) -> dict:
    scales = {
        name: number(name, arguments[name], *retargeting.SCALES)
        for name in ("width_scale", "height_scale", "duration_scale")
    }
    return {**scales, "loop": bool(arguments["loop"])}


@endpoint("retarget", _retarget_options)
def retarget(
    video: gr.FileData,
    width_scale: float = 1.0,
    height_scale: float = 1.0,
    duration_scale: float = 1.0,
    loop: bool = False,
    *,
    takes: int = 1,
) -> Answer:
    """The same scene at another size or length, without stretching and at the same pace.

    Args:
        video: the uploaded file; `handle_file(path)` in gradio_client.
        width_scale: width of the result in widths of the clip, 0.4 to 3.
        height_scale: its height in heights of the clip, 0.4 to 3.
        duration_scale: its length in lengths of the clip, 0.4 to 3.
        loop: whether the last frame leads into the first.
        takes: how many different results; take k (from 0) has seed + k. Only longer results and
            loops differ by more than details.
    """


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


def _style_option(arguments: dict) -> dict:
    return {"style": arguments["style"]}


@endpoint("analogy", _style_option)
def analogy(video: gr.FileData, style: gr.FileData) -> Answer:
    """A video that moves where one clip moves and looks like another.

    Args:
        video: the layout, which has to move; `handle_file(path)` in gradio_client.
        style: the clip whose looks the result takes.
    """


@endpoint("sketch", _style_option)
def sketch(video: gr.FileData, style: gr.FileData) -> Answer:
    """A moving sketch whose strokes are filled from a clip.

    Args:
        video: the moving sketch, dark strokes on light paper or the other way round.
        style: the clip whose moving parts fill the strokes.
    """


def _inpaint_options(arguments: dict) -> dict:
    last = LIMITS.max_frames - 1 if arguments["last"] is None else arguments["last"]
    key = arguments["key"]
    return {
        **paint_range(arguments["first"], last, arguments["margin"]),
        "follow": yes_or_no("follow", arguments["follow"]),
        "painted_on": number("painted_on", arguments["painted_on"], 0, 10**6, True),
        "remove": colour(arguments["remove"]),
        "key": None if key is None else colour(key),
        "cues_path": upload_path("cues", arguments["cues"]),
    }


@endpoint("inpaint", _inpaint_options)
def inpaint(
    video: gr.FileData,
    cues: gr.FileData,
    *,
    first: int = 0,
    last: int | None = None,
    key: str | None = None,
    remove: str = "#ff00ff",
    margin: float = 0.5,
    follow: bool = False,
    painted_on: int = 0,
) -> Answer:
    """Fill a region of a clip from the rest of it, steered by colour cues.

    Args:
        video: the uploaded file; `handle_file(path)` in gradio_client.
        cues: a PNG, or a video that runs beside the clip, with paint where something is to be
            made anew. Its aspect is that of the clip.
        first: first frame on which the paint holds.
        last: last one; null is the last of the clip.
        key: the colour of the unpainted parts of cues, "#rrggbb"; null: transparent parts are
            unpainted.
        remove: colour of paint that is no cue: what is under it goes.
        margin: how much more than the paint is made anew, 0 to 4 sizes of a painted piece.
        follow: whether the paint follows what is under it, both ways from each painted frame, so
            that a thing that moves is painted over once; else it stays where it is.
        painted_on: the frame of the clip that a PNG, or the first frame of a video, is painted on.
    """


ENDPOINTS = {
    "generate": generate,
    "drafts": drafts,
    "finish": finish,
    "retarget": retarget,
    "extend": extend,
    "go_on": go_on,
    "analogy": analogy,
    "sketch": sketch,
    "inpaint": inpaint,
}
