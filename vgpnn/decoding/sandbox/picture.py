"""From a decoded frame, in whatever format, to upright RGB of one size."""

from __future__ import annotations

from fractions import Fraction

import av
import numpy as np
from av.video.reformatter import VideoReformatter


class Canvas:
    """Turns decoded frames into upright RGB pictures of one size.

    `height` None keeps the size (odd ones too).  Otherwise the picture is reduced to that height
    (rounded down to even; the width keeps the aspect, rounded to even); it is never enlarged.
    """

    # Bicubic (antialiased when it reduces), accurate rounding, full chroma resolution.
    FLAGS = 0x4 | 0x40000 | 0x2000
    PLAIN = 0x2  # what most tools do: chroma repeated, sums cut off
    PQ_AND_HLG, BT709 = (16, 18), 1

    def __init__(
        self, frame, aspect: Fraction | None, height: int | None, backdrop: int = 255, plain=False
    ):
        # `frame`: the first one; `aspect`: width / height of a stored pixel; `backdrop`: grey;
        # `plain`: whether colours are converted plainly where the size stays
        self.backdrop = backdrop
        aspect = aspect if aspect and Fraction(1, 16) <= aspect <= 16 else Fraction(1)
        width, stored = max(1, round(frame.width * aspect)), frame.height
        self.turn = self._display_matrix(frame)
        self.swapped = abs(self.turn[1]) > abs(self.turn[0])
        self.width, self.height = (stored, width) if self.swapped else (width, stored)
        if height is not None and height < self.height:
            even = max(2, height - height % 2)
            self.width = max(2, 2 * round(Fraction(self.width * even, 2 * self.height)))
            self.height = even
        stays = {self.width, self.height} == {frame.width, frame.height}
        self.flags = self.PLAIN if plain and stays else self.FLAGS
        self.scaler = VideoReformatter()

    @staticmethod
    def _display_matrix(frame) -> list[int]:
        """The part (a, b, c, d) of (a b; c d), which sends stored (x, y) to shown
        (a x + c y, b x + d y); only its quarter turns and mirrorings are used."""
        try:
            for data in frame.side_data:
                if data.type.name == "DISPLAYMATRIX":
                    return np.frombuffer(data, "=i4")[[0, 1, 3, 4]].tolist()
        except ValueError:  # other side data (EXIF) of a kind that PyAV does not know
            quarter = round(frame.rotation / 90) % 4
            return [[1, 0, 0, 1], [0, -1, 1, 0], [-1, 0, 0, -1], [0, 1, -1, 0]][quarter]
        return [1, 0, 0, 1]

    def paint(self, frame) -> np.ndarray:
        """RGB of a frame, (height, width, 3) uint8, contiguous."""
        to_sdr = {}
        if not frame.format.is_rgb:
            if frame.colorspace not in (1, 4, 5, 6, 7, 9):  # untagged: by size, as players do
                frame.colorspace = 1 if min(frame.width, frame.height) >= 720 else 6
            if frame.color_trc in self.PQ_AND_HLG:
                to_sdr = {"dst_color_trc": self.BT709, "dst_color_primaries": self.BT709}
        if frame.format.name == "pal8" or any(c.is_alpha for c in frame.format.components):
            frame = self._on_backdrop(frame)
        width, height = (self.height, self.width) if self.swapped else (self.width, self.height)
        image = self.scaler.reformat(
            frame, width, height, "rgb24", interpolation=self.flags, **to_sdr
        ).to_ndarray()
        a, b, c, d = self.turn
        if self.swapped:
            a, d, image = c, b, image.transpose(1, 0, 2)
        return np.ascontiguousarray(image[:: -1 if d < 0 else 1, :: -1 if a < 0 else 1])

    def _on_backdrop(self, frame):
        """See-through pixels lie over one grey: white, as on a web page, unless asked."""
        rgba = frame.reformat(format="rgba").to_ndarray().astype(np.uint16)
        alpha = rgba[..., 3:]
        flat = (rgba[..., :3] * alpha + self.backdrop * (255 - alpha) + 127) // 255
        return av.VideoFrame.from_ndarray(flat.astype(np.uint8), format="rgb24")
