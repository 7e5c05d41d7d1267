"""The launches of PatchMatch by jump flooding (Rong and Tan 2006), which `gpu` and `plain` make.

In a launch every query patch tries the matches of its neighbours at some distances, and random
matches around its own. It reads one field and writes another, so the order of patches is no matter.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch

from vgpnn.settings import Shape

# [patches] how far the neighbours are in each launch of a sweep. A launch for each distance alone
# would find no better matches, and a launch costs more than the distances that it compares.
JUMPS = ((8, 4), (2, 1))
NEIGHBOURS = 12  # whose matches are tried in a launch: two along each axis, at both distances
RANDOM = 4  # random matches tried in a launch


@dataclass(frozen=True)
class Launch:
    """What every query patch tries in a launch.

    guess: (S,) + query grid + (3,) int16, whose matches are tried; None: the field of the launch
        before. neighbours: how many neighbours' matches are tried; 1 means that of the patch
        itself in the guess. jumps: how far the first six neighbours are, and the others [patches].
    randoms: how many random matches are tried. reach: how far the first of them may be from the
        best match, along each axis [px]; every other one half as far as the one before.
    number: with the seed and the patch it decides the random matches.
    """

    guess: torch.Tensor | None
    neighbours: int
    jumps: tuple[int, int]
    randoms: int
    reach: int
    number: int


def launches(
    guesses: Sequence[torch.Tensor], key_grid: Shape, sweeps: int, reach: int | None
) -> Iterator[Launch]:
    """The launches of a search, see `search.nearest` for the arguments."""
    for guess in guesses:
        yield Launch(guess, neighbours=1, jumps=(0, 0), randoms=0, reach=0, number=0)
    farthest = max(key_grid[1:]) if reach is None else reach
    randoms = RANDOM * (reach != 0)
    for number in range(sweeps * len(JUMPS)):
        scale = number % len(JUMPS)
        # Every random match is tried within half the reach of the one before.
        within = farthest >> (RANDOM * scale)
        yield Launch(None, NEIGHBOURS, JUMPS[scale], randoms, within, number)
