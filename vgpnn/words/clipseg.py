"""CLIPSeg as the package transformers has it, from a folder of its files.

Pictures are prepared here: what transformers has for it wants torchvision, which nothing else of
this package needs.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from transformers import CLIPSegForImageSegmentation, CLIPTokenizer
from transformers.utils import logging

from vgpnn.machine.threads import thread_count, torch_threads

SIDE = 352  # [px] of the square that CLIPSeg looks at, unless its files say so
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of ImageNet, for CLIPSeg
CLIP_MEAN = 0.48145466, 0.4578275, 0.40821073  # of what CLIP was trained on
CLIP_DEVIATION = 0.26862954, 0.26130258, 0.27577711


logging.disable_progress_bar()  # of this load; a download has its own


class ClipSeg:
    """A `WordModel`. One call at a time computes, whatever the number of threads that ask."""

    def __init__(self, folder: Path, weight_file: str, about: Mapping[str, Any]) -> None:
        """folder: of the model's files, and which of them has the weights. about: how pictures are
        prepared for it, as its files say.
        Raises whatever transformers and torch raise for files that are no CLIPSeg model."""
        self._net, found = CLIPSegForImageSegmentation.from_pretrained(
            folder,
            local_files_only=True,
            output_loading_info=True,
            use_safetensors=weight_file.endswith(".safetensors"),
            weights_only=True,  # a pickle from the Hub runs nothing
            dtype=torch.float32,
        )
        if found["missing_keys"] or found.get("mismatched_keys"):  # would be random
            raise ValueError("weights are missing")
        self._net.eval()
        self._tokens = CLIPTokenizer.from_pretrained(folder, local_files_only=True)
        size = about.get("size", SIDE)
        self._side = size.get("height", SIDE) if isinstance(size, dict) else int(size)
        self._colours = about.get("image_mean", MEAN), about.get("image_std", DEVIATION)
        self._clip_side = self._net.config.vision_config.image_size
        self._lock = threading.Lock()
        self._text: tuple[str, torch.Tensor] | None = None  # the features of the last one

    def where(self, frame: torch.Tensor, words: str) -> torch.Tensor:
        """See `WordModel`."""
        picture = prepared(frame, self._side, *self._colours)
        with self._lock, torch_threads(thread_count()), torch.inference_mode():
            features = self._features(words)
            logits = self._net(pixel_values=picture, conditional_embeddings=features).logits
        logits = logits.reshape(1, 1, *logits.shape[-2:])
        return enlarged(logits, frame.shape[:2])[0, 0].sigmoid()

    def fit(self, frame: torch.Tensor, sentence: str) -> float:
        """See `WordModel`."""
        picture = prepared(frame, self._clip_side, CLIP_MEAN, CLIP_DEVIATION)
        with self._lock, torch_threads(thread_count()), torch.inference_mode():
            text = self._features(sentence)
            seen = self._net.clip.get_image_features(pixel_values=picture).pooler_output
        return float(F.cosine_similarity(seen, text)[0])

    def _features(self, text: str) -> torch.Tensor:
        """CLIP's features of a text, (1, D)."""
        if self._text is None or self._text[0] != text:
            most = self._net.config.text_config.max_position_embeddings
            tokens = self._tokens(text, truncation=True, max_length=most, return_tensors="pt")
            features = self._net.clip.get_text_features(
                tokens["input_ids"], attention_mask=tokens["attention_mask"]
            )
            self._text = text, features.pooler_output
        return self._text[1]


def prepared(
    frame: torch.Tensor, side: int, mean: Sequence[float], deviation: Sequence[float]
) -> torch.Tensor:
    """An (H, W, 3) uint8 frame as a square of side x side pixels in standard deviations from the
    mean, (1, 3, side, side) float32. It is squeezed, as CLIPSeg's own preparation does it."""
    picture = frame.cpu().permute(2, 0, 1)[None].float() / 255
    picture = enlarged(picture, (side, side))
    mean, deviation = (torch.tensor(each).view(1, 3, 1, 1) for each in (mean, deviation))
    return (picture - mean) / deviation


def enlarged(pictures: torch.Tensor, size: Sequence[int]) -> torch.Tensor:
    """(N, C, h, w) pictures at another size (H, W) [px]."""
    return F.interpolate(pictures, tuple(size), mode="bilinear", antialias=True)
