"""`python -m vgpnn drafts`: many takes begun, to choose from."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from vgpnn import formats, tasks, video
from vgpnn.cli.marks import Less, MarkedOn, MarkFlags, More, Nothing, OnlyMarked
from vgpnn.cli.options import INPUT_HELP, TaskOptions, count, with_task_options
from vgpnn.machine import memory
from vgpnn.presets import DEFAULT_DIFFERENCE
from vgpnn.tasks.drafts import COUNT

DIFFERENCE_HELP = "From 0, more like the input, to 1, more different from it."
FOLDER = typer.Argument(metavar="FOLDER", help="A new or empty folder for the drafts.")


@with_task_options("generate", out=FOLDER, without=("source_map", "sound"))
def drafts(
    options: TaskOptions,
    source: Annotated[str, typer.Argument(metavar="IN", help=INPUT_HELP)],
    number: Annotated[
        int, typer.Option("--count", metavar="N", parser=count, help="How many drafts.")
    ] = COUNT,
    skip: Annotated[
        int, typer.Option(metavar="N", min=0, help="Leave out the first N, for others.")
    ] = 0,
    like: Annotated[
        str | None,
        typer.Option(metavar="DRAFT", help="Variations of this draft, such as 17."),
    ] = None,
    difference: Annotated[float, typer.Option(metavar="X", help=DIFFERENCE_HELP)] = (
        DEFAULT_DIFFERENCE
    ),
    more: More = None,
    less: Less = None,
    none: Nothing = None,
    marked_on: MarkedOn = 0,
    only_marked: OnlyMarked = False,
) -> None:
    """Begin many takes: small videos to choose from, for `generate --pick`."""
    formats.check_folder_name(options.out)
    clip = options.read(source)
    settings = options.settings("generate", difference)
    if options.memory is not None:
        memory.limit(options.memory)
    marks = MarkFlags(more, less, none, marked_on, only_marked)
    wanted = marks.preference(clip, options.start)
    common = {"seed": options.seed, "settings": settings, "device": options.device}
    common["preference"] = wanted
    if like is None:
        found = tasks.drafts(clip, number, skip=skip, **common)
    else:
        found = tasks.variations(tasks.named_draft(clip, like, **common), number, skip)
    folder, rows = Path(options.out), []
    folder.mkdir(exist_ok=True)
    for place, draft in enumerate(found, skip + 1):
        path = folder / f"{place:02d}-draft-{draft.name}.mp4"
        video.write(path, draft.video)
        figures = {"error": round(draft.error, 2), "change": round(draft.change, 3)}
        kind = draft.layout.kind
        rows.append({"draft": draft.name, "file": path.name, "kind": kind, **figures})
        print(f"{path}: error {draft.error:.1f}, change {draft.change:.2f}", file=sys.stderr)
    text = json.dumps({"seed": options.seed, "drafts": rows}, indent=1)
    (folder / "drafts.json").write_text(text + "\n")
