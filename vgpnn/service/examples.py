"""The bundled examples: a clip, and a result of it that was made beforehand."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import vgpnn
from vgpnn.service.files import url
from vgpnn.service.request import Clip

FOLDER = Path(os.environ.get("VGPNN_EXAMPLES") or Path(__file__).parents[2] / "examples")


@dataclass(frozen=True, eq=False)
class Example:
    """One entry of index.json."""

    name: str
    title: str
    video: Path
    result: Path
    task: str = "generate"
    seed: int = 0
    note: str = ""
    options: dict = field(default_factory=dict)  # of the task, as the page's controls have them
    style: Path | None = None
    beside: tuple[tuple[str, Path], ...] = ()  # more videos to show, with their titles

    def clip(self) -> Clip:
        return _clip(self.video, self.title)

    def style_clip(self) -> Clip | None:
        return None if self.style is None else _clip(self.style, self.style.stem.title())

    def files(self) -> list[Path]:
        """Every file that a browser may ask for."""
        more = [self.style] if self.style else []
        return [self.video, self.result, *more, *(path for _, path in self.beside)]

    def view(self) -> dict:
        """What the page shows at once when this example is chosen."""
        info = self.clip().info
        return {
            "phase": "done",
            "example": True,
            "title": self.title,
            "note": self.note,
            "task": self.task,
            "size": size_of(self.result),
            "fps": float(info.fps),
            "source": {"video": url(self.video), "size": size_of(self.video)},
            "extras": [
                {"title": title, "video": url(path), "size": size_of(path)}
                for title, path in self.beside
            ],
            "takes": [{"number": 1, "seed": self.seed, "video": url(self.result)}],
        }


@cache
def _clip(video: Path, title: str) -> Clip:
    return Clip(video, title, vgpnn.video.probe(video), url(video))


@cache
def size_of(video: Path) -> list[int]:
    """[T, H, W] of a bundled file."""
    info = vgpnn.video.probe(video)
    return [info.frames, info.height, info.width]


def load(folder: Path = FOLDER) -> list[Example]:
    """The examples of a folder; entries whose files are missing are left out."""
    index = folder / "index.json"
    if not index.is_file():
        return []
    found = []
    for entry in json.loads(index.read_text()):
        known = {k: v for k, v in entry.items() if k in ("name", "title", "task", "seed", "note")}
        paths = {k: folder / entry[k] for k in ("video", "result", "style") if k in entry}
        beside = tuple((title, folder / name) for title, name in entry.get("beside", {}).items())
        example = Example(**known, **paths, beside=beside, options=entry.get("options", {}))
        if all(path.is_file() for path in example.files()):
            found.append(example)
    return found
