"""The coarse-to-fine loop of every task (section 3.1, algorithm QKV).

Level by level: upscale the guess, then J times { weigh the source by completeness, search, vote }.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
import torch.nn.functional as F

from vgpnn import completeness
from vgpnn.codes import encode, squares_per_mse
from vgpnn.machine.memory import empty, trim
from vgpnn.patches import coordinates, corners, flat_index, grid, is_fine, stacked
from vgpnn.pyramid import level_shapes, resize
from vgpnn.search import EXACT_PAIRS, FINE_SWEEPS, FIRST_SWEEPS, SWEEPS, nearest, pairs_of
from vgpnn.settings import Settings, Shape
from vgpnn.vote import match_quality, vote

FIRST_COST = 3  # sweeps that a level's first pass, in which few distances are given up early, adds
PAIR_COST = 0.1  # sweeps of a voxel that comparing a pair of patches exactly is
PASS_COST = 60_000  # sweeps of voxels that setting up a search is


@dataclass(frozen=True)
class Level:
    """What a task gives to the loop at one level of the pyramid.

    source: (t, h, w, 3) uint8 codes; its patches are the keys and the values.
    shape: (T, H, W) of the result.
    structure: of the query, (T, H, W, 1), and of the key, (t, h, w, 1), in [0, 1]: compared
        together with the colours (analogies, section 4.2); None: colours alone.
    colours: False where there is no guess of the colours yet, only structure.
    region: (T, H, W) bool, where the result is made; elsewhere it is the source, which then has
        the same shape, and no patch that touches the region is a key (inpainting, section 4.3).
    """

    source: torch.Tensor
    shape: Shape
    structure: tuple[torch.Tensor, torch.Tensor] | None = None
    colours: bool = True
    region: torch.Tensor | None = None

    def compared(self, query: torch.Tensor, key: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Codes that the search compares: colours, and a fourth channel of structure if any.

        query, key: (S, ...), where the S samples share their keys.
        """
        if self.structure is None:
            return query, key
        wanted, found = (encode(extra) for extra in self.structure)
        query = query if self.colours else torch.zeros_like(query)
        key = key[0] if self.colours else torch.zeros_like(key[0])
        return (
            torch.cat([query, wanted.expand(len(query), *wanted.shape)], dim=-1),
            torch.cat([key, found], dim=-1).expand(len(query), *key.shape[:3], 4),
        )


@dataclass(frozen=True)
class Progress:
    """How far the loop is after one pass.

    level, levels, number, passes: counted from 1. fraction: share of the work done, in [0, 1].
    guess: (S, T, H, W, 3) uint8 codes at this level, of S samples.
    error: of each sample, the mean distance of a query patch to the key patch that it found, in
        MSE per element (values in [-1, 1]): what the search minimises, apart from the weights.
    """

    level: int
    levels: int
    number: int
    passes: int
    fraction: float
    guess: torch.Tensor
    error: tuple[float, ...]

    @property
    def is_last(self) -> bool:
        """Whether no pass follows."""
        return (self.level, self.number) == (self.levels, self.passes)


@dataclass(frozen=True)
class Pass(Progress):
    """State of the loop after one pass; the next pass overwrites it.

    query, key: (S, t, h, w, C) codes that were compared. value: (t, h, w, 3) codes, what was put
    in the place of the key. slack: (S,) + key grid, 1 / w_j, or None where all weights are 1.
    field: (S,) + query grid + (3,) int16, what the guess was voted from. region: of the level.
    """

    field: torch.Tensor
    patch: Shape
    query: torch.Tensor
    key: torch.Tensor
    value: torch.Tensor
    slack: torch.Tensor | None
    region: torch.Tensor | None


def synthesize(
    levels: list[Level],
    guess: torch.Tensor,
    settings: Settings,
    seeds: tuple[int, ...] = (0,),
    backend: str = "auto",
    checkpoint: Callable[[], None] = lambda: None,
    circular: bool = False,
) -> Iterator[Pass]:
    """Yield after every pass; the last step holds the results.

    levels: coarsest first. guess: initial guesses, integer codes (S,) + levels[0].shape + (3,).
    seeds: one for each of the S samples, which are one batch: they share the source's pyramid.
        What comes out of one does not depend on the others.
    checkpoint: called several times a second; may raise to cancel.
    circular: whether the result's last frame leads into its first (a seamless loop).
    """
    work, done = total_work(levels, settings), 0.0
    key, forward, reverse, patch = levels[0].source, None, None, None
    for index, level in enumerate(levels):
        size = tuple(level.source.shape[:3])
        coarser, coarser_patch = levels[index - 1], patch
        patch, passes = plan(index, levels, settings)
        weighted = is_weighted(index, levels, settings)
        if index > 0:
            # Both are as blurred as each other, so blur does not decide the first matches.
            guess = stacked([enlarged(one, level.shape, circular) for one in guess])
            key = resize(coarser.source, size)
            old = searched(coarser.shape, coarser_patch, circular), coarser.source.shape[:3]
            new = searched(level.shape, patch, circular), size
            forward = upscale(forward, *old, coarser_patch, *new, patch)
            if weighted:
                reverse = upscale(reverse, *old[::-1], coarser_patch, *new[::-1], patch)
        usable = None if level.region is None else keys_outside(level.region, patch)
        if usable is not None:
            if forward is None:
                places = corners(level.shape, patch).to(usable.device, torch.int16)
                forward = places.expand(len(guess), *places.shape)
            forward = moved_into(forward, usable)
        for number in range(passes):
            streams = tuple((seed * 1000 + index) * 100 + number for seed in seeds)
            how = backend, checkpoint, sweeps(number, passes, grid(level.shape, patch))
            query = around(guess, patch) if circular else guess
            query, keys = level.compared(query, key.expand(len(guess), *key.shape))
            slack = None
            if weighted:
                guesses = ()
                if reverse is not None:
                    guesses = reverse, completeness.inverse(forward, size, patch)
                slack, reverse = completeness.slack(
                    query, keys, patch, settings.alpha, guesses, streams, *how
                )
            allowed = slack
            if usable is not None:
                one = torch.ones(len(guess), 1, 1, 1, device=usable.device, dtype=torch.double)
                allowed = (one if slack is None else slack) * usable
            guesses = () if forward is None else (forward,)
            streams = tuple(stream + 50 for stream in streams)
            found = nearest(query, keys, patch, allowed, guesses, streams, *how)
            forward, error = found.field, mean_error(found.distance, patch, query.shape[4])
            quality = match_quality(found.distance) if settings.vote == "weighted" else None
            del found, allowed  # as large as a field, each
            key = level.source
            how = settings.vote, quality, backend, checkpoint
            guess = voted(key, forward, patch, circular, *how)
            if level.region is not None:
                guess = guess.where(level.region[..., None], key)
            done += work_of_pass(index, number, levels, settings)
            yield Pass(
                index + 1,
                len(levels),
                number + 1,
                passes,
                done / work,
                guess,
                error,
                forward,
                patch,
                query,
                keys,
                level.source,
                slack,
                level.region,
            )


def mean_error(distance: torch.Tensor, patch: Shape, channels: int) -> tuple[float, ...]:
    """The mean of each sample's distances, (S,) + query grid, in MSE per element."""
    unit = squares_per_mse(patch, channels)
    return tuple(one.sum(dtype=torch.float64).item() / one.numel() / unit for one in distance)


def plan(index: int, levels: list[Level], settings: Settings) -> tuple[Shape, int]:
    """Patch size and number of passes J at a level."""
    if voxels(levels[index].shape) > settings.large_voxels:
        return settings.large_patch, settings.large_passes
    if index == 0:
        return settings.patch, settings.coarsest_passes
    last = index >= len(levels) - settings.last_levels
    return settings.patch, settings.last_passes if last else settings.passes


def sweeps(number: int, passes: int, q_grid: Shape) -> int:
    """Sweeps of PatchMatch at a pass over a grid of queries. Levels with a single pass are close to
    each other, so that the field carried over is nearly right (analogies)."""
    if number > 0 or passes == 1:
        return SWEEPS
    return FINE_SWEEPS if is_fine(q_grid) else FIRST_SWEEPS


def is_weighted(index: int, levels: list[Level], settings: Settings) -> bool:
    """Whether completeness weights act at a level."""
    return settings.alpha is not None and index < settings.complete_levels * len(levels)


def work_of_pass(index: int, number: int, levels: list[Level], settings: Settings) -> float:
    """Voxels that a pass sweeps over, in sweeps of a settled field of 3 x 7 x 7 patches.

    Measured: a vote counts as a sweep, and the first pass of a level as FIRST_COST more; larger
    patches cost little more, because most of their rows are never read. A reverse search, over
    the source, counts as another search. Exact searches count PAIR_COST a pair.
    """
    level, (patch, passes) = levels[index], plan(index, levels, settings)
    weighted = is_weighted(index, levels, settings)
    size = tuple(level.source.shape[:3])
    pairs = pairs_of(level.shape, size, patch)
    if pairs <= EXACT_PAIRS:
        return voxels(level.shape) + (PASS_COST + PAIR_COST * pairs) * (1 + weighted)
    count = sweeps(number, passes, grid(level.shape, patch)) + (0 if number else FIRST_COST)
    work = PASS_COST + (count + 1) * voxels(level.shape) + count * weighted * voxels(size)
    return work * max(1.0, math.prod(patch) / math.prod((3, 7, 7))) ** (1 / 3)


def planned_levels(source: Shape, shape: Shape, settings: Settings) -> list[Level]:
    """Levels without any data, for those who only count: of a source and a result, (T, H, W).

    settings: adapted to `pyramid.smaller` of both.
    """
    return [
        Level(torch.empty(*size, 3, device="meta", dtype=torch.uint8), target)
        for size, target in level_shapes(source, shape, settings)
    ]


def total_work(levels: list[Level], settings: Settings) -> float:
    """Work of all passes at all levels."""
    return sum(
        work_of_pass(index, number, levels, settings)
        for index in range(len(levels))
        for number in range(plan(index, levels, settings)[1])
    )


def voxels(shape: Shape) -> int:
    """Number of voxels of a (T, H, W, ...) shape."""
    return math.prod(shape[:3])


def enlarged(guess: torch.Tensor, shape: Shape, circular: bool) -> torch.Tensor:
    """One guess resampled to the next level's shape; a circular one without a seam."""
    if not circular:
        return resize(guess, shape)
    frames = shape[0]
    return resize(guess.repeat(3, 1, 1, 1), (3 * frames, *shape[1:]))[frames : 2 * frames]


def searched(shape: Shape, patch: Shape, circular: bool) -> Shape:
    """(T, H, W) of the query; see `around`."""
    return (shape[0] + (patch[0] - 1 if circular else 0), *shape[1:])


def around(guess: torch.Tensor, patch: Shape) -> torch.Tensor:
    """Circular guesses, and their first frames again: as many patches in time as frames."""
    return torch.cat([guess, guess[:, : patch[0] - 1]], dim=1)


def voted(
    value: torch.Tensor,
    field: torch.Tensor,
    patch: Shape,
    circular: bool,
    mode: str,
    quality: torch.Tensor | None,
    backend: str,
    checkpoint: Callable[[], None],
) -> torch.Tensor:
    """`vote.vote`; where time is circular, the last patches cover the first frames, too."""
    if not circular:
        return vote(value, field, patch, mode, quality, backend, checkpoint)
    before, frames = patch[0] - 1, field.shape[1]
    wrapped, qualities = (
        one if one is None else torch.cat([one[:, frames - before :], one], dim=1)
        for one in (field, quality)
    )
    result = vote(value, wrapped, patch, mode, qualities, backend, checkpoint)
    return result[:, before : before + frames]


def keys_outside(region: torch.Tensor, patch: Shape) -> torch.Tensor:
    """Key grid bool: patches that do not touch a region."""
    touched = empty(grid(region.shape, patch), torch.bool, region.device)
    for number in range(len(touched)):  # no more than one frame exists as floats
        frame = region[number : number + patch[0]].any(0)
        touched[number] = F.max_pool2d(frame[None].float(), patch[1:], stride=1)[0] > 0
    return ~touched


def moved_into(field: torch.Tensor, usable: torch.Tensor) -> torch.Tensor:
    """A field whose matches that may not be used are replaced by the last one before that may."""
    size = tuple(usable.shape)
    before = empty((usable.numel(),), torch.int32, usable.device).reshape(len(usable), -1)
    last = usable.reshape(-1).to(torch.uint8).argmax()  # in row-major order; the first one, here
    for number, frame in enumerate(usable.flatten(1)):  # indices of one frame at a time
        place = torch.arange(frame.numel(), device=frame.device) + number * frame.numel()
        before[number] = place.where(frame, last).cummax(0).values
        last = before[number, -1].long()
    nearest_before = before.reshape(-1)
    moved = empty(field.shape, torch.int16, field.device)
    for number in range(field.shape[1]):
        index = nearest_before[flat_index(field[:, number], size)]
        moved[:, number] = coordinates(index.long(), size)
        trim()
    return moved


def upscale(
    field: torch.Tensor,
    query: Shape,
    key: Shape,
    patch: Shape,
    new_query: Shape,
    new_key: Shape,
    new_patch: Shape,
) -> torch.Tensor:
    """Carry fields to the next level: (S,) + new query grid + (3,) int16.

    query, key, patch are the shapes of the level they come from, new_* of the next. A new patch
    takes the match of the patch nearest to its centre and keeps its own offset from it.
    """
    near, centre, device = [], [], field.device
    for axis, (coarse_n, n) in enumerate(zip(grid(query, patch), grid(new_query, new_patch))):
        ratio = query[axis] / new_query[axis]
        place = (torch.arange(n) + new_patch[axis] / 2) * ratio
        index = (place - patch[axis] / 2).round().clamp(0, coarse_n - 1).long()
        near.append(index)
        centre.append((place - index).to(device))  # of the new patch, from its nearest's corner
    frames, rows, columns = near[0].tolist(), near[1].to(device), near[2].to(device)
    shape = len(field), len(frames), len(rows), len(columns), 3
    carried = empty(shape, torch.int16, field.device)
    for number, frame in enumerate(frames):  # no more than one frame exists as floats
        match = field[:, frame][:, rows][:, :, columns].float()
        own = centre[0][number], centre[1][:, None], centre[2]
        for axis, n in enumerate(grid(new_key, new_patch)):
            ratio = new_key[axis] / key[axis]
            corner = (match[..., axis] + own[axis]) * ratio - new_patch[axis] / 2
            match[..., axis] = corner.round_().clamp_(0, n - 1)
        carried[:, number] = match
        trim()
    return carried
