"""Quality figures: `python tests/bench/quality.py CLIP [CLIP ...] [--published FOLDER]`.

Makes results of every clip with the default settings ("drafts"), and with the noise of the paper,
once with completeness weights ("on") and once without ("off"). Writes them as MP4 and reads them
back as `python -m vgpnn evaluate` does. FOLDER holds the published results of other systems, named
CLIP_SYSTEM0.mp4, CLIP_SYSTEM1.mp4 and so on. Originality is searched for in all results, so that
the systems can be compared.

Prints a Markdown table. With `--json REPORT.json` the rows are also put into that report, where
they replace the rows of the same clip, system and seeds.
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

import vgpnn  # noqa: E402
from vgpnn.evaluation import report as evaluate  # noqa: E402
from vgpnn.evaluation.originality import originality  # noqa: E402

COLUMNS = (
    "coherence",
    "completeness",
    "swd",
    "sharp",
    "motion",
    "originality",
    "mapped_originality",
    "diversity",
)
CHANGES = {  # settings changed from the defaults, by row name
    "drafts": {},
    "on": {"layout": "noise"},
    "off": {"layout": "noise", "alpha": None},
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("clips", type=Path, nargs="+")
    parser.add_argument("--published", type=Path, metavar="FOLDER")
    parser.add_argument("--seeds", default="0-5", metavar="FIRST-LAST")
    parser.add_argument("--systems", nargs="+", default=list(CHANGES), choices=CHANGES)
    parser.add_argument("--json", type=Path, metavar="REPORT.json")
    options = parser.parse_args()
    first, last = map(int, options.seeds.split("-"))
    seeds = list(range(first, last + 1))
    rows = []
    for clip in options.clips:
        for row in measure(clip, seeds, options.systems, options.published):
            rows.append(row)
            if options.json:
                merge(row, options.json)
    print(table(rows))


def measure(
    clip: Path, seeds: list[int], systems: Sequence[str], folder: Path | None
) -> Iterator[dict]:
    """Yield the rows of a clip: its name, the system, the seeds, and means over the results."""
    source, video = vgpnn.video.read(clip, plain=True), vgpnn.video.read(clip)
    for system in systems:
        samples, maps = results(video, seeds, CHANGES[system])
        share = statistics.fmean(originality(source_map).share for source_map in maps)
        row = {"clip": clip.stem, "system": system, "seeds": seeds}
        yield {**row, **figures(source, samples), "mapped_originality": share}
    for system, paths in published(folder, clip.stem).items():
        samples = [vgpnn.video.read(path, plain=True) for path in paths]
        yield {"clip": clip.stem, "system": system, "seeds": None, **figures(source, samples)}


def figures(source: vgpnn.Video, samples: list[vgpnn.Video]) -> dict:
    """Number of results, means of their figures, and their diversity."""
    report = evaluate.figures(source, samples)
    return {"results": len(samples), **report["mean"], "diversity": report["diversity"]}


def results(video: vgpnn.Video, seeds: list[int], changes: dict) -> tuple[list, list]:
    """Results as they are read from their MP4 files, and their source maps."""
    samples, maps = [], []
    with tempfile.TemporaryDirectory() as folder:
        for result in vgpnn.generate_batch(video, seeds, **changes):
            path = Path(folder) / f"{result.seed}.mp4"
            vgpnn.video.write(path, result.video)
            samples.append(vgpnn.video.read(path, plain=True))
            maps.append(result.source_map)
    return samples, maps


def published(folder: Path | None, clip: str) -> dict[str, list[Path]]:
    """Paths of the published results of a clip, by the name of the system."""
    paths = defaultdict(list)
    for path in sorted(folder.glob(f"{clip}_*.mp4")) if folder else ():
        paths[re.sub(r"\d+$", "", path.stem.removeprefix(f"{clip}_"))].append(path)
    return paths


def merge(row: dict, path: Path) -> None:
    """Put a row into the report at `path`, in the place of an older row of the same kind."""
    rows = json.loads(path.read_text())["rows"] if path.exists() else []
    kind = ("clip", "system", "seeds")
    rows = [old for old in rows if any(old[name] != row[name] for name in kind)]
    path.write_text(json.dumps({"rows": [*rows, row]}, indent=1) + "\n")


def table(rows: list[dict], columns: Sequence[str] = COLUMNS) -> str:
    """Markdown table of the rows of a report; a dash where a figure has no value."""
    lines = [["clip", "system", *(name.replace("_", " ") for name in columns)]]
    lines.append(["---"] * len(lines[0]))
    for row in rows:
        values = (row.get(name) for name in columns)
        cells = ("-" if value is None else f"{value:.2f}" for value in values)
        lines.append([row["clip"], row["system"], *cells])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


if __name__ == "__main__":
    main()
