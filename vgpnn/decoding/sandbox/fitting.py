"""Pictures of one size, also where a video changes its size or is turned in its course."""

from __future__ import annotations

from fractions import Fraction

import av
import numpy as np

from .picture import PRECISE_SCALING, RgbConverter

MOST_KINDS = 4  # other sizes whose converters are kept
NOTE = (
    "The picture changes its size or is turned within the video: later frames are fitted to the"
    " first one, with black bars where their shape differs."
)


class FittingConverter:
    """Converts frames to RGB of the size of the first one; others are scaled into it, with bars.

    width, height: of the pictures [px]. turn: of the first one, see `RgbConverter`.
    """

    def __init__(self, first_frame: av.VideoFrame, notes: list[str], **options) -> None:
        """options: see `RgbConverter`. notes: gets a sentence where a frame has another size."""
        self._kind, self._notes, self._options = _kind(first_frame), notes, options
        self._converter = RgbConverter(first_frame, **options)
        self._others: dict[tuple, tuple[RgbConverter, tuple[int, int]]] = {}
        self.width, self.height = self._converter.width, self._converter.height
        self.turn = self._converter.turn

    def convert(self, frame: av.VideoFrame) -> np.ndarray:
        """RGB of a frame, (height, width, 3) uint8, contiguous."""
        kind = _kind(frame)
        if kind == self._kind:
            return self._converter.convert(frame)
        if NOTE not in self._notes:
            self._notes.append(NOTE)
        if kind not in self._others:
            if len(self._others) == MOST_KINDS:
                del self._others[next(iter(self._others))]
            whole = RgbConverter(frame, **self._options | {"height": None})
            size = self._fitted_size(whole.width, whole.height)
            self._others[kind] = RgbConverter(frame, **self._options | {"height": size[1]}), size
        converter, size = self._others[kind]
        return self._fitted(converter.convert(frame), size)

    def _fitted_size(self, width: int, height: int) -> tuple[int, int]:
        """The largest size (width, height) of the same shape within ours [px]."""
        scale = min(Fraction(self.width, width), Fraction(self.height, height))
        return max(1, round(width * scale)), max(1, round(height * scale))

    def _fitted(self, picture: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        """A picture, (h, w, 3), of a size (width, height) in the middle of one of ours."""
        if size != picture.shape[1::-1]:
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            picture = frame.reformat(*size, interpolation=PRECISE_SCALING).to_ndarray()
        fitted = np.zeros((self.height, self.width, 3), np.uint8)
        left, top = (self.width - size[0]) // 2, (self.height - size[1]) // 2
        fitted[top : top + size[1], left : left + size[0]] = picture
        return fitted


def _kind(frame: av.VideoFrame) -> tuple:
    # Not the whole display matrix: `side_data` and its frame would hold each other, and frames of
    # 4K would fill the memory long before Python looks for such pairs.
    return frame.width, frame.height, frame.rotation
