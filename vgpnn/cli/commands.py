"""Command line: `python -m vgpnn generate IN OUT.mp4`, and one command for every other task."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from vgpnn import source_map, tasks, video
from vgpnn.deployment import space as deploy
from vgpnn.evaluation import benchmark as bench
from vgpnn.evaluation import report as evaluate
from vgpnn.machine import memory
from vgpnn.machine.devices import DEVICES
from vgpnn.presets import DEFAULT_DIFFERENCE, QUALITIES, preset
from vgpnn.settings import SETTINGS, Settings
from vgpnn.tasks import analogies, cues, generation, inpainting, retargeting


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

    one = _command(commands, "generate", _generate, "make new videos of the same scene", "IN")
    one.add_argument(
        "--samples",
        type=_positive,
        default=1,
        metavar="N",
        help="how many videos; N write OUT-1.mp4 ... OUT-N.mp4",
    )
    one.add_argument(
        "--difference",
        type=float,
        default=DEFAULT_DIFFERENCE,
        metavar="X",
        help="0 is more like the source, 1 more different",
    )
    one.add_argument(
        "--sigma",
        type=float,
        default=argparse.SUPPRESS,
        metavar="X",
        help="noise (default: the thumb rule)",
    )

    one = _command(commands, "retarget", _retarget, "another size or length, no stretching", "IN")
    for name in ("width", "height", "duration"):
        one.add_argument(
            f"--{name}-scale",
            type=float,
            default=1.0,
            metavar="X",
            help=f"{name} of the result in {name}s of the input",
        )
    one.add_argument("--loop", action="store_true", help="lead the last frame into the first")

    one = _command(
        commands,
        "analogy",
        _analogy,
        "the motion of one video, the looks of another",
        "LAYOUT",
        "STYLE",
    )
    one.add_argument("--sketch", action="store_true", help="LAYOUT is a moving sketch")
    one.add_argument(
        "--bins",
        type=int,
        default=argparse.SUPPRESS,
        metavar="N",
        help="k-means bins of the motion",
    )
    one.add_argument(
        "--structure-levels",
        type=float,
        default=argparse.SUPPRESS,
        metavar="X",
        help="share of the levels on which motion is compared",
    )
    for name, about in (
        ("structure", "what is compared before the colours"),
        ("flow", "optical flow; raft needs torchvision and weights"),
    ):
        one.add_argument(
            f"--{name}", choices=SETTINGS[name].words, default=argparse.SUPPRESS, help=about
        )
    one.add_argument(
        "--passes", type=int, default=argparse.SUPPRESS, metavar="J", help="passes per level"
    )

    one = _command(
        commands, "inpaint", _inpaint, "fill a region, steered by colour cues", "IN", "CUES"
    )
    one.add_argument(
        "--from",
        dest="first",
        type=int,
        default=0,
        metavar="FRAME",
        help="first frame on which the cues hold",
    )
    one.add_argument("--to", dest="last", type=int, metavar="FRAME", help="last one")
    one.add_argument(
        "--key",
        metavar="RRGGBB",
        help="colour of CUES that is not paint (default: what is see-through is not)",
    )
    one.add_argument(
        "--remove",
        default="ff00ff",
        metavar="RRGGBB",
        help="colour of paint that is no cue: what is under it goes",
    )
    one.add_argument(
        "--margin",
        type=float,
        default=cues.MARGIN,
        metavar="X",
        help="how much the region is larger than the paint, in sizes of a piece",
    )

    judging = commands.add_parser("evaluate", help="measure results against their source")
    judging.add_argument("source", metavar="SOURCE", help="a file or a folder of numbered images")
    judging.add_argument("generated", nargs="+", metavar="GENERATED", help="results of it")
    _part(judging)
    judging.add_argument("--json", action="store_true", help="print one JSON object")
    judging.add_argument(
        "--svfid", action="store_true", help="also SVFID; needs C3D's weights in VGPNN_C3D_WEIGHTS"
    )
    judging.add_argument(
        "--source-map",
        nargs="+",
        metavar="PATH",
        help="maps saved with the results, in their order (default: pieces are searched for)",
    )
    judging.set_defaults(run=_evaluate)

    timing = commands.add_parser("bench", help="measure speed and memory on this machine")
    timing.add_argument("--sizes", nargs="+", type=_shape, default=[], metavar="TxHxW")
    timing.add_argument("--device", choices=DEVICES, default="auto")
    timing.add_argument(
        "--roofline", action="store_true", help="also count the distances, which takes a slow run"
    )
    timing.add_argument("--json", metavar="PATH", help="also write what was measured")
    timing.add_argument("--table", nargs="+", metavar="PATH", help="just print such files")
    timing.set_defaults(run=_bench)

    sending = commands.add_parser("deploy", help="put the page on Hugging Face Spaces")
    sending.add_argument("repo_id", metavar="OWNER/NAME", help="the Space to make or to update")
    sending.add_argument(
        "--sdk",
        choices=deploy.SDKS,
        default=deploy.SDKS[0],
        help="gradio can have ZeroGPU (the default); docker builds the Dockerfile",
    )
    sending.add_argument(
        "--hardware",
        metavar="NAME",
        help="such as cpu-upgrade (default: zero-a10g or cpu-basic, or what the Space has)",
    )
    sending.add_argument("--private", action="store_true", help="only you can see it")
    sending.add_argument(
        "--dry-run", action="store_true", help="show what would be sent, send nothing"
    )
    sending.set_defaults(run=_deploy)
    return parser


def _command(commands, name: str, run, about: str, *inputs: str) -> argparse.ArgumentParser:
    """A command with the arguments that all tasks share."""
    one = commands.add_parser(name, help=about)
    for what in inputs:
        one.add_argument(what.lower(), metavar=what, help="a file or a folder of numbered images")
    one.add_argument("out", metavar="OUT.mp4", help="the result")
    one.add_argument("--seed", type=int, default=0, metavar="S", help="a whole number")
    _part(one)
    one.add_argument(
        "--quality", choices=QUALITIES, default="balanced", help="how much time is spent"
    )
    one.add_argument(
        "--alpha",
        type=_alpha,
        default=argparse.SUPPRESS,
        metavar="X|off",
        help="completeness: small makes everything appear, off allows repeats",
    )
    one.add_argument(
        "--device", choices=DEVICES, default="auto", help="auto is a GPU where there is one"
    )
    one.add_argument(
        "--memory",
        type=_memory,
        metavar="SIZE",
        help="such as 500M or 2G: what is beyond lies in temporary files; the result is the same",
    )
    one.add_argument("--source-map", metavar="PATH", help="also save where each voxel came from")
    one.set_defaults(run=run)
    return one


def _part(one: argparse.ArgumentParser) -> None:
    """What is read of the input."""
    one.add_argument("--height", type=_positive, metavar="PX", help="work at this height")
    one.add_argument("--start", type=float, default=0.0, metavar="SEC", help="begin here")
    one.add_argument("--frames", type=_positive, metavar="N", help="use this many frames")


def _generate(options: argparse.Namespace) -> None:
    clip = _read(options.__dict__["in"], options)
    settings = preset("generate", options.quality, options.difference)
    settings = settings.with_changes(**_changes(options, "alpha", "sigma"))
    seeds = range(options.seed, options.seed + options.samples)
    _make(options, generation.problem, clip, seed=seeds, settings=settings)


def _retarget(options: argparse.Namespace) -> None:
    clip = _read(options.__dict__["in"], options)
    scales = options.width_scale, options.height_scale, options.duration_scale
    settings = preset("retarget", options.quality).with_changes(**_changes(options, "alpha"))
    _make(options, retargeting.problem, clip, *scales, options.loop, settings=settings)


def _analogy(options: argparse.Namespace) -> None:
    layout = _read(options.layout, options)
    style = video.read(options.style, frames=options.frames, fps=layout.fps, height=options.height)
    changes = _changes(options, "alpha", "bins", "structure_levels", "structure", "flow", "passes")
    settings = preset("sketch" if options.sketch else "analogy", options.quality)
    settings = settings.with_changes(**changes)
    _make(options, analogies.problem, layout, style, options.sketch, settings=settings)


def _inpaint(options: argparse.Namespace) -> None:
    clip = _read(options.__dict__["in"], options)
    shape = clip.shape
    key = options.key and cues.colour(options.key)
    pictures = cues.read(options.cues, shape, key, options.start, clip.fps)
    last = shape[0] - 1 if options.last is None else options.last
    painted = cues.from_pictures(
        pictures, shape, options.first, last, cues.colour(options.remove), options.margin
    )
    settings = preset("inpaint", options.quality).with_changes(**_changes(options, "alpha"))
    _make(options, inpainting.problem, clip, *painted, settings=settings)


def _evaluate(options: argparse.Namespace) -> None:
    part = {"start": options.start, "frames": options.frames, "height": options.height}
    source = video.read(options.source, **part, plain=True)
    evaluate.main(source, options.generated, options.source_map, options.json, options.svfid)


def _bench(options: argparse.Namespace) -> None:
    if options.table:
        bench.table(options.table)
    else:
        bench.main(options.sizes, options.json, options.device, options.roofline)


def _deploy(options: argparse.Namespace) -> None:
    deploy.main(options.repo_id, options.sdk, options.hardware, options.private, options.dry_run)


def _read(path: str, options: argparse.Namespace) -> video.Video:
    for out in filter(None, (options.out, options.source_map)):
        if not Path(out).absolute().parent.is_dir():
            raise ValueError(f"There is no folder for {out}: make it first.")
    return video.read(path, start=options.start, frames=options.frames, height=options.height)


def _changes(options: argparse.Namespace, *names: str) -> dict:
    """Settings that were given; the others stay those of the task's preset."""
    return {name: getattr(options, name) for name in names if hasattr(options, name)}


def _make(options: argparse.Namespace, problem, *inputs, seed=None, settings: Settings) -> None:
    """Solve a task's problem, write every result as soon as it is there, say how long it took.

    seed: default that of the options.
    """
    if options.memory is not None:
        memory.limit(options.memory)
    samples, k = getattr(options, "samples", 1), 0
    bar = ProgressBar(options.out)  # the first sample's time is that of what all of them share, too
    seed = options.seed if seed is None else seed
    asked = problem(*inputs, seed=seed, settings=settings, device=options.device)
    for notice in asked.notices:
        print(notice, file=sys.stderr)
    for batch in asked.batches():
        bar.label = f"sample {k + 1}/{samples}" if samples > 1 else options.out
        for result in batch.solve(bar.show):
            path = _numbered(options.out, k, samples)
            video.write(path, result.video)
            bar.close(f"{path} (seed {result.seed})")
            if options.source_map:
                source_map.save(_numbered(options.source_map, k, samples), result.source_map)
            k += 1


class ProgressBar:
    """One line on a terminal that says how far the loop is; elsewhere only its last state."""

    WIDTH = 24

    def __init__(self, label: str) -> None:
        self.label, self.began = label, time.perf_counter()

    def show(self, step: tasks.Step) -> None:
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
        """Replace the bar by a message and the time taken since the last one."""
        end = "\r\x1b[K" if sys.stderr.isatty() else ""
        now = time.perf_counter()
        print(f"{end}{message}, {now - self.began:.1f} s", file=sys.stderr)
        self.began = now


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


def _shape(text: str) -> tuple[int, int, int]:
    try:
        frames, height, width = map(_positive, text.split("x"))
    except ValueError:
        raise argparse.ArgumentTypeError(f"must look like 13x144x256, not {text!r}") from None
    return frames, height, width


def _memory(text: str) -> int:
    try:
        return memory.parsed(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _alpha(text: str) -> float | None:
    if text == "off":
        return None
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"must be a number or 'off', not {text!r}") from None
