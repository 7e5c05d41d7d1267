"""How a guess lies in time: with a first and a last frame, or in a circle (a seamless loop).

There are two objects with the same methods, `OPEN` and `CIRCULAR`; the loop over levels uses one
of them. Shapes are those of `level.py`: (S, T, H, W, 3) codes of S samples.
"""

from __future__ import annotations

from collections.abc import Callable

import torch

from vgpnn.patches import stacked
from vgpnn.pyramid import resize
from vgpnn.settings import Shape
from vgpnn.vote import vote


class Open:
    """Time that begins with a first frame and ends with a last one."""

    def query_shape(self, shape: Shape, patch: Shape) -> Shape:
        """(T, H, W) of the query that belongs to a guess of a (T, H, W) shape."""
        return shape

    def query(self, guess: torch.Tensor, patch: Shape) -> torch.Tensor:
        """The frames whose patches search: those of the guess."""
        return guess

    def enlarged(
        self, guess: torch.Tensor, shape: Shape, checkpoint: Callable[[], None] = lambda: None
    ) -> torch.Tensor:
        """Guesses resampled to the next level's (T, H, W)."""
        return stacked([resize(sample, shape, checkpoint) for sample in guess])

    def voters(self, patches: torch.Tensor, patch: Shape) -> torch.Tensor:
        """What votes, in the order of time: all patches, each once.

        patches: (S,) + query grid and more, one entry for each patch.
        """
        return patches

    def voted(
        self,
        value: torch.Tensor,
        field: torch.Tensor,
        patch: Shape,
        mode: str = "median",
        quality: torch.Tensor | None = None,
        backend: str = "auto",
        checkpoint: Callable[[], None] = lambda: None,
    ) -> torch.Tensor:
        """The guess that a field votes for; the arguments are those of `vote.vote`."""
        voters = self.voters(field, patch)
        quality = None if quality is None else self.voters(quality, patch)
        result = vote(value, voters, patch, mode, quality, backend, checkpoint)
        before = voters.shape[1] - field.shape[1]  # frames in front of the guess's first one
        return result[:, before : before + field.shape[1]] if before else result


class Circular(Open):
    """Time in which the first frame follows the last one.

    The query has its first frames once more at the end, so that there are as many patches in time
    as frames, and the last patches reach over the seam.
    """

    def query_shape(self, shape: Shape, patch: Shape) -> Shape:
        return (shape[0] + patch[0] - 1, *shape[1:])

    def query(self, guess: torch.Tensor, patch: Shape) -> torch.Tensor:
        """The frames of the guess, and its first ones again: (S, T + t - 1, H, W, 3)."""
        return torch.cat([guess, guess[:, : patch[0] - 1]], dim=1)

    def enlarged(
        self, guess: torch.Tensor, shape: Shape, checkpoint: Callable[[], None] = lambda: None
    ) -> torch.Tensor:
        """Guesses resampled between copies of themselves, so that there is no seam."""
        frames, thrice = shape[0], (3 * shape[0], *shape[1:])
        turns = [resize(sample.repeat(3, 1, 1, 1), thrice, checkpoint) for sample in guess]
        return stacked([turn[frames : 2 * frames] for turn in turns])

    def voters(self, patches: torch.Tensor, patch: Shape) -> torch.Tensor:
        """All patches, and before them the last ones once more, which reach over the seam."""
        before, frames = patch[0] - 1, patches.shape[1]
        return torch.cat([patches[:, frames - before :], patches], dim=1)


OPEN, CIRCULAR = Open(), Circular()
