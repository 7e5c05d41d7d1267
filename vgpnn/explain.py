"""What the loop did at a level, as pictures of single frames. They are cut out of the state of the
loop; nothing is computed again."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from vgpnn.codes import squares_per_mse
from vgpnn.level import Pass
from vgpnn.settings import Settings, Shape
from vgpnn.wrapping import without_margins


@dataclass(frozen=True)
class View:
    """One query patch of a pass, its match, and the frames in which they lie.

    It is of the first sample of a batch. The patch lies in the middle of the result, or in the
    middle of the region that is made anew.

    level: counted from 1, the coarsest.
    source, shape: (t, h, w) of the source and (T, H, W) of the result at that level.
    value: (h, w, 3) uint8, the frame of the source in which the match lies.
    key: (h, w, 3) uint8, the same frame as it was compared: as blurred as the guess.
    query, guess: (H, W, 3) uint8, the frame of the query patch before and after the vote.
    at, match: corners (t, y, x) of the query patch and of its match. patch: (t, h, w) of both.
    missing: (h', w') in [0, 1] for the key patches around the frame of the match: 0 where the
        guess contains the patch already, near 1 where the weights prefer it much. None where there
        are no weights.
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


def view(state: Pass, settings: Settings) -> View:
    """The pictures of a pass.

    settings: those of the first sample; their alpha says what a weight means.
    """
    shown = _patch_to_show(state)
    at = tuple(state.queries.corners()[shown].tolist())
    match = tuple(state.field[0][shown].tolist())
    middle = state.patch[0] // 2  # the frame of a patch that is shown
    missing = None
    if state.slack is not None and settings.alpha is not None:
        # alpha * w_j is 1 for a patch that the guess contains, and falls to 0 for others.
        alpha = settings.alpha * squares_per_mse(state.patch, state.query.shape[4])
        missing = (1 - alpha / state.slack[0, match[0]]).clamp(0, 1).float().cpu()
    key_frame, query_frame = match[0] + middle, at[0] + middle
    frames = state.guess.shape[1]  # the query of a loop has its first frames once more
    return View(
        level=state.level,
        source=state.level_input.source_shape,
        shape=state.level_input.shape,
        value=_picture(state.level_input.source[key_frame]),
        key=_picture(state.key[0, key_frame]),
        query=_picture(without_margins(state.query[:, query_frame, None], state.queries)[0, 0]),
        guess=_picture(state.guess[0, query_frame % frames]),
        at=tuple(max(0, place - margin) for place, margin in zip(at, state.queries.margin)),
        match=match,
        patch=state.patch,
        missing=missing,
    )


def _patch_to_show(state: Pass) -> Shape:
    """The index in the query grid of a patch in the middle of what is made."""
    grid, region = state.field.shape[1:4], state.level_input.made_anew
    if region is None or not region.any():
        return tuple(count // 2 for count in grid)
    frame = int(region.flatten(1).sum(1).argmax())  # the frame with most of the region
    voxels = region[frame].nonzero()
    centre = frame, *voxels[len(voxels) // 2].tolist()
    patch, odd = [], 0
    for axis, (place, side) in enumerate(zip(centre, state.patch)):
        corner = torch.tensor([float(place - side // 2)])
        patch.append(int(state.queries.nearest(axis, odd, corner)))
        odd = patch[0] % 2
    return tuple(patch)


def _picture(frame: torch.Tensor) -> torch.Tensor:
    """An (H, W, C) frame of codes as an (H, W, 3) uint8 picture, copied.

    Where only the dynamic structure, the fourth channel, was compared, the picture is that in grey.
    """
    if frame.shape[-1] == 4 and not frame[..., :3].any():
        frame = frame[..., 3:].expand(-1, -1, 3)
    return frame[..., :3].clamp(0, 255).to(torch.uint8).cpu().clone()
