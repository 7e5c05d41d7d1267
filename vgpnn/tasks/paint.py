"""Pictures that somebody painted, kept as the PNG files that they came as: a painted picture of a
megapixel has a few colours and takes a few kilobytes."""

from __future__ import annotations

import base64
import hashlib
import io
from collections.abc import Iterator, Mapping

import numpy as np
from PIL import Image

PAINT_PIXELS = 1_000_000  # [px] of a painted picture, at most
PAINT_BYTES = 8_000_000  # [bytes] of all painted pictures of one request
TOO_MUCH = "This is more paint than is kept: clear some frames, or paint in fewer colours."
UNREADABLE = "A painted picture cannot be read: reload the page, and paint it again."


class Paint(Mapping):
    """Painted pictures by number, such as that of a frame. It is never changed, and a picture is
    opened anew whenever it is read: an (H, W, 4) uint8 array.

    files: the PNG files by number. nbytes: the size of all of them [bytes].
    """

    def __init__(self, files: Mapping[int, bytes] | None = None) -> None:
        """Nothing is opened yet. Raises ValueError for more than PAINT_BYTES."""
        self.files = dict(files or {})
        self.nbytes = sum(map(len, self.files.values()))
        if self.nbytes > PAINT_BYTES:
            raise ValueError(TOO_MUCH)

    @classmethod
    def of(cls, pictures: Mapping[int, np.ndarray]) -> Paint:
        """The paint of some (H, W, 4) uint8 pictures. Raises ValueError for more than is kept."""
        if isinstance(pictures, Paint):
            return pictures
        return cls({number: _png(picture) for number, picture in pictures.items()})

    @property
    def digest(self) -> bytes:
        """The same for the same files alone."""
        digest = hashlib.blake2b()
        for number, file in sorted(self.files.items()):
            digest.update(f"{number} {len(file)} ".encode() + file)
        return digest.digest()

    @property
    def texts(self) -> dict[str, str]:
        """The PNG files in Base64, by number as a text."""
        files = self.files.items()
        return {str(number): base64.b64encode(file).decode() for number, file in files}

    def __getitem__(self, number: int) -> np.ndarray:
        """Raises ValueError for a file that is no PNG of at most PAINT_PIXELS."""
        file = self.files[number]
        try:
            with Image.open(io.BytesIO(file), formats=["PNG"]) as picture:
                if picture.width * picture.height <= PAINT_PIXELS:
                    return np.asarray(picture.convert("RGBA"))
        except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
            pass
        raise ValueError(UNREADABLE)

    def __iter__(self) -> Iterator[int]:
        return iter(self.files)

    def __len__(self) -> int:
        return len(self.files)

    def __contains__(self, number: object) -> bool:
        return number in self.files  # that of Mapping would open the picture

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Paint) and self.files == other.files

    def __hash__(self) -> int:
        return hash(tuple(self.files.items()))


def _png(picture: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "PNG")
    return file.getvalue()
