"""`python -m vgpnn retarget`: another size or another length."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from typing import Annotated

import torch
import typer

from vgpnn import soundtrack, streaming
from vgpnn.cli.marks import NO_MARKS, MarkFlags, with_marks
from vgpnn.cli.names import check_names
from vgpnn.cli.options import INPUT_HELP, TaskOptions, count, switch, with_task_options
from vgpnn.cli.output import progress_bar, show_share, write_results
from vgpnn.full_size import read_in_full
from vgpnn.machine import memory
from vgpnn.settings import Settings
from vgpnn.tasks import playing, retargeting
from vgpnn.video import Video

ALONE = "A result of so many seconds is one video at the size of the input: leave out {}."


@with_task_options("retarget")
@with_marks(without=["keep"])
def retarget(
    options: TaskOptions,
    source: Annotated[str, typer.Argument(metavar="IN", help=INPUT_HELP)],
    width_scale: Annotated[
        float, typer.Option(metavar="X", help="Width of the result in widths of the input.")
    ] = 1.0,
    height_scale: Annotated[
        float, typer.Option(metavar="X", help="Height of the result in heights of the input.")
    ] = 1.0,
    duration_scale: Annotated[
        float, typer.Option(metavar="X", help="Length of the result in lengths of the input.")
    ] = 1.0,
    loop: Annotated[bool, switch("--loop", "Let the last frame lead into the first.")] = False,
    seconds: Annotated[
        float | None,
        typer.Option(
            metavar="SEC",
            help="Let the input go on for this long; the result is written while it is made.",
            show_default="as the scale has it",
        ),
    ] = None,
    takes: Annotated[
        int,
        typer.Option(
            metavar="N",
            parser=count,
            help="How many videos, which differ where they are longer than the input or loops; "
            "several are OUT-1.mp4, OUT-2.mp4 ...",
        ),
    ] = 1,
    marks: MarkFlags = NO_MARKS,
) -> None:
    """Change the size or the length without stretching anything, or make a loop."""
    check_names(options, source, *marks.files, samples=takes)
    scales = width_scale, height_scale, duration_scale
    if seconds is not None:
        changed = {
            "the scales": scales != (1, 1, 1),
            "--loop": loop,
            "--takes": takes != 1,
            "the marks": bool(marks.files),
            "--full": options.full,
            "--source-map": options.source_map is not None,
        }
        if unfit := [name for name, is_given in changed.items() if is_given]:
            raise ValueError(ALONE.format(" and ".join(unfit)))
        streaming.check_name(options.out)
    clip = options.read(source)
    wanted = marks.preference(clip, options.start)
    settings = options.settings("retarget")
    if seconds is not None:
        _play(options, source, clip, settings, seconds)
        return
    seeds = range(options.seed, options.seed + takes)
    write_results(
        options,
        lambda: retargeting.problem(
            clip,
            *scales,
            loop,
            seed=seeds,
            settings=settings,
            device=options.device,
            preference=wanted,
        ),
        lambda: read_in_full(source, options.start, clip),
        takes,
        sounds=options.sounds(source, clip, is_retimed=duration_scale != 1 or loop),
    )


def _play(
    options: TaskOptions, source: str, clip: Video, settings: Settings, seconds: float
) -> None:
    """Write a clip that goes on for some seconds, while it is made."""
    if options.memory is not None:
        memory.limit(options.memory)
    began = time.perf_counter()
    frames = round(seconds * clip.fps) if 0 < seconds < float("inf") else 0
    played = playing.play(clip, frames, options.seed, settings, options.device)
    for notice in played.notices:
        print(notice, file=sys.stderr)
    sounds = options.sounds(source, clip)
    heard = sounds.of(0)
    for note in sounds.notes:
        print(note, file=sys.stderr)
    if heard is not None:
        places = played.moments[..., None]  # which moment most pixels show decides what is heard
        heard = heard.lasting(len(clip.codes) / clip.fps)
        heard = soundtrack.joined(heard, places, len(clip.codes), clip.fps, circular=False)
    with progress_bar(options.out) as bar:

        def parts() -> Iterator[torch.Tensor]:
            done = 0
            for part in played.parts():
                yield part
                done += len(part)
                show_share(bar, done / frames)

        stream = streaming.FrameStream(played.shape, parts())
        streaming.write(options.out, stream, clip.fps, sound=heard)
    took = time.perf_counter() - began
    print(f"{options.out} (seed {played.seed}), {took:.1f} s", file=sys.stderr)
