"""`python -m vgpnn go-on`: the clip plays to its end, and then it goes on."""

from __future__ import annotations

from typing import Annotated

import typer

from vgpnn.cli.names import check_names
from vgpnn.cli.options import INPUT_HELP, TaskOptions, with_task_options
from vgpnn.cli.output import write_results
from vgpnn.full_size import read_in_full
from vgpnn.tasks import going_on


@with_task_options("go_on")
def go_on(
    options: TaskOptions,
    source: Annotated[str, typer.Argument(metavar="IN", help=INPUT_HELP)],
    longer: Annotated[
        float, typer.Option(metavar="X", help="What is added, in lengths of the input, 0.1 to 1.")
    ] = going_on.USUAL,
) -> None:
    """Keep the input to its end as it is, and let it go on."""
    check_names(options, source)
    clip = options.read(source)
    settings = options.settings("go_on")
    write_results(
        options,
        lambda: going_on.problem(
            clip, longer, seed=options.seed, settings=settings, device=options.device
        ),
        lambda: read_in_full(source, options.start, clip),
        sounds=options.sounds(source, clip, is_retimed=True),
    )
