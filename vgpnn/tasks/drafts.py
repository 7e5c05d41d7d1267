"""Drafts: many takes begun in seconds, from which one is chosen and finished."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction

import torch

from vgpnn import fields
from vgpnn.fields import FieldShape
from vgpnn.machine.threads import OnOneTorchThread
from vgpnn.marks import key_weights
from vgpnn.presets import PRESETS
from vgpnn.query_grid import QueryGrid
from vgpnn.settings import Settings
from vgpnn.source_map import source_map
from vgpnn.tasks.generation import clean_problem
from vgpnn.tasks.layouts import Layout
from vgpnn.tasks.pool import Pool, Trial, joined, prepare
from vgpnn.tasks.pool_size import PREVIEW_SIDE
from vgpnn.tasks.preference import Preference
from vgpnn.tasks.problem import Problem
from vgpnn.tasks.result import Result, Step
from vgpnn.tasks.tones import blended
from vgpnn.video import Video
from vgpnn.vote import vote

COUNT = 12  # drafts that are shown at once


@dataclass(frozen=True)
class Draft:
    """A take that is begun: its coarse levels are done, and `finish` makes the others.

    name: what `generate(draft=...)` takes to make it again, with the same seed and settings: a
        number such as "17", or "17.2" for the second variation of it.
    seed: of the draft. layout: which piece of the picture lies where.
    error: how far its patches are from those of the source and back, in MSE per element times 1e4;
        a broken draft has a larger one than others of the same clip.
    change: how different it is from the source, in standard deviations of the source's grey.
    video: the draft, small: about PREVIEW_SIDE px, with fewer frames and as long as the clip.
    """

    name: str
    seed: int
    layout: Layout
    error: float
    change: float
    video: Video
    _pool: Pool
    _trial: Trial

    @property
    def problem(self) -> Problem:
        """The draft as data for the loop, which goes on from where the draft is, or on a GPU begins
        anew."""
        return self._trial.begun


def drafts(
    video: Video | torch.Tensor,
    count: int = COUNT,
    seed: int = 0,
    settings: Settings = PRESETS["generate"],
    device: str = "auto",
    backend: str = "auto",
    checkpoint: Callable[[], None] = lambda: None,
    skip: int = 0,
    preference: Preference | None = None,
    **changes,
) -> Iterator[Draft]:
    """Yield drafts as they come, each as good and as different from those before as can be found.

    The first is the one that `generate` finishes. The same seed and settings give the same drafts
    in the same order, however many are asked for. There may be fewer than `count`, for a clip that
    is too narrow to be cut.

    skip: how many to leave out first: after 12 drafts, skip=12 gives 12 others.
    The other arguments and the errors are those of `generate`.
    """
    settings = settings.with_changes(**changes)
    if not settings.has_drafts:
        raise ValueError("Noise has no drafts: leave out sigma and the layout.")

    def found() -> Iterator[Draft]:
        known = video, seed, settings, device, backend, checkpoint, preference
        pool = Pool(clean_problem(*known))
        yield from _chosen(pool, [], skip, skip + count)

    return OnOneTorchThread(found())


def variations(draft: Draft, count: int = COUNT, skip: int = 0) -> Iterator[Draft]:
    """Yield variations of a draft ("more like this"): its pieces in its order, cut elsewhere.

    skip: how many to leave out first, as in `drafts`.
    """
    pool = Pool(draft._pool.clean, draft.name)
    return OnOneTorchThread(_chosen(pool, [draft._trial], skip, skip + count))


def all_drafts(
    video: Video | torch.Tensor,
    count: int,
    seed: int,
    settings: Settings,
    device: str = "auto",
    preference: Preference | None = None,
) -> Problem:
    """The problem of finishing all drafts of a seed, in the order in which `drafts` yields them."""
    found = drafts(video, count, seed, settings, device, preference=preference)
    return joined([draft.problem for draft in found])


def finish(draft: Draft, progress: Callable[[Step], None] | None = None) -> Result:
    """Go on from a draft to the full result: the one of `generate(..., draft=draft.name)`.

    progress: called with a `Step` after every pass, also for those that are done already; may
        raise `Cancelled`.
    """
    return draft.problem.solve(progress)[0]


def finish_steps(draft: Draft) -> Iterator[Step]:
    """`finish` as an iterator over passes; the last step holds the result."""
    yield from draft.problem.steps()


def named_draft(
    video: Video | torch.Tensor,
    name: str,
    seed: int = 0,
    settings: Settings = PRESETS["generate"],
    device: str = "auto",
    backend: str = "auto",
    checkpoint: Callable[[], None] = lambda: None,
    preference: Preference | None = None,
    **changes,
) -> Draft:
    """The draft of a name, for instance in another process than the one that drew it.

    The other arguments are those of `drafts`. Raises ValueError with one sentence, also for a draft
    that would be a copy.
    """
    settings = settings.with_changes(**changes)
    known = video, seed, settings, device, backend, checkpoint, preference
    pool = Pool(clean_problem(*known))
    (draft,) = OnOneTorchThread(_draft(pool, trial) for trial in (pool.named(name),))
    return draft


def _chosen(pool: Pool, shown: list[Trial], first: int, last: int) -> Iterator[Draft]:
    """Yield the drafts of a pool from number `first` to before `last`, in the order of choice."""
    shown = list(shown)
    prepare([pool], last)
    for number in range(last):
        trial = pool.choose(shown)
        if trial is None:
            return
        shown.append(trial)
        if number >= first:
            yield _draft(pool, trial)


def _draft(pool: Pool, trial: Trial) -> Draft:
    score = trial.begun_score(pool.judged_level)
    return Draft(
        name=trial.name,
        seed=pool.seed,
        layout=trial.layout,
        error=score.error,
        change=score.change,
        video=preview(pool, trial),
        _pool=pool,
        _trial=trial,
    )


def preview(pool: Pool, trial: Trial) -> Video:
    """A small video of a draft: its field, carried at once to a finer level, where it is voted."""
    state, levels = trial.begun_to_level(pool.judged_level), pool.clean.levels
    checkpoint = pool.clean.checkpoint
    large = (each for each in levels if min(each.shape[1:]) >= PREVIEW_SIDE)
    level, coarse = next(large, levels[-1]), state.level_input
    voters = QueryGrid(level.shape, state.patch)
    shapes = FieldShape(state.queries, coarse.source_shape), FieldShape(voters, level.source_shape)
    field = fields.upscale(state.field, *shapes, checkpoint)
    usable = level.usable_keys(state.patch, checkpoint)
    weights = key_weights(usable, level.marks, state.patch, checkpoint=checkpoint)
    field = weights.start(field, shapes[1], len(field), checkpoint)
    codes = vote(level.source, field, voters, checkpoint=checkpoint)[0].cpu()
    if pool.clean.blends:  # as the take will be
        places = source_map(field[0], voters, checkpoint)
        codes, _ = blended(codes, places, level.source.cpu(), checkpoint)
    if pool.clean.view is not None:
        codes = pool.clean.view.glimpsed(codes)
    frames = levels[-1].shape[0]
    return Video(codes, pool.clean.fps * Fraction(len(codes), frames))
