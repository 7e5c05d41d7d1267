"""The coarse-to-fine loop of every task (section 3.1, algorithm QKV).

Shapes are written with S samples, T x H x W voxels of the result and t x h x w of the source at a
level. A grid is the number of patches along each axis; C is 3, or 4 with the dynamic structure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

import torch

from vgpnn import completeness, fields
from vgpnn.codes import mean_squared_error
from vgpnn.fields import FieldShape
from vgpnn.level import Level, Pass, shapes_of
from vgpnn.marks import key_weights, strengths
from vgpnn.pyramid import resize
from vgpnn.schedule import plan_levels, random_streams
from vgpnn.search.border import nearest
from vgpnn.settings import Settings
from vgpnn.vote import match_quality
from vgpnn.wrapping import NEITHER, Wraps, lying


def synthesize(
    levels: list[Level],
    guess: torch.Tensor,
    settings: Settings,
    seeds: tuple[int, ...] = (0,),
    backend: str = "auto",
    checkpoint: Callable[[], None] = lambda: None,
    circular: bool = False,
    gains: Sequence[Sequence[float]] = (),
    wraps: Wraps = NEITHER,
) -> Iterator[Pass]:
    """Yield the state after every pass; the guess of the last one is the result.

    levels: coarsest first. guess: first guesses, integer codes (S,) + levels[0].shape + (3,).
    seeds: one for each of the S samples, which share the source's pyramid. The result of a sample
        does not depend on the other samples.
    backend: see `search.nearest`. checkpoint: called several times a second; may raise to cancel.
    circular, wraps: how the result leads from its end to its beginning, see `wrapping.lying`.
    gains: of each sample one for every mark of the levels that has one, see `marks`.
    """
    made = lying(circular, wraps)  # the guess, in time and space
    plans = plan_levels(shapes_of(levels), settings)
    key = levels[0].source  # (t, h, w, 3)
    # Fields from query to key and, for the weights, back: (S,) + grid + (3,).
    forward = reverse = None
    coarser = between = None  # the level before, and what its fields lie between
    for index, (level, plan, strength) in enumerate(zip(levels, plans, strengths(plans))):
        patch, queries = plan.patch, made.queries(level.shape, plan.patch, plan.stride)
        shape = FieldShape(queries, level.source_shape)
        if coarser is not None:
            # Guess and key are as blurred as each other, so blur does not decide the matches.
            guess = made.enlarged(guess, level.shape, checkpoint)  # (S, T, H, W, 3)
            key = resize(coarser.source, level.source_shape, checkpoint)
            forward = fields.upscale(forward, between, shape, checkpoint)
            if plan.weighted:
                reverse = fields.upscale(reverse, between.reversed, shape.reversed, checkpoint)
        usable = level.usable_keys(patch, checkpoint)  # key grid, bool, or None
        weights = key_weights(usable, level.marks, patch, gains, strength, checkpoint)
        forward = weights.start(forward, shape, len(seeds), checkpoint)
        search = partial(nearest, patch=patch, backend=backend, checkpoint=checkpoint)
        vote = partial(made.voted, mode=settings.vote, backend=backend, checkpoint=checkpoint)
        for number in range(plan.passes):
            # What is compared: (S, T, H, W, C) and (S, t, h, w, C).
            query, keys = level.compared(made.query(guess, patch), key)
            streams = random_streams(seeds, index, number)
            slack = None  # (S,) + key grid: 1 / w_j
            if plan.weighted:
                starts = fields.reverse_starts(reverse, forward, shape, checkpoint)
                search_back = partial(search, seeds=streams.reverse, **plan.reverse_effort(number))
                back = search_back(keys, level.made(query), guesses=starts)
                reverse = back.field  # (S,) + key grid + (3,)
                slack = completeness.slack(back.distance, settings.alpha, patch, keys.shape[4])
                del starts, back  # each takes as much memory as a field
            starts = () if forward is None else (forward,)
            weighed = weights.slack(slack, len(seeds))  # 0 for keys that may not be used
            search_on = partial(search, queries=queries, known=level.known, **plan.effort(number))
            match = search_on(query, keys, slack=weighed, guesses=starts, seeds=streams.forward)
            forward = match.field
            error = mean_squared_error(match.distance, patch, keys.shape[4])  # of each sample
            is_weighted = settings.vote == "weighted"
            quality = match_quality(match.distance, checkpoint) if is_weighted else None
            del match
            guess = vote(level.source, forward, queries, quality=quality)
            guess = level.with_source_outside(guess)
            key = level.source
            yield Pass(
                level=index + 1,
                levels=len(levels),
                number=number + 1,
                passes=plan.passes,
                guess=guess,
                mean_error=error,
                field=forward,
                queries=queries,
                query=query,
                key=keys,
                slack=slack,
                level_input=level,
            )
        coarser, between = level, shape
