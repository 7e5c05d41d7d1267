"""Command line: `python -m vgpnn generate IN OUT.mp4`, `python -m vgpnn bench`."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from . import bench, source_map, video
from .settings import PRESETS
from .tasks import Step, generate


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    options = _parser().parse_args(arguments)
    try:
        options.run(options)
    except (ValueError, OSError) as error:
        print(f"vgpnn: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nvgpnn: stopped", file=sys.stderr)
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m vgpnn", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    one = commands.add_parser("generate", help="make new videos of the same scene")
    one.add_argument("input", metavar="IN", help="a video file or a folder of numbered images")
    one.add_argument("output", metavar="OUT.mp4", help="N samples write OUT-1.mp4 ... OUT-N.mp4")
    one.add_argument("--samples", type=_positive, default=1, metavar="N", help="how many videos")
    one.add_argument(
        "--seed", type=int, default=0, metavar="S", help="sample k uses seed S + k - 1"
    )
    one.add_argument("--height", type=_positive, metavar="PX", help="work at this height")
    one.add_argument("--start", type=float, default=0.0, metavar="SEC", help="begin here")
    one.add_argument("--frames", type=_positive, metavar="N", help="use this many frames")
    one.add_argument("--sigma", type=float, metavar="X", help="noise (default: the thumb rule)")
    one.add_argument(
        "--alpha",
        type=_alpha,
        default=PRESETS["generate"].alpha,
        metavar="X|off",
        help="completeness: small forces everything to appear, off allows repeats",
    )
    one.add_argument("--source-map", metavar="PATH", help="also save where each voxel came from")
    one.set_defaults(run=_generate)
    timing = commands.add_parser("bench", help="measure speed and memory on this machine")
    timing.set_defaults(run=lambda options: bench.main())
    return parser


def _generate(options: argparse.Namespace) -> None:
    for path in filter(None, (options.output, options.source_map)):
        if not Path(path).absolute().parent.is_dir():
            raise ValueError(f"There is no folder for {path}: make it first.")
    clip = video.read(
        options.input, start=options.start, frames=options.frames, height=options.height
    )
    for k in range(options.samples):
        seed = options.seed + k
        bar = ProgressBar(f"sample {k + 1}/{options.samples}")
        result = generate(clip, seed, progress=bar.show, sigma=options.sigma, alpha=options.alpha)
        path = _numbered(options.output, k, options.samples)
        video.write(path, result.video)
        bar.close(f"{path} (seed {seed})")
        if k == 0:
            for notice in result.notices:
                print(notice, file=sys.stderr)
        if options.source_map:
            source_map.save(_numbered(options.source_map, k, options.samples), result.source_map)


class ProgressBar:
    """One line on a terminal that says how far the loop is; elsewhere only its last state."""

    WIDTH = 24

    def __init__(self, label: str) -> None:
        self.label, self.began = label, time.perf_counter()

    def show(self, step: Step) -> None:
        """Redraw for one step; a `progress` callback."""
        if not sys.stderr.isatty():
            return
        full = round(step.fraction * self.WIDTH)
        print(
            f"\r{self.label} [{'#' * full}{'.' * (self.WIDTH - full)}] "
            f"level {step.level}/{step.levels} pass {step.number}/{step.passes} ",
            end="",
            file=sys.stderr,
            flush=True,
        )

    def close(self, message: str) -> None:
        """Replace the bar by a message and the time taken."""
        end = "\r\x1b[K" if sys.stderr.isatty() else ""
        print(f"{end}{message}, {time.perf_counter() - self.began:.1f} s", file=sys.stderr)


def _numbered(path: str, k: int, samples: int) -> str:
    """OUT.mp4 for one sample, OUT-1.mp4 ... for several."""
    if samples == 1:
        return path
    path = Path(path)
    return str(path.with_name(f"{path.stem}-{k + 1}{path.suffix}"))


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return value


def _alpha(text: str) -> float | None:
    if text == "off":
        return None
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"must be a number or 'off', not {text!r}") from None


if __name__ == "__main__":
    sys.exit(main())
