"""A clip whose edges lead into each other, as the source of a seamless tile.

Its patches are those of the clip once it is closed (see `seam`), and what lies at one edge is there
once more beyond the other, so that patches across the seam are keys like any others. Those across
the lines of the closing are not: what is seen there is made of whole patches.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch

from vgpnn.settings import Shape
from vgpnn.tasks.seam import Closing, closings
from vgpnn.wrapping import NEITHER, Wraps, lying, with_margins

MARGIN = 0.25  # of what lies at the other edge, in sides of the clip


@dataclass(frozen=True)
class Torus:
    """How a clip goes round. wraps: whether its rows do, and its columns. shape: (T, H, W) of the
    clip for which `closings` were found; they hold for other sizes of it, too."""

    wraps: Wraps
    shape: Shape
    closings: tuple[Closing, ...]

    def closed(
        self, codes: torch.Tensor, checkpoint: Callable[[], None] = lambda: None
    ) -> torch.Tensor:
        """(T, H, W, 3) codes of the clip at any size, closed."""
        codes = codes.cpu()
        for closing in self.closings:
            codes = closing.closed(codes, checkpoint)
        return codes

    def margins(self, height: int, width: int) -> tuple[int, int]:
        """Rows and columns of the clip, at any size, that are there once more at either end."""
        sides = zip(self.wraps, (height, width), self.shape[1:])
        rows, columns = (on * round(int(MARGIN * n) * side / n) for on, side, n in sides)
        return rows, columns

    def source(self, closed: torch.Tensor) -> torch.Tensor:
        """What patches are taken from: closed codes, (T, H, W, 3), with their margins."""
        return with_margins(closed[None], *self.margins(*closed.shape[1:3]))[0]

    def reduced(
        self, closed: torch.Tensor, shape: Shape, checkpoint: Callable[[], None] = lambda: None
    ) -> torch.Tensor:
        """Closed codes at a smaller (T, H, W), with no seam either."""
        return lying(False, self.wraps).enlarged(closed[None], shape, checkpoint)[0]

    def lines(self, frames: int) -> torch.Tensor:
        """(T, H', W') bool: where the source has a line, in so many frames."""
        height, width = self.shape[1:]
        lines = torch.zeros(height, width, dtype=torch.bool)
        for closing in self.closings:
            lines = closing.with_lines(lines)
        margins = self.margins(height, width)
        lines = with_margins(lines[None, None, ..., None], *margins)[0, 0, ..., 0]
        return lines.expand(frames, *lines.shape)

    def sources(self, places: torch.Tensor) -> torch.Tensor:
        """A source map into `source` as one into the clip. places: (T, H, W, 3) int16."""
        height, width = self.shape[1:]
        grid = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
        of_pixel = torch.stack(grid, -1)
        for closing in self.closings:
            of_pixel = closing.sources(of_pixel)
        rows, columns = self.margins(height, width)
        y = (places[..., 1].long() - rows) % height
        x = (places[..., 2].long() - columns) % width
        return torch.cat([places[..., :1], of_pixel[y, x].to(places.dtype)], -1)


def torus_of(
    codes: torch.Tensor, wraps: Wraps, checkpoint: Callable[[], None] = lambda: None
) -> Torus | None:
    """How a clip goes round; None where it does not. codes: (T, H, W, 3)."""
    if wraps == NEITHER:
        return None
    return Torus(wraps, tuple(codes.shape[:3]), closings(codes, wraps, checkpoint))
