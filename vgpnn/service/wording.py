"""Words of a visitor: they paint on the board of marks, and sort the drafts of a run."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import cv2
import numpy as np
import torch
from PIL import Image

from vgpnn import words
from vgpnn.checks import one_of
from vgpnn.service import clips
from vgpnn.service.job import Job
from vgpnn.service.request import Request
from vgpnn.tasks import marking
from vgpnn.tasks.paint import Paint
from vgpnn.words.marking import EVERY, found, nothing_found
from vgpnn.words.sorting import fit

SECONDS = 900  # [s] that it may take, with the download at the first time
TOO_LONG = "This takes too long: try again when the server has less to do, or with fewer frames."
TOO_MUCH = "These are more marks than can be sent: clear a frame first."
GONE = "These drafts are no longer kept: press Generate again."
LOADING = f"Loading the model for words; the first time {words.MEGABYTES} MB are downloaded."

Say = Callable[[str], None]
Checkpoint = Callable[[], None]


@lru_cache(maxsize=1)
def is_offered() -> bool:
    """Whether the page shows its boxes for words: decided once, when it is first asked."""
    return words.is_at_hand()


def painted(
    request: Request,
    kind: str,
    text: str,
    size: tuple[int, int],
    room: int,
    say: Say,
    checkpoint: Checkpoint,
) -> Paint:
    """What words name in the source of a request, as paint on every fourth frame.

    kind: with which brush, a key of `marking.COLOURS`. size: (height, width) of the pictures [px].
    room: characters that they may have as Base64. Where they have more, fewer frames are painted,
        evenly spread: the paint follows its things anyway.
    say, checkpoint: as in `beside.told`. Raises ValueError with one sentence.
    """
    text, kind = words.checked(text), one_of("The brush", kind, marking.COLOURS)
    say(LOADING)
    model = words.loaded(checkpoint)
    is_style = "style" in request.options
    source = (clips.style_clip if is_style else clips.working_clip)(request, checkpoint)
    count, masks = -(-len(source.codes) // EVERY), {}
    say(f"Looking for {text}: frame 1 of {count}.")
    for place, (number, mask) in enumerate(found(source.codes, text, checkpoint, model), 2):
        if mask.any():
            masks[number] = _picture(mask, marking.COLOURS[kind], size)
        if place <= count:
            say(f"Looking for {text}: frame {place} of {count}.")
    if not masks:
        raise ValueError(nothing_found(text))
    paint = Paint.of(masks)
    while sum(map(len, paint.texts.values())) > room:
        checkpoint()
        if len(paint) == 1:
            raise ValueError(TOO_MUCH)
        paint = Paint({number: paint.files[number] for number in [*paint][::2]})
    return paint


def _picture(mask: np.ndarray, colour: marking.Colour, size: tuple[int, int]) -> np.ndarray:
    """An (h, w) bool mask as paint in a colour: (H, W, 4) uint8 of a size (H, W) [px]."""
    picture = np.zeros((*size, 4), np.uint8)
    picture[cv2.resize(mask.astype(np.float32), size[::-1]) >= 0.5] = *colour, 255
    return picture


def sorted_names(job: Job | None, sentence: str, say: Say, checkpoint: Checkpoint) -> list[str]:
    """The names of a job's drafts in the order in which they fit a sentence.

    job: None where it is not kept any more. Raises ValueError with one sentence.
    """
    sentence = words.checked(sentence)
    drafts = job.shown.get("drafts") if job is not None else None
    if not drafts:
        raise ValueError(GONE)
    say(LOADING)
    model, fits = words.loaded(checkpoint), {}
    for place, draft in enumerate(drafts, 1):
        say(f"Looking at draft {place} of {len(drafts)}.")
        fits[draft["name"]] = fit(_frames(job, draft), sentence, checkpoint, model)
    return sorted(fits, key=lambda name: -fits[name])


def _frames(job: Job, draft: dict) -> torch.Tensor:
    """The frames of a draft from its film strip: (T, H, W, 3) uint8. Raises ValueError."""
    count, (width, height) = draft["count"], draft["size"]
    try:
        with Image.open(job.folder / f"draft-{draft['name']}.jpg", formats=["JPEG"]) as strip:
            pixels = np.array(strip.convert("RGB"))
    except OSError:
        raise ValueError(GONE) from None
    return torch.from_numpy(pixels).view(count, height, width, 3)
