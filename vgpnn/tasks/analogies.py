"""Video analogies and sketch to video (section 4.2): the layout of one video, the looks of another.

The layout's colours say nothing about the style's: at the coarsest level dynamic structure is all
there is to compare, on the levels above it is compared together with the colours, and then colours
alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import torch

from vgpnn import pyramid
from vgpnn.level import Level
from vgpnn.machine.devices import device_of
from vgpnn.presets import PRESETS
from vgpnn.settings import Settings
from vgpnn.tasks.problem import (
    Problem,
    Result,
    Step,
    as_video,
    checked_seeds,
    enough_memory,
    for_each,
    source_levels,
)
from vgpnn.tasks.structure import dynamic_structure, sketch_structure
from vgpnn.video import Video


def analogy(
    layout: Video | torch.Tensor,
    style: Video | torch.Tensor,
    sketch: bool = False,
    seed: int = 0,
    settings: Settings | None = None,
    progress: Callable[[Step], None] | None = None,
    device: str = "auto",
    backend: str = "auto",
    checkpoint: Callable[[], None] = lambda: None,
    **changes,
) -> Result:
    """A video that moves where the layout moves and looks like the style (section 4.2).

    layout, style: videos of any sizes and lengths; the result has the layout's and its rate.
    sketch: whether the layout is a moving sketch, whose strokes are to be filled.
    settings: default the preset "analogy", or "sketch".
    The other arguments are those of `generate`. Raises ValueError where nothing moves.
    """
    settings = (settings or PRESETS["sketch" if sketch else "analogy"]).with_changes(**changes)
    one = problem(layout, style, sketch, (seed,), settings, device, backend, checkpoint)
    return one.solve(progress)[0]


def analogy_steps(*arguments, **options) -> Iterator[Step]:
    """`analogy` (without `progress`) as an iterator over passes."""
    yield from problem(*arguments, **options).steps()


@enough_memory()
def problem(
    layout: Video | torch.Tensor,
    style: Video | torch.Tensor,
    sketch: bool = False,
    seed: int | Sequence[int] = 0,
    settings: Settings | None = None,
    device: str = "auto",
    backend: str = "auto",
    checkpoint: Callable[[], None] = lambda: None,
) -> Problem:
    """An analogy as data for the loop; see `analogy`."""
    layout, style, seeds = as_video(layout), as_video(style), checked_seeds(seed)
    settings = settings or PRESETS["sketch" if sketch else "analogy"]
    shape, size, where = layout.shape, style.shape, device_of(device, backend)
    if any(n < p for n, p in zip(size, settings.patch)):
        raise ValueError(
            f"The style is smaller than a patch of {' x '.join(map(str, settings.patch))}: "
            "choose a longer or larger clip."
        )
    settings, notices = settings.adapted_to(pyramid.smaller(shape, size))
    levels = source_levels(style, shape, settings, where, checkpoint)
    guess = pyramid.resize(layout.codes, levels[0].shape).to(where)
    if settings.structure != "colours":
        if sketch:
            wanted = sketch_structure(layout.frames, settings)
        else:
            wanted = moving("layout", layout, settings, checkpoint)
        found = moving("style", style, settings, checkpoint)
        levels = with_structure(levels, wanted.to(where), found.to(where), settings)
    return Problem(
        levels,
        for_each(seeds, guess),
        (settings,) * len(seeds),
        layout.fps,
        seeds,
        notices,
        backend=backend,
        checkpoint=checkpoint,
    )


def moving(
    name: str, video: Video, settings: Settings, checkpoint: Callable[[], None]
) -> torch.Tensor:
    """Dynamic structure of the layout or the style; an error says which of them it is about."""
    try:
        return dynamic_structure(video.frames, settings, checkpoint)
    except ValueError as error:
        raise ValueError(str(error).replace("this clip", f"the {name}")) from None


def with_structure(
    levels: list[Level], wanted: torch.Tensor, found: torch.Tensor, settings: Settings
) -> list[Level]:
    """Levels on whose coarser share structure is compared; on the coarsest nothing else is.

    wanted: of the result, (T, H, W, 1); found: of the source, (t, h, w, 1); both in [0, 1].
    """
    reach = max(1, round(settings.structure_levels * len(levels)))
    return [
        replace(
            level,
            structure=(
                pyramid.resize(wanted, level.shape).clamp(0, 1),
                pyramid.resize(found, tuple(level.source.shape[:3])).clamp(0, 1),
            ),
            colours=index > 0,
        )
        if index < reach
        else level
        for index, level in enumerate(levels)
    ]
