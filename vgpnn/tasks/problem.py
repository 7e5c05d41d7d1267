"""What the tasks share: a problem is the data that a task gives to the coarse-to-fine loop."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from fractions import Fraction
from numbers import Integral

import torch

from vgpnn import pyramid
from vgpnn.bars import Frame
from vgpnn.camera.view import View
from vgpnn.full_size import Sizes
from vgpnn.level import Level, Pass, shapes_of
from vgpnn.machine import memory
from vgpnn.machine.threads import OnOneTorchThread
from vgpnn.overlays import Overlay
from vgpnn.schedule import plan_levels, shares_done
from vgpnn.settings import Settings, Shape
from vgpnn.source_map import keep_box, keep_outside, source_map
from vgpnn.synthesis import synthesize
from vgpnn.tasks import membrane
from vgpnn.tasks.result import Result, Step
from vgpnn.tasks.run import Run
from vgpnn.tasks.tones import blended
from vgpnn.tasks.torus import Torus
from vgpnn.video import Video
from vgpnn.wrapping import NEITHER, without_margins

# Bytes of a GPU's memory for each voxel of the result (or of the source, where that is larger):
# those that the samples of a batch share, such as the packed source, and those of each sample,
# besides what it is packed into.
BATCH_BYTES, SAMPLE_BYTES = 40, 44
MOST_SAMPLES = 1000  # of a batch; a GPU can launch programs for 65,535 of them


@contextmanager
def gpu_memory_errors_explained() -> Iterator[None]:
    """Turn the error of a GPU that has too little memory into a ValueError with one sentence."""
    try:
        yield
    except torch.cuda.OutOfMemoryError:
        raise ValueError(
            "The GPU has too little memory for this: choose fewer frames or samples, a smaller "
            "height, or the device cpu."
        ) from None


@dataclass(frozen=True)
class Steering:
    """What was found for the marks of one sample, see `steering`.

    gains: of each mark that has one. notices: a sentence on each mark whose wish is not met.
    """

    gains: tuple[float, ...]
    notices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Problem:
    """A task and its input, ready for the loop: S samples of one source, as one batch.

    levels: coarsest first.
    guess: first guesses, integer codes of shape (S,) + levels[0].shape + (3,).
    settings: those of each sample. They differ in sigma alone, which acts through the guess.
    fps: rate of the results [frames/s]. seeds: the seed of each sample.
    notices: a sentence on each thing that was adapted to the input. own_notices: on what is so in
        a single sample, for each of them.
    circular, backend, checkpoint: see `synthesis.synthesize`.
    begun: of a single sample, the loop where it has already begun, see `Run`.
    drafts: the name of the draft that each sample goes on from; none where there are no drafts.
    frame: what lies around the picture that is made, and stays; None where all is made.
    torus: of a seamless tile, how its source goes round; None for others.
    view: what the camera sees of the result, where it is made on a canvas that stands still.
    targets: of each mark that has a gain how many times as much of it is wanted.
    steering: of each sample how strongly these marks act; none before that is known.
    forbidden: (t, h, w) bool of the whole source, what no patch may come from; None: nothing.
    sizes: see `Result`.
    overlay: what of the whole source stays where it is; None: nothing.
    blends: whether the tones of pieces are blended at their seams, see `tones`.
    """

    levels: list[Level]
    guess: torch.Tensor
    settings: tuple[Settings, ...]
    fps: Fraction
    seeds: tuple[int, ...] = (0,)
    notices: tuple[str, ...] = ()
    own_notices: tuple[tuple[str, ...], ...] = ()
    circular: bool = False
    torus: Torus | None = None
    backend: str = "auto"
    checkpoint: Callable[[], None] = field(default=lambda: None)
    begun: tuple[Run | None, ...] = ()
    drafts: tuple[str | None, ...] = ()
    frame: Frame | None = None
    view: View | None = None
    targets: tuple[float, ...] = ()
    steering: tuple[Steering, ...] = ()
    forbidden: torch.Tensor | None = None
    sizes: Sizes | None = None
    overlay: Overlay | None = None
    blends: bool = False

    def passes(self) -> Iterator[Pass]:
        """Run the loop, and yield its state after every pass; see `synthesis.synthesize`.

        Where the loop has begun, the passes that are done come at once, and it goes on from there.
        """
        run = self.begun[0] if len(self.begun) == 1 else None
        return self._loop() if run is None else run.taken() or self._loop()

    def _loop(self) -> Iterator[Pass]:
        with gpu_memory_errors_explained():
            loop = synthesize(
                self.levels,
                self.guess,
                self.settings[0],
                self.seeds,
                self.backend,
                self.checkpoint,
                self.circular,
                [each.gains for each in self.steering],
                NEITHER if self.torus is None else self.torus.wraps,
            )
            yield from OnOneTorchThread(loop)

    def samples(self) -> list[Problem]:
        """A problem for each sample alone; all of them share the levels."""
        return [self.part(slice(k, k + 1)) for k in range(len(self.seeds))]

    def part(self, samples: slice) -> Problem:
        """The problem of some of the samples."""
        names = "guess", "settings", "seeds", "own_notices", "begun", "drafts", "steering"
        return replace(self, **{name: getattr(self, name)[samples] for name in names})

    def batches(self) -> list[Problem]:
        """The problems to solve one after the other.

        A GPU solves as many samples at once as fit into its memory, because one small clip would
        not fill it. The CPU solves them one by one: a batch takes as long as its samples together
        and several times the memory, and the first result comes sooner.
        """
        if self.guess.device.type == "cpu":
            return self.samples()
        shared, of_sample = self.gpu_bytes()
        room = memory.free_gpu_bytes(self.guess.device) - shared
        most = min(MOST_SAMPLES, max(1, room // of_sample))
        return [self.part(slice(first, first + most)) for first in range(0, len(self.seeds), most)]

    def gpu_bytes(self) -> tuple[int, int]:
        """About how many bytes of a GPU's memory all samples need together, and each by itself."""
        voxels = max(math.prod(shape) for pair in shapes_of(self.levels) for shape in pair)
        settings = self.settings[0]
        frames = max(settings.patch[0], settings.large_patch[0])
        packed = 1 << (4 * frames - 1).bit_length()  # of up to four channels
        return voxels * BATCH_BYTES, voxels * (SAMPLE_BYTES + packed)

    def steps(self, observe: Callable[[Pass], None] = lambda state: None) -> Iterator[Step]:
        """Run the loop, and yield a step after every pass; the last step holds the results.

        observe: called with the state of the loop after every pass. The next pass overwrites the
            tensors of the state.
        """
        shares = iter(shares_done(plan_levels(shapes_of(self.levels), self.settings[0])))

        def step(state: Pass) -> Step:
            observe(state)
            return Step(
                level=state.level,
                levels=state.levels,
                number=state.number,
                passes=state.passes,
                fraction=next(shares),
                guess=state.guess,
                mean_error=state.mean_error,
                results=tuple(self._results(state)) if state.is_last else (),
            )

        # `map` keeps no state alive between two passes.
        yield from OnOneTorchThread(map(step, self.passes()))

    def solve(self, progress: Callable[[Step], None] | None = None) -> tuple[Result, ...]:
        """The result of each sample.

        progress: called with a step after every pass; may raise `Cancelled`.
        """
        for step in self.steps():
            if progress is not None:
                progress(step)
        return step.results

    def _results(self, state: Pass) -> Iterator[Result]:
        """The result of each sample, from the state after the last pass."""
        finest = self.levels[-1]
        drafts = self.drafts or (None,) * len(self.seeds)
        own = self.own_notices or ((),) * len(self.seeds)
        told = [each.notices for each in self.steering] or [()] * len(self.seeds)
        of_samples = self.settings, self.seeds, drafts, own, told
        samples = zip(state.guess, state.field, *of_samples)
        for guess, field_of_sample, settings, seed, draft, *notices in samples:
            # The field of a loop has patches that reach over its seam: the map is as much longer.
            places = source_map(field_of_sample, state.queries, self.checkpoint)[: len(guess)]
            places = without_margins(places[None], state.queries)[0].contiguous()
            region = None if finest.region is None else finest.region.cpu()
            if region is not None:
                keep_outside(places, region, self.checkpoint)
            codes, source, canvas_map, tones = guess.cpu(), finest.source_shape, None, None
            if finest.kept is not None:
                corner, past = finest.known
                keep_box(places, corner, past)
                codes = codes.clone()
                membrane.spread(codes, corner, past, self.checkpoint)
            if self.blends:
                codes, tones = blended(codes, places, finest.source.cpu(), self.checkpoint)
            if self.torus is not None:
                canvas_map, source = places, self.torus.shape
                places = self.torus.sources(places)
            if self.view is not None:
                canvas_map, source = places, self.view.source
                codes, places = self.view.fetched(places, self.checkpoint)
            if self.frame is not None:
                tones = tones and tones.inside(self.frame)
                codes, places = self.frame.around(codes, places)
                source = self.frame.shape
                canvas_map = None  # what lies around is known at the working size only
            if self.overlay is not None:
                codes = self.overlay.on(codes, places, self.checkpoint)
                if tones is not None:
                    plain = self.overlay.on(tones.plain, places, self.checkpoint)
                    tones = replace(tones, plain=plain)
            yield Result(
                video=Video(codes, self.fps),
                source_map=places,
                source=source,
                settings=settings,
                seed=seed,
                notices=(*self.notices, *itertools.chain(*notices)),
                region=region,
                circular=self.circular,
                torus=self.torus,
                draft=draft,
                corner=None if finest.kept is None else finest.kept.corner,
                view=None if canvas_map is None else self.view,
                canvas_map=canvas_map,
                forbidden=self.forbidden,
                sizes=self.sizes,
                kept=None if self.overlay is None else self.overlay.mask,
                tones=tones,
            )


def checked_seeds(seed: int | Sequence[int]) -> tuple[int, ...]:
    """The seed of each sample, from one seed or several.

    Raises ValueError where there is no seed, and for a seed that is not a whole number from 0 to
    2^32 - 1.
    """
    try:
        seeds = tuple(seed)
    except TypeError:  # a single number
        seeds = (seed,)
    if not seeds:
        raise ValueError("There is no seed: give at least one.")
    for number in seeds:
        if not isinstance(number, Integral) or not 0 <= number < 2**32:
            raise ValueError(f"seed must be a whole number from 0 to {2**32 - 1}, not {number}.")
    return seeds


def source_levels(
    video: Video,
    shape: Shape,
    settings: Settings,
    device: torch.device,
    checkpoint: Callable[[], None],
) -> list[Level]:
    """The levels of a task, coarsest first: the pyramid of its source on a device.

    shape: (T, H, W) of the result. settings: adapted to `pyramid.smaller` of both shapes.
    """
    codes, levels = video.codes.to(device), []
    for source_shape, result_shape in pyramid.level_shapes(video.shape, shape, settings):
        checkpoint()
        levels.append(Level(pyramid.resize(codes, source_shape, checkpoint), result_shape))
    return levels
