"""Runs that follow a run with drafts: they finish others of its drafts, or offer other drafts.

A run that follows keeps what was finished before it, so that all takes stay side by side.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence

from vgpnn.limits import LIMITS
from vgpnn.service import work
from vgpnn.service.drafting import MOST_NAMED
from vgpnn.service.job import Job
from vgpnn.service.people import Person
from vgpnn.service.request import Request, new_request

KEPT_VIEW = "explained", "notices", "settings"  # what the page goes on showing of a run before


def finishing_others(job: Job, names: Sequence[str], person: Person) -> Job:
    """A job that keeps the finished takes of another, and finishes drafts that it has shown.

    names: of the drafts. Raises ValueError with one sentence.
    """
    shown = [draft["name"] for draft in job.shown.get("drafts", [])]
    kept = _finished_names(job)
    names = [name for name in dict.fromkeys(names) if name not in kept]
    if not names or not set(names) <= set(shown):
        raise ValueError("Choose drafts that are not finished yet.")
    if len(names) > LIMITS.samples:
        raise ValueError(f"Choose at most {LIMITS.samples} drafts at once.")
    if len(kept) + len(names) > MOST_NAMED:
        raise ValueError(f"{MOST_NAMED} takes are all that one page holds: press Generate anew.")
    options = {"drafts": (*kept, *names), "finished": len(kept)}
    return _following(job, len(kept) + len(names), options, person)


def offering_others(job: Job, like: str | None, person: Person) -> Job:
    """A job that keeps the finished takes of another, and offers other drafts of its seed.

    like: the name of a draft that it has shown, whose variations are offered; None: those that
    come after the ones that it has shown. Raises ValueError with one sentence.
    """
    shown, kept = job.shown.get("drafts", []), _finished_names(job)
    if not shown or like not in (None, *(draft["name"] for draft in shown)):
        raise ValueError("This draft is no longer kept: press Generate again.")
    skip = 0 if like else max(draft["number"] for draft in shown)
    options = {
        "offered": job.shown["offered"],
        "skip": skip,
        "like": like or job.shown.get("like"),
        **({"drafts": tuple(kept), "finished": len(kept)} if kept else {}),
    }
    return _following(job, len(kept), options, person)


def _finished_names(job: Job) -> list[str]:
    """The drafts of the finished takes of a job, in their order."""
    return [take["draft"] for take in job.shown["takes"][: len(job.results)]]


def _following(job: Job, samples: int, options: dict, person: Person) -> Job:
    """A job with the clip, the part and the settings of another, which begins with its takes."""
    request = _request_after(job.request, samples, options)
    following = work.new_job(request, person)
    view = _moved_view(job, following)
    takes = [*view["takes"][: len(job.results)], *following.shown["takes"][len(job.results) :]]
    kept = {name: view[name] for name in KEPT_VIEW if view.get(name)}
    offer = {name: view[name] for name in ("drafts", "offered", "like") if name in view}
    following.shown = {**offer, **following.shown, **kept, "takes": takes}
    following.results = [following.folder / path.name for path in job.results]
    following.settings = job.settings
    return following


def _request_after(request: Request, samples: int, options: dict) -> Request:
    """The request of a following run, checked. Raises ValueError."""
    same = "clip", "start", "frames", "fps", "height", "seed", "settings", "task", "size"
    values = {name: getattr(request, name) for name in same}
    return new_request(**values, samples=samples, options=options)


def _moved_view(job: Job, following: Job) -> dict:
    """What a job has shown, with the addresses of copies of its files in another job's folder."""
    shutil.copytree(job.folder, following.folder, dirs_exist_ok=True)
    text = json.dumps(job.shown).replace(job.folder.name, following.folder.name)
    return json.loads(text)
