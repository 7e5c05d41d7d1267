"""How a guess lies in time: with a first and a last frame, or in a circle (a seamless loop).

There are two objects with the same methods, `OPEN` and `CIRCULAR`; the loop over levels uses one
of them. Shapes are those of `level.py`: (S, T, H, W, 3) codes of S samples.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import torch

from vgpnn.pyramid import resize_all
from vgpnn.query_grid import QueryGrid
from vgpnn.settings import Shape
from vgpnn.vote import vote


class Open:
    """Time that begins with a first frame and ends with a last one."""

    def queries(self, shape: Shape, patch: Shape, stride: int) -> QueryGrid:
        """The patches that search for a guess of a (T, H, W) shape, so many px apart."""
        return QueryGrid(shape, patch, stride, stride // 2)

    def query(self, guess: torch.Tensor, patch: Shape) -> torch.Tensor:
        """The frames whose patches search: those of the guess."""
        return guess

    def enlarged(
        self, guess: torch.Tensor, shape: Shape, checkpoint: Callable[[], None] = lambda: None
    ) -> torch.Tensor:
        """Guesses resampled to the next level's (T, H, W)."""
        return resize_all(guess, shape, checkpoint)

    def voters(self, patches: torch.Tensor, queries: QueryGrid) -> torch.Tensor:
        """What votes, in the order of time: all patches, each once.

        patches: (S,) + query grid and more, one entry for each patch of `queries`.
        """
        return patches

    def voted(
        self,
        value: torch.Tensor,
        field: torch.Tensor,
        queries: QueryGrid,
        mode: str = "median",
        quality: torch.Tensor | None = None,
        backend: str = "auto",
        checkpoint: Callable[[], None] = lambda: None,
    ) -> torch.Tensor:
        """The guess that a field votes for.

        queries: the patches of which the field is. The other arguments are those of `vote.vote`.
        """
        matches = self.voters(field, queries)
        quality = None if quality is None else self.voters(quality, queries)
        before = matches.shape[1] - field.shape[1]  # frames in front of the guess's first one
        frames, *size = queries.shape
        voters = replace(queries, shape=(before + frames, *size))
        result = vote(value, matches, voters, mode, quality, backend, checkpoint)
        return result[:, before : before + field.shape[1]] if before else result


class Circular(Open):
    """Time in which the first frame follows the last one.

    The query has its first frames once more at the end, so that there are as many patches in time
    as frames, and the last patches reach over the seam.
    """

    def queries(self, shape: Shape, patch: Shape, stride: int) -> QueryGrid:
        """As there. Where two odd or two even frames meet at the seam, no frame is shifted."""
        alternates = shape[0] % 2 == 0 and patch[0] % 2 == 1
        frames = shape[0] + patch[0] - 1
        return QueryGrid((frames, *shape[1:]), patch, stride, stride // 2 if alternates else 0)

    def query(self, guess: torch.Tensor, patch: Shape) -> torch.Tensor:
        """The frames of the guess, and its first ones again: (S, T + t - 1, H, W, 3)."""
        return torch.cat([guess, guess[:, : patch[0] - 1]], dim=1)

    def enlarged(
        self, guess: torch.Tensor, shape: Shape, checkpoint: Callable[[], None] = lambda: None
    ) -> torch.Tensor:
        """Guesses resampled between copies of themselves, so that there is no seam."""
        frames, thrice = shape[0], (3 * shape[0], *shape[1:])
        turns = resize_all(guess.repeat(1, 3, 1, 1, 1), thrice, checkpoint)
        return turns[:, frames : 2 * frames].contiguous()  # without the turns before and after

    def voters(self, patches: torch.Tensor, queries: QueryGrid) -> torch.Tensor:
        """All patches, and before them the last ones once more, which reach over the seam."""
        before, frames = queries.patch[0] - 1, patches.shape[1]
        return torch.cat([patches[:, frames - before :], patches], dim=1)


OPEN, CIRCULAR = Open(), Circular()
