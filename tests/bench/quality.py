"""Table of quality figures: `python tests/bench/quality.py CLIP [CLIP ...] [--published FOLDER]`.

Six seeds of the default preset a clip, completeness on and off, written as MP4s and read back as
`python -m vgpnn evaluate` reads them. FOLDER holds results of others, named as in
CLIP_SYSTEM0.mp4 and so on. Pieces are searched for in all of them, so that originality compares.
Prints the rows of a Markdown table.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

import vgpnn  # noqa: E402
from vgpnn.evaluation import report as evaluate  # noqa: E402

SEEDS = range(6)
COLUMNS = "coherence", "completeness", "swd", "sharp", "motion", "originality", "diversity"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("clips", type=Path, nargs="+")
    parser.add_argument("--published", type=Path)
    options = parser.parse_args()
    print("| " + " | ".join(["clip", "", *COLUMNS]) + " |\n|" + " --- |" * (2 + len(COLUMNS)))
    for clip in options.clips:
        source, video = vgpnn.video.read(clip, plain=True), vgpnn.video.read(clip)
        for label, changes in (("ours", {}), ("ours, completeness off", {"alpha": None})):
            show(clip, label, source, made(video, changes))
        for system, paths in published(options.published, clip.stem).items():
            show(clip, system, source, [vgpnn.video.read(path, plain=True) for path in paths])


def show(clip: Path, label: str, source: vgpnn.Video, samples: list[vgpnn.Video]) -> None:
    report = evaluate.figures(source, samples)
    mean = {**report["mean"], "diversity": report["diversity"]}
    cells = ("-" if mean[name] is None else f"{mean[name]:.2f}" for name in COLUMNS)
    print(f"| {clip.stem} | {label} | {' | '.join(cells)} |", flush=True)


def made(video: vgpnn.Video, changes: dict) -> list[vgpnn.Video]:
    """Results as they are read from their MP4s."""
    samples = []
    with tempfile.TemporaryDirectory() as folder:
        for result in vgpnn.generate_batch(video, SEEDS, **changes):
            path = Path(folder) / f"{result.seed}.mp4"
            vgpnn.video.write(path, result.video)
            samples.append(vgpnn.video.read(path, plain=True))
    return samples


def published(folder: Path | None, stem: str) -> dict[str, list[Path]]:
    """Files of every system, by its name."""
    found = defaultdict(list)
    for path in sorted(folder.glob(f"{stem}_*.mp4")) if folder else ():
        found[re.sub(r"\d+$", "", path.stem.removeprefix(f"{stem}_"))].append(path)
    return found


if __name__ == "__main__":
    main()
