"""Which keys of a source are wanted more, less, or not at all (beyond the paper).

The loop minimises D(Q_i, K_j) * w_j. A mark changes the weights of the keys that show it: the slack
1 / w_j is multiplied by exp(gain * share of the patch in the mark), or is 0 where keys may not be
used at all. Coarse levels decide what a result is made of, so gains act on the coarser half of the
levels at most; on fine levels they would only cost coherence. Forbidden keys are forbidden on all
levels.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F

from vgpnn import fields
from vgpnn.fields import FieldShape
from vgpnn.machine.memory import empty
from vgpnn.outside import moved_outside, usable_slack
from vgpnn.patches import grid
from vgpnn.schedule import LevelPlan
from vgpnn.settings import Shape

PREFERRED_LEVELS = 0.5  # share of the levels, from the coarsest, on which gains act, at most
PREFERRED_SIDE, LEAST_PREFERRED = 36, 3  # [px] of such a level; levels on which they act anyway
FORBIDDEN_SHARE = 0.02  # of a patch in a forbidden mark, up to which the patch may be used

Checkpoint = Callable[[], None]


@dataclass(frozen=True)
class Marks:
    """What is marked in a source, as the share of each voxel, float32 in [0, 1].

    wanted: (M, t, h, w), the M marks that have a gain each. forbidden: (t, h, w), or None.
    kept: (t, h, w), what stays where it is, which no key may touch at all; or None.
    """

    wanted: torch.Tensor
    forbidden: torch.Tensor | None = None
    kept: torch.Tensor | None = None

    def reduced(self, shape: Shape, device: torch.device) -> Marks:
        """The marks at the size (t, h, w) of a level."""
        others = (
            None if mask is None else _reduced(mask[None], shape)[0].to(device)
            for mask in (self.forbidden, self.kept)
        )
        return Marks(_reduced(self.wanted, shape).to(device), *others)

    @property
    def limits(self) -> list[tuple[torch.Tensor, float]]:
        """Masks, and the share of a patch in each of them up to which the patch may be used."""
        limits = (self.forbidden, FORBIDDEN_SHARE), (self.kept, 0.0)
        return [(mask, share) for mask, share in limits if mask is not None]


def _reduced(masks: torch.Tensor, shape: Shape) -> torch.Tensor:
    """The mean of masks, (M, t, h, w) float32, over each voxel of a smaller (t', h', w')."""
    if tuple(masks.shape[1:]) == tuple(shape):
        return masks
    return F.adaptive_avg_pool3d(masks, shape) if len(masks) else masks.new_zeros(0, *shape)


def cover(mask: torch.Tensor, patch: Shape, checkpoint: Checkpoint = lambda: None) -> torch.Tensor:
    """The share of every patch that lies in a mask, (t, h, w) float32: key grid, float32."""
    shares = empty(grid(tuple(mask.shape), patch), torch.float32, mask.device)
    for number in range(len(shares)):  # one frame at a time
        checkpoint()
        frames = mask[number : number + patch[0]].mean(0)
        shares[number] = F.avg_pool2d(frames[None], patch[1:], stride=1)[0]
    return shares


def forbidden_keys(
    marks: Marks | None, patch: Shape, checkpoint: Checkpoint = lambda: None
) -> torch.Tensor | None:
    """Which patches may not be used: the key grid, bool; None where all may be."""
    if marks is None or not marks.limits:
        return None
    touching = [cover(mask, patch, checkpoint) > share for mask, share in marks.limits]
    return torch.stack(touching).any(0) if len(touching) > 1 else touching[0]


@dataclass(frozen=True)
class KeyWeights:
    """What besides completeness weighs the keys of a level.

    usable: key grid, bool; None where all keys may be used.
    factor: (S,) + key grid, float64, by which the slack is multiplied; None where it stays.
    """

    usable: torch.Tensor | None
    factor: torch.Tensor | None

    def slack(self, slack: torch.Tensor | None, samples: int) -> torch.Tensor | None:
        """The slack that the search gets, (S,) + key grid. slack: by completeness, or None."""
        if self.factor is not None:
            slack = self.factor if slack is None else slack * self.factor
        return usable_slack(slack, self.usable, samples)

    def start(
        self, field: torch.Tensor | None, shape: FieldShape, samples: int, checkpoint: Checkpoint
    ) -> torch.Tensor | None:
        """A field, (S,) + query grid + (3,), that points at no key which may not be used. None, at
        the first search of all, stays so where all keys may be used."""
        if self.usable is None:
            return field
        if field is None:
            field = fields.initial(samples, self.usable, shape)
        return moved_outside(field, self.usable, checkpoint)


def key_weights(
    usable: torch.Tensor | None,
    marks: Marks | None,
    patch: Shape,
    gains: Sequence[Sequence[float]] = (),
    strength: float = 1.0,
    checkpoint: Checkpoint = lambda: None,
) -> KeyWeights:
    """How keys are weighed at a level: none that touches a forbidden mark is used.

    usable: which keys may be used besides, see `Level.usable_keys`.
    marks: at the size of the level, or None.
    gains: of each of the S samples one for every mark that has one; none where no gain acts.
    strength: share of the gains that acts, in [0, 1].
    """
    forbidden = forbidden_keys(marks, patch, checkpoint)
    if forbidden is not None:
        usable = ~forbidden if usable is None else usable & ~forbidden
    if marks is None or strength == 0 or not any(map(any, gains)):
        return KeyWeights(usable, None)
    # In shares of the largest one: a patch that is full of small things counts fully, too.
    covers = torch.stack([cover(mask, patch, checkpoint) for mask in marks.wanted]).double()
    covers /= covers.amax((1, 2, 3), keepdim=True).clamp(min=1e-6)
    of_samples = strength * torch.tensor(gains, dtype=torch.float64, device=covers.device)
    return KeyWeights(usable, torch.exp(torch.tensordot(of_samples, covers, dims=1)))


def preferred_levels(plans: Sequence[LevelPlan]) -> int:
    """On how many of the levels, from the coarsest, gains act.

    It is their coarser half, without large levels, so that it costs the same for every size.
    """
    half = math.ceil(PREFERRED_LEVELS * len(plans))
    small = sum(min(plan.result[1:]) <= PREFERRED_SIDE for plan in plans)
    return min(half, max(LEAST_PREFERRED, small))


def strengths(plans: Sequence[LevelPlan]) -> list[float]:
    """The share of the gains that acts at each level, in [0, 1].

    It fades to 0: what is held by a strong gain alone is gone at once where the gain ends.
    """
    count = preferred_levels(plans)
    return [max(0.0, 1 - index / count) for index in range(len(plans))]
