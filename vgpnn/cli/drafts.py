"""`python -m vgpnn drafts`: many takes begun, to choose from."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from vgpnn import formats, tasks, video, words
from vgpnn.cli.marks import NO_MARKS, MarkFlags, check_words, with_marks
from vgpnn.cli.options import INPUT_HELP, TaskOptions, count, with_task_options
from vgpnn.machine import memory
from vgpnn.presets import DEFAULT_DIFFERENCE
from vgpnn.tasks.drafts import COUNT

DIFFERENCE_HELP = "From 0, more like the input, to 1, more different from it."
FOLDER = typer.Argument(metavar="FOLDER", help="A new or empty folder for the drafts.")


@with_task_options("generate", out=FOLDER, without=("source_map", "sound"))
@with_marks()
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
    sorted_by: Annotated[
        str | None,
        typer.Option(
            metavar="SENTENCE",
            help="Those that fit this sentence best come first; it needs the extra "
            '"vgpnn\\[words]".',
        ),
    ] = None,
    marks: MarkFlags = NO_MARKS,
) -> None:
    """Begin many takes: small videos to choose from, for `generate --pick`."""
    formats.check_folder_name(options.out)
    if sorted_by is not None:
        check_words([sorted_by])
    clip = options.read(source)
    settings = options.settings("generate", difference)
    if options.memory is not None:
        memory.limit(options.memory)
    wanted = marks.preference(clip, options.start)
    common = {"seed": options.seed, "settings": settings, "device": options.device}
    common["preference"] = wanted
    if like is None:
        found = tasks.drafts(clip, number, skip=skip, **common)
    else:
        found = tasks.variations(tasks.named_draft(clip, like, **common), number, skip)
    if sorted_by is None:
        listed = ((draft, None) for draft in found)  # which are written as they come
    else:
        listed = words.ranked(found, sorted_by)
    folder = Path(options.out)
    folder.mkdir(exist_ok=True)
    rows = [_written(folder, place, *each) for place, each in enumerate(listed, skip + 1)]
    text = json.dumps({"seed": options.seed, "drafts": rows}, indent=1)
    (folder / "drafts.json").write_text(text + "\n")


def _written(folder: Path, place: int, draft: tasks.Draft, fit: float | None) -> dict:
    """Write a draft, and say so. Returns what the list of drafts has of it.

    place: its number among the files. fit: how well it fits the sentence; None without one."""
    path = folder / f"{place:02d}-draft-{draft.name}.mp4"
    video.write(path, draft.video)
    figures = {"error": round(draft.error, 2), "change": round(draft.change, 3)}
    figures |= {} if fit is None else {"fit": round(fit, 4)}
    said = "" if fit is None else f", fit {fit:.3f}"
    print(f"{path}: error {draft.error:.1f}, change {draft.change:.2f}{said}", file=sys.stderr)
    return {"draft": draft.name, "file": path.name, "kind": draft.layout.kind, **figures}
