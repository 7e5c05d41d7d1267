"""What the loop did at a level, as pictures of single frames: of what it had at hand, nothing is
computed anew."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from vgpnn.codes import squares_per_mse
from vgpnn.level import Pass
from vgpnn.settings import Settings, Shape


@dataclass(frozen=True)
class View:
    """The last pass of a level, of the first sample of a batch: one patch in the middle of it, or
    of the region that is made there, and the frames in which it lies.

    level: from 1, the coarsest. source, shape: (t, h, w) of the source and (T, H, W) of the result
        at that level.
    value, key: (h, w, 3) uint8, the frame of the match in the source, and as blurred as the guess,
        for the comparison. query, guess: (H, W, 3) uint8, the frame of the patch before and after
        the vote.
    at, match: (t, y, x) corners of the query patch and of its match. patch: their (t, h, w).
    missing: (h', w') in [0, 1], for the key patches around the frame of the match: how much a
        weight prefers them, 0 for what is in the guess already; None where there are no weights.
    """

    level: int
    source: Shape
    shape: Shape
    value: torch.Tensor
    key: torch.Tensor
    query: torch.Tensor
    guess: torch.Tensor
    at: Shape
    match: Shape
    patch: Shape
    missing: torch.Tensor | None


def view(done: Pass, settings: Settings) -> View:
    """Pictures of a pass. settings: of the first sample."""
    field = done.field[0]
    at = _middle(done)
    match = tuple(field[at].tolist())
    half = done.patch[0] // 2
    missing = None
    if done.slack is not None and settings.alpha is not None:
        # w_j alpha is 1 for a patch that is in the guess and falls to 0 for one that is not.
        least = settings.alpha * squares_per_mse(done.patch, done.query.shape[4])
        missing = (1 - least / done.slack[0, match[0]]).clamp(0, 1).float().cpu()
    frame, own = match[0] + half, at[0] + half
    return View(
        done.level,
        tuple(done.value.shape[:3]),
        tuple(done.guess.shape[1:4]),
        _colours(done.value[frame]),
        _colours(done.key[0, frame]),
        _colours(done.query[0, own]),
        _colours(done.guess[0, own % done.guess.shape[1]]),  # a loop's query goes round
        at,
        match,
        done.patch,
        missing,
    )


def _middle(done: Pass) -> Shape:
    """Corner of the patch to show."""
    grid = done.field.shape[1:4]
    if done.region is None or not done.region.any():
        return tuple(n // 2 for n in grid)
    frame = int(done.region.flatten(1).sum(1).argmax())  # where most of it is
    places = done.region[frame].nonzero()
    centre = frame, *places[len(places) // 2].tolist()
    return tuple(min(max(0, c - p // 2), n - 1) for c, p, n in zip(centre, done.patch, grid))


def _colours(frame: torch.Tensor) -> torch.Tensor:
    """(H, W, C) codes, noisy ones too, as (H, W, 3) uint8 of its own; in grey where only the
    structure, the fourth channel, was compared."""
    if frame.shape[-1] == 4 and not frame[..., :3].any():
        frame = frame[..., 3:].expand(-1, -1, 3)
    return frame[..., :3].clamp(0, 255).to(torch.uint8).cpu().clone()
