"""The samples of a request, made one after the other, with the progress that the page shows."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import torch

import vgpnn
from vgpnn import explain
from vgpnn.codes import MeanError
from vgpnn.explain import View
from vgpnn.level import Pass
from vgpnn.pictures import film_strip
from vgpnn.service import drafting
from vgpnn.service.drafting import OfferedDraft
from vgpnn.service.executors.zero_gpu import with_lent_gpu
from vgpnn.service.explanation import PassReport
from vgpnn.service.inputs import Inputs, problem_of
from vgpnn.service.request import Request
from vgpnn.settings import Settings
from vgpnn.tasks.finishing import full_steps
from vgpnn.tasks.problem import Problem
from vgpnn.tasks.result import Step

FULL_ONLY = "view", "torus", "canvas_map", "tones"  # what only finishing in full needs of a result
PREVIEW_SECONDS = 0.3  # [s] at least between two previews


@dataclass(frozen=True)
class SampleProgress:
    """How far the samples are.

    index: of the sample, from 0. fraction: share of the work on all samples that is done, [0, 1].
    progress, preview: what the page draws of it.
    passes: the passes of the first sample since the last SampleProgress; empty for other samples.
    result: of this sample, when it is done. seconds: time that the sample has taken; of a batch,
    its share of the time. full: the result in full, when it is finished so.
    """

    index: int
    fraction: float
    progress: dict
    preview: dict | None
    passes: tuple[PassReport, ...] = ()
    result: vgpnn.Result | None = None
    seconds: float = 0.0
    full: vgpnn.Video | None = None

    @property
    def for_the_page(self) -> SampleProgress:
        """The same without what only finishing in full needs, which may be larger than all else."""
        if self.result is None:
            return self
        return replace(self, result=replace(self.result, **dict.fromkeys(FULL_ONLY)))


class _PassReports:
    """Observes a problem and collects a report on every pass, with pictures of each level."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._collected: list[tuple[int, int, MeanError, View | None]] = []

    def __call__(self, state: Pass) -> None:
        # A level ends with its last pass; pictures show that one.
        view = explain.view(state, self._settings) if state.number == state.passes else None
        self._collected.append((state.level, state.number, state.mean_error, view))

    def take(self) -> tuple[PassReport, ...]:
        """The reports since the last call."""
        collected, self._collected = self._collected, []
        # Only here a GPU is waited for.
        return tuple(
            PassReport(level, number, error.values()[0], view)
            for level, number, error, view in collected
        )


@with_lent_gpu(lambda request, *_: request.gpu_seconds())
def samples(
    request: Request, inputs: Inputs, first: int, checkpoint: Callable[[], None]
) -> Iterator[OfferedDraft | SampleProgress]:
    """Yield the drafts that are offered, one by one. Then make all samples from number `first` on,
    and yield several times a second how far they are, with a preview; once for each sample with
    its result. Then finish them in full, if that is wanted: the takes can be seen meanwhile. On
    ZeroGPU this runs in another process.

    Raises what `checkpoint` raises.
    """
    found = []
    if request.offers_drafts:
        for draft in drafting.begun(request, inputs, checkpoint):
            yield drafting.offered(request, draft, len(found))
            found.append(draft)
        if request.new_samples == 0:
            return
        offer, request = request, drafting.after_offer(request, [draft.name for draft in found])
    results, share = [], request.work_share  # the cost model learns meanwhile
    began = time.monotonic()
    if found:
        problem = drafting.problem_of_first(offer, found)
    else:
        problem = problem_of(request, inputs, request.seeds, checkpoint)
        problem = problem.part(slice(first, None))
    setup_seconds = (time.monotonic() - began) / (request.samples - first)
    for batch in problem.batches():
        for update in _batch_progress(request, batch, first, setup_seconds, share, checkpoint):
            if update.result is not None and inputs.full is not None:
                results.append((update.index, update.result))
            yield update.for_the_page
        first += len(batch.seeds)
    while results:
        yield from _full_progress(request, *results.pop(0), inputs.full, share, checkpoint)


def _full_progress(
    request: Request,
    index: int,
    result: vgpnn.Result,
    source: vgpnn.Video,
    share: float,
    checkpoint: Callable[[], None],
) -> Iterator[SampleProgress]:
    """Finish one sample in full. share: of the time that making all samples has taken."""
    for step in full_steps(result, source, checkpoint=checkpoint):
        done = _share_done(request, index + step.fraction)
        fraction = share + (1 - share) * done
        progress = {
            "take": index + 1,
            "takes": request.samples,
            "finishing": step.fraction,
            "fraction": fraction,
        }
        yield SampleProgress(index, fraction, progress, None, full=step.video)


def _share_done(request: Request, samples: float) -> float:
    """The share of the new samples that is done, in [0, 1]. samples: done of all."""
    return max(0.0, samples - request.samples + request.new_samples) / request.new_samples


def _batch_progress(
    request: Request,
    batch: Problem,
    first: int,
    setup_seconds: float,
    share: float,
    checkpoint: Callable[[], None],
) -> Iterator[SampleProgress]:
    """Solve one batch, whose first sample has number `first`.

    setup_seconds: time for each sample that was spent before [s]. share: of the time that making
    all samples takes.
    """
    reports = _PassReports(batch.settings[0])
    steps = batch.steps(reports) if first == 0 else batch.steps()
    began, shown = time.monotonic(), 0.0
    for step in steps:
        checkpoint()
        now = time.monotonic()
        if now - shown < PREVIEW_SECONDS and not step.results:
            continue
        shown = now
        done = _share_done(request, first + len(batch.seeds) * step.fraction)
        fraction = done * share
        progress = _progress_view(step, first, request.samples, fraction)
        guess = step.guess[0]
        preview = _preview_view(batch.view.glimpsed(guess) if batch.view else guess, first)
        seconds = setup_seconds + (now - began) / len(batch.seeds)
        passes = reports.take()
        for number, result in enumerate(step.results or (None,)):
            yield SampleProgress(
                first + number,
                fraction,
                progress,
                preview,
                passes if number == 0 else (),
                result,
                seconds,
            )


def _progress_view(step: Step, first: int, samples: int, fraction: float) -> dict:
    """What the page's progress bar shows."""
    return {
        "take": first + 1,
        "takes": samples,
        "level": step.level,
        "levels": step.levels,
        "number": step.number,
        "passes": step.passes,
        "fraction": fraction,
    }


def _preview_view(guess: torch.Tensor, index: int) -> dict:
    """The guess as one JPEG in which frame lies below frame: the page plays it in step with the
    source.

    guess: (T, H, W, 3) uint8 codes of the sample with this index.
    """
    jpeg, count, size = film_strip(guess)
    address = "data:image/jpeg;base64," + base64.b64encode(jpeg).decode()
    return {"take": index + 1, "strip": address, "count": count, "size": list(size)}
