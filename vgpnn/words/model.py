"""What marking and sorting ask of a model that knows words, and which words it may be asked for."""

from __future__ import annotations

from typing import Protocol

import torch

MOST_CHARACTERS = 80  # of words: what CLIP reads is about as long


class WordModel(Protocol):
    """What marking and sorting ask of a model."""

    def where(self, frame: torch.Tensor, words: str) -> torch.Tensor:
        """How likely words mean each pixel of an (H, W, 3) uint8 frame: (H, W) float32, 0 to 1."""

    def fit(self, frame: torch.Tensor, sentence: str) -> float:
        """How well a sentence fits an (H, W, 3) uint8 frame: from -1 to 1, the cosine of the angle
        between CLIP's features of both. For one sentence, a larger one fits better."""


def checked(words: object) -> str:
    """Words that somebody gave, without spaces around them. Raises ValueError with one sentence for
    anything but a text of 1 to MOST_CHARACTERS characters."""
    text = " ".join(words.split()) if isinstance(words, str) else ""
    if not text:
        raise ValueError("The words are missing: write what is to be found, such as balloons.")
    if len(text) > MOST_CHARACTERS:
        raise ValueError(f"These are too many words: write at most {MOST_CHARACTERS} characters.")
    return text
