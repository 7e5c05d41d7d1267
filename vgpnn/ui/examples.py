"""The bundled examples: a clip, and a result of it that was made beforehand."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import vgpnn

from .files import url
from .request import Clip

FOLDER = Path(os.environ.get("VGPNN_EXAMPLES") or Path(__file__).parents[2] / "examples")


@dataclass(frozen=True, eq=False)
class Example:
    """One entry of index.json."""

    name: str
    title: str
    video: Path
    result: Path
    seed: int = 0
    note: str = ""
    more: dict = field(default_factory=dict)

    def clip(self) -> Clip:
        return _clip(self.video, self.title)

    def view(self) -> dict:
        """What the page shows at once when this example is chosen."""
        info = self.clip().info
        return {
            "phase": "done", "example": True, "title": self.title, "note": self.note,
            "size": [info.frames, info.height, info.width], "fps": float(info.fps),
            "source": {"video": url(self.video)},
            "takes": [{"number": 1, "seed": self.seed, "video": url(self.result)}],
        }  # fmt: skip


@cache
def _clip(video: Path, title: str) -> Clip:
    return Clip(video, title, vgpnn.video.probe(video), url(video))


def load(folder: Path = FOLDER) -> list[Example]:
    """The examples of a folder; entries whose files are missing are left out."""
    index = folder / "index.json"
    if not index.is_file():
        return []
    found = []
    for entry in json.loads(index.read_text()):
        entry = dict(entry)
        known = {k: entry.pop(k) for k in ("name", "title", "seed", "note") if k in entry}
        video, result = (folder / entry.pop(k) for k in ("video", "result"))
        if video.is_file() and result.is_file():
            found.append(Example(**known, video=video, result=result, more=entry))
    return found
