"""Video analogies and sketch to video (section 4.2): the layout of one video, the looks of another.

The colours of the layout say nothing about those of the style. So the coarsest level compares
dynamic structure alone, the levels above it compare structure together with colours, and the finest
levels compare colours alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import torch

from vgpnn import pyramid
from vgpnn.level import Level
from vgpnn.machine.devices import device_of
from vgpnn.machine.threads import torch_threads
from vgpnn.presets import PRESETS
from vgpnn.settings import Settings
from vgpnn.tasks.preference import Preference, fitting_settings, with_marks
from vgpnn.tasks.problem import Problem, checked_seeds, gpu_memory_errors_explained, source_levels
from vgpnn.tasks.result import Result, Step
from vgpnn.tasks.source import unused_settings
from vgpnn.tasks.steering import steered
from vgpnn.tasks.structure import dynamic_structure, sketch_structure
from vgpnn.video import Video, as_video


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
    preference: Preference | None = None,
    **changes,
) -> Result:
    """A video that moves where the layout moves and looks like the style (section 4.2).

    layout, style: videos of any sizes and lengths; the result has the size, the length and the
        rate of the layout.
    sketch: whether the layout is a moving sketch, whose strokes are to be filled.
    settings: default the preset "analogy", or "sketch" for a sketch.
    preference: what of the style is wanted more, less, or not at all.
    The other arguments are those of `generate`. Raises ValueError with one sentence for settings
    or videos that cannot be used, such as a video in which nothing moves.
    """
    settings = (settings or PRESETS["sketch" if sketch else "analogy"]).with_changes(**changes)
    known = (seed,), settings, device, backend, checkpoint, preference
    task = problem(layout, style, sketch, *known)
    return task.solve(progress)[0]


def analogy_steps(*arguments, **options) -> Iterator[Step]:
    """`analogy` as an iterator over passes, with the arguments of `problem`."""
    yield from problem(*arguments, **options).steps()


@gpu_memory_errors_explained()
@torch_threads(1)
def problem(
    layout: Video | torch.Tensor,
    style: Video | torch.Tensor,
    sketch: bool = False,
    seed: int | Sequence[int] = 0,
    settings: Settings | None = None,
    device: str = "auto",
    backend: str = "auto",
    checkpoint: Callable[[], None] = lambda: None,
    preference: Preference | None = None,
) -> Problem:
    """An analogy as data for the loop; see `analogy`."""
    layout, style, seeds = as_video(layout), as_video(style), checked_seeds(seed)
    settings = settings or PRESETS["sketch" if sketch else "analogy"]
    if any(length < side for length, side in zip(style.shape, settings.patch)):
        raise ValueError(
            f"The style is smaller than a patch of {' x '.join(map(str, settings.patch))}: "
            "choose a longer or larger clip."
        )
    smaller = pyramid.smaller(layout.shape, style.shape)
    settings, notices = pyramid.adapted_settings(settings, smaller)
    target = device_of(device, backend)
    preference = preference and preference.checked(style.shape)
    settings = fitting_settings(settings, preference, smaller)
    levels = source_levels(style, layout.shape, settings, target, checkpoint)
    levels, settings = with_marks(levels, preference, settings)
    guess = pyramid.resize(layout.codes, levels[0].shape, checkpoint).to(target)
    if settings.structure != "colours":
        if sketch:
            layout_structure = sketch_structure(layout.frames, settings, checkpoint)
        else:
            layout_structure = structure_of("layout", layout, settings, checkpoint)
        style_structure = structure_of("style", style, settings, checkpoint)
        structures = layout_structure.to(target), style_structure.to(target)
        levels = with_structure(levels, *structures, settings, checkpoint)
    task = Problem(
        levels=levels,
        guess=guess.expand(len(seeds), *guess.shape),
        settings=(settings,) * len(seeds),
        fps=layout.fps,
        seeds=seeds,
        notices=(*unused_settings(settings), *notices),
        backend=backend,
        checkpoint=checkpoint,
        targets=preference.targets if preference else (),
        forbidden=preference and preference.none,
    )
    return steered(task)


def structure_of(
    name: str, video: Video, settings: Settings, checkpoint: Callable[[], None]
) -> torch.Tensor:
    """The dynamic structure of a video, (T, H, W, 1) in [0, 1].

    name: "layout" or "style"; the sentence of a ValueError says which of them it is about.
    """
    try:
        return dynamic_structure(video.frames, settings, checkpoint)
    except ValueError as error:
        raise ValueError(str(error).replace("this clip", f"the {name}")) from None


def with_structure(
    levels: list[Level],
    layout_structure: torch.Tensor,
    style_structure: torch.Tensor,
    settings: Settings,
    checkpoint: Callable[[], None] = lambda: None,
) -> list[Level]:
    """Levels of which the coarser share compares structure, and the coarsest one nothing else.

    layout_structure: (T, H, W, 1), of the result. style_structure: (t, h, w, 1), of the source.
    Both are of full size, in [0, 1]. The setting `structure_levels` is the share.
    """
    count = max(1, round(settings.structure_levels * len(levels)))
    structured = []
    for index, level in enumerate(levels[:count]):
        query = pyramid.resize(layout_structure, level.shape, checkpoint).clamp(0, 1)
        key = pyramid.resize(style_structure, level.source_shape, checkpoint).clamp(0, 1)
        structured.append(replace(level, structure=(query, key), colours=index > 0))
    return structured + levels[count:]
