"""Weighted PatchMatch in plain torch, on any device: the twin of the Triton kernel, to the byte.

It makes the launches of `gpu` with the same random numbers, for devices on which Triton does not
run, and as the oracle of the kernel. It is much slower, because all operands go through memory.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch

from vgpnn.patches import flat_index, grid, starts, voxel_offsets
from vgpnn.query_grid import QueryGrid
from vgpnn.search.flooding import Launch, launches
from vgpnn.settings import Shape

CHUNK_ELEMENTS = 20_000_000  # of patches that are compared at once, which bounds the memory
NO_DISTANCE = 2**31 - 1  # stands for the distance of a patch without a match
UNSIGNED = 2**32 - 1
# Philox 4x32 (Salmon et al. 2011): factors of a round, and what is added to the keys after it.
FACTORS, RAISED, ROUNDS = (0xD2511F53, 0xCD9E8D57), (0x9E3779B9, 0xBB67AE85), 10


def nearest(
    query: torch.Tensor,
    key: torch.Tensor,
    patch: Shape,
    slack: torch.Tensor | None,
    guesses: tuple[torch.Tensor, ...],
    seeds: tuple[int, ...],
    checkpoint: Callable[[], None],
    sweeps: int,
    reach: int | None = None,
    queries: QueryGrid | None = None,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Approximate twin of `naive.nearest` for a batch; arguments and result are those of `gpu`."""
    queries = queries or QueryGrid(tuple(query.shape[1:4]), patch)
    key_grid = grid(key.shape[1:4], patch)
    guesses = starts(guesses, (len(seeds), *queries.counts), key_grid)
    fields, distances = [], []
    for number, seed in enumerate(seeds):
        weights = None if slack is None else (1.0 / slack[number].reshape(-1)).float()
        search = Search(query[number], key[number], weights, queries, seed)
        own = [guess[number].to(query.device) for guess in guesses]
        for launch in launches(own, key_grid, sweeps, reach):
            search.run(launch, checkpoint)
        fields.append(search.field.reshape(*queries.counts, 3).short())
        distances.append(search.distance.reshape(queries.counts).int())
    return torch.stack(fields), torch.stack(distances)


class Search:
    """The search of one sample: N query patches, their best matches so far, and the distances.

    field: (N, 3) int64. distance: (N,) int64, NO_DISTANCE without a match.
    """

    def __init__(
        self,
        query: torch.Tensor,
        key: torch.Tensor,
        weights: torch.Tensor | None,
        queries: QueryGrid,
        seed: int,
    ) -> None:
        """query: (T, H, W, C), key: (T', H', W', C) uint8 codes. weights: of the keys, (K,) float32
        w_j in row-major order, infinity for those that are never matched; None: all 1."""
        device, channels = query.device, query.shape[3]
        self.seed, self.weights, self.patch = seed, weights, queries.patch
        self.counts = torch.tensor(queries.counts, device=device)
        self.key_counts = torch.tensor(grid(key.shape[:3], queries.patch), device=device)
        # (voxels, C) codes, and where the voxels of a patch are from its first one.
        self.codes = [video.reshape(-1, channels).short() for video in (query, key)]
        self.shapes = tuple(query.shape[:3]), tuple(key.shape[:3])
        self.within = [voxel_offsets(shape, self.patch).to(device) for shape in self.shapes]
        self.places = queries.corners().reshape(-1, 3).long().to(device)
        axes = [torch.arange(n, device=device) for n in queries.counts]
        self.numbers = torch.stack(torch.meshgrid(*axes, indexing="ij"), -1).reshape(-1, 3)
        self.field = torch.zeros_like(self.places)
        self.distance = torch.full((len(self.places),), NO_DISTANCE, device=device)

    def run(self, launch: Launch, checkpoint: Callable[[], None]) -> None:
        """Try the candidates of a launch for every query patch."""
        matches = self.field.clone() if launch.guess is None else launch.guess.reshape(-1, 3).long()
        size = self.codes[0].shape[1] * math.prod(self.patch)
        for part in torch.arange(len(self.places)).split(max(1, CHUNK_ELEMENTS // size)):
            self._run(launch, matches, slice(int(part[0]), int(part[-1]) + 1), checkpoint)

    def _run(
        self, launch: Launch, matches: torch.Tensor, part: slice, checkpoint: Callable[[], None]
    ) -> None:
        """The same for a part of the patches. matches: (N, 3) of the launch before, or a guess."""
        bits = self._random_bits(launch, part)
        for number in range(launch.neighbours + launch.randoms):
            checkpoint()
            if number < launch.neighbours:
                candidate, exists = self._of_neighbour(launch, number, matches, part)
            else:
                drawn = number - launch.neighbours
                radius = max(1, launch.reach >> drawn)
                halves = bits[drawn // 2] >> (drawn % 2 * 16) & 0xFFFF  # (N, 3)
                candidate = self._drawn(halves, radius, part)
                exists = torch.ones_like(candidate[:, 0], dtype=torch.bool)
            self._try(candidate, exists, part)

    def _of_neighbour(
        self, launch: Launch, number: int, matches: torch.Tensor, part: slice
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """The match of a neighbour, moved by the step to the patch, and whether it is one."""
        jump = launch.jumps[0 if number < 6 else 1]
        neighbour = self.numbers[part].clone()
        neighbour[:, number // 2 % 3] += (number % 2 * 2 - 1) * jump
        exists = ((neighbour >= 0) & (neighbour < self.counts)).all(1)
        index = flat_index(neighbour.clamp(min=0).minimum(self.counts - 1), self.counts.tolist())
        candidate = matches[index] - (self.places[index] - self.places[part])
        return candidate, exists & ((candidate >= 0) & (candidate < self.key_counts)).all(1)

    def _drawn(self, bits: torch.Tensor, radius: int, part: slice) -> torch.Tensor:
        """Matches at random within a radius of the best ones. bits: (N, 3), 16 random ones each."""
        low = (self.field[part] - radius).clamp(min=0)
        span = (self.field[part] + radius).minimum(self.key_counts - 1) - low + 1
        return low + (bits * span >> 16)

    def _try(self, candidate: torch.Tensor, exists: torch.Tensor, part: slice) -> None:
        """Take the candidates that are better than the best matches."""
        best, distance = self.field[part], self.distance[part]
        differs = (candidate != best).any(1) | (distance == NO_DISTANCE)
        index = (exists & differs & (distance > 0)).nonzero()[:, 0]
        if not len(index):
            return
        candidate, before = candidate[index], distance[index]
        total = self._distances(part.start + index, candidate)
        cost = self._weighted(total, candidate)
        held = self._weighted(before, best[index])
        # The weight of a key that is never matched makes its cost infinity or NaN.
        better = cost < held.masked_fill(before == NO_DISTANCE, float("inf"))
        best[index[better]], distance[index[better]] = candidate[better], total[better]

    def _weighted(self, distance: torch.Tensor, match: torch.Tensor) -> torch.Tensor:
        """Distances times the weights of the keys, float32."""
        if self.weights is None:
            return distance.float()
        return distance.float() * self.weights[flat_index(match, self.key_counts.tolist())]

    def _distances(self, patches: torch.Tensor, match: torch.Tensor) -> torch.Tensor:
        """The summed squared code difference of some query patches to key patches, (N,) int64."""
        corners = self.places[patches], match
        mine, other = (
            codes[flat_index(corner, shape)[:, None] + within].int()
            for codes, corner, shape, within in zip(self.codes, corners, self.shapes, self.within)
        )
        return (mine - other).square().flatten(1).sum(1)

    def _random_bits(self, launch: Launch, part: slice) -> list[torch.Tensor]:
        """32 random bits for each axis, twice: two of (N, 3) int64."""
        if not launch.randoms:
            return []
        patch = torch.arange(len(self.places), device=self.places.device)[part]
        counters = [(patch, launch.number, stream, 0) for stream in (0, 1)]
        return [torch.stack(philox(self.seed, *counter)[:3], 1) for counter in counters]


def philox(seed: int, first: torch.Tensor, *others: int) -> tuple[torch.Tensor, ...]:
    """Four words of random bits from a seed and four counters (Philox 4x32 of ten rounds).

    first: (N,) int64, the first counter. Returns four of (N,) int64 in [0, 2**32).
    """
    a, b, c, d = (first, *(torch.full_like(first, other) for other in others))
    keys = [seed & UNSIGNED, seed >> 32 & UNSIGNED]
    for _ in range(ROUNDS):
        high_a, low_a = _product(FACTORS[0], a)
        high_c, low_c = _product(FACTORS[1], c)
        a, b, c, d = high_c ^ b ^ keys[0], low_c, high_a ^ d ^ keys[1], low_a
        keys = [key + raised & UNSIGNED for key, raised in zip(keys, RAISED)]
    return a, b, c, d


def _product(factor: int, words: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The upper and the lower 32 bits of a product of 32-bit words; int64 holds no more than 63."""
    low, high = factor * (words & 0xFFFF), factor * (words >> 16)
    middle = high + (low >> 16)
    return middle >> 16, (middle << 16 | low & 0xFFFF) & UNSIGNED
