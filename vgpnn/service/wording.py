"""Words of a visitor: they paint on the board of marks, and sort the drafts of a run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from functools import lru_cache

import cv2
import numpy as np
import torch
from PIL import Image

from vgpnn import words
from vgpnn.checks import known, one_of
from vgpnn.service import clips
from vgpnn.service.job import Job
from vgpnn.service.request import Request, new_request
from vgpnn.tasks import marking
from vgpnn.tasks.paint import PAINT_BYTES, Paint
from vgpnn.words.marking import EVERY, found, nothing_found
from vgpnn.words.sorting import fit

SECONDS = 900  # [s] that it may take, with the download at the first time
TOO_LONG = "This takes too long: try again when the server has less to do, or with fewer frames."
TOO_MUCH = "These are more marks than can be sent: clear a frame first."
GONE = "These drafts are no longer kept: press Generate again."
LOADING = "Loading the model for words; the first time it is downloaded, which takes a while."

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

    kind: with which brush, a key of `marking.WISHES`. size: (height, width) of the pictures [px].
    room: characters that they may have as Base64. Where they have more, fewer frames are painted,
        evenly spread: the paint follows its things anyway.
    say, checkpoint: as in `beside.told`. Raises ValueError with one sentence.
    """
    text, kind = words.checked(text), one_of("The brush", kind, marking.WISHES)
    say(LOADING)
    model = words.loaded(checkpoint)
    is_style = "style" in request.options
    source = (clips.style_clip if is_style else clips.working_clip)(request, checkpoint)
    count, masks = -(-len(source.codes) // EVERY), {}
    say(f"Looking for {text}: frame 1 of {count}.")
    for place, (number, mask) in enumerate(found(source.codes, text, checkpoint, model), 2):
        if mask.any():
            masks[number] = _picture(mask, marking.WISHES[kind], size)
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


def checked_words(given: object) -> dict[str, str]:
    """Words by kind that somebody gave, checked; none for None. Raises ValueError with one
    sentence, also where the extra for them is not installed."""
    if given is None:
        return {}
    if not isinstance(given, dict) or not given:
        raise ValueError('words must be a dictionary such as {"more": "balloons"}.')
    for kind in given:
        known("kind of words", kind, marking.WISHES)
    if not words.is_installed():
        raise ValueError(words.NOT_INSTALLED)
    return {kind: words.checked(text) for kind, text in given.items()}


def with_words(
    request: Request, given: Mapping[str, str], say: Say, checkpoint: Checkpoint
) -> Request:
    """A request with what words name marked beside what is marked in it already.

    given: by kind, see `checked_words`. Where kinds lie on each other, `none` goes before `less`,
    and `less` before `more`, and all of them before what was marked. Raises ValueError with one
    sentence.
    """
    size, before = request.source_shape[1:], request.options.get("marks") or Paint()
    pictures = {number: _at_size(before[number], size) for number in before}
    for kind in (kind for kind in marking.WISHES if kind in given):
        paint = painted(request, kind, given[kind], size, PAINT_BYTES, say, checkpoint)
        for number in paint:
            picture, added = pictures.get(number), paint[number]
            covers = added[..., 3:] > 0
            pictures[number] = added if picture is None else np.where(covers, added, picture)
    # Words have found all that is like what they name.
    alike = request.options.get("alike", True) if before else False
    options = {**request.options, "marks": Paint.of(pictures), "alike": alike}
    values = {each.name: getattr(request, each.name) for each in fields(Request)}
    return new_request(**values | {"options": options})


def _at_size(picture: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """A painted picture, (h, w, 4) uint8, at another size (H, W) [px]."""
    return cv2.resize(picture, size[::-1], interpolation=cv2.INTER_NEAREST)


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
