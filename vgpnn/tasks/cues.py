"""Colour cues (section 4.3): from painted pictures to the region and the cues of inpainting."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Callable
from functools import partial

import cv2
import numpy as np
import torch

from vgpnn import video
from vgpnn.checks import shown
from vgpnn.codes import CODES_PER_UNIT, decode, encode
from vgpnn.settings import Shape
from vgpnn.tasks.carrying import Carried
from vgpnn.tasks.morph import Morph
from vgpnn.tasks.paint_files import read_layers
from vgpnn.tasks.region import grow, smallest_piece_side

Colour = tuple[int, int, int]  # red, green and blue, each from 0 to 255

REMOVE = (255, 0, 255)  # paint of this colour is no cue: what lies under it is removed
OPAQUE_ALPHA = 128  # of 255, from which on paint counts
MOST_COLOURS = 8  # of the paint in one picture
SAME_COLOUR = 40  # of 255, the largest difference of a channel within one colour of paint
MARGIN = 0.5  # how much the region is larger than the paint, in sizes of the smallest piece
TINT = 0.35  # share of magenta where the region is shown over a clip
PALETTE_FRAMES = 4  # frames that the palette looks at, about
PALETTE_STEP = 4  # [px] the palette looks at every fourth pixel of a row and of a column


def palette(frames: torch.Tensor, colours: int = 5) -> list[str]:
    """The main colours of a (T, H, W, 3) video in [-1, 1], as "#rrggbb", most common first.

    They are the medians of k-means clusters in CIELAB; equal ones are named once.
    """
    frames = frames[:: max(1, len(frames) // PALETTE_FRAMES), ::PALETTE_STEP, ::PALETTE_STEP]
    pixels = ((frames.reshape(-1, 3) + 1) * CODES_PER_UNIT).numpy().astype(np.float32)
    lab = cv2.cvtColor(pixels[None] / 255, cv2.COLOR_RGB2LAB)[0]
    # The clusters start as equal shares of the pixels by lightness, so that no chance is involved.
    order = np.argsort(lab[:, 0], kind="stable")
    labels = np.empty((len(lab), 1), np.int32)
    labels[order, 0] = np.arange(len(lab)) * colours // len(lab)
    stop = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_MAX_ITER, 30, 0.1)
    _, labels, _ = cv2.kmeans(lab, colours, labels, stop, 1, cv2.KMEANS_USE_INITIAL_LABELS)
    names = []
    for label in np.argsort(-np.bincount(labels[:, 0], minlength=colours), kind="stable"):
        members = pixels[labels[:, 0] == label]
        if len(members):
            names.append("#" + "".join(f"{round(v):02x}" for v in np.median(members, 0)))
    return list(dict.fromkeys(names))


def colour(text: str) -> Colour:
    """The colour that "RRGGBB" means, with or without # in front.

    Raises ValueError with one sentence for other texts.
    """
    if not re.fullmatch("#?[0-9a-fA-F]{6}", str(text)):
        raise ValueError(f"A colour is six hexadecimal digits, RRGGBB, not {shown(text)}.")
    return tuple(bytes.fromhex(text.removeprefix("#")))


def read(
    path: str | os.PathLike,
    shape: Shape,
    key: Colour | None = None,
    start: float = 0.0,
    fps: video.Rate | None = None,
    checkpoint: Callable[[], None] = lambda: None,
    painted_on: int = 0,
) -> dict[int, np.ndarray]:
    """Painted pictures, as `from_pictures` takes them, from an image or a video.

    An image (PNG) is the paint on the frame `painted_on`, from where it stays or follows. In a
    video, or in a folder of numbered PNG images, each picture is the paint on its frame, and
    `painted_on` that of the first. Nothing is painted where the picture is see-through, or where
    it has the colour `key` if one is given.

    shape: (T, H, W) of the clip, to which pictures of another size and the same aspect are resized.
    start, fps: with which the clip was read [s, frames/s]; a video of paint runs beside it.
    checkpoint: called for every picture, and while a video is decoded; may raise to cancel.
    Raises ValueError with one sentence for a file that cannot be used.
    """
    length, height, width = shape
    pictures, has_unpainted = {}, False
    if not 0 <= painted_on < length:
        raise ValueError(
            f"The paint is on frame {painted_on}: choose one from 0 to {length - 1}, the last."
        )
    layers = read_layers(path, start, fps, length - painted_on, height, checkpoint)
    for number, layer in enumerate(layers, painted_on):
        checkpoint()
        if not has_shape(layer, height, width):
            raise ValueError(
                f"The paint has another shape than the clip, which is {width} x {height}: paint on "
                "a frame of the clip."
            )
        picture = cv2.resize(layer, (width, height), interpolation=cv2.INTER_NEAREST)
        if key is not None:
            difference = np.abs(picture[..., :3].astype(np.int16) - key).max(-1)
            picture[difference <= SAME_COLOUR, 3] = 0
        pictures[number] = picture
        has_unpainted |= not painted(picture).all()
    if not has_unpainted:
        raise ValueError(
            "Nothing in the paint is see-through: save it as PNG with transparency, or give the "
            "colour of its unpainted parts as the key."
            if key is None
            else "Nothing in the paint has the key colour: give that of its unpainted parts."
        )
    return pictures


def has_shape(picture: np.ndarray, height: int, width: int) -> bool:
    """Whether an (H, W, 4) picture has the aspect of a clip, to a pixel of the smaller of both."""
    h, w = picture.shape[:2]
    larger = max((h, w), (height, width), key=math.prod)
    return abs(w * height - width * h) <= max(larger)


def from_pictures(
    pictures: dict[int, np.ndarray],
    shape: Shape,
    first: int,
    last: int,
    remove: Colour = REMOVE,
    margin: float = MARGIN,
    checkpoint: Callable[[], None] = lambda: None,
    clip: torch.Tensor | None = None,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Region and cues of `tasks.inpaint`, from what was painted on some frames.

    pictures: (H, W, 4) uint8, red, green, blue and alpha, by number of the frame; alpha is 0 where
        nothing is painted. Between two painted frames the paint of each colour moves from its
        shape on one to its shape on the other. Before the first painted frame and after the last
        one it stays in its place.
    shape: (T, H, W) of the clip. first, last: the paint holds from the one frame to the other,
        both included.
    remove: paint of this colour is no cue: the region is filled to fit its surroundings.
    margin: how much the region is larger than the paint, in sizes of the smallest piece of paint.
    checkpoint: called several times a second; may raise to cancel.
    clip: (T, H, W, 3) uint8 codes of the clip for paint that follows what is under it; None for
        paint that stays. Between two painted frames it follows from the nearer one, unless what is
        under the one is not what is under the other: then it moves from shape to shape.
    Returns the region, (T, H, W) bool, and the cues, (T, H, W, 4) in [-1, 1], see `inpaint`.
    Raises ValueError with one sentence for pictures or frames that cannot be used.
    """
    length, height, width = shape
    if not 0 <= first <= last < length:
        raise ValueError(
            f"The paint holds from frame {first} to {last}: "
            f"choose frames from 0 to {length - 1}, the first not after the last."
        )
    pictures = _with_paint(pictures, height, width, checkpoint)
    region = torch.zeros(shape, dtype=torch.bool)
    cues = torch.full((*shape, 4), -1.0)
    colours = {number: colours_of(picture) for number, picture in pictures.items()}
    morphs = {}  # by the two painted frames and the colour
    carried = None
    if clip is not None:
        shapes = {number: partial(covered_by, picture) for number, picture in pictures.items()}
        carried = Carried(clip, colours, shapes, first, last, checkpoint)
    for frame in range(first, last + 1):
        before, after, share = _neighbours(frame, list(pictures))
        for paint in sorted(colours[before] | colours[after]):
            checkpoint()
            ends = (covered_by(pictures[number], paint) for number in (before, after))
            if carried and (found := carried.at(frame, before, after, paint)):
                covered, reach = map(torch.from_numpy, found)
                region[frame] |= reach
            elif before == after:
                covered = torch.from_numpy(next(ends))
            else:
                if (before, after, paint) not in morphs:
                    morphs[before, after, paint] = Morph(*ends, checkpoint)
                covered = torch.from_numpy(morphs[before, after, paint].at(share))
            region[frame] |= covered
            if paint != tuple(remove):
                values = (channel / CODES_PER_UNIT - 1 for channel in paint)
                cues[frame][covered] = torch.tensor([*values, 1.0])
    sides = []
    for picture in pictures.values():
        checkpoint()
        sides.append(smallest_piece_side(painted(picture)))
    grow(region, round(min(sides) * margin), checkpoint)
    return region, cues


def _with_paint(
    pictures: dict[int, np.ndarray], height: int, width: int, checkpoint: Callable[[], None]
) -> dict[int, np.ndarray]:
    """The pictures on which something is painted, in few colours and in the order of the frames.

    Raises ValueError with one sentence for a picture of another size, or where nothing is painted.
    """
    for picture in pictures.values():
        if picture.shape != (height, width, 4):
            raise ValueError(
                f"The painted picture is {picture.shape[1]} x {picture.shape[0]}, the clip "
                f"{width} x {height}: paint on a frame of the clip."
            )
    numbers = sorted(number for number, picture in pictures.items() if painted(picture).any())
    if not numbers:
        raise ValueError("Nothing is painted: paint on at least one frame.")
    simple = {}
    for number in numbers:
        checkpoint()
        simple[number] = in_few_colours(pictures[number])
    return simple


def _neighbours(frame: int, painted_frames: list[int]) -> tuple[int, int, float]:
    """The painted frames before and after a frame, and its place between them, in [0, 1].

    Where the frame is a painted one, or lies before the first or after the last of them, both are
    the same painted frame, and the place is 0.
    """
    before = max((k for k in painted_frames if k <= frame), default=min(painted_frames))
    after = min((k for k in painted_frames if k >= frame), default=max(painted_frames))
    return before, after, (frame - before) / (after - before) if after > before else 0.0


def painted(picture: np.ndarray) -> np.ndarray:
    """Where there is paint in an (H, W, 4) uint8 picture: (H, W) bool."""
    return picture[..., 3] >= OPAQUE_ALPHA


def _packed(paint: np.ndarray) -> np.ndarray:
    """Colours, (N, 3) uint8, as N whole numbers, which sort as the colours do."""
    red, green, blue = paint.astype(np.int32).T
    return red << 16 | green << 8 | blue


def _unpacked(numbers: np.ndarray) -> np.ndarray:
    """The colours, (3, N) int16, that `_packed` made the numbers from."""
    return np.stack([numbers >> 16, numbers >> 8 & 255, numbers & 255]).astype(np.int16)


def colours_of(picture: np.ndarray) -> set[Colour]:
    """The colours of the paint in an (H, W, 4) uint8 picture."""
    numbers = np.unique(_packed(picture[painted(picture)][:, :3]))
    return set(zip(*_unpacked(numbers).tolist()))


def in_few_colours(picture: np.ndarray) -> np.ndarray:
    """An (H, W, 4) uint8 picture whose paint has only the colours that were meant.

    A brush with soft edges, or a file that was compressed, leaves hundreds of colours. Each of
    them becomes the nearest common colour; these differ by more than SAME_COLOUR.
    """
    is_paint = painted(picture)
    if not is_paint.any():
        return picture
    paint = _packed(picture[is_paint][:, :3])
    numbers, place, counts = np.unique(paint, return_inverse=True, return_counts=True)
    values = _unpacked(numbers)
    order = np.argsort(-counts, kind="stable")  # the most common first
    is_left, common = np.ones(len(order), bool), []
    while is_left.any() and len(common) < MOST_COLOURS:
        value = values[:, order[is_left[order].argmax()], None]
        common.append(value)
        is_left &= (np.abs(values - value) > SAME_COLOUR).any(0)
    # For every colour of the paint the number of the nearest common one, the first of equal ones.
    nearest = np.stack([np.abs(values - value).sum(0, np.int16) for value in common]).argmin(0)
    picture = picture.copy()
    picture[is_paint, :3] = np.hstack(common).T.astype(np.uint8)[nearest][place.reshape(-1)]
    return picture


def covered_by(picture: np.ndarray, paint: Colour) -> np.ndarray:
    """Where there is paint of a colour in an (H, W, 4) uint8 picture: (H, W) bool."""
    return painted(picture) & (picture[..., :3] == paint).all(-1)


def painted_over(
    clip: video.Video,
    region: torch.Tensor,
    cues: torch.Tensor,
    checkpoint: Callable[[], None] = lambda: None,
) -> video.Video:
    """A clip as it was painted: its region is tinted magenta, and the cues lie on top.

    region: (T, H, W) bool. cues: (T, H, W, 4), see `inpaint`.
    """
    magenta, codes = torch.tensor([1.0, -1.0, 1.0]), torch.empty_like(clip.codes)
    for number, (frame, inside, paint) in enumerate(zip(clip.codes, region, cues)):
        checkpoint()
        values = decode(frame)
        values = values.where(~inside[..., None], (1 - TINT) * values + TINT * magenta)
        codes[number] = encode(paint[..., :3].where(paint[..., 3:] > 0, values))
    return video.Video(codes, clip.fps)
