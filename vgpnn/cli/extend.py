"""`python -m vgpnn extend`: the clip stays, and the picture goes on around it."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import typer

from vgpnn.cli.names import check_names
from vgpnn.cli.options import INPUT_HELP, TaskOptions, count, switch, with_task_options
from vgpnn.cli.output import write_results
from vgpnn.full_size import read_in_full
from vgpnn.tasks import extending


def side(name: str, unit: str) -> typer.models.OptionInfo:
    """The option of what is added on a side."""
    return typer.Option(f"--{name}", metavar="X", help=f"What is added there, in {unit}.")


@with_task_options("extend")
def extend(
    options: TaskOptions,
    source: Annotated[str, typer.Argument(metavar="IN", help=INPUT_HELP)],
    aspect: Annotated[
        str | None,
        typer.Option(
            metavar="W:H",
            help="The shape of the result, with the input in its middle.",
            show_default="as wide as the sides say",
        ),
    ] = None,
    left: Annotated[float, side("left", "widths of the input")] = 0.0,
    right: Annotated[float, side("right", "widths of the input")] = 0.0,
    top: Annotated[float, side("top", "heights of the input")] = 0.0,
    bottom: Annotated[float, side("bottom", "heights of the input")] = 0.0,
    takes: Annotated[
        int,
        typer.Option(
            metavar="N", parser=count, help="How many videos; several are OUT-1.mp4, OUT-2.mp4 ..."
        ),
    ] = 1,
    from_above: Annotated[
        bool, switch("--from-above", "The input is seen from above: things may be at any height.")
    ] = False,
) -> None:
    """Keep the input as it is, and let the picture go on around it."""
    check_names(options, source, samples=takes)
    clip = options.read(source)
    sides, sizes = (left, right, top, bottom), extending.sizes_for(left, right, top, bottom)
    if aspect is not None:
        if any(sides):
            raise ValueError("Give either --aspect or the sides, not both.")
        sides = extending.sides_for(aspect, clip.shape[2], clip.shape[1])
        sizes = extending.sizes_of_aspect(aspect)
    if not any(sides):
        raise ValueError("Nothing is added: give --aspect of another shape, or a side.")
    settings = options.settings("extend")
    write_results(
        options,
        lambda: replace(
            extending.problem(
                clip,
                *sides,
                from_above,
                seed=range(options.seed, options.seed + takes),
                settings=settings,
                device=options.device,
            ),
            sizes=sizes,
        ),
        lambda: read_in_full(source, options.start, clip),
        takes,
        sounds=options.sounds(source, clip),
    )
