"""The queue: which job runs when, who is refused, and what waiting users see."""

from __future__ import annotations

import contextvars
import errno
import json
import threading

import pytest
from helpers.jobs import Executor, Gate, job_of
from helpers.server import PATIENCE, wait_for
from prometheus_client import REGISTRY

import vgpnn
from vgpnn import limits
from vgpnn.decoding.places import PLACES
from vgpnn.limits import LIMITS
from vgpnn.service import errors, files, monitoring, records, work
from vgpnn.service import job as jobs
from vgpnn.service import queue as queues
from vgpnn.service.owned import PERSON
from vgpnn.service.watchdog import HUNG


def test_a_person_has_one_job_that_runs_and_one_that_waits(clips, queue):
    tiny, first, second = clips["tiny"], Gate(), Gate()
    running = queue.submit(job_of(tiny, first))
    assert first.began.wait(PATIENCE)
    queue.submit(job_of(tiny, second))
    with pytest.raises(ValueError, match=r"^One run of yours .*\.$"):
        queue.submit(job_of(tiny, Gate()))
    queue.submit(job_of(tiny, Gate(), "bob"))
    first.over.set()
    assert running.finished.wait(PATIENCE) and running.shown["phase"] == "done"
    queue.submit(job_of(tiny, Gate()))


def test_with_two_workers_no_person_has_both(clips, new_queue):
    queue = new_queue(2)
    gates = {name: Gate() for name in ("ada 1", "ada 2", "bob")}
    for name, gate in gates.items():
        queue.submit(job_of(clips["tiny"], gate, name.split()[0]))
    assert gates["ada 1"].began.wait(PATIENCE) and gates["bob"].began.wait(PATIENCE)
    assert not gates["ada 2"].began.wait(0.2)
    gates["ada 1"].over.set()
    assert gates["ada 2"].began.wait(PATIENCE)
    gates["ada 2"].over.set()
    gates["bob"].over.set()


def test_jobs_run_in_the_order_in_which_they_came(clips, queue):
    order = []
    gate = Gate()
    queue.submit(job_of(clips["tiny"], gate, "first"))
    assert gate.began.wait(PATIENCE)
    waiting = [
        queue.submit(job_of(clips["tiny"], lambda job: order.append(job.token), name))
        for name in ("b", "c", "d")
    ]
    gate.over.set()
    assert all(job.finished.wait(PATIENCE) for job in waiting)
    assert order == [job.token for job in waiting]


def test_a_full_queue_says_when_to_come_again(clips, queue):
    gate = Gate()
    queue.submit(job_of(clips["tiny"], gate, "first", left=100))
    assert gate.began.wait(PATIENCE)
    for k in range(LIMITS.queue):
        queue.submit(job_of(clips["tiny"], Gate(), f"{k}", left=10))
    with pytest.raises(ValueError, match=r"^Too many requests .* in about 5 minutes\.$"):
        queue.submit(job_of(clips["tiny"], Gate(), "last"))


def test_waiting_users_see_how_many_are_before_them_and_for_how_long(clips, queue):
    gate = Gate()
    queue.submit(job_of(clips["tiny"], gate, "a", left=100))
    assert gate.began.wait(PATIENCE)
    second = queue.submit(job_of(clips["tiny"], Gate(), "b", left=20))
    third = queue.submit(job_of(clips["tiny"], Gate(), "c", left=20))
    assert (second.shown["ahead"], second.shown["wait"]) == (1, 100)
    assert (third.shown["ahead"], third.shown["wait"]) == (2, 120)
    queue.stop(second.token)
    assert second.shown["phase"] == "stopped"
    assert (third.shown["ahead"], third.shown["wait"]) == (1, 100)


def test_the_second_job_of_a_person_waits_for_the_first_though_a_worker_is_free(clips, new_queue):
    queue, gate = new_queue(2), Gate()
    queue.submit(job_of(clips["tiny"], gate, left=60))
    assert gate.began.wait(PATIENCE)
    second = queue.submit(job_of(clips["tiny"], Gate(), left=10))
    assert second.shown["wait"] == 60


def test_a_running_job_stops_at_its_next_checkpoint(clips, queue):
    gate = Gate()
    job = queue.submit(job_of(clips["tiny"], gate))
    assert gate.began.wait(PATIENCE)
    queue.stop(job.token)
    assert job.finished.wait(2) and job.shown["phase"] == "stopped"
    queue.stop(job.token)  # once more changes nothing
    queue.stop("unknown")
    assert job.shown["phase"] == "stopped" and job.error is None


def test_errors_end_in_one_sentence_and_the_log_names_no_file(clips, queue, caplog):
    name = "".join(["sec", "ret name.mp4"])  # in two parts, because tracebacks quote this line

    def full(_):
        raise OSError(errno.ENOSPC, "No space left on device", name)

    def wrong(_):
        raise KeyError(name)

    def refused(_):
        raise vgpnn.VideoError("Nothing moves.")

    caplog.set_level("INFO", "vgpnn")
    sentences = {full: files.DISK_FULL, wrong: errors.UNEXPECTED, refused: "Nothing moves."}
    for perform, sentence in sentences.items():
        job = queue.submit(job_of(clips["tiny"], perform))
        assert job.finished.wait(PATIENCE)
        assert job.error == job.shown["error"] == sentence and job.shown["phase"] == "error"
        wait_for(lambda job=job: job.context is None)  # its line is in the log by then
    lines = [monitoring.JsonLines().format(record) for record in caplog.records]
    assert not any("secret" in line or "tiny" in line or "\n" in line for line in lines)
    first, failure, second, _ = map(json.loads, lines)
    assert [json.loads(line)["event"] for line in lines] == ["job", "job failed", "job", "job"]
    assert "in wrong" in failure["traceback"] and failure["traceback"].endswith("KeyError")
    assert second["outcome"] == "error" and second["cause"] == "KeyError"
    assert first["task"] == "generate" and first["output"] == [5, 48, 64]
    assert {"waited", "seconds", "samples", "results"} <= first.keys() and "cause" not in first


def test_ended_jobs_are_found_after_a_restart(clips, new_queue):
    queue = new_queue()
    ended = queue.submit(job_of(clips["tiny"], lambda job: job.show(takes=[{"number": 1}])))
    assert ended.finished.wait(PATIENCE)
    gate = Gate()
    running = queue.submit(job_of(clips["tiny"], gate, "bob"))
    assert gate.began.wait(PATIENCE)
    running.record()

    later = new_queue()
    later.start()
    again = later.find(ended.token)
    assert again.shown == ended.shown and again.request == ended.request
    lost = later.find(running.token)
    assert lost.shown["phase"] == "error" and lost.error == jobs.RESTARTED
    assert lost.finished.is_set()
    gate.over.set()


def test_jobs_that_waited_wait_again_after_a_restart_in_their_order(clips, new_queue, monkeypatch):
    queue, gate = new_queue(), Gate()
    running = queue.submit(job_of(clips["tiny"], gate, "a"))
    assert gate.began.wait(PATIENCE)
    wait_for(lambda: records.read(running.folder)["shown"]["phase"] == "running")
    waiting = [queue.submit(job_of(clips["tiny"], Gate(), name)) for name in ("b", "c", "d")]
    order = []
    monkeypatch.setattr(work, "make_samples", lambda job: order.append(job.token))
    later = new_queue()
    later.start()
    again = [later.find(job.token) for job in waiting]
    assert all(job.finished.wait(PATIENCE) and job.shown["phase"] == "done" for job in again)
    assert order == [job.token for job in waiting]
    assert later.find(running.token).error == jobs.RESTARTED
    gate.over.set()


def test_jobs_that_wait_in_another_process_are_not_run_a_second_time(clips, new_queue, monkeypatch):
    queue, gate = new_queue(), Gate()
    queue.submit(job_of(clips["tiny"], gate, "a"))
    assert gate.began.wait(PATIENCE)
    waiting = queue.submit(job_of(clips["tiny"], Gate(), "b"))
    monkeypatch.setattr(records, "are_ours", lambda: False)
    later = new_queue()
    later.start()
    assert later.find(waiting.token).error == jobs.RESTARTED
    assert later.counts() == {"waiting": 0, "running": 0}
    gate.over.set()


def test_a_job_that_waited_and_whose_file_is_gone_fails_with_a_sentence(clips, new_queue, tmp_path):
    queue, gate = new_queue(), Gate()
    queue.submit(job_of(clips["tiny"], gate, "a"))
    assert gate.began.wait(PATIENCE)
    copy = tmp_path / "gone.mp4"
    copy.write_bytes(clips["tiny"].read_bytes())
    waiting = queue.submit(job_of(copy, Gate(), "b"))
    copy.unlink()
    later = new_queue()
    later.start()
    again = later.find(waiting.token)
    assert again.finished.wait(PATIENCE) and again.error.startswith("There is no such file: ")
    gate.over.set()


def test_a_hanging_job_restarts_the_process_once_all_is_on_record(
    clips, new_queue, monkeypatch, caplog
):
    monkeypatch.setattr(queues, "WATCHING_SECONDS", 0.05)
    limits.change(stuck_seconds=0.3)
    queue, restarted, hangs, gate = new_queue(2), threading.Event(), threading.Event(), Gate()

    def restart():
        restarted.set()
        queue.restart = None

    queue.restart = restart
    stuck = queue.submit(job_of(clips["tiny"], lambda job: hangs.wait(30), "a"))
    working = queue.submit(job_of(clips["tiny"], gate, "b"))
    waiting = queue.submit(job_of(clips["tiny"], Gate(), "a"))
    try:
        assert restarted.wait(20)
        found = {
            name: records.read(job.folder)
            for name, job in (("stuck", stuck), ("working", working), ("waiting", waiting))
        }
        assert found["stuck"]["error"] == HUNG
        assert found["stuck"]["shown"]["phase"] == "error"
        assert {found[name]["shown"]["phase"] for name in ("working", "waiting")} == {"queued"}
        (line,) = [record for record in caplog.records if record.message == "restarting"]
        assert line.fields["hung"] == ["generate"]
    finally:
        limits.change(stuck_seconds=60.0)
        hangs.set()
        gate.over.set()


def test_files_and_jobs_go_when_their_time_is_over(clips, queue, monkeypatch):
    job = queue.submit(job_of(clips["tiny"], lambda job: None))
    assert job.finished.wait(PATIENCE) and job.folder.is_dir()
    monkeypatch.setattr(files, "age", lambda path: LIMITS.keep_seconds + 1)
    queue._forget_old()
    assert job.folder.is_dir() and queue.find(job.token)  # the job ended only now
    job.ended -= LIMITS.keep_seconds + 1
    queue._forget_old()
    assert not job.folder.exists() and queue.find(job.token) is None
    assert not list(files.RECORDS.iterdir())


def test_inputs_of_waiting_jobs_are_renewed(clips, queue, monkeypatch):
    renewed = []
    monkeypatch.setattr(files, "renew", renewed.append)
    gate = Gate()
    queue.submit(job_of(clips["tiny"], gate, "a"))
    assert gate.began.wait(PATIENCE)
    queue.submit(job_of(clips["slow"], Gate(), "b"))
    queue._forget_old()
    assert renewed == [clips["slow"]]


def test_health_needs_every_thread_and_checkpoints(clips, queue):
    gate = Gate()
    job = queue.submit(job_of(clips["tiny"], gate))
    assert gate.began.wait(PATIENCE) and queue.is_healthy()
    gate.over.set()
    assert job.finished.wait(PATIENCE) and queue.is_healthy()
    stuck = threading.Event()
    late = queue.submit(job_of(clips["tiny"], lambda job: stuck.wait(30)))
    wait_for(lambda: late.shown["phase"] == "running")
    late.last_checkpoint -= LIMITS.stuck_seconds + 1
    assert not queue.is_healthy()
    stuck.set()
    assert late.finished.wait(PATIENCE)
    wait_for(queue.is_healthy)


def test_counts_and_times_are_there_for_prometheus(clips, queue):
    def figure(name, **labels):
        return REGISTRY.get_sample_value(name, labels) or 0

    done = {"task": "generate", "outcome": "done"}
    before = figure("vgpnn_jobs_total", **done)
    times_before = figure("vgpnn_job_seconds_count", task="generate")
    gate = Gate()
    job = queue.submit(job_of(clips["tiny"], gate))
    assert gate.began.wait(PATIENCE)
    queue.submit(job_of(clips["tiny"], Gate(), "bob"))
    assert (figure("vgpnn_running"), figure("vgpnn_queue_length")) == (1, 1)
    gate.over.set()
    assert job.finished.wait(PATIENCE)
    wait_for(lambda: figure("vgpnn_jobs_total", **done) == before + 1)
    assert figure("vgpnn_job_seconds_count", task="generate") == times_before + 1


def test_the_decoder_knows_whom_it_works_for(new_queue):
    new_queue().start()
    contextvars.Context().run(PERSON.set, "bob")  # the event of somebody else
    assert PLACES.caller_now() is None
    token = PERSON.set("ada")
    assert PLACES.caller_now() == "ada"
    PERSON.reset(token)


def test_a_refused_job_leaves_no_files(clips, queue, base):
    gate = Gate()
    queue.submit(job_of(clips["tiny"], gate))
    queue.submit(job_of(clips["tiny"], Gate()))
    assert gate.began.wait(PATIENCE)  # it has been recorded as running
    before = set(base.rglob("*"))
    with pytest.raises(ValueError, match="^One run of yours"):
        queue.submit(job_of(clips["tiny"], Gate()))
    assert set(base.rglob("*")) == before


def test_an_address_is_not_kept_with_a_job(clips, queue):
    """The context of a request knows the address that it came from."""
    job = queue.submit(job_of(clips["tiny"], lambda job: None))
    assert job.finished.wait(PATIENCE)
    wait_for(lambda: job.context is None and job.perform is None)


def test_a_failed_warm_up_is_logged_and_jobs_still_run(clips, new_queue, monkeypatch, caplog):
    def fail(self):
        raise RuntimeError("no compiler")

    monkeypatch.setattr(Executor, "prepare", fail)
    job = new_queue().submit(job_of(clips["tiny"], lambda job: None))
    assert job.finished.wait(PATIENCE) and job.shown["phase"] == "done"
    assert [record.message for record in caplog.records] == ["warm-up failed"]


def test_finished_jobs_have_a_budget(clips, new_queue, monkeypatch):
    """Each keeps its paint and what is shown of it in memory, and its files."""
    monkeypatch.setattr(queues, "PERSON_JOB_BYTES", 3 * queues.JOB_BYTES)
    queue = new_queue()
    done = []

    def finish(name):
        job = queue.submit(job_of(clips["tiny"], lambda job: None, name))
        assert job.finished.wait(30)
        wait_for(lambda: job.context is None)
        done.append(job)

    finish("bob")
    for _ in range(5):
        finish("ada")
    assert [queue.find(job.token) is job for job in done] == [True, False, False, True, True, True]
    assert [job.folder.exists() for job in done] == [True, False, False, True, True, True]
    queue._jobs.clear()
    queue._forget_old()
    assert len(queue._kept) == 0


def test_jobs_of_an_earlier_process_count_in_the_budget_of_all(clips, new_queue):
    job = new_queue().submit(job_of(clips["tiny"], lambda job: None))
    assert job.finished.wait(30)
    wait_for(lambda: job.context is None)
    later = new_queue()
    later.start()
    assert later._kept.keys() == {job.token}
