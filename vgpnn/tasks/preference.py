"""More of this, less of this, none of this: what somebody wants of a source (beyond the paper).

Masks on the source say of which pieces a result is to have about twice as much, about half as much,
or nothing, and what stays where it is (`vgpnn.overlays`). `vgpnn.marks` says how they act in the
loop, and `steering` how strongly.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
import torch

from vgpnn.bars import Box
from vgpnn.level import Level, shapes_of
from vgpnn.marks import Marks, forbidden_keys, preferred_levels
from vgpnn.pyramid import COARSEST_VOXELS
from vgpnn.schedule import plan_levels
from vgpnn.settings import Settings, Shape

# How many times as much "more" and "less" mean. Three times as much melts (measured).
TIMES = {"more": 2.0, "less": 0.5}
PIECE_PIXELS = 4.0  # [px] side of a marked piece at the coarsest level, at least, if that may be
MOST_SIDE = 36  # [px] of the coarsest level for small pieces; larger ones take too long
LEAST_SIDE = 28  # [px] of it where frames are left out instead, see `steering.SMALL_SIDE`
LOOKED_FRAMES = 5  # whose pieces are measured
NO_KEEP = "Only Generate can keep what is marked: take the marks of Keep away."
LEAST_KEYS = 16  # patches without a forbidden mark that every level needs


@dataclass(frozen=True)
class Preference:
    """What of a source a result is to have more, less, or nothing of.

    more, less, none: (t, h, w) bool, True where it is marked; None where nothing is.
    keep: (t, h, w) bool, what stays where it is, to the bit, and is no key; in `generate` alone.
    Where marks lie on each other, `keep` goes before `none`, `none` before `less`, and `less`
    before `more`.
    Raises ValueError with one sentence for masks that cannot be used together.
    """

    more: torch.Tensor | None = None
    less: torch.Tensor | None = None
    none: torch.Tensor | None = None
    keep: torch.Tensor | None = None

    def __post_init__(self) -> None:
        masks = [*self.masks.values()]
        if not masks:
            raise ValueError("A preference needs a mask: give more, less, none or keep.")
        if any(mask.dtype != torch.bool or mask.dim() != 3 for mask in masks):
            raise ValueError("A mask of a preference is a bool tensor (t, h, w): give such.")
        if not any(mask.any() for mask in masks):
            raise ValueError("Nothing is marked: mark something of the clip.")

    @property
    def masks(self) -> dict[str, torch.Tensor]:
        """The masks that were given, by name."""
        given = {"more": self.more, "less": self.less, "none": self.none, "keep": self.keep}
        return {name: mask for name, mask in given.items() if mask is not None}

    def checked(self, shape: Shape, may_keep: bool = False) -> Preference:
        """This preference for a source of shape (t, h, w): on the CPU, and without marks on each
        other. Raises ValueError with one sentence for a mask of another shape, and for `keep` in a
        task whose result is not as large as its source."""
        if self.keep is not None and not may_keep:
            raise ValueError(NO_KEEP)
        taken, parts = torch.zeros(shape, dtype=torch.bool), {}
        for name, mask in reversed(self.masks.items()):
            if tuple(mask.shape) != tuple(shape):
                raise ValueError(
                    f"The mask of {name} has the shape {tuple(mask.shape)}: give one of the "
                    f"clip's, {tuple(shape)}."
                )
            left = mask.cpu() & ~taken
            taken |= left
            parts |= {name: left} if left.any() else {}
        return Preference(**parts)

    def inside(self, box: Box) -> Preference | None:
        """What of it lies inside a box of the picture; None where that is nothing."""
        parts = {name: box.of(mask) for name, mask in self.masks.items()}
        parts = {name: mask for name, mask in parts.items() if mask.any()}
        return Preference(**parts) if parts else None

    @property
    def wished(self) -> list[torch.Tensor]:
        """The masks of what a result is to have more, less, or nothing of."""
        return [mask for name, mask in self.masks.items() if name != "keep"]

    @property
    def smallest_piece(self) -> float | None:
        """Side [px] of a typical piece of that mask in which pieces are smallest, see `piece_side`;
        None where nothing is wanted more, less, or not at all."""
        sides = [piece_side(mask) for mask in self.wished]
        return min((side for side in sides if side is not None), default=None)

    @property
    def forbidden(self) -> torch.Tensor | None:
        """(t, h, w) bool, what no patch may come from; None: nothing."""
        masks = [mask for mask in (self.none, self.keep) if mask is not None]
        return torch.stack(masks).any(0) if masks else None

    @property
    def targets(self) -> tuple[float, ...]:
        """How many times as much is wanted of each mark that has a gain, as in `marks`."""
        return tuple(TIMES[name] for name in self.masks if name in TIMES)

    @property
    def marks(self) -> Marks:
        """The marks of the source at its full size."""
        shares = {name: mask.float() for name, mask in self.masks.items()}
        forbidden, kept = (shares.pop(name, None) for name in ("none", "keep"))
        empty = torch.zeros(0, *next(iter(self.masks.values())).shape)
        wanted = torch.stack([*shares.values()]) if shares else empty
        return Marks(wanted, forbidden, kept)


@dataclass(frozen=True)
class Wish:
    """What a task costs depends on this of a preference, which has no masks to keep.

    smallest_piece, targets: see `Preference`. painted: in how many frames something is painted, for
    each colour of what is wanted more, less, or not at all.
    """

    smallest_piece: float | None
    targets: tuple[float, ...]
    painted: tuple[int, ...]

    @classmethod
    def of(cls, preference: Preference) -> Wish:
        painted = tuple(int(mask.flatten(1).any(1).sum()) for mask in preference.wished)
        return cls(preference.smallest_piece, preference.targets, painted)


def joined(one: Preference | None, other: Preference | None) -> Preference | None:
    """What either of two preferences for the same source has. None: there is none of that kind."""
    if one is None or other is None:
        return one or other
    masks = dict(one.masks)
    for name, mask in other.masks.items():
        masks[name] = masks[name] | mask if name in masks else mask
    return Preference(**masks)


def fitting_settings(
    settings: Settings,
    preference: Preference | None,
    size: Shape,
    most_voxels: int = COARSEST_VOXELS,
) -> Settings:
    """Settings whose coarsest level still shows the marked pieces, if that may be.

    On a level where players are a tenth of a patch a mark says nothing of the keys (measured).

    size: (t, h, w) of the source and the result, or what `pyramid.smaller` says of both.
    most_voxels: of the coarsest level, above which it is neither larger nor longer than without
        marks.
    """
    smallest = None if preference is None else preference.smallest_piece
    return settings_for_pieces(settings, smallest, size, most_voxels)


def settings_for_pieces(
    settings: Settings, smallest: float | None, size: Shape, most_voxels: int = COARSEST_VOXELS
) -> Settings:
    """`fitting_settings` for a preference of which `smallest_piece` alone is known [px]."""
    if smallest is None:
        return settings
    wanted = round(PIECE_PIXELS * min(size[1:]) / smallest)
    return finer_settings(settings, wanted, size, most_voxels)


def finer_settings(
    settings: Settings, wanted: int, size: Shape, most_voxels: int = COARSEST_VOXELS
) -> Settings:
    """Settings whose coarsest level has a side [px] that is wanted, as far as it may.

    The other arguments are those of `fitting_settings`. Where there would be too many voxels, the
    level gets smaller and shorter alike, as a coarser one is; below LEAST_SIDE only frames are left
    out, because a larger side is what shows small things.
    """
    frames, side = size[0], min(size[1:])
    aspect = max(size[1:]) / side
    largest = int((most_voxels / (settings.min_frames * aspect)) ** 0.5)
    wanted = min(wanted, MOST_SIDE, side, largest)
    if wanted <= settings.min_side:
        return settings
    for chosen in range(wanted, max(min(wanted, LEAST_SIDE), settings.min_side) - 1, -1):
        # Small things move by more than their size from frame to frame where frames are left out.
        levels = math.log(chosen / side) / math.log(settings.space_factor)
        length = round(frames * settings.time_factor**levels)
        most = int(most_voxels / (chosen**2 * aspect))
        if length <= most:
            break
    length = max(settings.min_frames, min(length, most, frames))
    return replace(settings, min_side=chosen, min_frames=length)


def piece_side(mask: torch.Tensor) -> float | None:
    """Side [px] of the square that has the area of a typical piece of a mask, (t, h, w) bool.

    Half of the marked area lies in smaller pieces. None where nothing is marked.
    """
    marked = torch.nonzero(mask.flatten(1).any(1)).flatten()
    if not len(marked):
        return None
    looked = marked[torch.linspace(0, len(marked) - 1, LOOKED_FRAMES).round().long().unique()]
    areas = []
    for frame in mask[looked].numpy():
        _, _, stats, _ = cv2.connectedComponentsWithStats(frame.astype(np.uint8))
        areas += stats[1:, cv2.CC_STAT_AREA].tolist()
    areas = np.sort(areas)
    middle = np.searchsorted(np.cumsum(areas), areas.sum() / 2)
    return math.sqrt(areas[middle])


def with_marks(
    levels: list[Level], preference: Preference | None, settings: Settings
) -> tuple[list[Level], Settings]:
    """The levels with the marks on them, coarsest first, and the settings for them.

    Coarse levels on which almost every patch touches what is forbidden are left out. Where gains
    act, completeness acts on the same levels: beyond them it would bring back what is unwanted.
    Raises ValueError with one sentence where no level is left.
    """
    if preference is None:
        return levels, settings
    levels = _marked(levels, preference, settings)
    return levels, weighing_settings(settings, preference, shapes_of(levels))


def weighing_settings(
    settings: Settings, preference: Preference | Wish, shapes: Sequence[tuple[Shape, Shape]]
) -> Settings:
    """Settings whose completeness acts on no other levels than gains do, where there are gains.

    shapes: of the levels, coarsest first, see `pyramid.level_shapes`.
    """
    if not preference.targets:
        return settings
    count = preferred_levels(plan_levels(shapes, settings))
    share = min(settings.complete_levels, (count - 0.5) / len(shapes))
    return replace(settings, complete_levels=share)


def _marked(levels: list[Level], preference: Preference, settings: Settings) -> list[Level]:
    marks = preference.marks
    levels = [
        replace(level, marks=marks.reduced(level.source_shape, level.source.device))
        for level in levels
    ]
    if not marks.limits:
        return levels
    plans = plan_levels(shapes_of(levels), settings)
    enough = [
        int((~forbidden_keys(level.marks, plan.patch)).sum()) >= LEAST_KEYS
        for level, plan in zip(levels, plans)
    ]
    if not enough[-1]:
        raise ValueError("What is marked as none or kept leaves too little of the clip: mark less.")
    last = max((number for number, has in enumerate(enough) if not has), default=-1)
    return levels[last + 1 :]
