"""What the tab "How it works" shows of a run: pictures of each level, the error of each pass, and
where each voxel of a result comes from."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from PIL import Image

from vgpnn.explain import View
from vgpnn.service import files
from vgpnn.settings import Shape

MAX_PLACES = 1_500_000  # voxels of a source map that a browser gets; a larger map is thinned out
MAX_HEIGHT = 240  # [px] of a picture; higher ones are reduced


@dataclass(frozen=True)
class PassReport:
    """One pass of the first sample.

    level, number: of the pass, both counted from 1. error: mean distance of the patches that were
    found, in MSE per element. view: pictures of the last pass of a level; None for other passes.
    """

    level: int
    number: int
    error: float
    view: View | None


def extended(explanation: dict | None, passes: tuple[PassReport, ...], folder: Path) -> dict:
    """An explanation with further passes, as the page draws it; their pictures are saved.

    explanation: what this function returned before, or None. folder: for the pictures.
    Returns `errors`, a list of [level, number, error], and `levels`, a list of what `_save_level`
    returns.
    """
    explanation = explanation or {"errors": [], "levels": []}
    errors = [[report.level, report.number, report.error] for report in passes]
    levels = [_save_level(report.view, folder) for report in passes if report.view is not None]
    return {
        "errors": explanation["errors"] + errors,
        "levels": explanation["levels"] + levels,
    }


def _save_level(view: View, folder: Path) -> dict:
    """Save the pictures of a level. Returns their addresses, and the sizes and corners of `View`
    as lists."""
    pictures = {name: getattr(view, name).numpy() for name in ("value", "key", "query", "guess")}
    if view.missing is not None:
        codes = (view.missing * 255).to(torch.uint8).numpy()
        heat = cv2.applyColorMap(codes, cv2.COLORMAP_INFERNO)
        pictures["missing"] = heat[..., ::-1]  # OpenCV's channels are blue, green, red
    corners = {
        name: list(getattr(view, name)) for name in ("source", "shape", "at", "match", "patch")
    }
    addresses = {
        name: _save_picture(picture, folder / f"level{view.level}-{name}.png")
        for name, picture in pictures.items()
    }
    return {"level": view.level, **corners, **addresses}


def _save_picture(picture: np.ndarray, path: Path) -> str:
    """Save an (H, W, 3) uint8 picture as PNG, reduced to MAX_HEIGHT. Returns its address."""
    image = Image.fromarray(np.ascontiguousarray(picture))
    if image.height > MAX_HEIGHT:
        image = image.resize((round(image.width * MAX_HEIGHT / image.height), MAX_HEIGHT))
    image.save(path)
    return files.url(path)


def save_places(source_map: torch.Tensor, source: Shape, path: Path) -> dict:
    """Save a source map, (T, H, W, 3), as little-endian int16 numbers that a browser can read.

    source: (T', H', W') of the source that the map points into.
    Returns `file` (the address), `size` ([T, H, W] of what is in the file), `step` (every
    step-th row and column of the map is in the file) and `source` (as a list).
    """
    step = math.ceil(math.sqrt(source_map[..., 0].numel() / MAX_PLACES))
    kept = source_map[:, ::step, ::step].contiguous()
    path.write_bytes(kept.numpy().astype("<i2").tobytes())
    return {
        "file": files.url(path),
        "size": list(kept.shape[:3]),
        "step": step,
        "source": list(source),
    }
