"""Drafts in the order in which they fit a sentence."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol, TypeVar

import torch

from vgpnn.video import Video
from vgpnn.words.loading import loaded
from vgpnn.words.model import WordModel, checked

LOOKED_FRAMES = 3  # of each video, evenly spread


class HasVideo(Protocol):
    """A draft, a result, or anything else with a video."""

    video: Video


Shown = TypeVar("Shown", bound=HasVideo)


def sort(
    drafts: Iterable[Shown],
    sentence: str,
    checkpoint: Callable[[], None] = lambda: None,
    model: WordModel | None = None,
) -> list[Shown]:
    """Drafts, or results, by how well they fit a sentence: those that fit best come first.

    Those that fit equally well stay in their order. Drafts of one clip show the same things, so
    that differences are small: the order says which fits better, and not whether any fits well.

    checkpoint, model: as in `vgpnn.words.mark`. Raises ValueError with one sentence where the
    model cannot be had.
    """
    sentence, model = checked(sentence), model or loaded(checkpoint)
    drafts = list(drafts)
    fits = [fit(draft.video.codes, sentence, checkpoint, model) for draft in drafts]
    return [drafts[place] for place in order(fits)]


def order(fits: list[float]) -> list[int]:
    """The places of some figures, the largest figure first; of equal ones, the first one first."""
    return sorted(range(len(fits)), key=lambda place: -fits[place])


def fit(
    codes: torch.Tensor,
    sentence: str,
    checkpoint: Callable[[], None] = lambda: None,
    model: WordModel | None = None,
) -> float:
    """How well a sentence fits a video, (T, H, W, 3) uint8: from -1 to 1, the mean over
    LOOKED_FRAMES of its frames. The other arguments and the errors are those of `sort`."""
    sentence, model = checked(sentence), model or loaded(checkpoint)
    fits = []
    for number in torch.linspace(0, len(codes) - 1, LOOKED_FRAMES).round().long().unique():
        checkpoint()
        fits.append(model.fit(codes[number], sentence))
    return sum(fits) / len(fits)
