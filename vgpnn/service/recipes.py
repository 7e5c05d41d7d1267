"""The recipe of a job: what `python -m vgpnn run` makes its takes from again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import vgpnn
from vgpnn import recipe
from vgpnn.recipe import Recipe, Take
from vgpnn.service.clips import working_clip
from vgpnn.service.inputs import painted_pictures
from vgpnn.service.job import Job
from vgpnn.service.request import Clip, Request
from vgpnn.tasks.paint import Paint

UNKNOWN_CLIP = "This run is of an earlier version and has no recipe: make the takes again."


def with_sha256(request: Request, checkpoint: Callable[[], None] = lambda: None) -> Request:
    """A request whose clip, and style if there is one, know the SHA-256 of their files.

    It is found out while a run reads them, because the files do not stay as long as the takes do.
    checkpoint: called several times a second; may raise to cancel.
    """

    def known(clip: Clip) -> Clip:
        if clip.sha256:
            return clip
        try:
            return replace(clip, sha256=recipe.sha256_of(clip.path, checkpoint))
        except OSError:  # the decoder has a sentence for a file that is gone
            return clip

    options, style = request.options, request.options.get("style")
    if style is not None:
        options = {**options, "style": known(style)}
    return replace(request, clip=known(request.clip), options=options)


def recipe_of(job: Job, checkpoint: Callable[[], None] = lambda: None) -> Recipe:
    """The recipe of the takes that a job has finished so far.

    checkpoint: called several times a second; may raise to cancel. Raises ValueError with one
    sentence.
    """
    request, options = job.request, job.request.options
    style, names = options.get("style"), recipe.OPTIONS[request.preset]
    if not request.clip.sha256 or (style and not style.sha256):
        raise ValueError(UNKNOWN_CLIP)
    drafts = options.get("drafts") or (None,) * request.samples
    made = zip(request.seeds, drafts, job.shown["takes"][: len(job.results)])
    takes = [Take(seed, draft, "full" in view) for seed, draft, view in made]
    return Recipe(
        version=vgpnn.__version__,
        task=request.task,
        clip=request.clip.sha256,
        start=request.start,
        frames=request.frames,
        height=request.height,
        fps=request.fps,
        takes=tuple(takes),
        settings=request.settings,
        sound=request.sound,
        options={name: options[name] for name in names if name in options},
        style=style and style.sha256,
        paint=_paint_of(request, checkpoint) if request.preset == "inpaint" else None,
        marks=options.get("marks") or None,
    )


def _paint_of(request: Request, checkpoint: Callable[[], None]) -> Paint:
    """The paint of inpainting, also where it was given as a file."""
    if "cues_path" not in request.options:
        return Paint.of(request.options["pictures"])
    return Paint.of(painted_pictures(request, working_clip(request, checkpoint), checkpoint))
