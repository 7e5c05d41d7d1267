"""The endpoints, one for each task, for gradio_client and other programs."""

from __future__ import annotations

import gradio as gr

from vgpnn.checks import number, yes_or_no
from vgpnn.limits import LIMITS
from vgpnn.page.endpoint import Answer, Offer, endpoint, upload_path
from vgpnn.page.kept_endpoints import extend, go_on, tile
from vgpnn.service import wording
from vgpnn.service.drafting import MOST_OFFERED, MOST_SKIPPED, draft_names
from vgpnn.service.paint import masks_as_marks, paint_range
from vgpnn.tasks import retargeting
from vgpnn.tasks.cues import colour
from vgpnn.tasks.drafts import COUNT


def _marks(arguments: dict) -> dict:
    """What is wanted more, less, or not at all, or kept: nothing where there are no masks."""
    names = "more", "less", "none", "keep"
    masks = {name: upload_path(name, arguments[name]) for name in names if arguments.get(name)}
    alike = yes_or_no("alike", arguments["alike"])
    return masks_as_marks(masks, arguments["marked_on"], alike) if masks else {}


def _named_drafts(arguments: dict) -> dict:
    """The drafts to finish, or none where they are to be chosen."""
    if arguments["drafts"] is None:
        return _marks(arguments)
    return _drafts_to_finish(arguments)


def _drafts_to_finish(arguments: dict) -> dict:
    return {"drafts": draft_names(arguments["drafts"], LIMITS.takes), **_marks(arguments)}


@endpoint("generate", _named_drafts, has_takes=True)
def generate(
    video: gr.FileData,
    *,
    drafts: list[str] | None = None,
    more: gr.FileData | None = None,
    less: gr.FileData | None = None,
    none: gr.FileData | None = None,
    keep: gr.FileData | None = None,
    marked_on: int = 0,
    alike: bool = True,
) -> Answer:
    """New versions of one short video (diverse generation), without training.

    Args:
        video: the uploaded file; `handle_file(path)` in gradio_client.
        drafts: the names of drafts of this seed, which are finished instead; see drafts.
        more: a PNG of a frame with paint on what the take is to have about twice as much of, or
            white on black.
        less: the same, of which it is to have about half as much.
        none: the same, of which it is to have nothing.
        keep: the same, of what stays where it is in every frame, such as a logo.
        marked_on: the frame of the clip that the masks are of.
        alike: whether all that is like what is marked counts as marked, too.
    """


def _offer(arguments: dict) -> dict:
    like, sentence = arguments["like"], arguments["sorted_by"]
    if sentence is not None:
        wording.checked_words({"more": sentence})
    return {
        "offered": number("count", arguments["count"], 1, MOST_OFFERED, True),
        "skip": number("skip", arguments["skip"], 0, MOST_SKIPPED, True),
        "like": None if like is None else draft_names([like], 1)[0],
        "videos": True,
        **_marks(arguments),
    }


@endpoint("generate", _offer)
def drafts(
    video: gr.FileData,
    count: int = COUNT,
    *,
    skip: int = 0,
    like: str | None = None,
    sorted_by: str | None = None,
    more: gr.FileData | None = None,
    less: gr.FileData | None = None,
    none: gr.FileData | None = None,
    keep: gr.FileData | None = None,
    marked_on: int = 0,
    alike: bool = True,
) -> Offer:
    """Many takes begun, to choose from: a small video of each, the best and most different first.

    Give the names of those that are wanted to finish, with the same clip, seed and settings.

    Args:
        video: the uploaded file; `handle_file(path)` in gradio_client.
        count: how many drafts, 1 to 24.
        skip: how many to leave out first: after 12 drafts, 12 gives others.
        like: the name of a draft whose variations are wanted.
        sorted_by: a sentence; the drafts that fit it best come first, which needs the extra "words"
            on the server.
        more: a PNG of a frame with paint on what the take is to have about twice as much of, or
            white on black.
        less: the same, of which it is to have about half as much.
        none: the same, of which it is to have nothing.
        keep: the same, of what stays where it is in every frame, such as a logo.
        marked_on: the frame of the clip that the masks are of.
        alike: whether all that is like what is marked counts as marked, too.
    """


@endpoint("generate", _drafts_to_finish)
def finish(
    video: gr.FileData,
    drafts: list[str],
    *,
    more: gr.FileData | None = None,
    less: gr.FileData | None = None,
    none: gr.FileData | None = None,
    keep: gr.FileData | None = None,
    marked_on: int = 0,
    alike: bool = True,
) -> Answer:
    """Finish drafts: the takes that drafts has begun, for the same clip, seed and settings.

    Args:
        video: the uploaded file; `handle_file(path)` in gradio_client.
        drafts: their names, up to 24, such as ["10", "3.2"].
        more: a PNG of a frame with paint on what the take is to have about twice as much of, or
            white on black.
        less: the same, of which it is to have about half as much.
        none: the same, of which it is to have nothing.
        keep: the same, of what stays where it is in every frame, such as a logo.
        marked_on: the frame of the clip that the masks are of.
        alike: whether all that is like what is marked counts as marked, too.
    """


def _retarget_options(arguments: dict) -> dict:
    scales = {
        name: number(name, arguments[name], *retargeting.SCALES)
        for name in ("width_scale", "height_scale", "duration_scale")
    }
    return {**scales, "loop": bool(arguments["loop"]), **_marks(arguments)}


@endpoint("retarget", _retarget_options)
def retarget(
    video: gr.FileData,
    width_scale: float = 1.0,
    height_scale: float = 1.0,
    duration_scale: float = 1.0,
    loop: bool = False,
    *,
    takes: int = 1,
    more: gr.FileData | None = None,
    less: gr.FileData | None = None,
    none: gr.FileData | None = None,
    marked_on: int = 0,
    alike: bool = True,
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
        more: a PNG of a frame with paint on what the take is to have about twice as much of, or
            white on black.
        less: the same, of which it is to have about half as much.
        none: the same, of which it is to have nothing.
        marked_on: the frame of the clip that the masks are of.
        alike: whether all that is like what is marked counts as marked, too.
    """


def _style_option(arguments: dict) -> dict:
    return {"style": arguments["style"], **_marks(arguments)}


@endpoint("analogy", _style_option)
def analogy(
    video: gr.FileData,
    style: gr.FileData,
    *,
    more: gr.FileData | None = None,
    less: gr.FileData | None = None,
    none: gr.FileData | None = None,
    marked_on: int = 0,
    alike: bool = True,
) -> Answer:
    """A video that moves where one clip moves and looks like another.

    Args:
        video: the layout, which has to move; `handle_file(path)` in gradio_client.
        style: the clip whose looks the result takes.
        more: a PNG of a frame with paint on what the take is to have about twice as much of, or
            white on black.
        less: the same, of which it is to have about half as much.
        none: the same, of which it is to have nothing.
        marked_on: the frame of the style that the masks are of.
        alike: whether all that is like what is marked counts as marked, too.
    """


@endpoint("sketch", _style_option)
def sketch(
    video: gr.FileData,
    style: gr.FileData,
    *,
    more: gr.FileData | None = None,
    less: gr.FileData | None = None,
    none: gr.FileData | None = None,
    marked_on: int = 0,
    alike: bool = True,
) -> Answer:
    """A moving sketch whose strokes are filled from a clip.

    Args:
        video: the moving sketch, dark strokes on light paper or the other way round.
        style: the clip whose moving parts fill the strokes.
        more: a PNG of a frame with paint on what the take is to have about twice as much of, or
            white on black.
        less: the same, of which it is to have about half as much.
        none: the same, of which it is to have nothing.
        marked_on: the frame of the style that the masks are of.
        alike: whether all that is like what is marked counts as marked, too.
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
    "tile": tile,
    "analogy": analogy,
    "sketch": sketch,
    "inpaint": inpaint,
}
