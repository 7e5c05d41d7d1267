"""From a decoded frame in any pixel format to upright RGB of one size."""

from __future__ import annotations

from fractions import Fraction

import av
import numpy as np
from av.video.reformatter import VideoReformatter

from .colour import SdrConversion
from .colour_tags import BT709, OWN_MATRICES, Colours, colours_of

# Flags of FFmpeg's scaler. Bicubic averages where it reduces; with accurate rounding and chroma
# interpolated at full resolution.
PRECISE_SCALING = 0x4 | 0x40000 | 0x2000
# Bilinear, as most tools convert: chroma is repeated, and sums are cut off.
PLAIN_SCALING = 0x2
FULL_RANGE = 2  # as H.264 and FFmpeg number it
# Where colours have to be converted, a frame is first reduced in its own encoding, but not below
# this share of its pixels and not below this many pixels. From 1080 to 134 rows of pink noise that
# changes HLG by 0.7 codes and PQ by 1.9 codes on average; linear light would change SDR by 4.1.
CONVERTED_SHARE, CONVERTED_PIXELS = 1 / 32, 1 << 16
PIXEL_ASPECTS = Fraction(1, 16), Fraction(16)  # What lies beyond is an error in the file.


class RgbConverter:
    """Converts decoded frames to upright RGB pictures with square pixels, all of one size.

    width, height: of the pictures [px]. turn: clockwise, by which a stored picture is shown: 0, 90,
    180 or 270 [degrees]; a mirrored one is turned after it was mirrored from left to right.
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
        a, b, c, d = self._matrix
        self._is_transposed = abs(b) > abs(a)
        along = (b if self._is_transposed else a) * (-1 if a * d < b * c else 1)
        self.turn = (0 if along >= 0 else 180) + (90 if self._is_transposed else 0)
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
        self._first_scaler, self._scaler = VideoReformatter(), VideoReformatter()
        self._conversions: dict[tuple, SdrConversion] = {}

    def convert(self, frame: av.VideoFrame) -> np.ndarray:
        """RGB of a frame, (height, width, 3) uint8, contiguous."""
        width, height = self.width, self.height
        if self._is_transposed:
            width, height = height, width
        colours = colours_of(frame)
        if not frame.format.is_rgb:
            # The scaler knows no other matrix, and is asked for none where it does not.
            frame.colorspace = BT709 if colours.matrix in OWN_MATRICES else colours.matrix
        is_see_through = has_alpha(frame)
        if not colours.are_standard:
            size = frame.width, frame.height
            if not is_see_through:
                size = converted_size(*size, width, height)
            rgb = self._converted(frame, colours, *size)
            frame = lay_over_grey(frame, self._backdrop, rgb) if is_see_through else as_frame(rgb)
        elif is_see_through:
            frame = lay_over_grey(frame, self._backdrop)
        picture = self._scaler.reformat(
            frame, width, height, "rgb24", interpolation=self._flags
        ).to_ndarray()
        a, b, c, d = self._matrix
        along_x, along_y = (c, b) if self._is_transposed else (a, d)
        if self._is_transposed:
            picture = picture.transpose(1, 0, 2)
        return np.ascontiguousarray(
            picture[:: -1 if along_y < 0 else 1, :: -1 if along_x < 0 else 1]
        )

    def _converted(
        self, frame: av.VideoFrame, colours: Colours, width: int, height: int
    ) -> np.ndarray:
        """(height, width, 3) uint8 RGB, as SDR, of a frame whose colours are not standard."""
        kind = colours, frame.color_range == FULL_RANGE or frame.format.name.startswith("yuvj")
        if kind not in self._conversions:
            self._conversions[kind] = SdrConversion(*kind)
        conversion = self._conversions[kind]
        pixel_format = "gbrp16le" if conversion.takes_rgb else "yuv444p16le"
        stored = self._first_scaler.reformat(
            frame, width, height, pixel_format, interpolation=self._flags
        )
        planes = [
            np.frombuffer(plane, "<u2").reshape(height, -1)[:, :width] for plane in stored.planes
        ]
        if conversion.takes_rgb:
            planes = planes[2], planes[0], planes[1]  # They are stored as green, blue and red.
        return conversion.convert(planes)


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


def has_alpha(frame: av.VideoFrame) -> bool:
    """Whether pixels of the frame may be see-through."""
    return frame.format.name == "pal8" or any(c.is_alpha for c in frame.format.components)


def converted_size(stored_width: int, stored_height: int, width: int, height: int) -> tuple:
    """The size (width, height) [px] at which colours are converted for a picture of some size.

    It is a whole multiple of that of the picture, or the stored size where that is not larger.
    """
    stored = stored_width * stored_height
    if max(width * height, stored * CONVERTED_SHARE, CONVERTED_PIXELS) >= stored:
        return stored_width, stored_height
    pixels = max(stored * CONVERTED_SHARE, CONVERTED_PIXELS)
    factor = max(1, int((pixels / (width * height)) ** 0.5))
    return min(stored_width, factor * width), min(stored_height, factor * height)


def as_frame(rgb: np.ndarray) -> av.VideoFrame:
    """(H, W, 3) uint8 as a frame."""
    return av.VideoFrame.from_ndarray(rgb, format="rgb24")


def lay_over_grey(frame: av.VideoFrame, grey: int, rgb: np.ndarray | None = None) -> av.VideoFrame:
    """The frame without transparency, on a background of one grey level, 0 to 255.

    rgb: (H, W, 3) uint8, the colours in the place of those of the frame.
    """
    rgba = frame.reformat(format="rgba").to_ndarray().astype(np.uint16)
    alpha = rgba[..., 3:]
    rgb = rgba[..., :3] if rgb is None else rgb.astype(np.uint16)
    rgb = (rgb * alpha + grey * (255 - alpha) + 127) // 255
    return as_frame(rgb.astype(np.uint8))
