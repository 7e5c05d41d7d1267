"""From a decoded frame in any pixel format to upright RGB of one size."""

from __future__ import annotations

from fractions import Fraction

import av
import numpy as np
from av.video.reformatter import VideoReformatter

# Flags of FFmpeg's scaler. Bicubic averages where it reduces; with accurate rounding and chroma
# interpolated at full resolution.
PRECISE_SCALING = 0x4 | 0x40000 | 0x2000
# Bilinear, as most tools convert: chroma is repeated, and sums are cut off.
PLAIN_SCALING = 0x2
# Colour matrices and transfer curves have the numbers of H.264 and FFmpeg.
BT709, BT601, BT2020 = 1, 6, 9
KNOWN_MATRICES = (BT709, 4, 5, BT601, 7, BT2020)  # FFmpeg has coefficients for these
HDR_CURVES = (16, 18)  # PQ and HLG
HD_SIDE = 720  # [px] videos without a tag are BT.709 from this smaller side on, as players assume
PIXEL_ASPECTS = Fraction(1, 16), Fraction(16)  # What lies beyond is an error in the file.


class RgbConverter:
    """Converts decoded frames to upright RGB pictures with square pixels, all of one size.

    width, height: of the pictures [px].
    """

    def __init__(
        self,
        first_frame: av.VideoFrame,
        pixel_aspect: Fraction | None,
        height: int | None,
        backdrop: int = 255,
        plain: bool = False,
    ) -> None:
        """Choose the size by the first frame.

        pixel_aspect: width / height of a stored pixel; None means 1.
        height: None keeps the size, odd or even. Otherwise pictures are reduced to this height
            [px], rounded down to even; the width keeps the aspect and is rounded to even. A
            picture is never enlarged.
        backdrop: the grey level, 0 to 255, that see-through pixels are laid over.
        plain: whether colours are converted as most tools do, where the size stays.
        """
        self._backdrop = backdrop
        least, most = PIXEL_ASPECTS
        if not pixel_aspect or not least <= pixel_aspect <= most:
            pixel_aspect = Fraction(1)
        width, stored_height = max(1, round(first_frame.width * pixel_aspect)), first_frame.height
        self._matrix = display_matrix(first_frame)
        a, b, _, _ = self._matrix
        self._is_transposed = abs(b) > abs(a)
        if self._is_transposed:
            self.width, self.height = stored_height, width
        else:
            self.width, self.height = width, stored_height
        if height is not None and height < self.height:
            even = max(2, height - height % 2)
            self.width = max(2, 2 * round(Fraction(self.width * even, 2 * self.height)))
            self.height = even
        keeps_size = {self.width, self.height} == {first_frame.width, first_frame.height}
        self._flags = PLAIN_SCALING if plain and keeps_size else PRECISE_SCALING
        self._scaler = VideoReformatter()

    def convert(self, frame: av.VideoFrame) -> np.ndarray:
        """RGB of a frame, (height, width, 3) uint8, contiguous."""
        to_standard_range = {}
        if not frame.format.is_rgb:
            if frame.colorspace not in KNOWN_MATRICES:
                is_hd = min(frame.width, frame.height) >= HD_SIDE
                frame.colorspace = BT709 if is_hd else BT601
            if frame.color_trc in HDR_CURVES:
                to_standard_range = {"dst_color_trc": BT709, "dst_color_primaries": BT709}
        if frame.format.name == "pal8" or any(c.is_alpha for c in frame.format.components):
            frame = lay_over_grey(frame, self._backdrop)
        width, height = self.width, self.height
        if self._is_transposed:
            width, height = height, width
        picture = self._scaler.reformat(
            frame, width, height, "rgb24", interpolation=self._flags, **to_standard_range
        ).to_ndarray()
        a, b, c, d = self._matrix
        along_x, along_y = (c, b) if self._is_transposed else (a, d)
        if self._is_transposed:
            picture = picture.transpose(1, 0, 2)
        return np.ascontiguousarray(
            picture[:: -1 if along_y < 0 else 1, :: -1 if along_x < 0 else 1]
        )


def display_matrix(frame: av.VideoFrame) -> list[int]:
    """The numbers [a, b, c, d] by which a stored (x, y) is shown at (a x + c y, b x + d y).

    Cameras store a quarter turn or a mirroring in this way; other turns are not used.
    """
    try:
        for data in frame.side_data:
            if data.type.name == "DISPLAYMATRIX":
                return np.frombuffer(data, "=i4")[[0, 1, 3, 4]].tolist()
    except ValueError:  # The frame has side data (EXIF) of a kind that PyAV does not know.
        quarter_turns = round(frame.rotation / 90) % 4
        return [[1, 0, 0, 1], [0, -1, 1, 0], [-1, 0, 0, -1], [0, 1, -1, 0]][quarter_turns]
    return [1, 0, 0, 1]


def lay_over_grey(frame: av.VideoFrame, grey: int) -> av.VideoFrame:
    """The frame without transparency, on a background of one grey level, 0 to 255."""
    rgba = frame.reformat(format="rgba").to_ndarray().astype(np.uint16)
    alpha = rgba[..., 3:]
    rgb = (rgba[..., :3] * alpha + grey * (255 - alpha) + 127) // 255
    return av.VideoFrame.from_ndarray(rgb.astype(np.uint8), format="rgb24")
