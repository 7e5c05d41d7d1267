"""`python -m vgpnn inpaint`: fill what was painted over."""

from __future__ import annotations

from typing import Annotated

import typer

from vgpnn.cli.names import check_names
from vgpnn.cli.options import INPUT_HELP, TaskOptions, switch, with_task_options
from vgpnn.cli.output import write_results
from vgpnn.full_size import read_in_full
from vgpnn.tasks import cues, inpainting


@with_task_options("inpaint")
def inpaint(
    options: TaskOptions,
    source: Annotated[str, typer.Argument(metavar="IN", help=INPUT_HELP)],
    paint: Annotated[
        str,
        typer.Argument(
            metavar="CUES", help="The paint: a PNG, a video or a folder of numbered PNGs."
        ),
    ],
    first: Annotated[
        int, typer.Option("--from", metavar="FRAME", help="First frame that the paint is for.")
    ] = 0,
    last: Annotated[
        int | None,
        typer.Option(
            "--to",
            metavar="FRAME",
            help="Last frame that the paint is for.",
            show_default="the last of the input",
        ),
    ] = None,
    key: Annotated[
        str | None,
        typer.Option(
            metavar="RRGGBB",
            help="Colour in CUES that is not paint.",
            show_default="what is see-through is not paint",
        ),
    ] = None,
    remove: Annotated[
        str,
        typer.Option(metavar="RRGGBB", help="Paint of this colour removes what is under it."),
    ] = "ff00ff",
    margin: Annotated[
        float,
        typer.Option(
            metavar="X",
            help="How far to fill beyond the paint, as a share of a painted piece's size.",
        ),
    ] = cues.MARGIN,
    follow: Annotated[
        bool,
        switch("--follow", "The paint follows what is under it, so that one frame is enough."),
    ] = False,
    painted_on: Annotated[
        int,
        typer.Option(
            metavar="FRAME", help="The frame that a PNG, or the first of several, is painted on."
        ),
    ] = 0,
) -> None:
    """Remove what is painted over, or turn it into what the clip has of the paint's colour."""
    check_names(options, source, paint)
    clip = options.read(source)
    key_colour = None if key is None else cues.colour(key)
    known = clip.shape, key_colour, options.start, clip.fps
    pictures = cues.read(paint, *known, painted_on=painted_on)
    last = clip.shape[0] - 1 if last is None else last
    held = first, last, cues.colour(remove), margin
    followed = clip.codes if follow else None
    painted = cues.from_pictures(pictures, clip.shape, *held, clip=followed)
    settings = options.settings("inpaint")
    write_results(
        options,
        lambda: inpainting.problem(
            clip, *painted, seed=options.seed, settings=settings, device=options.device
        ),
        lambda: read_in_full(source, options.start, clip),
        sounds=options.sounds(source, clip),
    )
