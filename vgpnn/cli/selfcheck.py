"""`python -m vgpnn selfcheck`: the test of a new installation."""

from __future__ import annotations

from typing import Annotated

import typer

import vgpnn
from vgpnn import formats
from vgpnn.cli.options import Device
from vgpnn.evaluation.selfcheck import report


def selfcheck(
    device: Device = "auto",
    json: Annotated[
        str | None, typer.Option(metavar="PATH", help="Also write the report to a file.")
    ] = None,
) -> None:
    """Check that everything works here: kernels, all tasks, quality, speed and memory."""
    if json is not None:
        formats.check_file_name(json)
    if not report.main(device, json, vgpnn.__version__):
        raise typer.Exit(1)
