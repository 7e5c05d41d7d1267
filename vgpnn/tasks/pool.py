"""The drafts of one seed: layouts are tried at the coarsest level, and the better ones go on.

A draft is a loop that is paused at a coarse level, where it is judged; on a GPU drafts are begun as
one batch instead. The pool grows by fixed
steps with every draft that is chosen. So what is chosen does not depend on how many are asked for.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cached_property
from itertools import count
from threading import Lock

import torch

from vgpnn.level import Pass, shapes_of
from vgpnn.machine.devices import runs_gpu_kernels
from vgpnn.machine.recent import Recent
from vgpnn.machine.threads import thread_count
from vgpnn.schedule import plan_levels
from vgpnn.tasks import choice, layouts
from vgpnn.tasks.assignment import assigned
from vgpnn.tasks.choice import Score
from vgpnn.tasks.layouts import Layout
from vgpnn.tasks.pool_size import MORE_JUDGED, MORE_TRIED, first_counts, judged_level
from vgpnn.tasks.problem import Problem
from vgpnn.tasks.run import Run
from vgpnn.tasks.steering import level_of, steered_sample

MOST_TOGETHER = 128  # that begin as one batch: at most a gigabyte of a GPU's memory, about
SPARE_JUDGED = 2  # more that are judged where none has the change that is wanted
COPIES_IN_A_ROW = 100  # of the clip or of other drafts, after which there are no other layouts
KNOWN_SCORES = 1000  # that are kept between calls; most of them take less than 20 KB

_known: Recent[tuple, Score] = Recent(KNOWN_SCORES)
_known_lock = Lock()


class Trial:
    """A layout that is tried: its problem, and its loop, paused after the level of its last score.

    name: of the draft. problem: of one sample, ready to begin.
    """

    def __init__(self, clean: Problem, clip: str, seed: int, name: str, layout: Layout) -> None:
        """clean: see `Pool`. clip: what tells this clip and its settings from others."""
        self.name, self.layout = name, layout
        self._clean, self._clip, self._seed = clean, clip, seed
        self._run: Run | None = None
        self._states: dict[int, Pass] = {}  # by level, where several drafts began together

    @cached_property
    def problem(self) -> Problem:
        """The problem of the draft, which has not begun."""
        return drafted(self._clean, self._seed, self.name, self.layout)

    @cached_property
    def _steered(self) -> Problem:
        """The problem of the draft with the gains that a preference asks for."""
        return steered_sample(self.problem, self.to_level(level_of(self._clean)))

    @property
    def begun(self) -> Problem:
        """The problem of the draft, which goes on from where its loop is paused."""
        if self._clean.targets:
            return self._steered
        return replace(self.problem, begun=(self._run,))  # a run that is taken begins anew

    def begun_to_level(self, level: int) -> Pass:
        """The state after a level of the loop that is finished. Layouts are tried and judged
        without gains, so that a preference changes the drafts, and not which drafts there are."""
        if not self._clean.targets:
            return self.to_level(level)
        (run,) = self._steered.begun
        if run is None or run.is_taken:
            run = Run(replace(self._steered, begun=()).passes())
        return run.to_level(level)

    def begun_score(self, level: int) -> Score:
        """The score of the loop that is finished, at a level."""
        if not self._clean.targets:
            return self.score(level)
        options = self._clean.backend, self._clean.checkpoint
        return choice.scores(self.begun_to_level(level), [self.joins], *options)[0]

    def to_level(self, level: int) -> Pass:
        """The state of the loop after a level, to which it goes on if it is not there yet."""
        if level in self._states:
            return self._states[level]
        if self._run is None or self._run.is_taken:
            self._run = Run(self.problem.passes())
        return self._run.to_level(level)

    def score(self, level: int) -> Score:
        """The score at a level. Scores of recent clips are known without running the loop."""
        with _known_lock:
            score = _known.get(self._key(level))
        if score is None:
            options = self._clean.backend, self._clean.checkpoint
            (score,) = choice.scores(self.to_level(level), [self.joins], *options)
            self._keep(level, score)
        return score

    def remember(self, level: int, state: Pass, score: Score) -> None:
        """Keep the state and the score after a level, from a batch in which the draft began."""
        self._states[level] = state
        self._keep(level, score)

    def _key(self, level: int) -> tuple:
        return self._clip, self._seed, self.name, level

    def _keep(self, level: int, score: Score) -> None:
        with _known_lock:
            _known[self._key(level)] = score

    @property
    def joins(self) -> float:
        """What the joins of the layout cost, see `layouts.join_cost`."""
        costs = layouts.join_costs(self._clean.levels[0].source)
        return layouts.join_cost(self.layout.pieces, costs)


def begin_together(trials: Sequence[Trial], levels: Sequence[int]) -> None:
    """Begin drafts as one batch, and score them after some levels, which are in ascending order.

    A GPU does that in about the time that one draft takes. What is kept of a draft is its states
    after these levels, not its loop: a draft that is finished begins anew.
    """
    problems = []
    with ThreadPoolExecutor(thread_count()) as threads:
        for problem in threads.map(lambda trial: trial.problem, trials):
            problem.checkpoint()
            problems.append(replace(problem, begun=(None,)))
    problem = joined(problems)
    run, joins = Run(problem.passes()), [trial.joins for trial in trials]
    for level in levels:
        state = run.to_level(level)
        scores = choice.scores(state, joins, problem.backend, problem.checkpoint)
        for number, (trial, score) in enumerate(zip(trials, scores)):
            trial.remember(level, state.of_sample(number), score)


class Pool:
    """The layouts of one seed, and what is known of them so far."""

    def __init__(self, clean: Problem, parent: str | None = None) -> None:
        """clean: the problem of one seed, whose guess is the coarsest source itself.
        parent: a draft whose variations are drawn; None for drafts of the seed."""
        self.clean, self.parent, self.seed = clean, parent, clean.seeds[0]
        plans = plan_levels(shapes_of(clean.levels), clean.settings[0])
        self.judged_level = judged_level(plans)
        self._clip = fingerprint(clean, self.judged_level)
        self._numbers = count()
        self._first, self._has_begun = first_counts(plans), False
        self._drawn: list[list[Trial]] = []  # layouts for the next drafts
        self._tried: list[Trial] = []
        self._layouts: set[tuple[int, ...]] = set()  # the columns of all that were tried
        self._judged: list[Trial] = []

    def choose(self, chosen: Sequence[Trial]) -> Trial | None:
        """The next draft beside those that were chosen before, or None where there is no other."""
        judged = MORE_JUDGED if self._has_begun else self._first[1]
        self.drawn_for(1)
        self._tried += self._drawn.pop(0)
        self._has_begun = True
        limits, beside = choice.band(self.clean.settings[0].noise), list(chosen)
        for number in range(judged + SPARE_JUDGED):
            enough = number >= judged and any(self._fits(each, limits) for each in self._judged)
            if not self._tried or enough:
                break
            trial = self._best(self._tried, beside, 1, choice.TRIED_BAND, choice.TRIED_POWER)
            beside.append(trial)
            self._judged.append(trial)
        if not self._judged:
            return None
        return self._best(self._judged, chosen, self.judged_level, limits, choice.POWER)

    def _fits(self, trial: Trial, limits: tuple[float, float]) -> bool:
        return choice.distance_to_band(trial.score(self.judged_level), limits) == 0

    def _best(self, trials: list[Trial], chosen, level: int, limits, power: float) -> Trial:
        scores = [[trial.score(level) for trial in each] for each in (trials, chosen)]
        return trials.pop(choice.best(*scores, limits, power))

    def trial(self, name: str) -> Trial | None:
        """The layout of a name, or None where it would be a copy of the clip."""
        layout = layouts.draw(self.clean.levels[0].source, self.seed, name)
        return layout and Trial(self.clean, self._clip, self.seed, name, layout)

    def named(self, name: str) -> Trial:
        """The layout of a name. Raises ValueError where it would be a copy of the clip."""
        trial = self.trial(name)
        if trial is None:
            raise ValueError(f"Draft {name} would be a copy of the clip: choose another number.")
        return trial

    def drawn_for(self, count: int) -> list[Trial]:
        """The layouts that are tried for the next `count` drafts."""
        while len(self._drawn) < count:
            is_first = not (self._has_begun or self._drawn)
            self._drawn.append(self._draw(self._first[0] if is_first else MORE_TRIED))
        return [trial for group in self._drawn[:count] for trial in group]

    def _draw(self, wanted: int) -> list[Trial]:
        """So many layouts that were not drawn before, or fewer where there are no others."""
        drawn, copies = [], 0
        while len(drawn) < wanted and copies < COPIES_IN_A_ROW:
            number = next(self._numbers)
            trial = self.trial(str(number) if self.parent is None else f"{self.parent}.{number}")
            columns = trial and tuple(trial.layout.columns)
            if columns is None or columns in self._layouts:
                copies += 1
                continue
            self._layouts.add(columns)
            drawn.append(trial)
            copies = 0
        return drawn


def prepare(pools: Sequence[Pool], count: int) -> None:
    """Begin all layouts that the next `count` drafts of some pools may need, where that saves time.

    The pools have the same levels. What they choose stays the same.
    """
    if not runs_gpu_kernels(pools[0].clean.guess.device):
        return
    trials = [trial for pool in pools for trial in pool.drawn_for(count)]
    for first in range(0, len(trials), MOST_TOGETHER):
        part = trials[first : first + MOST_TOGETHER]
        begin_together(part, sorted({1, pools[0].judged_level}))


def with_chosen_drafts(clean: Problem) -> Problem:
    """The problem of a set of takes: for each seed the draft that fits best beside those before.

    Each seed has a small pool of its own, so the first draft depends on its seed alone, and a seed
    that is added changes none before it.
    """
    problems, shown = [], []
    samples = clean.samples()
    pools = [Pool(sample) for sample in samples]
    prepare(pools, 1)
    for sample, pool in zip(samples, pools):
        trial = pool.choose(shown)
        if trial is None:  # such as a clip of one column, which has no other layout
            alone = steered_sample(sample) if sample.targets else replace(sample, begun=(None,))
            problems.append(replace(alone, drafts=(None,)))
        else:
            problems.append(trial.begun)
            shown.append(trial)
    return joined(problems)


def named(clean: Problem, names: Sequence[str]) -> Problem:
    """The problem of one named draft for each seed. Raises ValueError for one that is a copy."""
    if len(names) != len(clean.seeds):
        raise ValueError(
            f"There are {len(names)} drafts for {len(clean.seeds)} seeds: give one for each."
        )
    pairs = zip(clean.samples(), names)
    return joined([Pool(sample).named(name).begun for sample, name in pairs])


def joined(problems: Sequence[Problem]) -> Problem:
    """One problem of the samples of several, which have the same levels."""
    return replace(
        problems[0],
        guess=torch.cat([each.guess for each in problems]),
        settings=tuple(each.settings[0] for each in problems),
        seeds=tuple(each.seeds[0] for each in problems),
        begun=tuple(each.begun[0] for each in problems),
        steering=tuple(each.steering[0] for each in problems if each.steering),
        drafts=tuple(each.drafts[0] for each in problems),
    )


def drafted(clean: Problem, seed: int, name: str, layout: Layout) -> Problem:
    """The problem of one draft, ready to begin."""
    coarsest, patch = clean.levels[0].source, clean.settings[0].patch
    guess = assigned(layouts.arranged(coarsest, layout), coarsest, patch)
    return replace(clean, guess=guess[None], drafts=(name,))


def fingerprint(problem: Problem, level: int) -> str:
    """What tells a clip and its settings from others, as far as its drafts are concerned."""
    source = problem.levels[level - 1].source
    known = hashlib.blake2b(source.cpu().contiguous().numpy().tobytes())
    shapes = [each.shape for each in problem.levels]
    settings = replace(problem.settings[0], noise=1.0)  # it acts on the choice alone
    marks = problem.levels[level - 1].marks
    for mask, share in marks.limits if marks is not None else ():
        known.update(mask.cpu().numpy().tobytes() + repr(share).encode())
    known.update(repr((shapes, settings, source.device.type, problem.backend)).encode())
    return known.hexdigest()
