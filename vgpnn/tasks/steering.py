"""How strongly a mark weighs, found for every sample by itself by runs of its coarsest levels.

The share of a result that comes from a mark is decided on the coarsest levels (correlation with the
final one .91, measured), and it grows with the gain of the mark. So the gain is found there by
bisection, in a few runs of these levels. They cost the same for every size of frames and grow with
the length; where small things are marked, the coarsest level is larger and takes longer (see
`preference.fitting_settings`, which bounds it).
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F

from vgpnn.level import Pass, shapes_of
from vgpnn.marks import preferred_levels
from vgpnn.schedule import LevelPlan, plan_levels, total_work
from vgpnn.source_map import source_map
from vgpnn.tasks.problem import Problem, Steering
from vgpnn.tasks.run import Run

RUNS = 5  # of the coarsest levels beside the one without gains, at most
MEAN_RUNS = 3.5  # measured on balloons, flock, football and campfire
STRONGEST = 8.0  # that is tried, to either side
ONE_COPY = 4.0  # strength, up to which small things that are wanted more are copied once
NEAR = 0.1  # share by which the coarse share may be off the wanted one, where the search ends
MISSED = 0.25  # and from which on a user is told
MOST_ERROR, ERROR_FLOOR = 2.0, 1e-3  # of the coarse error, in that of no gain; [MSE per element]
COPY_MOVES = 24  # to a side that are drawn for copies, of which the one with most room is taken
FULLER = 2.0  # times the mask is the share of a copy: a small thing fills no voxel by itself
MOST_COPIED = 0.5  # of the picture, with what is around the copies
SMALL_SIDE = 27  # [px] of the coarsest level, above which it was chosen for small things
LEAST_SHARP = 0.6  # of the coarse sharpness, in that of no gain
MISSES = (
    "The result has about {got} times as much of what is marked as {name}, not {wanted} times, "
    "because that would not hold together: mark other pieces, or take another seed."
)


@dataclass(frozen=True)
class Trial:
    """A run of the coarsest levels. strengths: of each mark, that it was made with, see `gain_of`.
    times: of each mark, how many times as much the run has of it as the one without gains. holds:
    whether nothing melts. problem: that it goes on from, with its gains; None without gains."""

    strengths: tuple[float, ...]
    times: tuple[float, ...]
    holds: bool
    problem: Problem | None = None

    def misses(self, targets: Sequence[float]) -> list[float]:
        """How far each mark is from what is wanted, as a share of it."""
        return [abs(times - target) / target for times, target in zip(self.times, targets)]


def decided_level(plans: Sequence[LevelPlan]) -> int:
    """The level, counted from 1, up to which a run shows what its result is made of: the first one
    on which gains do not act any more. What they alone have held is gone by then; of things that
    are smaller than a patch at the coarsest level, one level later."""
    is_late = min(plans[0].result[1:]) > SMALL_SIDE
    return min(len(plans), preferred_levels(plans) + 1 + is_late)


def steering_work(plans: Sequence[LevelPlan]) -> float:
    """The work of finding the gains of one sample, on average, in sweeps of one voxel."""
    return MEAN_RUNS * total_work(plans[: decided_level(plans)])


def steered(problem: Problem) -> Problem:
    """The problem whose samples have the gains that its targets ask for."""
    if not problem.targets:
        return problem
    found = [steered_sample(sample) for sample in problem.samples()]
    return replace(
        problem,
        guess=torch.cat([sample.guess for sample in found]),  # some of them have copies
        steering=tuple(sample.steering[0] for sample in found),
        begun=tuple(sample.begun[0] for sample in found),
    )


def level_of(problem: Problem) -> int:
    """The level, counted from 1, up to which gains are tried."""
    return decided_level(plan_levels(shapes_of(problem.levels), problem.settings[0]))


def steered_sample(problem: Problem, plain: Pass | None = None) -> Problem:
    """A problem of one sample with its gains, whose loop has begun.

    plain: the state after the level of `level_of` without gains, where it is known.
    """
    targets, level = problem.targets, level_of(problem)
    if plain is None:
        plain = Run(replace(problem, begun=()).passes()).to_level(level)
    base, figures = shares(plain), (error_of(plain), sharpness(plain.guess))
    once = with_copies(problem, 1)
    is_small = once is not problem and min(problem.levels[0].shape[1:]) > SMALL_SIDE
    twice = with_copies(problem, 2) if is_small else once

    def tried(strengths: tuple[float, ...]) -> Trial:
        has_two = is_small and max(strengths) > ONE_COPY
        gains = tuple(gain_of(strength) if has_two else strength for strength in strengths)
        placed = twice if has_two else once
        begun = replace(placed, begun=(), steering=(Steering(gains),))
        run = Run(begun.passes())
        state = run.to_level(level)
        times = tuple(a / b if b else 1.0 for a, b in zip(shares(state), base))
        return Trial(strengths, times, _holds(state, *figures), replace(begun, begun=(run,)))

    best = search(tried, targets)
    if best.problem is None:
        none = Steering((0.0,) * len(targets))
        best = replace(best, problem=replace(problem, begun=(None,), steering=(none,)))
    steering = replace(best.problem.steering[0], notices=notices(best, targets))
    return replace(best.problem, steering=(steering,))


def gain_of(strength: float) -> float:
    """The gain of a strength for small things: up to ONE_COPY it is the strength; from there on
    there are two copies, which hold with less."""
    return strength if strength <= ONE_COPY else (ONE_COPY + strength) / 2 - 1


def with_copies(problem: Problem, copies: int) -> Problem:
    """A problem of one sample whose first guess has what is wanted more so many times more.

    The gain alone lets every patch reach for a marked one by itself, and the vote blurs things that
    are smaller than a patch. Copies say where: to a side, because things look right at their own
    height, and where least of them is. Without the gain they would go again (measured).
    There are none where the result has another size or length, or is a loop: they would move at
    another pace than the rest, or jump where the loop is closed.
    """
    coarsest = problem.levels[0]
    has_place = coarsest.shape == coarsest.source_shape and not problem.circular
    if not has_place or not coarsest.colours or max(problem.targets) <= 1:
        return problem
    source = coarsest.source.to(problem.guess.dtype)
    wanted = zip(coarsest.marks.wanted, problem.targets)
    mask = sum(each for each, target in wanted if target > 1)
    chance, width = random.Random(f"copies {problem.seeds[0]}"), mask.shape[2]
    there = likeness(problem.guess[0], source, mask)
    share, guess = surrounded(mask, problem.settings[0].patch[1]), problem.guess[0]
    for _ in range(copies):
        moves = [1 + int(chance.random() * (width - 1)) for _ in range(COPY_MOVES)]
        move = min(moves, key=lambda move: (mask.roll(move, 2) * there).mean().item())
        copy = source.roll(move, 2).double()
        guess = guess + (copy - guess) * share.roll(move, 2)[..., None]
        there = there.maximum(mask.roll(move, 2))
    return replace(problem, guess=guess.round().to(problem.guess.dtype)[None])


def surrounded(mask: torch.Tensor, side: int) -> torch.Tensor:
    """A mask, (T, H, W), with what is around it, as far as a patch of a side [px] reaches that has
    its middle in it; less where that would be too much of the picture."""
    grown = mask
    for margin in range(side // 2 + 1):
        wider = F.max_pool2d(mask[:, None], 2 * margin + 1, 1, margin)[:, 0]
        wider = (wider * FULLER).clamp(max=1)
        if margin and wider.mean() > MOST_COPIED:
            break
        grown = wider
    return grown


def likeness(guess: torch.Tensor, source: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """Where a guess shows what is marked in a source: the mask of the most similar column.

    guess, source: (T, H, W, 3) codes. mask: (T, H, W). Returns (T, H, W) in [0, 1].
    """
    columns, others = (each.permute(2, 0, 1, 3).flatten(1).float() for each in (guess, source))
    return mask[:, :, torch.cdist(columns, others).argmin(1)]


def search(tried, targets: Sequence[float]) -> Trial:
    """The trial that is nearest to the targets among those that hold, by bisection of each gain.

    tried: makes the trial of some gains. The one without gains always holds.
    """
    unchanged = Trial((0.0,) * len(targets), (1.0,) * len(targets), True)
    low = [0.0 if target > 1 else -STRONGEST for target in targets]
    high = [STRONGEST if target > 1 else 0.0 for target in targets]
    best, least = unchanged, _cost(unchanged, targets)
    for _ in range(RUNS):
        trial = tried(tuple((a + b) / 2 for a, b in zip(low, high)))
        for number, (strength, times, target) in enumerate(
            zip(trial.strengths, trial.times, targets)
        ):
            # What does not hold is too strong, whatever its share is.
            is_weak = trial.holds and (times < target) == (target > 1)
            ends = low if is_weak == (target > 1) else high
            ends[number] = strength
        if trial.holds and _cost(trial, targets) < least:
            best, least = trial, _cost(trial, targets)
        if trial.holds and max(trial.misses(targets)) <= NEAR:
            break
    return best


def _cost(trial: Trial, targets: Sequence[float]) -> float:
    pairs = zip(trial.times, targets)
    return sum(abs(math.log(max(times, 1e-3) / target)) for times, target in pairs)


def shares(state: Pass) -> list[float]:
    """The share of the voxels of a result that comes from each mark that has a gain."""
    places = source_map(state.field[0], state.queries)[: state.guess.shape[1]].long()
    masks = state.level_input.marks.wanted.cpu()
    return [mask[places.unbind(-1)].mean().item() for mask in masks]


def sharpness(guess: torch.Tensor) -> float:
    """The mean difference of neighbouring voxels of a frame. guess: (1, T, H, W, 3) codes."""
    values = guess.float()
    across = (values[:, :, :, 1:] - values[:, :, :, :-1]).abs().mean()
    return (across + (values[:, :, 1:] - values[:, :, :-1]).abs().mean()).item()


def error_of(state: Pass) -> float:
    return state.error[0]


def _holds(state: Pass, error: float, sharp: float) -> bool:
    """Whether a coarse result is about as coherent and as sharp as the one without gains."""
    is_coherent = error_of(state) <= MOST_ERROR * error + ERROR_FLOOR
    return is_coherent and sharpness(state.guess) >= LEAST_SHARP * sharp


def notices(trial: Trial, targets: Sequence[float]) -> tuple[str, ...]:
    """A sentence on each mark of which the result has neither what is wanted nor nearly so."""
    pairs = zip(trial.misses(targets), trial.times, targets)
    return tuple(
        MISSES.format(got=f"{got:.1f}", name="more" if target > 1 else "less", wanted=f"{target:g}")
        for miss, got, target in pairs
        if miss > MISSED
    )
