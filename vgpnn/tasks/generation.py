"""Diverse generation (section 4): the input with another layout on its coarsest level.

In the paper the layout comes from noise. Here it is the best of several drafts, which are pieces of
the picture in another order; the setting `layout` chooses.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import torch

from vgpnn import bars, overlay_finder, pyramid
from vgpnn.machine.devices import device_of
from vgpnn.machine.threads import torch_threads
from vgpnn.overlays import Overlay, without
from vgpnn.presets import PRESETS
from vgpnn.settings import Settings
from vgpnn.tasks import pool
from vgpnn.tasks.noise import noisy
from vgpnn.tasks.preference import Preference, fitting_settings, joined, with_marks
from vgpnn.tasks.problem import Problem, checked_seeds, gpu_memory_errors_explained
from vgpnn.tasks.result import Result, Step
from vgpnn.tasks.source import source_of
from vgpnn.tasks.steering import steered
from vgpnn.video import Video, as_video

KEPT_NOTICE = "What stands still on the picture is kept where it is: {share:.1%} of every frame."
NOTHING_NOTICE = "Nothing was found that stands still on a moving picture: mark it with Keep."
BARS_NOTICE = "The bars along the edges stay as they are: only the picture inside them is made new."


def generate(
    video: Video | torch.Tensor,
    seed: int = 0,
    settings: Settings = PRESETS["generate"],
    progress: Callable[[Step], None] | None = None,
    device: str = "auto",
    backend: str = "auto",
    checkpoint: Callable[[], None] = lambda: None,
    draft: str | int | None = None,
    preference: Preference | None = None,
    **changes,
) -> Result:
    """A new video of the same scene (diverse generation, section 4).

    video: a `Video`, or a (T, H, W, 3) tensor of values in [-1, 1] or of uint8 codes.
    seed: a whole number; the same seed, settings, input and device give the same bytes.
    progress: called with a `Step` after every pass; may raise `Cancelled`.
    device: "auto" (a GPU if there is one), "cpu" or "cuda".
    backend: "auto", "naive" (the exact oracle; slow), "cpu", "gpu" or "torch" (plain torch, slow).
    checkpoint: called several times a second inside a pass; may raise `Cancelled`.
    draft: the name of the draft to finish, such as "17"; None: the best of a few.
    preference: what of the video is wanted more, less, or not at all, and what of it stays.
    changes: fields of `Settings` to change, such as alpha=None (no completeness) or layout="noise".
    Raises ValueError with one sentence for settings or a video that cannot be used, and for a draft
    that does not exist.
    """
    settings = settings.with_changes(**changes)
    names = None if draft is None else (draft,)
    task = problem(video, (seed,), settings, device, backend, checkpoint, names, preference)
    return task.solve(progress)[0]


def generate_batch(
    video: Video | torch.Tensor,
    seeds: Sequence[int],
    settings: Settings = PRESETS["generate"],
    progress: Callable[[Step], None] | None = None,
    device: str = "auto",
    backend: str = "auto",
    checkpoint: Callable[[], None] = lambda: None,
    preference: Preference | None = None,
    **changes,
) -> tuple[Result, ...]:
    """A result for each seed; the samples share the pyramid of the source.

    The first result is the one that `generate` makes of its seed. Each of the others is made from
    the draft of its seed that fits best beside those before it, which `Result.draft` names, so that
    they are a set of different takes. Further seeds do not change the results before them. With
    layout="noise" every result is the one that `generate` makes of its seed.

    The other arguments and the errors are those of `generate`; the fraction of a step is that of
    the whole batch.
    """
    settings = settings.with_changes(**changes)
    task = problem(video, seeds, settings, device, backend, checkpoint, None, preference)
    batches = task.batches()
    results = []
    for number, batch in enumerate(batches):
        for step in batch.steps():
            if progress is not None:
                progress(replace(step, fraction=(number + step.fraction) / len(batches)))
        results += step.results
    return tuple(results)


def generate_steps(*arguments, **options) -> Iterator[Step]:
    """`generate` as an iterator over passes; the last step holds the result.

    The arguments are those of `problem`; with several seeds it is `generate_batch`.
    """
    yield from problem(*arguments, **options).steps()


@gpu_memory_errors_explained()
@torch_threads(1)
def problem(
    video: Video | torch.Tensor,
    seed: int | Sequence[int] = 0,
    settings: Settings = PRESETS["generate"],
    device: str = "auto",
    backend: str = "auto",
    checkpoint: Callable[[], None] = lambda: None,
    drafts: Sequence[str | int] | None = None,
    preference: Preference | None = None,
) -> Problem:
    """Diverse generation as data for the loop; see `generate` and `generate_batch`.

    drafts: the name of the draft of each seed; None: they are chosen.
    """
    clean = clean_problem(video, seed, settings, device, backend, checkpoint, preference)
    if not settings.has_drafts:
        if drafts is not None:
            raise ValueError("Noise has no drafts: leave the draft out, or sigma and the layout.")
        return steered(noisy(clean))
    if drafts is not None:
        return pool.named(clean, [str(name) for name in drafts])
    return pool.with_chosen_drafts(clean)


def clean_problem(
    video: Video | torch.Tensor,
    seed: int | Sequence[int],
    settings: Settings,
    device: str,
    backend: str,
    checkpoint: Callable[[], None],
    preference: Preference | None = None,
) -> Problem:
    """The problem whose first guess is the coarsest source itself, so that its result is a copy.

    Bars stay what they are: the picture inside them is made by itself.
    """
    video, seeds = as_video(video), checked_seeds(seed)
    preference, found = with_overlays(video, settings, preference, checkpoint)
    frame, forbidden, overlay = bars.framed(video.codes), None, None
    if preference is not None:
        preference = preference.checked(video.shape, may_keep=True)
        forbidden = preference.forbidden
        if preference.keep is not None:
            overlay = Overlay(preference.keep, video.codes.cpu())
            video = Video(without(overlay.codes, overlay.mask, checkpoint), video.fps)
    if frame is not None:
        preference = preference and preference.inside(frame.box)
        video = Video(frame.box.of(video.codes).contiguous(), video.fps)
    source = source_of(video, settings, checkpoint, is_marked=preference is not None)
    settings, notices = pyramid.adapted_settings(settings, source.shape)
    if frame is not None:
        notices = BARS_NOTICE, *notices
    settings = fitting_settings(settings, preference, source.shape)
    levels = source.levels(source.shape, settings, device_of(device, backend), checkpoint)
    levels, settings = with_marks(levels, preference, settings)
    coarsest, view = levels[0].source, source.view(source.shape, video.shape[1:])
    return Problem(
        levels=levels,
        guess=coarsest.expand(len(seeds), *coarsest.shape),
        settings=(settings,) * len(seeds),
        fps=video.fps,
        seeds=seeds,
        notices=(*found, *source.notices, *notices),
        backend=backend,
        checkpoint=checkpoint,
        frame=frame,
        view=view,
        targets=preference.targets if preference else (),
        forbidden=forbidden,
        overlay=overlay,
        blends=settings.blends_seams and view is None,
    )


def with_overlays(
    video: Video, settings: Settings, preference: Preference | None, checkpoint: Callable[[], None]
) -> tuple[Preference | None, tuple[str, ...]]:
    """A preference that keeps the overlays of a clip as well, where the settings ask for that, and
    a sentence on what was found."""
    if settings.overlays != "keep":
        return preference, ()
    found = overlay_finder.FOUND.of(video.codes, checkpoint)
    if not found.any():
        return preference, (NOTHING_NOTICE,)
    if preference is not None:
        preference = preference.checked(video.shape, may_keep=True)
    preference = joined(preference, Preference(keep=found.expand(video.shape)))
    return preference, (KEPT_NOTICE.format(share=found.float().mean().item()),)
