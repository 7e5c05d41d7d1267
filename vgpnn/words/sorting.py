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
    return [draft for draft, _ in ranked(drafts, sentence, checkpoint, model)]


def ranked(
    drafts: Iterable[Shown],
    sentence: str,
    checkpoint: Callable[[], None] = lambda: None,
    model: WordModel | None = None,
) -> list[tuple[Shown, float]]:
    """What `sort` gives, each with its `fit`."""
    sentence, model = checked(sentence), model or loaded(checkpoint)
    fits = [(each, fit(each.video.codes, sentence, checkpoint, model)) for each in drafts]
    return sorted(fits, key=lambda pair: -pair[1])


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
