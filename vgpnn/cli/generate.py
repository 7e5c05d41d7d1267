"""`python -m vgpnn generate`: diverse generation."""

from __future__ import annotations

from typing import Annotated

import typer

from vgpnn.cli.names import check_names
from vgpnn.cli.options import INPUT_HELP, TaskOptions, count, with_task_options
from vgpnn.cli.output import write_results
from vgpnn.full_size import read_in_full
from vgpnn.presets import DEFAULT_DIFFERENCE
from vgpnn.tasks import generation


@with_task_options("generate")
def generate(
    options: TaskOptions,
    source: Annotated[str, typer.Argument(metavar="IN", help=INPUT_HELP)],
    samples: Annotated[
        int,
        typer.Option(
            metavar="N", parser=count, help="How many videos; several are OUT-1.mp4, OUT-2.mp4 ..."
        ),
    ] = 1,
    difference: Annotated[
        float,
        typer.Option(
            metavar="X", help="From 0, more like the input, to 1, more different from it."
        ),
    ] = DEFAULT_DIFFERENCE,
) -> None:
    """Make new videos of the same scene; every seed makes another one."""
    check_names(options, source, samples=samples)
    clip = options.read(source)
    settings = options.settings("generate", difference)
    seeds = range(options.seed, options.seed + samples)
    write_results(
        options,
        lambda: generation.problem(clip, seeds, settings, options.device),
        lambda: read_in_full(source, options.start, clip),
        samples,
    )
