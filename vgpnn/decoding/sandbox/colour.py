"""From colours of any primaries and any transfer curve to those of SDR with BT.709's primaries.

Signals become light by a table, the primaries are changed in light, and light becomes 8-bit codes
by one more table. The curve of the output is that of the input where displays have it; for images
in linear light it is that of sRGB; otherwise it is gamma 2.4, with which displays show BT.709
(BT.1886).
"""

from __future__ import annotations

from functools import cache

import numpy as np

from .colour_tags import ICTCP, OWN_MATRICES, Colours
from .curves import (
    DISPLAY_CURVES,
    HDR_CURVES,
    HLG,
    LEVELS,
    LINEAR,
    PQ,
    SRGB,
    VIDEO,
    code_table,
    light_table,
    system_gamma_table,
)
from .matrices import LMS_FROM_BT2020, SignalDecoder, mixed
from .primaries import bt709_from, luminances

SDR_WHITE = 203.0  # [nits] of HDR that are white in SDR (BT.2408)
PEAKS = {PQ: 10_000.0, HLG: 1000.0}  # [nits] of light 1; for HLG that of its usual display
HLG_GAMMA = 1.2  # the system gamma of HLG on that display (BT.2100)
KNEE = 0.9  # light of HDR from which on it is compressed, where SDR white is 1
BRIGHTEST = PEAKS[PQ] / SDR_WHITE  # light of HDR above which nothing changes any more
PALENESS = 0.5  # how much white is mixed into light far above SDR white, as film does
BAND_PIXELS = 1 << 15  # [px] that are converted at once: few enough for a processor's cache


class SdrConversion:
    """Makes SDR of pictures whose colours are all of one kind."""

    def __init__(self, colours: Colours, is_full_range: bool = False) -> None:
        """colours: of the pictures. is_full_range: of luma and chroma, where `takes_rgb` is false.

        takes_rgb: whether `convert` takes red, green and blue, or luma and chroma.
        """
        self.takes_rgb = colours.matrix not in OWN_MATRICES
        self._decoder = None if self.takes_rgb else SignalDecoder(colours, is_full_range)
        self._curve = colours.curve
        self._light = light_table(self._curve)
        self._codes = code_table(output_curve(colours))
        mixing, luminance = bt709_from(colours.primaries), luminances(colours.primaries)
        if colours.matrix == ICTCP:
            rgb_from_lms = np.linalg.inv(LMS_FROM_BT2020)
            mixing, luminance = mixing @ rgb_from_lms, luminance @ rgb_from_lms
        if self._curve in HDR_CURVES:
            mixing = mixing * (PEAKS[self._curve] / SDR_WHITE)
        self._mixing, self._luminance = mixing.astype(np.float32), luminance.astype(np.float32)

    def convert(self, planes: list[np.ndarray]) -> np.ndarray:
        """(H, W, 3) uint8 RGB of three planes (H, W) uint16, whose full range is 0 to 65535."""
        height, width = planes[0].shape
        picture = np.empty((height, width, 3), np.uint8)
        rows = max(1, BAND_PIXELS // width)
        for top in range(0, height, rows):
            band = slice(top, top + rows)
            self._convert_band([plane[band] for plane in planes], picture[band])
        return picture

    def _convert_band(self, planes: list[np.ndarray], picture: np.ndarray) -> None:
        """Fill (h, W, 3) uint8 from planes (h, W) uint16."""
        signals = planes if self._decoder is None else self._decoder.signals(planes)
        light = [self._light.take(signal) for signal in signals]
        if self._curve == HLG:
            apply_system_gamma(light, self._luminance)
        light = mixed(self._mixing, light)
        if self._curve in HDR_CURVES:
            roll_off(light)
        for channel, plane in enumerate(light):
            picture[..., channel] = self._codes.take(roots(plane))


def output_curve(colours: Colours) -> int:
    """The curve, one of DISPLAY_CURVES, that codes are made with."""
    if colours.curve == LINEAR and colours.matrix == 0:
        return SRGB  # an image from a renderer
    return colours.curve if colours.curve in DISPLAY_CURVES else VIDEO


def roots(light: np.ndarray, most: float = 1.0) -> np.ndarray:
    """Square roots of light in [0, most], as 16-bit numbers; the light is overwritten."""
    np.clip(light, 0, np.float32(most), out=light)
    np.sqrt(light, out=light)
    light *= np.float32((LEVELS - 1) / most**0.5)
    light += np.float32(0.5)
    return light.astype(np.uint16)


def apply_system_gamma(light: list[np.ndarray], luminance: np.ndarray) -> None:
    """Make light that a display shows of light that a camera saw, in place (HLG).

    luminance: (3,), what each plane gives to it.
    """
    total = light[0] * luminance[0]
    total += light[1] * luminance[1]
    total += light[2] * luminance[2]
    gains = system_gamma_table(HLG_GAMMA - 1).take(roots(total))
    for plane in light:
        plane *= gains


def roll_off(light: list[np.ndarray]) -> None:
    """Compress light above KNEE into [KNEE, 1], in place, without a change of hue.

    The largest of red, green and blue is compressed and the others keep their ratio to it: a
    channel that is clipped alone would turn orange into yellow.
    """
    largest = np.maximum(np.maximum(light[0], light[1]), light[2])
    if largest.max() <= KNEE:
        return
    gains, whites = roll_off_tables()
    index = roots(largest, BRIGHTEST)
    gains, whites = gains.take(index), whites.take(index)
    for plane in light:
        np.maximum(plane, 0, out=plane)
        plane *= gains
        plane += whites


@cache
def roll_off_tables() -> tuple[np.ndarray, np.ndarray]:
    """Two times (65536,) float32, by the root of the largest channel in [0, BRIGHTEST]: what every
    channel is multiplied with, and the white light that is added."""
    largest = np.maximum((np.arange(LEVELS) / (LEVELS - 1)) ** 2 * BRIGHTEST, 1e-9)
    over = np.maximum(largest - KNEE, 0) / (1 - KNEE)
    compressed = np.minimum(largest, KNEE) + (1 - KNEE) * over / (1 + over)
    paleness = PALENESS * np.maximum(1 - 1 / largest, 0) ** 2
    gains, whites = (1 - paleness) * compressed / largest, paleness * compressed
    return gains.astype(np.float32), whites.astype(np.float32)
