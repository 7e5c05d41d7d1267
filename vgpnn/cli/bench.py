"""`python -m vgpnn bench`: speed and memory on this machine."""

from __future__ import annotations

from typing import Annotated

import typer

from vgpnn import formats
from vgpnn.cli.options import Device, switch
from vgpnn.evaluation import benchmark, benchmark_tables
from vgpnn.settings import Shape


def _shape(text: str) -> Shape:
    """(T, H, W) from 13x144x256."""
    sides = text.split("x")
    if len(sides) != 3 or not all(side.isdecimal() and int(side) > 0 for side in sides):
        raise typer.BadParameter(f"it must look like 13x144x256, not {text!r}.")
    return tuple(map(int, sides))


def bench(
    sizes: Annotated[
        list[str] | None,
        typer.Option(
            metavar="TxHxW...",
            parser=_shape,
            help="Frames, height and width of the clips to measure with.",
            show_default="the sizes of the paper and of the oracle",
        ),
    ] = None,
    device: Device = "auto",
    roofline: Annotated[
        bool,
        switch("--roofline", "Also count the distances, which takes one slow run more."),
    ] = False,
    json: Annotated[
        str | None, typer.Option(metavar="PATH", help="Also write what was measured to a file.")
    ] = None,
    table: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PATH...", help="Measure nothing; print the tables of files from --json."
        ),
    ] = None,
) -> None:
    """Measure speed and memory on this machine."""
    if table:
        print(benchmark_tables.tables_of_files(table))
    else:
        if json is not None:
            formats.check_file_name(json)
        benchmark.main(sizes or [], json, device, roofline)
