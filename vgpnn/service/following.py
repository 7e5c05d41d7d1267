"""Runs that follow a run with drafts: they finish others of its drafts, or offer other drafts.

A run that follows keeps what was finished before it, so that all takes stay side by side.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Sequence
from urllib.parse import unquote

from vgpnn.limits import LIMITS
from vgpnn.service import files, work
from vgpnn.service.drafting import MOST_SKIPPED, marks_of
from vgpnn.service.job import Job
from vgpnn.service.people import Person
from vgpnn.service.request import Request, new_request
from vgpnn.tasks import layouts

KEPT_VIEW = "explained", "notices", "settings"  # what the page goes on showing of a run before
GONE = "These drafts are no longer kept: press Generate again."


def checked_names(job: Job, names: Sequence[str]) -> list[str]:
    """The drafts of a job that can be finished beside its takes. Raises ValueError."""
    taken = _names_of_takes(job)
    names = [name for name in dict.fromkeys(names) if name not in taken]
    if not names or not set(names) <= {draft["name"] for draft in _drafts_of(job)}:
        raise ValueError("Choose drafts that are not finished yet.")
    if len(names) > LIMITS.samples:
        raise ValueError(f"Choose at most {LIMITS.samples} drafts at once.")
    if len(taken) + len(names) > LIMITS.takes:
        raise ValueError(f"{LIMITS.takes} takes are all that one page holds: press Generate anew.")
    return names


def finishing_others(
    job: Job, names: Sequence[str], person: Person, was_running: bool = False
) -> Job:
    """A job that keeps the finished takes of another that is over, and finishes drafts of it.

    names: of the drafts, see `checked_names`. was_running: whether the job before was stopped for
    this one, so that the takes that it lacks are made after these.
    Raises ValueError with one sentence.
    """
    kept = _names_of_takes(job)[: len(job.results)]
    rest = [name for name in _names_of_takes(job)[len(kept) :] if name not in names]
    all_names = (*kept, *names, *(rest if was_running else []))
    return _following(job, len(all_names), {"drafts": all_names, "finished": len(kept)}, person)


def offering_others(job: Job, like: str | None, person: Person) -> Job:
    """A job that keeps the finished takes of another that is over, and offers other drafts.

    like: the name of a draft that it has shown, whose variations are offered; None: those that
    come after the ones that it has shown. Raises ValueError with one sentence.
    """
    shown = _drafts_of(job)
    if like is not None:
        if like not in (draft["name"] for draft in shown):
            raise ValueError(GONE)
        layouts.parts(f"{like}.0")
    skip = 0 if like else max(draft["number"] for draft in shown)
    if skip > MOST_SKIPPED:
        raise ValueError("There are no other drafts of this seed: press Generate again.")
    kept = _names_of_takes(job)[: len(job.results)]
    options = {
        "offered": job.shown["offered"],
        "skip": skip,
        "like": like or job.shown.get("like"),
        **({"drafts": tuple(kept), "finished": len(kept)} if kept else {}),
    }
    return _following(job, len(kept), options, person)


def _drafts_of(job: Job) -> list[dict]:
    """The drafts that a job shows. Raises ValueError where there are none."""
    if not job.shown.get("drafts"):
        raise ValueError(GONE)
    return job.shown["drafts"]


def _names_of_takes(job: Job) -> list[str]:
    """The draft of each take of a job, in their order. Raises ValueError where they have none."""
    _drafts_of(job)
    return [take["draft"] for take in job.shown["takes"] if "draft" in take]


def _following(job: Job, samples: int, options: dict, person: Person) -> Job:
    """A job with the clip, the part and the settings of another, which begins with its takes."""
    following = work.new_job(_request_after(job.request, samples, options), person)
    made = len(job.results)
    view = {
        **{name: job.shown[name] for name in ("drafts", "offered", "like") if name in job.shown},
        **following.shown,
        **{name: job.shown[name] for name in KEPT_VIEW if made and job.shown.get(name)},
        "takes": [*job.shown["takes"][:made], *following.shown["takes"][made:]],
    }
    text = json.dumps(view)
    try:
        for name in {*_names_in(text, job.folder.name), *(path.name for path in job.results)}:
            _link(job.folder / name, following.folder / name)
    except OSError:
        files.remove(following.folder)
        raise ValueError(GONE) from None
    following.shown = json.loads(text.replace(job.folder.name, following.folder.name))
    following.results = [following.folder / path.name for path in job.results]
    following.settings = {**job.settings}
    return following


def _request_after(request: Request, samples: int, options: dict) -> Request:
    """The request of a following run, checked. Raises ValueError."""
    same = "clip", "start", "frames", "fps", "height", "seed", "settings", "task", "size", "sound"
    values = {name: getattr(request, name) for name in same}
    options = {**options, **marks_of(request)}
    return new_request(**values, samples=samples, options=options)


def _names_in(text: str, folder: str) -> set[str]:
    """The names of the files of a folder that a view names, which is given as JSON."""
    return {unquote(name) for name in re.findall(rf'{folder}/([^"/\\]+)"', text)}


def _link(source: os.PathLike, target: os.PathLike) -> None:
    """Give a file, which nobody changes any more, a second name; a copy where that is not possible.
    Raises OSError."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
