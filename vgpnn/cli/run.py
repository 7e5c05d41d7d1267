"""`python -m vgpnn run`: the takes of a recipe, made again."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

import vgpnn
from vgpnn import formats, recipe
from vgpnn.checks import shown
from vgpnn.cli.options import Device, switch
from vgpnn.cli.output import write_takes

RECIPE_BYTES = 30_000_000  # [bytes] of a recipe at most; paint makes it large
OTHER_VERSION = "The recipe was made by version {}, and this is {}: the bytes may differ."


def run(
    recipe_path: Annotated[
        str, typer.Argument(metavar="RECIPE", help="The recipe.json of a zip from the page.")
    ],
    clip: Annotated[
        str, typer.Argument(metavar="CLIP", help="The clip that the recipe was made with.")
    ],
    folder: Annotated[
        str,
        typer.Argument(
            metavar="OUT_FOLDER", help="A new or empty folder for take1.mp4, take2.mp4 and so on."
        ),
    ] = "takes",
    style: Annotated[
        str | None,
        typer.Option(metavar="STYLE", help="The style, for the recipe of an analogy."),
    ] = None,
    any_clip: Annotated[
        bool, switch("--any-clip", "Also use another clip, or another style, than that of the run.")
    ] = False,
    device: Device = "auto",
) -> None:
    """Make the takes of a recipe again: the same bytes on the same kind of device."""
    formats.check_folder_name(folder)
    known = read_recipe(recipe_path)
    recipe.check_files(known, clip, style, any_clip)
    if known.version != vgpnn.__version__:
        print(OTHER_VERSION.format(known.version, vgpnn.__version__), file=sys.stderr)
    inputs = recipe.read_inputs(known, clip, style)
    for note in inputs.video.notes:
        print(note, file=sys.stderr)
    Path(folder).mkdir(exist_ok=True)
    write_takes(
        lambda: recipe.problem(known, inputs, device),
        lambda: recipe.read_full(known, inputs, clip, style),
        [str(Path(folder) / f"take{number + 1}.mp4") for number in range(len(known.takes))],
        [take.full for take in known.takes],
        device,
        sounds=recipe.sounds(known, inputs, clip),
    )


def read_recipe(path: str) -> recipe.Recipe:
    """The recipe in a file. Raises ValueError with one sentence."""
    try:
        with open(path, "rb") as file:
            text = file.read(RECIPE_BYTES).decode(errors="replace")
    except OSError as error:
        name, reason = shown(Path(path).name), error.strerror or type(error).__name__
        raise ValueError(
            f"The recipe {name} cannot be read ({reason}): give another file."
        ) from None
    return recipe.from_json(text)
