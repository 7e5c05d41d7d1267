"""`python -m vgpnn analogy`: the motion of one video with the looks of another."""

from __future__ import annotations

from typing import Annotated

import typer

from vgpnn import video
from vgpnn.cli.marks import NO_MARKS, MarkFlags, with_marks
from vgpnn.cli.names import check_names
from vgpnn.cli.options import INPUT_HELP, TaskOptions, read_input, switch, with_task_options
from vgpnn.cli.output import write_results
from vgpnn.full_size import read_in_full
from vgpnn.tasks import analogies


@with_task_options("analogy")
@with_marks(without=["keep"])
def analogy(
    options: TaskOptions,
    motion: Annotated[
        str, typer.Argument(metavar="LAYOUT", help=f"What the result moves like. {INPUT_HELP}")
    ],
    style: Annotated[
        str, typer.Argument(metavar="STYLE", help=f"What the result looks like. {INPUT_HELP}")
    ],
    sketch: Annotated[
        bool,
        switch("--sketch", "LAYOUT is a moving sketch; sketches have settings of their own."),
    ] = False,
    marks: MarkFlags = NO_MARKS,
) -> None:
    """Move as one video does and look like another."""
    check_names(options, motion, style, *marks.files)
    layout_clip = options.read(motion)
    style_clip = read_input(
        style,
        frames=options.frames,
        fps=layout_clip.fps,
        height=options.working_height(style),
    )
    wanted = marks.preference(style_clip)
    settings = options.settings("sketch" if sketch else "analogy")
    write_results(
        options,
        lambda: analogies.problem(
            layout_clip,
            style_clip,
            sketch,
            seed=options.seed,
            settings=settings,
            device=options.device,
            preference=wanted,
        ),
        lambda: read_in_full(style, 0.0, style_clip, video.probe(motion).fps),
        sounds=options.sounds(motion, layout_clip),
    )
