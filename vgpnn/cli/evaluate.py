"""`python -m vgpnn evaluate`: figures of results against their source."""

from __future__ import annotations

from typing import Annotated

import typer

from vgpnn import video
from vgpnn.cli.names import check_overwrites_none
from vgpnn.cli.options import INPUT_HELP, Frames, Height, Start, switch
from vgpnn.evaluation import report


def evaluate(
    source: Annotated[
        str, typer.Argument(metavar="SOURCE", help=f"What the results were made from. {INPUT_HELP}")
    ],
    generated: Annotated[
        list[str], typer.Argument(metavar="GENERATED", help="One or more results of it.")
    ],
    json: Annotated[bool, switch("--json", "Print one JSON object instead of a table.")] = False,
    svfid: Annotated[
        bool,
        switch("--svfid", "Also SVFID, which needs C3D's weights in VGPNN_C3D_WEIGHTS."),
    ] = False,
    source_map: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PATH...",
            help="Maps that were saved with the results, in the order of the results.",
            show_default="copied pieces are searched for",
        ),
    ] = None,
    plot: Annotated[
        str | None,
        typer.Option(
            metavar="PATH",
            help="Draw error against diversity of the sets NAME-1.mp4, NAME-2.mp4 and so on.",
        ),
    ] = None,
    start: Start = 0.0,
    frames: Frames = None,
    height: Height = None,
) -> None:
    """Measure how good, how different and how original results are."""
    if plot is not None:
        check_overwrites_none(plot, source, *generated, *(source_map or ()))
    clip = video.read(source, start=start, frames=frames, height=height, plain=True)
    report.main(clip, generated, source_map, json, svfid, plot)
