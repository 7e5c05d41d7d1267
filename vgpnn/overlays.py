"""Overlays, such as logos and subtitles: parts of the picture that stay where they are, to the bit.

No patch may come from them, and the coarse levels must not see them. So the clip that a take is
made from has the picture around them spread over them; at the end they are put back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
import torch

from vgpnn.source_map import keep_outside

AROUND = 2  # [px] over which coding smears the edge of an overlay into the picture
REACH = 3  # [px] around a place from which the colours that are spread over it come


@dataclass(frozen=True)
class Overlay:
    """What of a clip stays in every take.

    mask: (T, H, W) bool, True where the clip stays. codes: (T, H, W, 3) uint8, the whole clip.
    """

    mask: torch.Tensor
    codes: torch.Tensor

    def on(
        self, codes: torch.Tensor, places: torch.Tensor, checkpoint: Callable[[], None]
    ) -> torch.Tensor:
        """A take, (T, H, W, 3) uint8 codes, with the overlay on it.

        places: the source map of the take, changed in place: the overlay comes from its own place.
        """
        keep_outside(places, ~self.mask, checkpoint)
        return self.codes.where(self.mask[..., None], codes)


def without(
    codes: torch.Tensor, mask: torch.Tensor, checkpoint: Callable[[], None] = lambda: None
) -> torch.Tensor:
    """A clip, (T, H, W, 3) uint8 codes on the CPU, with the picture spread over a mask.

    mask: (T, H, W) bool. The pixels next to it are covered, too, because coding smears its edge.
    """
    filled = codes.clone()
    kernel = np.ones((2 * AROUND + 1,) * 2, np.uint8)
    for number in range(len(codes)):
        checkpoint()
        if mask[number].any() and not mask[number].all():
            covered = cv2.dilate(mask[number].numpy().astype(np.uint8), kernel)
            frame = np.ascontiguousarray(codes[number].numpy())
            # Only the box around what is covered is worked on: it takes time by the pixel.
            y, x = (np.flatnonzero(covered.any(axis)) for axis in (1, 0))
            room = AROUND + 2 * REACH
            box = np.s_[max(0, y[0] - room) : y[-1] + room, max(0, x[0] - room) : x[-1] + room]
            if covered[box].all():
                box = np.s_[:, :]
            part = cv2.inpaint(frame[box], covered[box], REACH, cv2.INPAINT_TELEA)
            filled[number][box] = torch.from_numpy(part)
    return filled
