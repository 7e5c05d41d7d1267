"""Files of paint from any program: a PNG, a folder of PNG images, or a video."""

from __future__ import annotations

import os
import struct
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from vgpnn import video
from vgpnn.decoding.sandbox.answer import FOLDER_RATE
from vgpnn.decoding.sandbox.checks import HEAD_BYTES, PHOTO_BRANDS, PICTURES, is_animated
from vgpnn.decoding.sandbox.folder import natural_order
from vgpnn.limits import LIMITS

PNG = b"\x89PNG\r\n\x1a\n"
IHDR_BYTES = 26  # from the start of a PNG to its bit depth and its colour type, both included
# The first bytes of what may be saved instead of a PNG, and a name for each kind. None of it is
# opened in this process: every decoder is one more way in for whoever sends a file.
OTHER_PICTURES = (
    *PICTURES,
    (b"PK\x03\x04", "a Krita or OpenRaster file"),
    (b"%PDF", "a PDF"),
    (b"<svg", "an SVG drawing"),
    (b"<?xml", "an SVG drawing"),
)
# How a picture is turned upright, by its EXIF orientation; 1 is upright.
UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
ORIENTATION = 0x0112  # its tag in EXIF
STILL_KINDS = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff", ".heic", ".avif")


def read_layers(
    path: str | os.PathLike,
    start: float,
    fps: video.Rate | None,
    length: int,
    height: int,
    checkpoint: Callable[[], None] = lambda: None,
) -> Iterator[np.ndarray]:
    """The painted pictures of a file or a folder, one after the other: (H, W, 4) uint8 each.

    A PNG is one picture, unless it is animated, which makes it a video. In a folder the pictures
    are in the order of their numbers.
    start, fps: [s, frames/s] the first picture that a folder or a video gives, and how fast they
        follow each other. length: how many they give at most.
    height: a video is reduced to this height [px]; other pictures keep their size.
    checkpoint: called for every picture, and while a video is decoded; may raise to cancel.
    Raises ValueError with one sentence for a file that is no paint.
    """
    path = Path(path)
    if path.is_dir():
        return _read_folder(path, start, fps, length, checkpoint)
    head = _head(path)
    if head.startswith(PNG) and not is_animated(head):
        return iter([read_png(path)])
    if kind := other_picture(head):
        raise ValueError(f"The painted picture is {kind}: save it as PNG.")
    return read_with_alpha(path, start, fps, length, height, checkpoint)


def other_picture(head: bytes) -> str | None:
    """What a picture is that is no PNG, from its first bytes; None for all that may be a video."""
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "a WebP"
    if head[4:8] == b"ftyp":
        return PHOTO_BRANDS.get(head[8:12])
    return next((name for magic, name in OTHER_PICTURES if head.startswith(magic)), None)


def _head(path: Path) -> bytes:
    """The first HEAD_BYTES of a file. Raises ValueError where it cannot be opened."""
    try:
        with path.open("rb") as file:
            return file.read(HEAD_BYTES)
    except FileNotFoundError:
        raise ValueError("There is no such file of paint: check the path.") from None
    except OSError as error:
        raise _unreadable(error) from None


def _unreadable(error: OSError) -> ValueError:
    reason = error.strerror or type(error).__name__
    return ValueError(f"The paint cannot be opened ({reason}): check its permissions.")


def _read_folder(
    path: Path,
    start: float,
    fps: video.Rate | None,
    length: int,
    checkpoint: Callable[[], None],
) -> Iterator[np.ndarray]:
    """The painted pictures in a folder, in the order of their numbers."""
    try:
        names = [each.name for each in path.iterdir() if each.suffix.lower() in STILL_KINDS]
    except OSError as error:
        raise _unreadable(error) from None
    names = sorted((name for name in names if not name.startswith(".")), key=natural_order)
    if not names:
        raise ValueError("The folder of paint holds no PNG images: save the paint in it as PNG.")
    # A millisecond more, and a quarter of an image at most, as for videos: starts are rounded.
    rate = float(fps or FOLDER_RATE)
    first = int(start * rate + min(rate * 1e-3, 0.25))
    if first >= len(names):
        raise ValueError(
            f"The folder of paint has {len(names)} images, and the clip begins at number "
            f"{first + 1}: add images, or choose an earlier start."
        )
    for name in names[first : first + length]:
        checkpoint()
        head = _head(path / name)
        if not head.startswith(PNG):
            kind = other_picture(head) or "no PNG"
            raise ValueError(f"The painted picture {name} is {kind}: save it as PNG.")
        yield read_png(path / name)


def read_png(path: str | os.PathLike) -> np.ndarray:
    """A PNG of any kind as it is shown: (H, W, 4) uint8, turned as its EXIF says.

    Raises ValueError with one sentence where it is too large or damaged.
    """
    depth = (_head(Path(path)) + bytes(IHDR_BYTES))[24]
    try:
        with Image.open(path, formats=["PNG"]) as image:
            is_too_large = image.width * image.height > LIMITS.source_pixels
            if not is_too_large:
                return _upright(_rgba(image, depth), image.getexif().get(ORIENTATION))
    except Image.DecompressionBombError:
        is_too_large = True
    except (OSError, SyntaxError, ValueError, struct.error):
        is_too_large = False
    if is_too_large:
        raise ValueError("The painted picture is too large: paint on a frame of the clip.")
    raise ValueError("The painted picture is damaged: save it again as PNG.")


def _upright(image: Image.Image, orientation: int | None) -> np.ndarray:
    """A picture, turned as its EXIF orientation says."""
    method = UPRIGHT.get(orientation)
    return np.asarray(image if method is None else image.transpose(method))


def _rgba(image: Image.Image, depth: int) -> Image.Image:
    """A picture of any mode that a PNG with `depth` bits per sample has, as RGBA of 8 bits.

    Pillow converts those of 8 bits. It keeps the colour that is see-through as the file has it,
    though it brings the samples to 8 bits, and it cuts off grey of 16 bits.
    """
    clear = image.info.get("transparency")
    if image.mode.startswith("I"):  # grey of 16 bits
        grey = np.asarray(image).astype(np.int32)
        alpha = np.where(grey == (-1 if clear is None else clear), 0, 255)
        return Image.fromarray(np.dstack([*[grey >> 8] * 3, alpha]).astype(np.uint8))
    if image.mode in ("1", "L") and isinstance(clear, int):
        image.info["transparency"] = clear * 255 // (2**depth - 1)
    elif image.mode == "RGB" and isinstance(clear, tuple) and depth == 16:
        image.info["transparency"] = tuple(value >> 8 for value in clear)
    return image.convert("RGBA")


def read_with_alpha(
    path: str | os.PathLike,
    start: float,
    fps: video.Rate | None,
    length: int,
    height: int,
    checkpoint: Callable[[], None] = lambda: None,
) -> Iterator[np.ndarray]:
    """The frames of a video with their alpha channel, no higher than `height` [px]: (H, W, 4)
    uint8 each.

    `video.read` lays a video over a grey level. Alpha is worked out from the difference between
    the video over black and over white, which is what shines through.
    """
    part = {"fps": fps, "height": height, "checkpoint": checkpoint}
    both = [video.read(path, start, length, backdrop=grey, **part).codes for grey in (0, 255)]
    for frames in zip(*both):  # no more than one frame exists as floats
        over_black, over_white = (frame.float() for frame in frames)
        alpha = 255 - (over_white - over_black).mean(-1, keepdim=True)
        rgb = over_black * 255 / alpha.clamp(min=1)
        yield torch.cat([rgb, alpha], -1).round().clamp(0, 255).to(torch.uint8).numpy()
