"""What the tab "How it works" shows of a run: pictures of every level, errors, and places."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from PIL import Image

import vgpnn
from vgpnn.explain import View
from vgpnn.service import files

SENT_PLACES = 1_500_000  # voxels of a map that a browser gets; of a larger one every n-th in space
TALLEST = 240  # [px] of a picture


@dataclass(frozen=True)
class PassReport:
    """One pass of the first sample. error: in MSE per element. view: at the end of a level."""

    level: int
    number: int
    error: float
    view: View | None


def extended(explanation: dict | None, passes: tuple[PassReport, ...], folder: Path) -> dict:
    """What was told of a run before, and these passes; pictures are saved in a folder.

    errors: [level, number, error] by pass. levels: see `_level`."""
    explanation = explanation or {"errors": [], "levels": []}
    return {
        "errors": explanation["errors"] + [[p.level, p.number, p.error] for p in passes],
        "levels": explanation["levels"]
        + [_level(p.view, folder) for p in passes if p.view is not None],
    }


def _level(view: View, folder: Path) -> dict:
    """Sizes, corners, and the addresses of the pictures."""
    pictures = {name: getattr(view, name).numpy() for name in ("value", "key", "query", "guess")}
    if view.missing is not None:
        heat = cv2.applyColorMap((view.missing * 255).to(torch.uint8).numpy(), cv2.COLORMAP_INFERNO)
        pictures["missing"] = heat[..., ::-1]
    numbers = {
        "level": view.level,
        "source": view.source,
        "shape": view.shape,
        "at": view.at,
        "match": view.match,
        "patch": view.patch,
    }
    return numbers | {
        name: _saved(picture, folder / f"level{view.level}-{name}.png")
        for name, picture in pictures.items()
    }


def _saved(picture: np.ndarray, path: Path) -> str:
    image = Image.fromarray(np.ascontiguousarray(picture))
    if image.height > TALLEST:
        image = image.resize((round(image.width * TALLEST / image.height), TALLEST))
    image.save(path)
    return files.url(path)


def save_places(source_map: torch.Tensor, source: vgpnn.settings.Shape, path: Path) -> dict:
    """A source map as a file of little-endian int16, and how to read it: `size` (T, H, W) of what
    is in it, every `step`-th row and column of the result, and the size of the source."""
    step = math.ceil(math.sqrt(source_map[..., 0].numel() / SENT_PLACES))
    kept = source_map[:, ::step, ::step].contiguous()
    path.write_bytes(kept.numpy().astype("<i2").tobytes())
    return {
        "file": files.url(path),
        "size": list(kept.shape[:3]),
        "step": step,
        "source": list(source),
    }
