"""Ray: its workers make the same samples; Stop, a lost worker and a lost cluster."""

from __future__ import annotations

import os
import pickle
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from gradio_client import Client, handle_file
from helpers.jobs import FAST, real_job
from helpers.ray_node import RayNode, cpu_time
from helpers.server import ROOT, Server, wait_for

from vgpnn.service import work
from vgpnn.service.executors import ray_cluster, selection
from vgpnn.service.executors.base import LOST_TWICE
from vgpnn.service.executors.local import LocalExecutor
from vgpnn.service.executors.ray_cluster import RayCluster
from vgpnn.service.job import Job
from vgpnn.service.queue import JobQueue

if sys.platform != "linux":
    pytest.skip("the processes of Ray are found in /proc", allow_module_level=True)

# A queue would go on with what other tests left on record as waiting.
pytestmark = pytest.mark.usefixtures("base")

LONGER = {"passes": 20, "coarsest_passes": 20}  # half a second or so for each sample


@pytest.fixture(scope="module")
def node():
    node = RayNode()
    yield node
    node.close()


@pytest.fixture(scope="module")
def cluster(node):
    """An executor with two workers of one thread each."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VGPNN_THREADS", "1")
        cluster = RayCluster(node.address)
        patch.setattr(selection, "current", lambda: cluster)
        assert cluster.workers == 2
        cluster.prepare()
        yield cluster
        cluster.close()
    wait_for(lambda: not node.workers(), 10)  # they are free for others


def short_job(clips) -> Job:
    return real_job(clips["tiny"], height=240, samples=2, settings=FAST)


def three_samples(clips) -> Job:
    return real_job(clips["slow"], frames=12, height=240, samples=3, settings=LONGER)


def job_of_minutes(clips) -> Job:
    return real_job(clips["slow"], frames=24, height=240)


def contents(job: Job) -> list[bytes]:
    return [path.read_bytes() for path in job.results]


@pytest.fixture(scope="module")
def expected(clips):
    """The files of `three_samples`, made in this process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(selection, "current", LocalExecutor)
        job = three_samples(clips)
        work.make_samples(job)
    assert len(job.results) == 3
    return contents(job)


@contextmanager
def submitted(*jobs: Job):
    """Jobs in a queue of their own, stopped at the end."""
    queue = JobQueue()
    for job in jobs:
        queue.submit(job)
    yield queue
    for job in jobs:
        queue.stop(job.token)
    for job in jobs:
        assert job.finished.wait(20)


def test_a_worker_makes_the_same_bytes(cluster, clips, expected):
    job = three_samples(clips)
    work.make_samples(job)
    assert contents(job) == expected


def test_two_jobs_run_at_once_and_stop(cluster, node, clips):
    """Both have previews while both run; stopped, they leave the workers to the next jobs."""
    one, two = job_of_minutes(clips), job_of_minutes(clips)
    previews = {one.token: set(), two.token: set()}

    def both_move() -> bool:
        for job in (one, two):
            if job.shown.get("preview"):
                previews[job.token].add(job.shown["preview"]["strip"])
        return all(len(strips) > 1 for strips in previews.values())

    with submitted(one, two) as queue:
        wait_for(both_move)
        assert queue.counts() == {"waiting": 0, "running": 2}
        queue.stop(one.token)
        queue.stop(two.token)
        assert one.finished.wait(10) and two.finished.wait(10)

        def idle() -> bool:
            before = node.cpu_times()
            time.sleep(1)
            after = node.cpu_times()
            return all(after[process] - before[process] < 20 for process in before)

        wait_for(idle, 10)  # they have minutes of work left
    assert {one.shown["phase"], two.shown["phase"]} == {"stopped"}
    next_jobs = [short_job(clips), short_job(clips)]
    with submitted(*next_jobs):
        assert all(job.finished.wait(20) for job in next_jobs)
    assert {job.shown["phase"] for job in next_jobs} == {"done"}


def at_first_sample(monkeypatch, cluster, act) -> None:
    """Call act() when the first sample arrives, while the others are made.

    The job itself may see it late: before that it draws what explains the first sample."""
    call, waiting = cluster._call, [act]

    def watched(packed):
        for item in call(packed):
            if waiting and item is not None and pickle.loads(item).result is not None:
                waiting.pop()()
            yield item

    monkeypatch.setattr(cluster, "_call", watched)


def test_the_job_of_a_lost_worker_is_done_by_another(
    cluster, node, clips, expected, caplog, monkeypatch
):
    """What was finished is not made again, and the rest is the same, too."""
    job = three_samples(clips)
    before, firsts, run = node.cpu_times(), [], cluster.run

    def kill() -> None:  # looks at the known workers only: all processes would take too long
        used = {process: cpu_time(process) - time for process, time in before.items()}
        os.kill(max(used, key=used.get), signal.SIGKILL)

    def counted(function, request, inputs, first, checkpoint):
        firsts.append(first)
        return run(function, request, inputs, first, checkpoint=checkpoint)

    at_first_sample(monkeypatch, cluster, kill)
    monkeypatch.setattr(cluster, "run", counted)
    caplog.clear()
    work.make_samples(job)
    assert [record.message for record in caplog.records] == ["worker lost"]
    assert firsts[0] == 0 and firsts[1] in (1, 2) and len(firsts) == 2
    assert contents(job) == expected


def test_a_second_loss_is_one_sentence(cluster, node, clips, caplog):
    job = job_of_minutes(clips)
    with submitted(job):
        while not job.finished.wait(0.1):
            for process in node.processes("ray::Worker.next"):
                os.kill(process, signal.SIGKILL)
    assert [record.message for record in caplog.records].count("worker lost") == 2
    assert (job.shown["phase"], job.shown["error"]) == ("error", LOST_TWICE)
    assert job.cause is None  # no fault of the page


def test_the_driver_process_may_die(cluster, clips, expected, monkeypatch):
    job = three_samples(clips)
    before = cluster._driver
    at_first_sample(monkeypatch, cluster, before._process.kill)
    work.make_samples(job)
    assert cluster._driver is not before
    assert contents(job) == expected


def test_a_page_on_a_cluster(cluster, node, clips, expected, tmp_path, monkeypatch):
    """The page says nothing of Ray, and leaves nothing behind."""
    cluster.close()  # a cluster serves one page
    monkeypatch.setenv("VGPNN_RAY_ADDRESS", node.address)
    server = Server(tmp_path)
    try:
        arguments = {"frames": 12, "height": 240, "seed": 7, "takes": 3, "settings": LONGER}
        client = Client(server.url, verbose=False)
        video = handle_file(str(clips["slow"]))
        made, _ = client.predict(video=video, api_name="/generate", **arguments)
        paths = [Path(file["path"] if isinstance(file, dict) else file) for file in made]
        assert [path.read_bytes() for path in paths] == expected
    finally:
        server.stop()
    log = server.log.read_text()
    assert "Traceback" not in log and "ray" not in log.lower(), log
    wait_for(lambda: not node.workers(), 10)


def test_an_address_without_a_cluster_is_one_line(tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    environment = os.environ | {"VGPNN_RAY_ADDRESS": address, "TMPDIR": str(tmp_path)}
    ended = subprocess.run(
        [sys.executable, ROOT / "app.py"],
        env=environment,
        text=True,
        capture_output=True,
        timeout=60,
    )
    assert ended.returncode == 1
    assert ended.stderr == f"vgpnn: {ray_cluster.NO_CLUSTER.format(address)}\n"


def test_something_else_at_the_address_is_no_cluster(monkeypatch):
    monkeypatch.setattr(ray_cluster, "CONNECT_SECONDS", 2.0)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        began = time.monotonic()
        with pytest.raises(ValueError, match="^No Ray cluster can be reached at "):
            RayCluster(address)
    assert time.monotonic() - began < 8


@pytest.mark.parametrize("address", ["somewhere", "ray://somewhere:1", "somewhere:x"])
def test_a_malformed_address_is_one_sentence(address):
    with pytest.raises(
        ValueError, match=r"^VGPNN_RAY_ADDRESS must be auto or HOST:PORT, not .*\.$"
    ):
        RayCluster(address)


def test_without_ray_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(ValueError) as caught:
        RayCluster("auto")
    assert str(caught.value) == ray_cluster.NO_RAY


def test_a_cluster_that_goes_away_is_one_sentence(cluster, node, clips):
    """This is the last test with the cluster: it is gone afterwards."""
    cluster.prepare()  # the test before has ended the workers
    running, late = job_of_minutes(clips), short_job(clips)
    with submitted(running) as queue:
        wait_for(lambda: running.shown.get("preview"))
        for name in ("gcs_server", "raylet", "ray::"):
            node.kill(name)
        assert running.finished.wait(20)
        queue.submit(late)
        assert late.finished.wait(20)
    assert running.shown["error"] == late.shown["error"] == ray_cluster.CLUSTER_GONE
    assert running.cause is late.cause is None
