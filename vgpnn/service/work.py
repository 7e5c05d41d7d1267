"""What a job does: read the inputs, make sample after sample, save them, and update the page."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from itertools import takewhile
from pathlib import Path

import vgpnn
from vgpnn.service import (
    drafting,
    explanation,
    files,
    outputs,
    recipes,
    records,
    sampling,
    settings_file,
)
from vgpnn.service.drafting import OfferedDraft
from vgpnn.service.executors import selection
from vgpnn.service.executors.base import LOST_TWICE, WorkerLost
from vgpnn.service.inputs import Inputs, read_inputs, sounds_of
from vgpnn.service.job import Job
from vgpnn.service.link import link_of
from vgpnn.service.people import Person
from vgpnn.service.request import Request
from vgpnn.service.sampling import SampleProgress
from vgpnn.service.wall import wall_of
from vgpnn.take_sound import TakeSounds
from vgpnn.tasks import cues, extending, retargeting


def new_job(request: Request, person: Person) -> Job:
    """A job that makes the samples of a request. Raises ValueError while the disk is full."""
    return Job(request, make_samples, initial_view(request), person)


def restored_job(folder: Path) -> Job | None:
    """The job that was recorded in a folder by an earlier process, or None. One that waited is
    ready to wait again.

    It is the job of somebody new then: who sent it is known by hashes that only the earlier
    process could make. Where that process still runs, such a job is its own, and has failed here.
    """
    job = Job.restored(folder)
    if job is None:
        return None
    job.person = Person(secrets.token_hex(16), secrets.token_hex(16))
    if not job.finished.is_set():
        job.perform = make_samples
        if not records.are_ours():
            job.fail_restored()
    return job


def initial_view(request: Request) -> dict:
    """What the page draws of a request before anything is computed."""
    return {
        "task": request.task,
        "structure": request.settings.structure,  # what an analogy compares before the colours
        "title": request.clip.name,
        "size": list(request.output_shape),
        "source": {"video": request.clip.working_url, "size": list(request.working_shape)},
        "takes": _empty_takes(request),
        "left": request.expected_seconds(),
        "link": link_of(request),
        **wall_of(request.task, request.options),
        **_offer_view(request),
    }


def _offer_view(request: Request) -> dict:
    """What the page draws of the drafts that a request offers, before there are any."""
    if not request.offers_drafts:
        return {}
    options = request.options
    return {"drafts": [], "offered": options["offered"], "like": options.get("like")}


def _empty_takes(request: Request) -> list[dict]:
    """What the page shows of takes that are still to be made."""
    takes = [{"number": k + 1, "seed": seed} for k, seed in enumerate(request.seeds)]
    drafts = request.options.get("drafts", ())
    return [take | {"draft": name} for take, name in zip(takes, drafts)] or takes


def make_samples(job: Job) -> None:
    """Make, save and show all samples of a job.

    Raises ValueError with one sentence, Cancelled, and whatever else goes wrong.
    """
    if _is_complete(job):  # an earlier process made the takes
        return
    job.request = recipes.with_sha256(job.request, job.checkpoint)
    inputs = read_inputs(job.request, job.checkpoint)
    try:
        _make_missing_samples(job, inputs)
    except WorkerLost:  # once more on another worker; the samples that are done stay
        if _is_complete(job):
            return
        try:
            _make_missing_samples(job, inputs)
        except WorkerLost as loss:
            raise ValueError(LOST_TWICE) from loss


def _show_clip(job: Job, inputs: Inputs) -> None:
    """Save the working clip, and what is shown beside the results, and show them."""
    request = job.request
    source = outputs.save_source(inputs.video, job.folder, job.checkpoint)
    beside = _compared_videos(request, inputs, job.checkpoint)
    compared = outputs.save_videos(beside, job.folder, job.checkpoint)
    # Patches come from the clip; those of an analogy from its style, which is beside the clip.
    patch_source = compared[0] if "style" in request.options else source
    patch_source["map"] = outputs.save_source_colours(
        tuple(patch_source["size"]), inputs.video.fps, job.folder, job.checkpoint
    )
    job.show(source=source, extras=compared, fps=float(inputs.video.fps))


def _compared_videos(
    request: Request, inputs: Inputs, checkpoint: Callable[[], None]
) -> dict[str, vgpnn.Video]:
    """What the page shows beside source and result, by title."""
    video = inputs.video
    if request.preset == "retarget":
        plain = retargeting.plainly_resized(video, request.output_shape, checkpoint)
        if plain.shape == video.shape:  # a loop of the same size
            return {}
        before, after = video.shape[0], plain.shape[0]
        if after == before:
            return {"Plain stretch": plain}
        return {"Plain speed-up" if after < before else "Plain slow-down": plain}
    if request.task == "extend":
        sides = extending.sides_of(request.options)
        return {"Blurred sides": extending.with_blurred_sides(video, *sides, checkpoint)}
    if request.task in ("analogy", "sketch"):
        return {"Style": inputs.style}
    if request.task == "inpaint":
        painted = video, inputs.region, inputs.cues
        return {"With your paint": cues.painted_over(*painted, checkpoint)}
    return {}


def _make_missing_samples(job: Job, inputs: Inputs) -> None:
    """Make the samples that a job does not have yet: all of them at first, and the rest after a
    lost worker or in another process. Where drafts are offered, they come first."""
    job.request = drafting.with_marks_found(job.request, inputs.preference)
    request, run = job.request, selection.current().run
    if request.offers_drafts:  # somebody waits for them
        _begin_offer(job)
    else:
        del job.results[_finished_takes(job) :]
        _show_clip(job, inputs)
    if not job.results:
        job.show(explained=None)  # drop what a lost worker reported on the first sample
    updates = run(sampling.samples, request, inputs, len(job.results), checkpoint=job.checkpoint)
    before = request.draft_share  # of the work, which comes before the samples
    sounds = sounds_of(request)
    with closing(updates):
        for update in updates:
            job.checkpoint()
            if isinstance(update, OfferedDraft):
                _show_draft(job, update)
                continue
            if job.request.offers_drafts:
                _show_clip(job, inputs)
                _end_offer(job)
            _show_progress(job, update, before)
            if update.result is not None:
                _save_sample(job, update, sounds)
            if update.full is not None:
                _save_full(job, update.index, update.full, sounds)
    if job.request.offers_drafts:
        _show_clip(job, inputs)


def _show_progress(job: Job, update: SampleProgress, before: float) -> None:
    """Show how far the samples are. before: the share of all work that came before them."""
    done = before + (1 - before) * update.fraction
    job.show(
        progress={**update.progress, "fraction": done},
        preview=update.preview,
        left=job.request.expected_seconds() * (1 - update.fraction),
        explained=explanation.extended(job.shown.get("explained"), update.passes, job.folder),
    )


def _begin_offer(job: Job) -> None:
    """Show no drafts yet, and keep the takes that were finished before."""
    options = job.request.options
    del job.results[options.get("finished", 0) :]
    job.show(drafts=[], offered=options["offered"], left=job.request.expected_seconds())
    if options.get("videos"):
        named = replace(job.request, options=drafting.marks_of(job.request))
        arguments = settings_file.arguments(named, job.request.seed, 0)
        which = {"count": options["offered"], "skip": options["skip"], "like": options["like"]}
        job.settings = arguments | which | {"drafts": [], "scores": []}


def _show_draft(job: Job, draft: OfferedDraft) -> None:
    """Save a draft, and show it beside those before it."""
    request, shown = job.request, [*job.shown["drafts"], drafting.saved(draft, job.folder)]
    share = len(shown) / request.options["offered"]
    done = request.draft_share * share
    progress = {"draft": len(shown), "drafts": request.options["offered"], "fraction": done}
    job.show(drafts=shown, progress=progress, left=request.expected_seconds() * (1 - done))
    if request.options.get("videos"):
        path = job.folder / f"draft-{draft.name}.mp4"
        vgpnn.video.write(path, draft.video, checkpoint=job.checkpoint)
        job.results.append(path)
        scores = [*job.settings["scores"], draft.scores]
        names = [each["draft"] for each in scores]
        job.settings |= {"takes": len(names), "drafts": names, "scores": scores}


def _end_offer(job: Job) -> None:
    """All drafts are there: from now on the job finishes the first of them, by name."""
    names = [draft["name"] for draft in job.shown["drafts"]]
    job.request = drafting.after_offer(job.request, names)
    job.show(takes=_empty_takes(job.request))
    job.record()


def _is_complete(job: Job) -> bool:
    """Whether a job has all that it is to make."""
    return _finished_takes(job) == job.request.samples and not job.request.offers_drafts


def _finished_takes(job: Job) -> int:
    """How many of a job's first takes need not be made again.

    A take that still has to grow is made again, because what it grows from is not kept."""
    if not job.request.grows:
        return len(job.results)
    return sum(1 for _ in takewhile(lambda take: "full" in take, job.shown["takes"]))


def _save_sample(job: Job, update: SampleProgress, sounds: TakeSounds) -> None:
    """Save a finished sample with its sound, show it, and let the cost model learn from the time it
    took. Then save where its voxels came from."""
    request, result = job.request, update.result
    marked = request.options.get("marks")  # then the task finds its settings when it begins
    vgpnn.cost.learn(
        request.output_shape,
        result.settings.with_changes(camera="off") if marked else request.used_settings,
        update.seconds,
        request.searched_shape,
        request.flow_shapes,
        request.begun,
        request.tries,
        request.plays_time,
        request.steered,
        request.new_samples,
    )
    name = _take_name(request, update.index)
    sound = sounds.of(update.index, result, job.checkpoint)
    path, take = outputs.save_result(result, job.folder, name, job.checkpoint, sound)
    job.results.append(path)
    _change_take(job, update.index, **take)
    job.settings = settings_file.arguments(request, request.seed, update.index + 1)
    settings_path = job.folder / f"{files.plain_stem(request.clip.name)}-settings.json"
    settings_path.unlink(missing_ok=True)  # a run before may have the same file
    settings_path.write_text(json.dumps(job.settings, indent=2))
    said = job.shown.get("notices", ()) if update.index else ()  # on the takes before
    job.show(
        preview=None,
        settings=files.url(settings_path),
        notices=[*dict.fromkeys([*said, *result.notices, *sounds.notes])],
    )
    maps = outputs.save_maps(result, job.folder, name, job.checkpoint)
    _change_take(job, update.index, **maps)
    job.record()


def _change_take(job: Job, index: int, **changes) -> None:
    takes = [*job.shown["takes"]]
    takes[index] = {**takes[index], **changes}
    job.show(takes=takes)


def _save_full(job: Job, index: int, video: vgpnn.Video, sounds: TakeSounds) -> None:
    """Save a sample that is finished in full, and offer it in the place of the working one."""
    name = f"{_take_name(job.request, index)}-full"
    path, full = outputs.save_full(video, job.folder, name, job.checkpoint, sounds.of(index))
    job.results[index] = path
    _change_take(job, index, full=full)
    job.record()


def _take_name(request: Request, index: int) -> str:
    """What the names of a take's files begin with."""
    return f"{files.plain_stem(request.clip.name)}-take{index + 1}-seed{request.seeds[index]}"
