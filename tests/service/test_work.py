"""What a job does from its inputs to its files, and what its page shows."""

from __future__ import annotations

import json
from urllib.parse import unquote

import numpy as np
import pytest
from helpers.jobs import FAST, clip_of, real_job, request_of

import vgpnn
from vgpnn.service import files, outputs, records, sampling, settings_file, work
from vgpnn.service.executors import selection
from vgpnn.service.executors.base import LOST_TWICE, WorkerLost
from vgpnn.service.inputs import read_inputs
from vgpnn.service.link import link_of
from vgpnn.tasks.paint import Paint


class LossyExecutor:
    """An executor whose worker is lost after so many updates of each run, as long as there are
    such numbers; then it runs to the end."""

    workers = 1

    def __init__(self, *updates: int) -> None:
        self.updates = list(updates)
        self.firsts = []  # from which sample on each run began

    def prepare(self) -> None:
        pass

    def run(self, function, request, inputs, first, checkpoint):
        self.firsts.append(first)
        left = self.updates.pop(0) if self.updates else None
        for number, update in enumerate(function(request, inputs, first, checkpoint=checkpoint)):
            if number == left:
                raise WorkerLost("gone")
            yield update


def saved_at(url: str) -> files.Path:
    return files.Path(unquote(url).removeprefix("gradio_api/file="))


def paint() -> dict:
    picture = np.zeros((48, 64, 4), np.uint8)
    picture[20:30, 20:40] = 0, 0, 255, 255
    options = {"pictures": Paint.of({0: picture}), "first": 0, "last": 4, "margin": 0.5}
    return options | {"remove": (255, 0, 255)}


def options_for(clips, task: str) -> dict:
    if task in ("analogy", "sketch"):
        return {"style": clip_of(clips["slow"])}
    return {
        "resize": {"width_scale": 1.5},
        "retime": {"duration_scale": 2.0},
        "loop": {"loop": True},
        "inpaint": paint(),
    }.get(task, {})


def test_the_first_view_says_what_will_be_made(clips, base):
    request = request_of(clips["tiny"], "resize", {"width_scale": 1.5}, samples=2)
    view = work.initial_view(request)
    assert view == {
        "task": "resize",
        "structure": "quantised",
        "title": "tiny.mp4",
        "size": [5, 48, 96],
        "source": {"video": "", "size": [5, 48, 64]},
        "takes": [{"number": 1, "seed": 7}, {"number": 2, "seed": 8}],
        "left": request.expected_seconds(),
        "link": link_of(request),
    }


@pytest.mark.parametrize(
    ("task", "titles"),
    [
        ("generate", []),
        ("resize", ["Plain stretch"]),
        ("retime", ["Plain slow-down"]),
        ("loop", []),
        ("analogy", ["Style"]),
        ("sketch", ["Style"]),
        ("inpaint", ["With your paint"]),
    ],
)
def test_each_task_makes_its_result_and_shows_what_to_compare_it_with(clips, base, task, titles):
    options = options_for(clips, task)
    job = real_job(
        clips["tiny"], "retime" if task == "loop" else task, options=options, settings=FAST
    )
    work.make_samples(job)
    (path,) = job.results
    assert vgpnn.video.probe(path).frames == job.request.output_shape[0]
    assert job.shown["source"]["size"] == [5, 48, 64] and job.shown["fps"] == 10
    assert [cell["title"] for cell in job.shown["extras"]] == titles
    with_map = job.shown["extras"][0] if "style" in options else job.shown["source"]
    others = [job.shown["source"], *job.shown["extras"]]
    assert [cell for cell in others if "map" in cell] == [with_map]
    take = job.shown["takes"][0]
    for name in ("video", "map"):
        assert saved_at(take[name]).parent == job.folder
    assert saved_at(take["video"]) == path
    assert len(job.shown["explained"]["levels"]) > 1
    # The record holds all of it, also what only this task has.
    again = records.read(job.folder)
    assert again["shown"] == job.shown and again["results"] == job.results
    assert again["settings"] == json.loads(json.dumps(job.settings))


def test_a_shorter_clip_is_compared_with_a_plain_speed_up(clips, base):
    job = real_job(clips["tiny"], "retime", options={"duration_scale": 0.5}, settings=FAST)
    work.make_samples(job)
    assert [cell["title"] for cell in job.shown["extras"]] == ["Plain speed-up"]


def test_saved_settings_count_the_samples_that_are_done(clips, base, monkeypatch):
    monkeypatch.setattr(selection, "current", lambda: LossyExecutor())
    job = real_job(clips["tiny"], samples=2, settings=FAST)
    counts, record = [], job.record

    def recorded():
        counts.append((job.settings["takes"], len(job.results)))
        record()

    job.record = recorded
    work.make_samples(job)
    assert counts == [(1, 1), (2, 2)]
    saved = saved_at(job.shown["settings"])
    assert saved.name == "tiny-settings.json"
    assert json.loads(saved.read_text()) == json.loads(json.dumps(job.settings))
    assert job.settings == settings_file.arguments(job.request, 7, 2)


def test_a_take_can_be_seen_before_the_map_of_it_is_made(clips, base, monkeypatch):
    seen, save = [], outputs.save_maps
    job = real_job(clips["tiny"], samples=2, settings=FAST)

    def save_maps(*values):
        seen.append(["video" in take for take in job.shown["takes"]])
        return save(*values)

    monkeypatch.setattr(outputs, "save_maps", save_maps)
    work.make_samples(job)
    assert seen == [[True, False], [True, True]]
    assert all({"map", "places"} <= take.keys() for take in job.shown["takes"])


@pytest.mark.parametrize(("lost_after", "firsts"), [(3, [0, 0]), (6, [0, 1])])
def test_an_offer_and_its_takes_go_on_after_a_lost_worker(
    clips, base, monkeypatch, lost_after, firsts
):
    """In the middle of the offer, which begins anew, and after the first take of two."""
    executor = LossyExecutor(lost_after)
    monkeypatch.setattr(selection, "current", lambda: executor)
    monkeypatch.setattr(sampling, "PREVIEW_SECONDS", 60.0)  # the first pass, then results
    job = real_job(clips["tiny"], samples=2, settings=FAST, options={"offered": 4})
    work.make_samples(job)
    names = [draft["name"] for draft in job.shown["drafts"]]
    assert len(names) == len(set(names)) == 4 and executor.firsts == firsts
    assert [take["draft"] for take in job.shown["takes"]] == names[:2]
    assert all("video" in take and "map" in take for take in job.shown["takes"])


def test_the_cost_model_learns_from_every_sample(clips, base, monkeypatch):
    learnt = []
    monkeypatch.setattr(vgpnn.cost, "learn", lambda *values: learnt.append(values))
    job = real_job(clips["tiny"], samples=2, settings=FAST)
    work.make_samples(job)
    request = job.request
    for shape, settings, seconds, source, flow, begun, *more, samples in learnt:
        assert (shape, settings) == (request.output_shape, request.settings)
        assert 0 < seconds < 60 and not any(more) and samples == 2
        assert (source, flow, begun) == (request.source_shape, (), False)
    assert len(learnt) == 2


@pytest.fixture(scope="module")
def expected(clips) -> list[bytes]:
    """The files of three samples, made and written with the library."""
    inputs = read_inputs(request_of(clips["tiny"]))
    path, content = clips["tiny"].with_name("expected.mp4"), []
    for result in vgpnn.generate_batch(inputs.video, (7, 8, 9), **FAST):
        vgpnn.video.write(path, result.video)
        content.append(path.read_bytes())
    return content


def test_samples_after_a_lost_worker_are_the_same(clips, base, monkeypatch, expected):
    monkeypatch.setattr(sampling, "PREVIEW_SECONDS", 1000.0)  # few updates beside the results
    executor = LossyExecutor(3)
    monkeypatch.setattr(selection, "current", lambda: executor)
    job = real_job(clips["tiny"], samples=3, settings=FAST)
    work.make_samples(job)
    assert executor.firsts[0] == 0 and len(executor.firsts) == 2
    assert 0 < executor.firsts[1] < 3  # what was finished is not made again
    assert [path.read_bytes() for path in job.results] == expected
    levels = [level["level"] for level in job.shown["explained"]["levels"]]
    assert levels == sorted(set(levels))


def test_a_worker_lost_before_the_first_sample_leaves_no_half_explanation(clips, base, monkeypatch):
    monkeypatch.setattr(sampling, "PREVIEW_SECONDS", 0.0)
    executor = LossyExecutor(2)
    monkeypatch.setattr(selection, "current", lambda: executor)
    job = real_job(clips["tiny"], settings=FAST)
    work.make_samples(job)
    assert executor.firsts == [0, 0]
    passes = [(level, number) for level, number, _ in job.shown["explained"]["errors"]]
    assert passes == sorted(set(passes))


def test_takes_are_shown_and_then_finished_in_full(clips, base):
    """Each is what the library makes of the take; the page gets the working takes first."""
    job = real_job(clips["slow"], samples=2, settings=FAST, size="full")
    views, show = [], job.show

    def spy(**changes):
        show(**changes)
        views.append(job.shown)

    job.show = spy
    work.make_samples(job)
    working = [sum("video" in take for take in view["takes"]) for view in views]
    full = [sum("full" in take for take in view["takes"]) for view in views]
    assert working[full.index(1)] == 2 and full[-1] == 2
    fractions = [view["progress"]["fraction"] for view in views if view.get("progress")]
    assert fractions == sorted(fractions) and fractions[-1] == 1
    inputs = read_inputs(job.request)
    results = vgpnn.generate_batch(inputs.video, (7, 8), **FAST)
    for path, take, result in zip(job.results, job.shown["takes"], results, strict=True):
        assert take["full"]["size"] == [5, 240, 320] and saved_at(take["full"]["video"]) == path
        finished = path.with_name("expected.mp4")
        vgpnn.video.write(finished, vgpnn.finish_in_full(result, inputs.full))
        assert path.read_bytes() == finished.read_bytes()
    assert job.settings["size"] == "full"


def test_takes_that_lack_their_full_size_are_made_again_after_a_lost_worker(
    clips, base, monkeypatch
):
    monkeypatch.setattr(sampling, "PREVIEW_SECONDS", 1000.0)
    executor = LossyExecutor(5)
    monkeypatch.setattr(selection, "current", lambda: executor)
    job = real_job(clips["slow"], samples=2, settings=FAST, size="full")
    work.make_samples(job)
    assert executor.firsts == [0, 0]
    assert len(job.results) == 2 and all("full" in take for take in job.shown["takes"])


@pytest.mark.parametrize("size", ["working", "full"])
def test_a_job_that_has_all_its_samples_makes_none_again(clips, base, monkeypatch, size):
    """A process may end between the last sample of a job and the end of the job."""
    executor = LossyExecutor()
    monkeypatch.setattr(selection, "current", lambda: executor)
    job = real_job(clips["tiny" if size == "working" else "slow"], settings=FAST, size=size)
    work.make_samples(job)
    made, takes = [*job.results], job.shown["takes"]
    monkeypatch.setattr(work, "read_inputs", None)  # the clip may be gone by then
    work.make_samples(job)
    assert (job.results, job.shown["takes"]) == (made, takes) and executor.firsts == [0]


def test_takes_that_are_finished_in_full_are_kept_after_a_lost_worker(clips, base, monkeypatch):
    monkeypatch.setattr(sampling, "PREVIEW_SECONDS", 1000.0)
    executor = LossyExecutor()
    monkeypatch.setattr(selection, "current", lambda: executor)
    job = real_job(clips["slow"], samples=2, settings=FAST, size="full")
    work.make_samples(job)
    expected = [path.read_bytes() for path in job.results]
    job.show(takes=[job.shown["takes"][0], {"number": 2, "seed": 8}])
    work.make_samples(job)
    assert executor.firsts == [0, 1]
    assert [path.read_bytes() for path in job.results] == expected


def test_a_second_loss_is_one_sentence(clips, base, monkeypatch):
    monkeypatch.setattr(selection, "current", lambda: executor)
    executor = LossyExecutor(0, 0)
    with pytest.raises(ValueError) as caught:
        work.make_samples(real_job(clips["tiny"], settings=FAST))
    assert str(caught.value) == LOST_TWICE


def test_a_stopped_job_stops_at_once(clips, base):
    job = real_job(clips["slow"], frames=24, height=240)
    job.stop()
    with pytest.raises(vgpnn.Cancelled):
        work.make_samples(job)
    assert job.results == []
