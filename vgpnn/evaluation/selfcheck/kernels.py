"""Checks of the vote and of the searches, against plain torch and against other kernels."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import torch

import vgpnn.vote
from vgpnn import search
from vgpnn.completeness import slack as slack_of
from vgpnn.evaluation.selfcheck.footage import guess_and_source
from vgpnn.evaluation.selfcheck.outcome import Check, Outcome, Target, at_most, cases
from vgpnn.outside import keys_outside, moved_outside, usable_slack
from vgpnn.patches import flat_index, grid
from vgpnn.query_grid import QueryGrid
from vgpnn.search import Match, naive
from vgpnn.settings import SETTINGS, Shape
from vgpnn.vote import naive as naive_vote

MODES = tuple(SETTINGS["vote"].words)
GRIDS = {"all": (1, 0), "sparse": (2, 0), "shifted": (2, 1)}  # stride and shift of a query grid
PATCHES = ((3, 7, 7), (3, 5, 5))
# Shapes of the value and of the result of the votes that are compared.
VALUE, RESULT = (5, 18, 29), (6, 23, 26)
COHERENT = 0.7  # share of the matches of a field that continue their neighbours, as most do
ALPHA = 1e-3  # of the weights, in MSE per element: of the order of the distances themselves
SWEEPS, NEAR_SWEEPS, NEAR_REACH = 10, 2, 4  # as the loop has them at first and at later passes
LEAST_RATIO = 1.02  # of the mean cost of a search to that of the CPU's kernels
EXACT_RATIO = 1.4  # of it to that of the exact search, at a small size
SEED = 3


def vote_is_that_of_the_oracle(target: Target) -> Outcome:
    """The vote is that of plain torch, to the byte."""
    results = {}
    # Every variant has to be compiled on a GPU: the second patch is tried with medians alone.
    tried = [*itertools.product(MODES, GRIDS, PATCHES[:1], (3, 4))]
    tried += itertools.product(MODES[:1], GRIDS, PATCHES[1:], (3,))
    for mode, kind, patch, channels in tried:
        random = torch.Generator().manual_seed(SEED)
        voters = QueryGrid(RESULT, patch, *GRIDS[kind])
        value = torch.randint(0, 256, (*VALUE, channels), generator=random, dtype=torch.uint8)
        # In one sample all matches are random, and in one all are the same.
        scattered = random_field(2, voters, VALUE, random)
        field = torch.cat([scattered, scattered[:1, :1, :1, :1].expand_as(scattered[:1])])
        is_copy = torch.rand(field[1].shape[:-1], generator=random) < COHERENT
        ends = torch.tensor(grid(VALUE, patch))
        copied = torch.minimum(voters.corners().long(), ends - 1).to(torch.int16)
        field[1] = copied.where(is_copy[..., None], field[1])
        quality = torch.randint(1, 256, field.shape[:-1], generator=random).to(torch.uint8)
        on_device = [each.to(target.device) for each in (value, field, quality)]
        voted = vgpnn.vote.vote(*on_device[:2], voters, mode, on_device[2], target.backend).cpu()
        expected = [
            naive_vote.vote(value, *each, mode, weight)
            for *each, weight in (
                (sample, voters, weight) for sample, weight in zip(field, quality)
            )
        ]
        name = f"{mode}, {kind}, {'x'.join(map(str, patch))}, {channels} channels"
        results[name] = torch.equal(voted, torch.stack(expected))
    return cases(results)


def random_field(
    samples: int, queries: QueryGrid, key: Shape, random: torch.Generator
) -> torch.Tensor:
    """Random matches in a (T, H, W) key: (S,) + query grid + (3,) int16."""
    ends = torch.tensor(grid(key, queries.patch))
    return (torch.rand(samples, *queries.counts, 3, generator=random) * ends).to(torch.int16)


@dataclass(frozen=True)
class SearchCase:
    """A search that is made with several kernels.

    query, key: (T, H, W, C) codes. slack: key grid, or None. guess: query grid + (3,), or None.
    hidden: key grid, bool: keys that may not be matched; None where all may.
    """

    query: torch.Tensor
    key: torch.Tensor
    queries: QueryGrid
    slack: torch.Tensor | None = None
    guess: torch.Tensor | None = None
    hidden: torch.Tensor | None = None
    sweeps: int = SWEEPS
    reach: int | None = None

    def solved(self, device: torch.device, backend: str) -> Match:
        """What a backend finds on a device, as tensors of one sample on the CPU."""
        slack, guess = (None if each is None else each[None] for each in (self.slack, self.guess))
        match = search.nearest(
            self.query[None].to(device),
            self.key[None].to(device),
            self.queries.patch,
            None if slack is None else slack.to(device),
            () if guess is None else (guess.clone().to(device),),
            (SEED,),
            backend,
            sweeps=self.sweeps,
            reach=self.reach,
            queries=self.queries,
        )
        return Match(match.field[0].cpu(), match.distance[0].cpu())

    def mean_cost(self, match: Match) -> float:
        """The mean of D / slack over all query patches."""
        distance = true_distances(self.query, self.key, match.field, self.queries).double()
        if self.slack is not None:
            distance /= self.slack.reshape(-1)[flat_index(match.field, self.slack.shape)]
        return distance.mean().item()

    def is_truthful(self, match: Match) -> bool:
        """Whether a match lies within the key, hits no hidden key and states its true distances."""
        ends = torch.tensor(grid(self.key.shape[:3], self.queries.patch))
        if not ((match.field >= 0) & (match.field < ends)).all():
            return False
        distance = true_distances(self.query, self.key, match.field, self.queries)
        if not torch.equal(distance, match.distance.long()):
            return False
        if self.hidden is None:
            return True
        return not self.hidden.reshape(-1)[flat_index(match.field, self.hidden.shape)].any()


def true_distances(
    query: torch.Tensor, key: torch.Tensor, field: torch.Tensor, queries: QueryGrid
) -> torch.Tensor:
    """The distance of every query patch to its match, computed anew: query grid int64.

    query, key: (T, H, W, C) codes. field: query grid + (3,).
    """
    pixels = [video.reshape(-1, video.shape[3]).int() for video in (query, key)]
    sizes = query.shape[:3], key.shape[:3]
    places = [flat_index(each, size) for each, size in zip((queries.corners(), field), sizes)]
    total = torch.zeros(queries.counts, dtype=torch.int64)
    for t, y, x in itertools.product(*map(range, queries.patch)):
        a, b = (
            each[place + (t * size[1] + y) * size[2] + x]
            for each, place, size in zip(pixels, places, sizes)
        )
        total += (a - b).square_().sum(-1)
    return total


def search_cases(shape: Shape, patch: Shape = PATCHES[0]) -> dict[str, SearchCase]:
    """Searches of real footage at a (T, H, W) size, as the loop makes them, by name."""
    query, key = guess_and_source(shape)
    found = {}
    reverse = SearchCase(key, query, QueryGrid(shape, patch), sweeps=2)
    weights = slack_of(reverse.solved(torch.device("cpu"), "cpu").distance, ALPHA, patch, 3)
    for kind in ("all", "shifted"):
        queries = QueryGrid(shape, patch, *GRIDS[kind])
        plain = SearchCase(query, key, queries)
        found[f"{kind} patches"] = plain
        found[f"{kind} patches, weights"] = SearchCase(query, key, queries, weights)
        begun = SearchCase(query, key, queries, sweeps=1).solved(torch.device("cpu"), "cpu")
        near = {"guess": begun.field, "sweeps": NEAR_SWEEPS, "reach": NEAR_REACH}
        found[f"{kind} patches, from a field"] = SearchCase(query, key, queries, **near)
        found[f"{kind} patches, weights, from a field"] = SearchCase(
            query, key, queries, weights, **near
        )
    region = torch.zeros(shape, dtype=torch.bool)
    region[:, shape[1] // 3 : shape[1] // 2, shape[2] // 3 : shape[2] // 2] = True
    usable = keys_outside(region, patch)
    hidden = usable_slack(None, usable, 1)[0]
    found["hidden keys"] = SearchCase(
        query,
        key,
        queries,
        hidden,
        moved_outside(begun.field[None], usable)[0],
        ~usable,
    )
    return found


def distances_are_true(target: Target) -> Outcome:
    """The distances that PatchMatch states are those of its matches, which lie within the key."""
    found = search_cases(target.sizes.search)
    return cases(
        {
            name: case.is_truthful(case.solved(target.device, target.backend))
            for name, case in found.items()
        }
    )


def search_is_as_good_as_on_the_cpu(target: Target) -> Outcome:
    """The mean cost of the matches, divided by that of what the CPU's kernels find."""
    if target.backend == "cpu":
        return Outcome("these are the kernels of the CPU", f"at most {LEAST_RATIO:.3f}")
    ratios = {}
    for name, case in search_cases(target.sizes.search).items():
        ours, theirs = (
            case.mean_cost(case.solved(device, backend))
            for device, backend in (
                (target.device, target.backend),
                (torch.device("cpu"), "cpu"),
            )
        )
        ratios[name] = ours / theirs
    return at_most(ratios, LEAST_RATIO)


def search_is_nearly_exact(target: Target) -> Outcome:
    """The mean cost of the matches, divided by that of the exact search."""
    ratios = {}
    for name, case in search_cases(target.sizes.exact).items():
        if "from a field" in name:  # a few sweeps do not find all from a bad field
            continue
        exact = Match(
            *naive.nearest(
                case.query, case.key, case.queries.patch, case.slack, queries=case.queries
            )
        )
        found = case.solved(target.device, target.backend)
        ratios[name] = case.mean_cost(found) / case.mean_cost(exact)
    return at_most(ratios, EXACT_RATIO)


def exact_search_is_that_of_the_oracle(target: Target) -> Outcome:
    """The exact search of small levels, as the loop asks for it, is that of plain torch."""
    results = {}
    shape, patch = (4, 14, 18), PATCHES[0]
    random = torch.Generator().manual_seed(SEED)
    for kind, channels, name in itertools.product(
        GRIDS, (3, 4), ("plain", "weights", "hidden keys", "wide codes")
    ):
        queries = QueryGrid(shape, patch, *GRIDS[kind])
        query, key = torch.randint(0, 256, (2, *shape, channels), generator=random).to(torch.uint8)
        slack = None
        if name in ("weights", "hidden keys"):
            size = grid(shape, patch)
            slack = torch.rand(size, generator=random, dtype=torch.float64) + 0.5
            if name == "hidden keys":
                slack *= torch.rand(size, generator=random) < COHERENT
        if name == "wide codes":  # of a guess with noise, at the coarsest level
            query, key = query.short() * 3 - 200, key.short()
        case = SearchCase(query, key, queries, slack)
        found = case.solved(target.device, "auto")
        field, distance = naive.nearest(query, key, patch, slack, queries=queries)
        results[f"{name}, {kind}, {channels} channels"] = torch.equal(
            found.field, field
        ) and torch.equal(found.distance.long(), distance)
    return cases(results)


CHECKS: tuple[Check, ...] = (
    ("vote equal to the oracle", vote_is_that_of_the_oracle),
    ("exact search equal to the oracle", exact_search_is_that_of_the_oracle),
    ("search states true distances", distances_are_true),
    ("search against the exact one", search_is_nearly_exact),
    ("search against the CPU's", search_is_as_good_as_on_the_cpu),
)
