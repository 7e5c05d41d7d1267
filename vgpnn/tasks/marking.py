"""From paint on a few frames to what is marked in a whole clip (see `preference`).

People mark generously, and one thing of many: one bird of a flock. So what is marked follows the
thing under it, both ways in time (`carrying`), and on every frame what is like it is marked, too.
What is like it has colours that are common in the marked thing and rare elsewhere in the picture,
in pieces of about its size.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import cv2
import numpy as np
import scipy  # scipy.ndimage takes a while to load: it is loaded when it is first used
import torch

from vgpnn import video
from vgpnn.codes import CODES_PER_UNIT
from vgpnn.tasks import cues, short_gaps
from vgpnn.tasks.cues import Colour
from vgpnn.tasks.preference import Preference
from vgpnn.tasks.region import grown
from vgpnn.tasks.tracking import thing_in

# What is painted in these colours is wanted more, less, or not at all, or stays where it is.
WISHES: dict[str, Colour] = {"more": (255, 176, 32), "less": (64, 160, 255), "none": (255, 0, 255)}
KEEP: Colour = (0, 208, 112)
COLOURS = {**WISHES, "keep": KEEP}
BITS = 4  # of each channel, for the colours of a thing
SPREAD = 0.7  # [bins] by which colours of frames differ from each other, standard deviation
LIKE = 0.75  # share of the frequency of a colour in the thing and elsewhere, from which it is like
THING = 0.5  # weight from which on a painted pixel is one of the thing, see `tracking.thing_in`
LEAST_SIZE, MOST_SIZE = 1 / 5, 4  # of a like piece, in areas of the thing
LONGEST = 2.5  # side of its box, in the longer side of that of the thing
SAME_MIXTURE = 0.65  # of the values of a like piece that the thing has, too
LEAST_PIXELS = 3  # of a like piece
MOST_FRAMES = 5  # painted in a colour, whose things are looked for in the whole clip
MOST_PIECES = 2000  # of a frame, whose mixtures are compared; the largest ones
AROUND = 1  # [px] by which like pieces are marked generously
REST, TINT = 0.45, 0.45  # brightness of what is not marked; share of the colour of a mark
NOTHING = "Nothing is marked: paint on the clip with More, Less, None or Keep."


def marked(
    clip: torch.Tensor,
    pictures: Mapping[int, np.ndarray],
    alike: bool = True,
    checkpoint: Callable[[], None] = lambda: None,
) -> Preference:
    """What is marked in a clip, from paint on some of its frames.

    clip: (T, H, W, 3) uint8 codes. pictures: (H, W, 4) uint8 by number of the frame, painted in
    `COLOURS`; alpha is 0 where nothing is painted.
    What is painted with "keep" on any of them is kept on all frames, where it is.
    alike: whether all that is like what is painted is marked, too. Where a colour is painted on
        more than MOST_FRAMES, so many of them, evenly spread, say what is like it.
    checkpoint: called several times a second; may raise to cancel.
    Raises ValueError with one sentence for pictures that cannot be used.
    """
    shape = tuple(clip.shape[:3])
    pictures = {number: in_colours(picture) for number, picture in pictures.items()}
    if not any(cues.painted(picture).any() for picture in pictures.values()):
        raise ValueError(NOTHING)
    kept = [cues.covered_by(picture, KEEP) for picture in pictures.values()]
    kept = torch.from_numpy(np.any(kept, axis=0)).expand(shape)
    pictures = {number: _without_keep(picture) for number, picture in pictures.items()}
    masks = _wished(clip, pictures, alike, checkpoint) | {"keep": kept}
    return Preference(**{name: mask for name, mask in masks.items() if mask.any()})


def painted_alone(pictures: Mapping[int, np.ndarray]) -> Preference | None:
    """What is marked on the painted frames themselves, before anything is followed or looked for.

    pictures: those of `marked`, at the size of the clip. The masks are (N, H, W), one for each
    picture: with its frames left out, the preference says of what size things are, and which of
    them are wanted more or less. None where nothing is painted.
    """
    coloured = [in_colours(picture) for picture in pictures.values()]
    masks = {
        name: torch.from_numpy(np.stack([cues.covered_by(each, paint) for each in coloured]))
        for name, paint in COLOURS.items()
        if coloured
    }
    masks = {name: mask for name, mask in masks.items() if mask.any()}
    return Preference(**masks) if masks else None


def _without_keep(picture: np.ndarray) -> np.ndarray:
    """A picture without the paint of what is kept."""
    return np.where(cues.covered_by(picture, KEEP)[..., None], 0, picture).astype(np.uint8)


def _wished(
    clip: torch.Tensor,
    pictures: Mapping[int, np.ndarray],
    alike: bool,
    checkpoint: Callable[[], None],
) -> dict[str, torch.Tensor]:
    """What is wanted more, less, or not at all, (T, H, W) bool each. See `marked`."""
    shape = tuple(clip.shape[:3])
    pictures = {number: each for number, each in pictures.items() if cues.painted(each).any()}
    if not pictures:
        return {}
    held = 0, shape[0] - 1, (-1, -1, -1), 0.0
    _, colours = cues.from_pictures(pictures, shape, *held, checkpoint, clip)
    masks = {}
    for name, colour in WISHES.items():
        checkpoint()
        masks[name] = _where(colours, colour)
        if not alike:
            painted = {number: cues.covered_by(each, colour) for number, each in pictures.items()}
            for number, mask in short_gaps.carried(clip, painted, checkpoint):
                masks[name][number] = mask
    if alike:
        taken = colours[..., 3] > 0
        for name, colour in WISHES.items():
            for number, painted in _examples(pictures, colour, checkpoint).items():
                like = Likeness.of(painted, clip[number].numpy(), checkpoint)
                _mark(masks[name], taken, like, clip, checkpoint)
    return masks


def _where(colours: torch.Tensor, colour: Colour) -> torch.Tensor:
    """Where paint, (T, H, W, 4) in [-1, 1], has a colour: (T, H, W) bool."""
    values = torch.tensor([channel / CODES_PER_UNIT - 1 for channel in colour])
    is_colour = ((colours[..., :3] - values).abs() < 1 / CODES_PER_UNIT).all(-1)
    return is_colour & (colours[..., 3] > 0)


def _examples(
    pictures: Mapping[int, np.ndarray], colour: Colour, checkpoint: Callable[[], None]
) -> dict[int, np.ndarray]:
    """Where a colour is painted, (H, W) bool by frame, on at most MOST_FRAMES of its frames."""
    painted = {}
    for number in sorted(pictures):
        checkpoint()
        where = cues.covered_by(pictures[number], colour)
        if where.any():
            painted[number] = where
    chosen = np.linspace(0, len(painted) - 1, min(MOST_FRAMES, len(painted))).round().astype(int)
    return {number: painted[number] for number in np.array([*painted], int)[chosen].tolist()}


def _mark(
    mask: torch.Tensor,
    taken: torch.Tensor,
    like: Likeness,
    clip: torch.Tensor,
    checkpoint: Callable[[], None],
) -> None:
    """Add to a mask, (T, H, W) bool, what is like a thing and not taken, and take it.

    taken: (T, H, W) bool, what is painted by hand or marked as something else."""
    for number, frame in enumerate(clip):
        checkpoint()
        found = torch.from_numpy(like.pieces(frame.numpy(), mask[number].numpy(), checkpoint))
        mask[number] |= found & ~taken[number]
        taken[number] |= found


@dataclass(frozen=True)
class Likeness:
    """What a marked thing looks like.

    colours: bool by colour in BITS of each channel, whether it is one of the thing.
    mixture: how frequent values of each channel are in it, see `_mixtures`.
    area, side: of the thing [px]: its pixels, and the longer side of the box around it.
    """

    colours: np.ndarray
    mixture: np.ndarray
    area: int
    side: int

    @classmethod
    def of(
        cls, painted: np.ndarray, frame: np.ndarray, checkpoint: Callable[[], None] = lambda: None
    ) -> Likeness:
        """What is under paint, (H, W) bool, on an (H, W, 3) uint8 frame."""
        thing = thing_in(painted, frame, checkpoint) > THING
        inner, outer = _frequencies(frame, thing), _frequencies(frame, ~painted)
        colours = (inner > LIKE * (inner + outer)) & (inner > 0.1 / max(1, thing.sum()))
        _, _, stats, _ = cv2.connectedComponentsWithStats(thing.astype(np.uint8))
        stats = stats[1:][np.argsort(-stats[1:, cv2.CC_STAT_AREA], kind="stable")]
        # Where several things are painted, what is about as large as the largest of them is like.
        largest = stats[0] if len(stats) else np.array([0, 0, 1, 1, 1])
        side = max(largest[cv2.CC_STAT_WIDTH], largest[cv2.CC_STAT_HEIGHT])
        is_like = thing & colours[tuple(np.moveaxis(frame >> (8 - BITS), -1, 0))]
        pixels = frame[is_like if is_like.any() else thing]
        (mixture,) = _mixtures(pixels, np.zeros(len(pixels), int), 1)
        return cls(colours, mixture, int(largest[cv2.CC_STAT_AREA]), int(side))

    def pieces(
        self,
        frame: np.ndarray,
        known: np.ndarray,
        checkpoint: Callable[[], None] = lambda: None,
    ) -> np.ndarray:
        """The pieces of an (H, W, 3) uint8 frame that are like the thing: (H, W) bool.

        known: (H, W) bool, what is marked already; a piece that touches it may be larger.
        """
        is_like = self.colours[tuple(np.moveaxis(frame >> (8 - BITS), -1, 0))].astype(np.uint8)
        # A thing of several colours is one piece.
        joined = cv2.morphologyEx(is_like, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
        count, label, stats, _ = cv2.connectedComponentsWithStats(joined)
        areas = stats[:, cv2.CC_STAT_AREA]
        sides = stats[:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]].max(1)
        touches = np.bincount(label[known], minlength=count) > 0
        least = np.where(touches, 1, max(LEAST_PIXELS, LEAST_SIZE * self.area))
        most = np.where(touches, 2 * MOST_SIZE, MOST_SIZE) * self.area
        fits = (areas >= least) & (areas <= most)
        fits &= sides <= LONGEST * max(self.side, 3) * np.where(touches, 2, 1)
        fits[0] = False  # the ground
        checkpoint()
        alone = np.flatnonzero(fits & ~touches)
        alone = alone[np.argsort(-areas[alone], kind="stable")]
        fits[alone] = False
        place = np.full(count, -1)  # of a piece among those that are compared
        alone = alone[:MOST_PIECES]
        place[alone] = np.arange(len(alone))
        compared = (place[label] >= 0) & (is_like > 0)
        mixtures = _mixtures(frame[compared], place[label[compared]], len(alone))
        same = np.minimum(mixtures, self.mixture).sum((1, 2)) / 3
        fits[alone] = same >= SAME_MIXTURE  # a line is no player in white
        checkpoint()
        found = fits[label]
        return grown(found, AROUND) if found.any() else found


def _frequencies(frame: np.ndarray, where: np.ndarray) -> np.ndarray:
    """How frequent colours are in a part of a frame: (2^BITS,) * 3, the sum is 1."""
    size = 1 << BITS
    counts, _ = np.histogramdd(frame[where] >> (8 - BITS), bins=[np.arange(size + 1)] * 3)
    counts = scipy.ndimage.gaussian_filter(counts, SPREAD, mode="nearest")
    return counts / max(1e-9, counts.sum())


def _mixtures(pixels: np.ndarray, piece: np.ndarray, pieces: int) -> np.ndarray:
    """How frequent the values of each channel are in each piece: (pieces, 3, 2^BITS).

    pixels: (N, 3) uint8. piece: (N,) int, the number of the piece that each of them is of.
    """
    size = 1 << BITS
    counts = np.empty((pieces, 3, size))
    for channel, values in enumerate(pixels.T):
        bins = piece * size + (values >> (8 - BITS))
        counts[:, channel] = np.bincount(bins, minlength=pieces * size).reshape(pieces, size)
    counts = scipy.ndimage.gaussian_filter1d(counts, 1, mode="nearest")
    return counts / np.maximum(counts.sum(2, keepdims=True), 1e-9)


def in_colours(picture: np.ndarray) -> np.ndarray:
    """An (H, W, 4) uint8 picture in which paint of any colour has the nearest one of `COLOURS`."""
    picture, is_paint = picture.copy(), cues.painted(picture)
    known = np.array([*COLOURS.values()], np.int32)
    distance = ((picture[is_paint][:, None, :3].astype(np.int32) - known) ** 2).sum(-1)
    picture[is_paint, :3] = known[distance.argmin(1)]
    picture[..., 3] = np.where(is_paint, 255, 0)
    return picture


def shown(
    clip: video.Video, preference: Preference, checkpoint: Callable[[], None] = lambda: None
) -> video.Video:
    """A clip in which what is marked is tinted in its colour, and the rest is darker."""
    codes = torch.empty_like(clip.codes)
    for number, frame in enumerate(clip.codes):
        checkpoint()
        values = frame.float() * REST
        for name, mask in preference.masks.items():
            tinted = (1 - TINT) * frame.float() + TINT * torch.tensor(COLOURS[name]).float()
            values = torch.where(mask[number][..., None], tinted, values)
        codes[number] = values.round().to(torch.uint8)
    return video.Video(codes, clip.fps)
