"""What the colour tags of a frame mean, and what stands in for those that are missing."""

from __future__ import annotations

from typing import NamedTuple

import av

from .checks import RefusedError
from .curves import GAMMAS, HDR_CURVES, PQ, SRGB, VIDEO

# Matrices, primaries and curves have the numbers of H.264 and FFmpeg.
BT709, PAL, BT601, BT2020 = 1, 5, 6, 9
YCGCO, BT2020_CONSTANT, CHROMA_DERIVED, ICTCP = 8, 10, 12, 14
KNOWN_MATRICES = (BT709, 4, 5, BT601, 7, BT2020)  # FFmpeg has coefficients for these
OWN_MATRICES = (YCGCO, BT2020_CONSTANT, CHROMA_DERIVED, ICTCP)  # `colour.py` decodes these
OTHER_MATRICES = {
    11: "SMPTE ST 2085",
    13: "chroma-derived constant luminance",
    15: "SMPTE ST 2128 (IPT)",
    16: "YCgCo-Re",
    17: "YCgCo-Ro",
}
DCI_P3, DISPLAY_P3 = 11, 12
# Primaries that are shown as those of BT.709. Browsers and players show BT.601 for NTSC (6, 7) so:
# old tools wrote this tag on all small videos, whatever the primaries were.
SHOWN_AS_BT709 = (BT709, 6, 7)
CHROMATICITIES = {  # x and y of red, green, blue and white
    BT709: (0.640, 0.330, 0.300, 0.600, 0.150, 0.060, 0.3127, 0.3290),
    4: (0.670, 0.330, 0.210, 0.710, 0.140, 0.080, 0.3100, 0.3160),
    PAL: (0.640, 0.330, 0.290, 0.600, 0.150, 0.060, 0.3127, 0.3290),
    8: (0.681, 0.319, 0.243, 0.692, 0.145, 0.049, 0.3100, 0.3160),
    BT2020: (0.708, 0.292, 0.170, 0.797, 0.131, 0.046, 0.3127, 0.3290),
    10: (1.0, 0.0, 0.0, 1.0, 0.0, 0.0, 1 / 3, 1 / 3),
    DCI_P3: (0.680, 0.320, 0.265, 0.690, 0.150, 0.060, 0.3140, 0.3510),
    DISPLAY_P3: (0.680, 0.320, 0.265, 0.690, 0.150, 0.060, 0.3127, 0.3290),
    22: (0.630, 0.340, 0.295, 0.605, 0.155, 0.077, 0.3127, 0.3290),
}
# [px] Videos without a tag are BT.709 where their longer or their shorter side has this length, as
# players assume. Films in HD are often cut to fewer rows.
HD_SIDES = 1280, 720


UNKNOWN, UNKNOWN_RANGE = 2, 0


class Tags(NamedTuple):
    """The colour tags of a container, as H.264 and FFmpeg number them."""

    primaries: int
    curve: int
    matrix: int
    range: int


def tags_of(codec: av.VideoCodecContext) -> Tags:
    """The tags of a stream, before a frame of it is decoded, which may say that it knows none."""
    return Tags(codec.color_primaries, codec.color_trc, codec.colorspace, codec.color_range)


def fill_in(frame: av.VideoFrame, tags: Tags) -> av.VideoFrame:
    """The frame, with the tags of its container where it has none itself: ProRes of many programs
    has them there only."""
    if frame.color_primaries == UNKNOWN:
        frame.color_primaries = tags.primaries
    if frame.color_trc == UNKNOWN:
        frame.color_trc = tags.curve
    if frame.colorspace == UNKNOWN and not frame.format.is_rgb:
        frame.colorspace = tags.matrix
    if frame.color_range == UNKNOWN_RANGE:
        frame.color_range = tags.range
    return frame


class Colours(NamedTuple):
    """How the numbers of a frame become colours.

    matrix: one of KNOWN_MATRICES or OWN_MATRICES, or 0 for pixels stored as RGB.
    primaries: a key of CHROMATICITIES. curve: one that `curves.py` knows.
    """

    matrix: int
    primaries: int
    curve: int

    @property
    def are_standard(self) -> bool:
        """Whether FFmpeg's scaler makes RGB of them that can be shown as it is."""
        is_shown = self.primaries == BT709 and self.curve in (VIDEO, SRGB, 4)
        return is_shown and self.matrix not in OWN_MATRICES


def colours_of(frame: av.VideoFrame) -> Colours:
    """The colours of a frame by its tags; the other tags tell most about one that is missing.

    Raises `RefusedError` for a matrix that is not read.
    """
    matrix, primaries, curve = int(frame.colorspace), int(frame.color_primaries), frame.color_trc
    if matrix in OTHER_MATRICES:
        raise RefusedError(
            f"The video's colours are stored as {OTHER_MATRICES[matrix]}, which is not read here:"
            " convert the file to MP4 with H.264."
        )
    if matrix not in KNOWN_MATRICES + OWN_MATRICES:
        matrix = None
    if matrix == ICTCP and curve not in HDR_CURVES:
        curve = PQ
    is_hdr, tagged = curve in HDR_CURVES, primaries
    if matrix == BT2020_CONSTANT and is_hdr:
        matrix = BT2020  # HDR has no constant luminance.
    if primaries in SHOWN_AS_BT709:
        primaries = BT709
    elif primaries not in CHROMATICITIES:
        is_wide = matrix in (BT2020, BT2020_CONSTANT) or (matrix is None and curve in (14, 15))
        primaries = BT2020 if is_hdr or is_wide else BT709
    if frame.format.is_rgb:
        matrix = 0
    elif matrix is None:
        if primaries == BT2020:
            matrix = BT2020
        elif is_hdr or tagged in (BT709, DCI_P3, DISPLAY_P3):
            matrix = BT709
        elif tagged in (PAL, *SHOWN_AS_BT709):
            matrix = BT601
        else:
            sides = max(frame.width, frame.height), min(frame.width, frame.height)
            matrix = BT709 if sides[0] >= HD_SIDES[0] or sides[1] >= HD_SIDES[1] else BT601
    has_own_curve = curve in GAMMAS or curve == SRGB or is_hdr
    return Colours(matrix, primaries, int(curve) if has_own_curve else VIDEO)
