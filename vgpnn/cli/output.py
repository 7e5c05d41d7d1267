"""Solving a task's problem and writing its results, with a progress bar on a terminal."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Callable, Sequence

from tqdm import tqdm

from vgpnn import source_map, video
from vgpnn.cli.names import numbered
from vgpnn.cli.options import TaskOptions
from vgpnn.machine import memory
from vgpnn.sound import Sound
from vgpnn.take_sound import TakeSounds
from vgpnn.tasks import Problem, Result, Step, finish_in_full
from vgpnn.video import Video

BAR = "{desc} {percentage:3.0f}%|{bar}| {elapsed}<{remaining}{postfix}"


def write_results(
    options: TaskOptions,
    make_problem: Callable[[], Problem],
    read_full: Callable[[], Video],
    samples: int = 1,
    sounds: TakeSounds | None = None,
) -> None:
    """Solve the problem of a task's command, and write its results where the options say.

    Several samples are written to OUT-1.mp4, OUT-2.mp4 and so on. The other arguments are those of
    `write_takes`.
    """
    if options.memory is not None:
        memory.limit(options.memory)
    outs = [numbered(options.out, number, samples) for number in range(samples)]
    maps = []
    if options.source_map:
        maps = [numbered(options.source_map, number, samples) for number in range(samples)]
    full = [options.full] * samples
    write_takes(make_problem, read_full, outs, full, options.device, maps, sounds)


def write_takes(
    make_problem: Callable[[], Problem],
    read_full: Callable[[], Video],
    outs: Sequence[str],
    is_full: Sequence[bool],
    device: str,
    maps: Sequence[str] = (),
    sounds: TakeSounds | None = None,
) -> None:
    """Solve a problem, write each result as soon as it is made, and say how long it took.

    make_problem: returns the problem of all samples; the time that it takes is part of the first
    sample's. read_full: reads the source of the patches at its own size, to finish results in full.
    outs, is_full: the path of each result, and whether it is finished in full. maps: the path of
    each source map; none are written where there are no paths. sounds: of the results.
    """
    began, number, full, samples = time.perf_counter(), 0, None, len(outs)
    problem = make_problem()
    for notice in problem.notices:
        print(notice, file=sys.stderr)
    for batch in problem.batches():
        with progress_bar(f"sample {number + 1}/{samples}" if samples > 1 else outs[0]) as bar:
            results = batch.solve(lambda step, bar=bar: show_step(bar, step))
        for result in results:
            for notice in result.notices[len(problem.notices) :]:  # on this one alone
                print(notice, file=sys.stderr)
            finished = result.video
            if is_full[number]:
                full = full or read_full()
                with progress_bar("in full") as bar:
                    finished = finish_in_full(
                        result, full, lambda share, bar=bar: show_share(bar, share), device
                    )
            video.write(
                outs[number], finished, sound=sounds and _told_sound(sounds, number, result)
            )
            now = time.perf_counter()
            draft = "" if result.draft is None else f", draft {result.draft}"
            print(
                f"{outs[number]} (seed {result.seed}{draft}), {now - began:.1f} s", file=sys.stderr
            )
            began = now
            if maps:
                source_map.save(maps[number], result.source_map)
            number += 1


def _told_sound(sounds: TakeSounds, number: int, result: Result) -> Sound | None:
    """The sound of a result; what there is to say about it goes to standard error."""
    sound = sounds.of(number, result)
    while sounds.notes:
        print(sounds.notes.pop(), file=sys.stderr)
    return sound


def progress_bar(label: str) -> tqdm:
    """A bar on standard error that vanishes when it is closed; nothing if that is no terminal."""
    return tqdm(
        total=1.0,
        desc=label,
        bar_format=BAR,
        disable=None,
        leave=False,
        smoothing=0,
        # tqdm would draw nothing on a terminal that does not tell its width.
        ncols=shutil.get_terminal_size().columns - 1,
    )


def show_step(bar: tqdm, step: Step) -> None:
    """Draw how far a task is after one step."""
    level = f"level {step.level}/{step.levels}, pass {step.number}/{step.passes}"
    bar.set_postfix_str(level, refresh=False)
    show_share(bar, step.fraction)


def show_share(bar: tqdm, share: float) -> None:
    """Draw that a share of the work, in [0, 1], is done."""
    bar.n = share
    bar.refresh()
