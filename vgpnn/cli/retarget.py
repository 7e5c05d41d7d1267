"""`python -m vgpnn retarget`: another size or another length."""

from __future__ import annotations

from typing import Annotated

import typer

from vgpnn.cli.marks import Less, MarkedOn, MarkFlags, More, Nothing, OnlyMarked
from vgpnn.cli.names import check_names
from vgpnn.cli.options import INPUT_HELP, TaskOptions, switch, with_task_options
from vgpnn.cli.output import write_results
from vgpnn.full_size import read_in_full
from vgpnn.tasks import retargeting


@with_task_options("retarget")
def retarget(
    options: TaskOptions,
    source: Annotated[str, typer.Argument(metavar="IN", help=INPUT_HELP)],
    width_scale: Annotated[
        float, typer.Option(metavar="X", help="Width of the result in widths of the input.")
    ] = 1.0,
    height_scale: Annotated[
        float, typer.Option(metavar="X", help="Height of the result in heights of the input.")
    ] = 1.0,
    duration_scale: Annotated[
        float, typer.Option(metavar="X", help="Length of the result in lengths of the input.")
    ] = 1.0,
    loop: Annotated[bool, switch("--loop", "Let the last frame lead into the first.")] = False,
    more: More = None,
    less: Less = None,
    none: Nothing = None,
    marked_on: MarkedOn = 0,
    only_marked: OnlyMarked = False,
) -> None:
    """Change the size or the length without stretching anything, or make a loop."""
    marks = MarkFlags(more, less, none, marked_on, only_marked)
    check_names(options, source, *marks.files)
    clip = options.read(source)
    wanted = marks.preference(clip, options.start)
    settings = options.settings("retarget")
    scales = width_scale, height_scale, duration_scale
    write_results(
        options,
        lambda: retargeting.problem(
            clip,
            *scales,
            loop,
            seed=options.seed,
            settings=settings,
            device=options.device,
            preference=wanted,
        ),
        lambda: read_in_full(source, options.start, clip),
        sounds=options.sounds(source, clip, is_retimed=duration_scale != 1 or loop),
    )
