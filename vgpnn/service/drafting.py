"""The drafts that a run offers before it finishes takes, from which a user chooses others."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import vgpnn
from vgpnn.pictures import film_strip
from vgpnn.service import files
from vgpnn.service.inputs import Inputs
from vgpnn.service.request import Request
from vgpnn.tasks import layouts
from vgpnn.tasks.pool import joined
from vgpnn.tasks.preference import Preference
from vgpnn.tasks.problem import Problem

MOST_OFFERED = 24  # drafts that one run shows
MARKS = "marks", "alike", "piece"  # options that all runs with the drafts of a clip share
MOST_SKIPPED = 240  # drafts that are left out before those that are shown


@dataclass(frozen=True)
class OfferedDraft:
    """A draft that is ready to be shown.

    name: see `vgpnn.Draft`. number: of the draft among those of its seed, counted from 1.
    video: small. error, change: its scores.
    """

    name: str
    number: int
    video: vgpnn.Video
    error: float
    change: float

    @property
    def scores(self) -> dict:
        """What a program is told of the draft."""
        figures = {"error": round(self.error, 2), "change": round(self.change, 3)}
        return {"draft": self.name, **figures}


def draft_names(names: Any, most: int) -> tuple[str, ...]:
    """Names of drafts that somebody gave, checked. Raises ValueError with one sentence."""
    if not isinstance(names, list | tuple) or not 1 <= len(names) <= most:
        raise ValueError(f"drafts must be a list of 1 to {most} names.")
    for name in names:
        layouts.parts(name)
    return tuple(map(str, names))


def begun(
    request: Request, inputs: Inputs, checkpoint: Callable[[], None]
) -> Iterator[vgpnn.Draft]:
    """Yield the drafts that a request offers. Raises what `checkpoint` raises, and ValueError."""
    count, skip = request.options["offered"], request.options.get("skip", 0)
    common = {"seed": request.seed, "settings": request.settings, "checkpoint": checkpoint}
    common["preference"] = inputs.preference
    like = request.options.get("like")
    if like is None:
        return vgpnn.drafts(inputs.video, count, skip=skip, **common)
    return vgpnn.variations(vgpnn.named_draft(inputs.video, like, **common), count, skip)


def offered(request: Request, draft: vgpnn.Draft, place: int) -> OfferedDraft:
    """A draft for the page. place: among those that the request offers, from 0."""
    number = request.options.get("skip", 0) + place + 1
    return OfferedDraft(draft.name, number, draft.video, draft.error, draft.change)


def problem_of_first(request: Request, found: Sequence[vgpnn.Draft]) -> Problem:
    """The problem of finishing the first of the drafts, as many as a request wants samples."""
    return joined([draft.problem for draft in found[: request.samples]])


def after_offer(request: Request, names: Sequence[str]) -> Request:
    """A request whose drafts have been offered: it finishes the first of them.

    Where a clip has no drafts, such as one of a single column, one take is made without.
    """
    marks = marks_of(request)
    if not names:
        return replace(request, samples=1, options=marks)
    names = tuple(names[: request.samples])
    return replace(request, samples=len(names), options={"drafts": names, **marks})


def with_marks_found(request: Request, preference: Preference | None) -> Request:
    """A request that knows how large the things are that are marked, now that they are found, and
    offers as many drafts as are there soon. Programs get as many as they ask for."""
    if preference is None:
        return request
    options = {**request.options, "piece": preference.smallest_piece}
    request = replace(request, options=options)
    if not request.offers_drafts:
        return request
    return replace(request, options={**options, "offered": request.offered_soon})


def marks_of(request: Request) -> dict[str, Any]:
    """The options of a request that say what of the clip is wanted more, less, or not at all."""
    return {name: request.options[name] for name in MARKS if name in request.options}


def saved(draft: OfferedDraft, folder: Path) -> dict:
    """Save a draft for the page, which plays it as a film strip. Returns what the page needs."""
    jpeg, count, size = film_strip(draft.video.codes)
    path = folder / f"draft-{draft.name}.jpg"
    path.write_bytes(jpeg)
    return {
        "name": draft.name,
        "number": draft.number,
        "strip": files.url(path),
        "count": count,
        "size": list(size),
    }
