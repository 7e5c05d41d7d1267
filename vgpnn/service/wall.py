"""How often the page shows a tile, side by side and one above the other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vgpnn.tasks.tiling import AXES


def wall_of(task: str, options: Mapping[str, Any]) -> dict:
    """`wall`: rows and columns of copies, 2 along what repeats; nothing for other tasks."""
    if task != "tile":
        return {}
    return {"wall": [1 + goes_round for goes_round in AXES[options.get("axes", "both")]]}
