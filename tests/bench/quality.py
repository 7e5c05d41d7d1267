"""Table of quality figures: `python tests/bench/quality.py RULER CLIP [CLIP ...]`.

RULER is a Python file with `load(path)`, `figures(source, generated) -> dict` and
`diversity(source, list)` on (T, H, W, 3) tensors in [-1, 1]. Six seeds of the default preset a
clip, completeness on and off, written as MP4s and read back by the ruler: what a user gets is
measured. Prints the rows of a Markdown table.
"""

from __future__ import annotations

import argparse
import importlib.util
import statistics
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

import vgpnn  # noqa: E402

SEEDS = range(6)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("ruler", type=Path)
    parser.add_argument("clips", type=Path, nargs="+")
    options = parser.parse_args()
    spec = importlib.util.spec_from_file_location("ruler", options.ruler)
    ruler = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(ruler)
    head = None
    for clip in options.clips:
        source, video = ruler.load(str(clip)), vgpnn.video.read(clip)
        for label, changes in (("on", {}), ("off", {"alpha": None})):
            made = [written(vgpnn.generate(video, seed, **changes), ruler) for seed in SEEDS]
            rows = [ruler.figures(source, frames) for frames in made]
            mean = {name: statistics.mean(row[name] for row in rows) for name in rows[0]}
            mean["diversity"] = ruler.diversity(source, made)
            if head is None:
                head = ["clip", "completeness weights", *mean]
                print("| " + " | ".join(head) + " |\n|" + " --- |" * len(head))
            cells = [f"{value:.2f}" for value in mean.values()]
            print("| " + " | ".join([clip.stem, label, *cells]) + " |", flush=True)


def written(result: vgpnn.Result, ruler):
    """The result as the ruler reads it from the MP4."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "result.mp4"
        vgpnn.video.write(path, result.video)
        return ruler.load(str(path))


if __name__ == "__main__":
    main()
