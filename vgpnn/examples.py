"""The index of the bundled examples: clips, each with a result that was made beforehand."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path

INSTALLED = Path(__file__).parent / "bundled"  # only in a package that was built, see setup.py
BUNDLED = INSTALLED if INSTALLED.is_dir() else Path(__file__).parents[1] / "examples"
FOLDER = Path(os.environ.get("VGPNN_EXAMPLES") or BUNDLED)


@dataclass(frozen=True, eq=False)
class Example:
    """One entry of index.json.

    video, result: the source and a result of it. style: the second source of an analogy.
    task, seed, options: what the result was made with; options as the page's controls have them.
    beside: more videos to show next to the result, each with its title.
    """

    name: str
    title: str
    video: Path
    result: Path
    task: str = "generate"
    seed: int = 0
    note: str = ""
    options: dict = field(default_factory=dict)
    style: Path | None = None
    beside: tuple[tuple[str, Path], ...] = ()

    @property
    def poster(self) -> Path | None:
        """A small picture of the source, which a browser loads in place of the video; None where
        there is none."""
        path = self.video.with_suffix(".webp")
        return path if path.is_file() else None

    def files(self) -> list[Path]:
        """Every file that a browser may ask for."""
        others = [path for path in (self.style, self.poster) if path]
        return [self.video, self.result, *others, *(path for _, path in self.beside)]


def load(folder: Path = FOLDER) -> list[Example]:
    """The examples of a folder, in the order of its index; entries with missing files are left out.

    A folder without an index has none.
    """
    index = folder / "index.json"
    if not index.is_file():
        return []
    examples = [_example(entry, folder) for entry in json.loads(index.read_text())]
    return [each for each in examples if all(path.is_file() for path in each.files())]


def explained_files(folder: Path = FOLDER) -> list[Path]:
    """The files of the run that was explained beforehand: run.json and its pictures, or none."""
    return sorted((folder / "explained").glob("*.*"))


def _example(entry: dict, folder: Path) -> Example:
    plain = {
        key: entry[key]
        for key in ("name", "title", "task", "seed", "note", "options")
        if key in entry
    }
    paths = {key: folder / entry[key] for key in ("video", "result", "style") if key in entry}
    beside = tuple((title, folder / name) for title, name in entry.get("beside", {}).items())
    return Example(**plain, **paths, beside=beside)
