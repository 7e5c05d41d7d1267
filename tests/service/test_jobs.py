"""Jobs: who runs when, who is refused, what is told meanwhile, and what outlives the process."""

from __future__ import annotations

import errno
import json
import threading
from types import SimpleNamespace

import pytest
from helpers.server import wait_for
from prometheus_client import REGISTRY

import vgpnn
from vgpnn.limits import LIMITS
from vgpnn.presets import PRESETS
from vgpnn.service import executors, files, jobs, monitoring, people, records, request, work


class Workers:
    """An executor whose jobs run on `workers` threads, as with Ray."""

    def __init__(self, workers: int) -> None:
        self.workers = workers

    def prepare(self) -> None:
        pass


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "BASE", tmp_path)
    monkeypatch.setattr(files, "UPLOADS", tmp_path / "uploads")
    monkeypatch.setattr(files, "RECORDS", tmp_path / "records")
    return tmp_path


@pytest.fixture
def runner(monkeypatch):
    return new_runner(monkeypatch, 1)


def new_runner(monkeypatch, workers: int) -> jobs.Runner:
    monkeypatch.setattr(executors, "current", lambda: Workers(workers))
    return jobs.Runner()


class Gate:
    """Work that goes on until it is let go."""

    def __init__(self) -> None:
        self.began, self.over = threading.Event(), threading.Event()

    def __call__(self, job: jobs.Job) -> None:
        self.began.set()
        while not self.over.wait(0.02):
            job.checkpoint()


def person(name: str) -> people.Person:
    return people.Person(name, name)


def job(clips, gate, name: str = "ada", **changes) -> jobs.Job:
    clip = request.Clip(clips["tiny"], "tiny.mp4", vgpnn.video.probe(clips["tiny"]))
    asked = request.request(clip, 0, 5, 64, 1, 7, chosen=PRESETS["generate"])
    return jobs.Job(asked, gate, work.first_view(asked) | changes, person(name))


def test_one_runs_and_one_waits_per_person(clips, runner):
    first, second = Gate(), Gate()
    running = runner.submit(job(clips, first))
    assert first.began.wait(5)
    runner.submit(job(clips, second))
    with pytest.raises(ValueError, match=r"^One run of yours .*\.$"):
        runner.submit(job(clips, Gate()))
    runner.submit(job(clips, Gate(), "bob"))  # somebody else may
    first.over.set()
    assert running.finished.wait(5) and running.shown["phase"] == "done"
    runner.submit(job(clips, Gate()))  # and so may who is done


def test_a_person_is_a_session_or_an_address():
    def who(session, host):
        return people.who(SimpleNamespace(session_hash=session, client=SimpleNamespace(host=host)))

    here = who("tab 1", "192.0.2.1")
    assert here.is_same(who("tab 2", "192.0.2.1")) and here.is_same(who("tab 1", "192.0.2.9"))
    assert not here.is_same(who("tab 2", "192.0.2.9"))
    house = who("tab 1", "2001:db8:1:2::3")
    assert house.is_same(who("tab 2", "2001:db8:1:2:ffff::9"))
    assert not house.is_same(who("tab 2", "2001:db8:1:3::3"))
    assert who("tab 1", "::ffff:192.0.2.1").is_same(who("tab 2", "192.0.2.1"))
    assert not people.who(None).is_same(people.who(None))
    assert "192" not in repr(here) and "tab" not in repr(here)


def test_with_two_workers_nobody_has_both(clips, monkeypatch):
    runner = new_runner(monkeypatch, 2)
    gates = {name: Gate() for name in ("ada 1", "ada 2", "bob")}
    for name, gate in gates.items():
        runner.submit(job(clips, gate, name.split()[0]))
    assert gates["ada 1"].began.wait(5) and gates["bob"].began.wait(5)
    assert not gates["ada 2"].began.wait(0.2)
    gates["ada 1"].over.set()
    assert gates["ada 2"].began.wait(5)
    gates["ada 2"].over.set(), gates["bob"].over.set()


def test_a_full_queue_says_when_to_come_again(clips, runner):
    gate = Gate()
    runner.submit(job(clips, gate, "first", left=100))
    assert gate.began.wait(5)
    for k in range(LIMITS.queue):
        runner.submit(job(clips, Gate(), f"{k}", left=10))
    with pytest.raises(ValueError, match=r"^Too many requests .* in about 5 minutes\.$"):
        runner.submit(job(clips, Gate(), "last"))


def test_who_waits_is_told_for_how_many_and_how_long(clips, runner):
    gate = Gate()
    runner.submit(job(clips, gate, "a", left=100))
    assert gate.began.wait(5)
    second = runner.submit(job(clips, Gate(), "b", left=20))
    third = runner.submit(job(clips, Gate(), "c", left=20))
    assert (second.shown["ahead"], second.shown["wait"]) == (1, 100)
    assert (third.shown["ahead"], third.shown["wait"]) == (2, 120)
    runner.stop(second.token)
    assert second.shown["phase"] == "stopped"
    assert (third.shown["ahead"], third.shown["wait"]) == (1, 100)


def test_errors_end_in_one_sentence_and_the_log_names_no_file(clips, runner, caplog):
    name = "".join(["sec", "ret name.mp4"])  # lines of the source are in the log

    def full(_):
        raise OSError(errno.ENOSPC, "No space left on device", name)

    def wrong(_):
        raise KeyError(name)

    def refused(_):
        raise vgpnn.VideoError("Nothing moves.")

    caplog.set_level("INFO", "vgpnn")
    for gate, says in ((full, files.DISK_FULL), (wrong, jobs.SORRY), (refused, "Nothing moves.")):
        one = runner.submit(job(clips, gate))
        assert one.finished.wait(5)
        assert one.error == one.shown["error"] == says and one.shown["phase"] == "error"
    lines = [monitoring.Lines().format(record) for record in caplog.records]
    assert not any("secret" in line or "tiny" in line or "\n" in line for line in lines)
    told = [json.loads(line) for line in lines]
    assert [line["event"] for line in told] == ["job", "job failed", "job", "job"]
    assert "in wrong" in told[1]["traceback"] and told[1]["traceback"].endswith("KeyError")
    assert told[2]["outcome"] == "error" and told[2]["cause"] == "KeyError"
    assert told[0]["task"] == "generate" and told[0]["output"] == [5, 48, 64]
    assert {"waited", "seconds", "samples", "results"} <= told[0].keys()


def test_what_is_done_is_there_after_a_restart(clips, runner, folder, monkeypatch):
    first = runner.submit(job(clips, lambda job: job.show(takes=[{"number": 1, "seed": 7}])))
    assert first.finished.wait(5)
    gate = Gate()
    running = runner.submit(job(clips, gate, "bob"))
    assert gate.began.wait(5)
    running.record()

    later = new_runner(monkeypatch, 1)
    later.start()
    again = later.find(first.token)
    assert again.shown == first.shown and again.asked == first.asked
    lost = later.find(running.token)
    assert lost.shown["phase"] == "error" and lost.error == jobs.RESTARTED
    assert lost.finished.is_set()
    gate.over.set()


def test_files_and_jobs_go_when_their_time_is_over(clips, runner, folder, monkeypatch):
    one = runner.submit(job(clips, lambda job: None))
    assert one.finished.wait(5) and one.folder.is_dir()
    monkeypatch.setattr(files, "age", lambda path: LIMITS.keep_seconds + 1)
    runner._forget_old()
    assert one.folder.is_dir() and runner.find(one.token)  # in use: somebody may look at it
    one.ended -= LIMITS.keep_seconds + 1
    runner._forget_old()
    assert not one.folder.exists() and runner.find(one.token) is None


def test_nothing_is_taken_when_the_disk_is_nearly_full(clips, monkeypatch):
    usage = SimpleNamespace(free=LIMITS.free_bytes - 1)
    monkeypatch.setattr(files.shutil, "disk_usage", lambda path: usage)
    with pytest.raises(ValueError, match=r"^The server's disk is nearly full: .*\.$"):
        job(clips, Gate())


def test_health_needs_every_thread_and_a_sign_of_life(clips, runner):
    gate = Gate()
    one = runner.submit(job(clips, gate))
    assert gate.began.wait(5) and runner.healthy()
    gate.over.set()
    assert one.finished.wait(5) and runner.healthy()
    stuck = threading.Event()
    late = runner.submit(job(clips, lambda job: stuck.wait(30)))
    wait_for(lambda: late.shown["phase"] == "running")
    late.checked -= jobs.STUCK + 1
    assert not runner.healthy()
    stuck.set()
    assert late.finished.wait(5)


def test_counts_and_times_are_there_for_prometheus(clips, runner):
    def figure(name, **labels):
        return REGISTRY.get_sample_value(name, labels) or 0

    before = figure("vgpnn_jobs_total", task="generate", outcome="done")
    gate = Gate()
    one = runner.submit(job(clips, gate))
    assert gate.began.wait(5)
    runner.submit(job(clips, Gate(), "bob"))
    assert (figure("vgpnn_running"), figure("vgpnn_queue_length")) == (1, 1)
    gate.over.set()
    assert one.finished.wait(5)
    assert figure("vgpnn_jobs_total", task="generate", outcome="done") == before + 1
    assert figure("vgpnn_job_seconds_count", task="generate") > 0


@pytest.mark.parametrize("left_out", [(), ("settings",)])
def test_a_record_of_another_version_is_none(left_out):
    folder = files.new_folder()
    records.write(folder, {name: None for name in jobs.KEPT if name not in left_out})
    assert (records.read(folder, jobs.KEPT) is None) == bool(left_out)


def test_who_is_refused_leaves_nothing(clips, runner, folder):
    gate = Gate()
    runner.submit(job(clips, gate))
    runner.submit(job(clips, Gate()))
    before = set(folder.rglob("*"))
    with pytest.raises(ValueError):
        runner.submit(job(clips, Gate()))
    assert set(folder.rglob("*")) == before


def test_the_second_job_of_a_person_waits_for_the_first(clips, monkeypatch):
    runner = new_runner(monkeypatch, 2)
    gate = Gate()
    runner.submit(job(clips, gate, left=60))
    assert gate.began.wait(5)
    second = runner.submit(job(clips, Gate(), left=10))
    assert second.shown["wait"] == 60  # though another worker is free


def test_an_address_is_not_kept_with_a_job(clips, runner):
    one = runner.submit(job(clips, lambda job: None))
    assert one.finished.wait(5)
    wait_for(lambda: one.context is None)
