"""Colour cues (section 4.3): from painted pictures to the region and the cues of inpainting."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Callable

import cv2
import numpy as np
import torch
from PIL import Image, UnidentifiedImageError

from vgpnn import video
from vgpnn.limits import LIMITS
from vgpnn.settings import Shape
from vgpnn.tasks.morph import Morph

REMOVE = (255, 0, 255)  # paint of this colour is no cue: what is under it goes
OPAQUE = 128  # alpha from which on paint counts
MOST_COLOURS = 8  # in one painted picture
SAME_COLOUR = 40  # largest difference of a channel, of 255, within one colour of paint
SPECK = 0.05  # of the area of the largest piece, below which one is a speck
MARGIN = 0.5  # the region is larger than the paint by this share of a piece's size


def palette(frames: torch.Tensor, colours: int = 5) -> list[str]:
    """The main colours of a (T, H, W, 3) video in [-1, 1], as "#rrggbb", most common first."""
    some = frames[:: max(1, len(frames) // 4), ::4, ::4].reshape(-1, 3)
    pixels = ((some + 1) * 127.5).numpy().astype(np.float32)
    lab = cv2.cvtColor(pixels[None] / 255, cv2.COLOR_RGB2LAB)[0]
    order = np.argsort(lab[:, 0], kind="stable")
    labels = np.empty((len(lab), 1), np.int32)
    labels[order, 0] = np.arange(len(lab)) * colours // len(lab)
    stop = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_MAX_ITER, 30, 0.1)
    _, labels, _ = cv2.kmeans(lab, colours, labels, stop, 1, cv2.KMEANS_USE_INITIAL_LABELS)
    found = []
    for label in np.argsort(-np.bincount(labels[:, 0], minlength=colours), kind="stable"):
        members = pixels[labels[:, 0] == label]
        if len(members):
            found.append("#" + "".join(f"{round(v):02x}" for v in np.median(members, 0)))
    return list(dict.fromkeys(found))


def colour(text: str) -> tuple[int, int, int]:
    """ "RRGGBB", with or without #, as red, green and blue. Raises ValueError."""
    if not re.fullmatch("#?[0-9a-fA-F]{6}", str(text)):
        raise ValueError(f"A colour is six hexadecimal digits, RRGGBB, not {text!r}.")
    return tuple(bytes.fromhex(text.removeprefix("#")))


def read(
    path: str | os.PathLike,
    shape: Shape,
    key: tuple[int, int, int] | None = None,
    start: float = 0.0,
    fps: video.Rate | None = None,
) -> dict[int, np.ndarray]:
    """Painted pictures, as `from_pictures` takes them, from an image or a video.

    An image (PNG) is the paint on every frame; a video, or a folder of numbered images, that on
    each of its own. What is see-through is not painted, or what has the colour `key` if given.
    A video runs beside the clip: `start` [s] and `fps` are those with which the clip was read.
    Pictures of another size are resized. Raises ValueError.
    """
    length, height, width = shape
    try:
        with Image.open(path, formats=["PNG"]) as image:
            if image.width * image.height > LIMITS.source_pixels:
                raise ValueError("The painted picture is too large: paint on a frame of the clip.")
            layers = [np.asarray(image.convert("RGBA"))]
    except (UnidentifiedImageError, IsADirectoryError):
        layers = with_alpha(path, start, fps, length, height)
    except (OSError, SyntaxError, Image.DecompressionBombError):
        raise ValueError("The painted picture is damaged: save it again as PNG.") from None
    pictures = {}
    for number, layer in enumerate(layers):
        picture = cv2.resize(layer, (width, height), interpolation=cv2.INTER_NEAREST)
        if key is not None:
            away = np.abs(picture[..., :3].astype(np.int16) - key).max(-1)
            picture = np.dstack([picture[..., :3], np.where(away > SAME_COLOUR, 255, 0)])
        pictures[number] = picture.astype(np.uint8)
    return pictures


def with_alpha(
    path: str | os.PathLike, start: float, fps: video.Rate | None, length: int, height: int
) -> np.ndarray:
    """A video with its alpha channel, no higher than `height`: (T, H, W, 4) uint8.

    The reader lays videos over a grey: over black and over white they differ by what shows
    through.
    """
    black, white = (
        video.read(path, start, length, fps=fps, height=height, backdrop=grey) for grey in (0, 255)
    )
    black, white = (v.codes.float() for v in (black, white))
    alpha = 255 - (white - black).mean(-1, keepdim=True)
    colour = black * 255 / alpha.clamp(min=1)
    return torch.cat([colour, alpha], -1).round().clamp(0, 255).to(torch.uint8).numpy()


def from_pictures(
    pictures: dict[int, np.ndarray],
    shape: Shape,
    first: int,
    last: int,
    remove: tuple[int, int, int] = REMOVE,
    margin: float = MARGIN,
    checkpoint: Callable[[], None] = lambda: None,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Region and cues of `tasks.inpaint` from what was painted on some frames.

    pictures: (H, W, 4) uint8, red, green, blue and alpha, by number of frame; see-through where
        nothing was painted. Between two of them the paint of each colour moves from the one to
        the other; before the first and after the last it stays.
    first, last: frames between which, both included, the paint holds.
    remove: paint of this colour is no cue: the region is filled to fit what is around.
    margin: how much the region is larger than the paint, in sizes of the smallest piece.
    Returns region (T, H, W) bool and cues (T, H, W, 4) in [-1, 1]. Raises ValueError.
    """
    length, height, width = shape
    if not 0 <= first <= last < length:
        raise ValueError(
            f"The paint holds from frame {first} to {last}: "
            f"choose frames from 0 to {length - 1}, the first not after the last."
        )
    for picture in pictures.values():
        if picture.shape != (height, width, 4):
            raise ValueError(
                f"The painted picture is {picture.shape[1]} x {picture.shape[0]}, the clip "
                f"{width} x {height}: paint on a frame of the clip."
            )
    pictures = {k: in_few_colours(picture) for k, picture in pictures.items()}
    keys = sorted(k for k, picture in pictures.items() if painted(picture).any())
    if not keys:
        raise ValueError("Nothing is painted: paint on at least one frame.")
    region = torch.zeros(length, height, width, dtype=torch.bool)
    cues = torch.full((length, height, width, 4), -1.0)
    colours = {k: colours_of(pictures[k]) for k in keys}
    morphs = {}  # by the two frames and the colour
    for frame in range(first, last + 1):
        checkpoint()
        before = max((k for k in keys if k <= frame), default=keys[0])
        after = min((k for k in keys if k >= frame), default=keys[-1])
        share = (frame - before) / (after - before) if after > before else 0.0
        for colour in sorted(colours[before] | colours[after]):
            ends = before, after, colour
            if ends not in morphs:
                morphs[ends] = Morph(*(covered_by(pictures[k], colour) for k in ends[:2]))
            here = torch.from_numpy(morphs[ends].at(share))
            region[frame] |= here
            if colour != tuple(remove):
                cues[frame][here] = torch.tensor([*(v / 127.5 - 1 for v in colour), 1.0])
    size = min(smallest_piece(painted(pictures[k])) for k in keys)
    grown(region, round(size * margin))
    return region, cues


def painted(picture: np.ndarray) -> np.ndarray:
    """(H, W) bool: where there is paint."""
    return picture[..., 3] >= OPAQUE


def colours_of(picture: np.ndarray) -> set[tuple[int, int, int]]:
    """The colours of the paint."""
    return {tuple(int(v) for v in c) for c in np.unique(picture[painted(picture)][:, :3], axis=0)}


def in_few_colours(picture: np.ndarray) -> np.ndarray:
    """A painted picture whose paint has only the few colours that were meant: a brush with soft
    edges, or a file that was compressed, has hundreds."""
    paint = picture[painted(picture)][:, :3].astype(np.int16)
    if not len(paint):
        return picture
    values, counts = np.unique(paint, axis=0, return_counts=True)
    meant = np.empty((0, 3), np.int16)
    for value in values[np.argsort(-counts, kind="stable")]:
        if len(meant) < MOST_COLOURS and (np.abs(meant - value).max(-1) > SAME_COLOUR).all():
            meant = np.concatenate([meant, value[None]])
    nearest = np.abs(paint[:, None] - meant[None]).sum(-1).argmin(1)
    picture = picture.copy()
    picture[painted(picture), :3] = meant[nearest]
    return picture


def covered_by(picture: np.ndarray, colour: tuple[int, int, int]) -> np.ndarray:
    """(H, W) bool: where there is paint of a colour."""
    return painted(picture) & (picture[..., :3] == colour).all(-1)


def smallest_piece(shape: np.ndarray) -> float:
    """Side [px] of the square as large as the smallest connected piece of a (H, W) bool shape.

    Specks, which a slip of the hand or a codec leaves, do not count.
    """
    _, _, stats, _ = cv2.connectedComponentsWithStats(shape.astype(np.uint8))
    areas = stats[1:, cv2.CC_STAT_AREA]
    return math.sqrt(areas[areas >= SPECK * areas.max()].min())


def grown(region: torch.Tensor, by: int) -> None:
    """Grow a (T, H, W) bool region in place, in every frame by so many pixels."""
    if by < 1:
        return
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * by + 1, 2 * by + 1))
    for frame in region:
        if frame.any():
            frame.copy_(torch.from_numpy(cv2.dilate(frame.numpy().astype(np.uint8), disc) > 0))


def painted_over(clip: video.Video, region: torch.Tensor, cues: torch.Tensor) -> video.Video:
    """A clip with a region, (T, H, W) bool, tinted magenta, and its cues, (T, H, W, 4), on top."""
    magenta = torch.tensor([1.0, -1.0, 1.0])
    frames = clip.frames
    frames = frames.where(~region[..., None], 0.65 * frames + 0.35 * magenta)
    return video.Video(cues[..., :3].where(cues[..., 3:] > 0, frames), clip.fps)
