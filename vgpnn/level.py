"""What a task gives to the coarse-to-fine loop at one level, and what the loop yields after a pass.

Shapes are written with S samples of one batch, a result of T x H x W voxels and a source of
t x h x w voxels, both at the level's own size.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import torch

from vgpnn.codes import MeanError, encode
from vgpnn.known_keys import known_keys
from vgpnn.marks import Marks
from vgpnn.outside import keys_outside
from vgpnn.query_grid import QueryGrid
from vgpnn.settings import Shape

BLANK = 128  # [codes] grey


@dataclass(frozen=True)
class Kept:
    """A box of the result that stays as it is, where a result goes on around its source.

    codes: (t, h, w, 3) uint8, what lies in the box. corner: (t, y, x) of it in the result.
    """

    codes: torch.Tensor
    corner: Shape

    @property
    def past(self) -> Shape:
        """The voxel (t, y, x) after the last one of the box."""
        return tuple(first + side for first, side in zip(self.corner, self.codes.shape))

    def of(self, result: torch.Tensor) -> torch.Tensor:
        """This box of a (..., T, H, W, C) video; a view."""
        t, y, x = (slice(first, past) for first, past in zip(self.corner, self.past))
        return result[..., t, y, x, :]


@dataclass(frozen=True)
class Level:
    """What a task gives to the loop at one level of the pyramid.

    source: (t, h, w, 3) uint8 codes; its patches are the keys and the values.
    shape: (T, H, W) of the result.
    structure: dynamic structure of the query, (T, H, W, 1), and of the key, (t, h, w, 1), both in
        [0, 1]. It is compared together with the colours (analogies, section 4.2); where a clip is
        extended to the sides, the height of each row takes its place. None: the colours are
        compared alone.
    colours: False where the guess has no colours yet, so that only the structure is compared.
    region: (T, H, W) bool, True where the result is made anew. Outside it the result is the
        source, which then has the same shape, and no patch that touches the region is a key
        (inpainting, section 4.3). None: all of the result is made.
    kept: the part of a larger result that is the source and stays; None: there is none. All
        patches of the source are keys.
    unknown: (t, h, w) float32 in [0, 1], how much of each voxel of the source is a guess, so that
        no patch with more of it than `tolerance` is a key. None: all of the source is known.
    tolerance: the mean of `unknown` that a patch may have. It gets larger where it leaves no keys.
    marks: what of the source is wanted more, less, or not at all; None: all alike.
    """

    source: torch.Tensor
    shape: Shape
    structure: tuple[torch.Tensor, torch.Tensor] | None = None
    colours: bool = True
    region: torch.Tensor | None = None
    kept: Kept | None = None
    unknown: torch.Tensor | None = None
    tolerance: float = 0.0
    marks: Marks | None = None

    @property
    def source_shape(self) -> Shape:
        """(t, h, w) of the source."""
        return tuple(self.source.shape[:3])

    def compared(self, query: torch.Tensor, key: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """The codes that the search compares: the colours, and the structure as a fourth channel.

        query: (S, T, H, W, 3). key: (t, h, w, 3).
        Returns (S, T, H, W, C) and (S, t, h, w, C) codes, C = 3 or 4. The samples share the keys,
        which are one piece of memory, expanded.
        """
        samples = len(query)
        if self.structure is None:
            return query, key.expand(samples, *key.shape)
        query_structure, key_structure = (encode(structure) for structure in self.structure)
        if not self.colours:
            query, key = torch.zeros_like(query), torch.zeros_like(key)
        query_structure = query_structure.expand(samples, *query_structure.shape)
        key = torch.cat([key, key_structure], dim=-1)
        return torch.cat([query, query_structure], dim=-1), key.expand(samples, *key.shape)

    @property
    def known(self) -> tuple[Shape, Shape] | None:
        """The first voxel of what is kept, and the one after its last; None: nothing is."""
        return None if self.kept is None else (self.kept.corner, self.kept.past)

    @property
    def made_anew(self) -> torch.Tensor | None:
        """(T, H, W) bool, what of the result is made; None: all of it."""
        if self.kept is None:
            return self.region
        made = torch.ones(self.shape, dtype=torch.bool, device=self.source.device)
        self.kept.of(made[None])[:] = False
        return made

    def usable_keys(
        self, patch: Shape, checkpoint: Callable[[], None] = lambda: None
    ) -> torch.Tensor | None:
        """Which patches of the source are keys: the key grid, bool; None where all of them are.

        At least one of them is a key. checkpoint: called several times a second; may raise to
        cancel.
        """
        usable = keys_outside(self.region, patch, checkpoint)
        if self.unknown is None:
            return usable
        known = known_keys(self.unknown, patch, self.tolerance, checkpoint)
        return known if usable is None or not (known & usable).any() else known & usable

    def with_source_outside(self, guess: torch.Tensor) -> torch.Tensor:
        """A guess, (S, T, H, W, 3) codes, in which the source is put back outside the region, and
        what is kept in its place. May be the guess itself, changed."""
        if self.kept is not None:
            self.kept.of(guess).copy_(self.kept.codes)
        if self.region is None:
            return guess
        return guess.where(self.region[..., None], self.source)

    def made(self, query: torch.Tensor) -> torch.Tensor:
        """What completeness counts as there already: the query, (S, T, H, W, C) codes, in which
        what is kept is blank, so that what is made has all of the source, too."""
        if self.kept is None:
            return query
        made = query.clone()
        self.kept.of(made)[..., :3] = BLANK
        return made


def shapes_of(levels: Sequence[Level]) -> list[tuple[Shape, Shape]]:
    """(t, h, w) of the source and (T, H, W) of the result at each level."""
    return [(level.source_shape, level.shape) for level in levels]


class Measured:
    """What has the error of a pass.

    mean_error: for each sample the mean distance of a query patch to the key patch that it found:
        what the search minimises, apart from the weights.
    """

    mean_error: MeanError

    @cached_property
    def error(self) -> tuple[float, ...]:
        """`mean_error` of each sample, in MSE per element (values in [-1, 1])."""
        return self.mean_error.values()


@dataclass(frozen=True)
class Pass(Measured):
    """State of the loop after one pass. The next pass overwrites its tensors.

    level, levels, number, passes: this level and pass, counted from 1, and how many there are.
    guess: (S, T, H, W, 3) uint8 codes.
    mean_error: of each sample, see `Measured`.
    field: (S,) + query grid + (3,) int16, corners (t, y, x) of the patches that the guess was
        voted from. queries: the patches that they were found for.
    query, key: (S, T, H, W, C) and (S, t, h, w, C) codes that were compared. The query of a loop
        has its first frames once more at the end.
    slack: (S,) + key grid, 1 / w_j; None where all weights are 1.
    level_input: what the task gave to this level. The values, which took the place of the keys, are
        patches of its source.
    """

    level: int
    levels: int
    number: int
    passes: int
    guess: torch.Tensor
    mean_error: MeanError
    field: torch.Tensor
    queries: QueryGrid
    query: torch.Tensor
    key: torch.Tensor
    slack: torch.Tensor | None
    level_input: Level

    @property
    def patch(self) -> Shape:
        """(t, h, w) of the patches."""
        return self.queries.patch

    def of_sample(self, number: int) -> Pass:
        """The state of one sample of the batch, counted from 0."""
        part = slice(number, number + 1)
        names = "guess", "field", "query", "key"
        return replace(
            self,
            mean_error=replace(self.mean_error, total=self.mean_error.total[part]),
            slack=None if self.slack is None else self.slack[part],
            **{name: getattr(self, name)[part] for name in names},
        )

    @property
    def is_last(self) -> bool:
        """Whether no pass follows, so that the guess is the result."""
        return (self.level, self.number) == (self.levels, self.passes)
