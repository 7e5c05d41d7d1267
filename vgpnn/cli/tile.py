"""`python -m vgpnn tile`: a seamless tile, whose edges lead into each other."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from vgpnn.cli.names import check_names
from vgpnn.cli.options import INPUT_HELP, TaskOptions, switch, with_task_options
from vgpnn.cli.output import write_results
from vgpnn.full_size import read_in_full
from vgpnn.tasks import tiling


@with_task_options("tile")
def tile(
    options: TaskOptions,
    source: Annotated[str, typer.Argument(metavar="IN", help=INPUT_HELP)],
    axes: Annotated[
        Literal["x", "y", "both"],
        typer.Option(help="What repeats: x side by side, y one above the other."),
    ] = "both",
    time: Annotated[bool, switch("--time", "The last frame leads into the first, too.")] = False,
) -> None:
    """Make a seamless tile of the input, of its size."""
    check_names(options, source)
    clip = options.read(source)
    settings = options.settings("tile")
    write_results(
        options,
        lambda: tiling.problem(
            clip, axes, time, seed=options.seed, settings=settings, device=options.device
        ),
        lambda: read_in_full(source, options.start, clip),
        sounds=options.sounds(source, clip, is_retimed=time),
    )
