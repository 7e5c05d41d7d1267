"""`python -m vgpnn generate`: diverse generation."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

from vgpnn.cli.drafts import DIFFERENCE_HELP
from vgpnn.cli.marks import NO_MARKS, MarkFlags, with_marks
from vgpnn.cli.names import check_names
from vgpnn.cli.options import INPUT_HELP, TaskOptions, count, with_task_options
from vgpnn.cli.output import write_results
from vgpnn.full_size import read_in_full
from vgpnn.presets import DEFAULT_DIFFERENCE
from vgpnn.tasks import generation
from vgpnn.tasks.drafts import COUNT, all_drafts

BEST, ALL = "best", "all"


@with_task_options("generate")
@with_marks()
def generate(
    options: TaskOptions,
    source: Annotated[str, typer.Argument(metavar="IN", help=INPUT_HELP)],
    takes: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            parser=count,
            help="How many videos; several are OUT-1.mp4, OUT-2.mp4 ...",
            show_default=f"1; {COUNT} with --pick {ALL}",
        ),
    ] = None,
    pick: Annotated[
        str,
        typer.Option(
            metavar=f"{BEST}|{ALL}|DRAFT",
            help="Finish the best draft of every seed, all of one seed, or one by its number "
            "that `drafts` shows.",
        ),
    ] = BEST,
    difference: Annotated[float, typer.Option(metavar="X", help=DIFFERENCE_HELP)] = (
        DEFAULT_DIFFERENCE
    ),
    marks: MarkFlags = NO_MARKS,
    samples: Annotated[  # the name of earlier versions
        int | None, typer.Option(metavar="N", parser=count, hidden=True)
    ] = None,
) -> None:
    """Make new videos of the same scene; every seed makes another one."""
    number = takes or samples or (COUNT if pick == ALL else 1)
    check_names(options, source, *marks.files, samples=number)
    if pick not in (BEST, ALL) and number > 1:
        raise ValueError("A draft is one video: leave --takes out, or --pick.")
    clip = options.read(source)
    wanted = marks.preference(clip, options.start)
    settings, seed, device = options.settings("generate", difference), options.seed, options.device

    def problem() -> generation.Problem:
        if pick == ALL:
            return all_drafts(clip, number, seed, settings, device, wanted)
        names = None if pick == BEST else (pick,)
        seeds = range(seed, seed + number)
        common = {"drafts": names, "preference": wanted}
        return generation.problem(clip, seeds, settings, device, **common)

    read_full, sounds = partial(read_in_full, source, options.start, clip), options.sounds
    write_results(options, problem, read_full, number, sounds(source, clip))
