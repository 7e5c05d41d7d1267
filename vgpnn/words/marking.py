"""What words name in a clip: marked on every fourth frame, and carried by optical flow."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import numpy as np
import torch

from vgpnn.tasks import marking
from vgpnn.tasks.preference import Preference
from vgpnn.video import Video, as_video
from vgpnn.words.loading import loaded
from vgpnn.words.model import WordModel, checked

EVERY = 4  # [frames] between two on which the model looks
LIKELY = 0.3  # probability from which on a pixel is marked
LEAST_SHARE = 0.0005  # of a frame; less is no thing

Checkpoint = Callable[[], None]


def mark(
    video: Video | torch.Tensor,
    words: str,
    checkpoint: Checkpoint = lambda: None,
    model: WordModel | None = None,
) -> torch.Tensor:
    """Where words such as "balloons" name something in a video: (T, H, W) bool, on the CPU.

    It is what `Preference` takes: `Preference(more=mark(video, "balloons"))`.

    video: a Video, or (T, H, W, 3) in [-1, 1] or as uint8 codes.
    checkpoint: called at least for every frame; may raise to cancel.
    model: what knows words; None is the model of `vgpnn.words.loaded`.
    Raises ValueError with one sentence where nothing is found or the model cannot be had.
    """
    return preference(video, {"more": words}, checkpoint, model).more


def preference(
    video: Video | torch.Tensor,
    words: Mapping[str, str],
    checkpoint: Checkpoint = lambda: None,
    model: WordModel | None = None,
) -> Preference:
    """What words say of a video that is wanted more, less, or not at all.

    words: by kind, such as {"more": "balloons", "none": "the man"}. The other arguments and the
    errors are those of `mark`.
    """
    codes = as_video(video).codes.cpu()
    model = model or loaded(checkpoint)
    pictures = painted(codes, words, checkpoint, model)
    return marking.marked(codes, pictures, False, checkpoint)


def painted(
    codes: torch.Tensor,
    words: Mapping[str, str],
    checkpoint: Checkpoint = lambda: None,
    model: WordModel | None = None,
) -> dict[int, np.ndarray]:
    """What words name, as paint on every fourth frame: (H, W, 4) uint8 by number of the frame, in
    the colours of `marking.WISHES`. Frames on which nothing is found are left out.

    codes: (T, H, W, 3) uint8. The other arguments and the errors are those of `preference`.
    """
    words = {kind: checked(text) for kind, text in words.items()}
    model = model or loaded(checkpoint)
    pictures: dict[int, np.ndarray] = {}
    # Where things lie on each other, what is said of the later ones holds, as in `Preference`.
    for kind in marking.WISHES:
        if kind not in words:
            continue
        is_found = False
        for number, mask in found(codes, words[kind], checkpoint, model):
            if mask.any():
                is_found = True
                blank = np.zeros((*mask.shape, 4), np.uint8)
                picture = pictures.setdefault(number, blank)
                picture[mask] = *marking.WISHES[kind], 255
        if not is_found:
            raise ValueError(nothing_found(words[kind]))
    return pictures


def nothing_found(words: str) -> str:
    """What is said where words name nothing in a clip."""
    return f"Nothing in this clip looks like {words}: use other words, or paint it."


def found(
    codes: torch.Tensor, words: str, checkpoint: Checkpoint, model: WordModel
) -> Iterator[tuple[int, np.ndarray]]:
    """Yield the number of every fourth frame of (T, H, W, 3) uint8 codes, and where words name
    something on it, (H, W) bool."""
    for number in range(0, len(codes), EVERY):
        checkpoint()
        mask = (model.where(codes[number], words) >= LIKELY).numpy()
        yield number, mask & (mask.mean() >= LEAST_SHARE)
