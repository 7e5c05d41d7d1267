"""Ray: its workers make the same samples; Stop, a lost worker and a lost cluster."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from gradio_client import Client, handle_file
from helpers.server import ROOT, Server

import vgpnn
from vgpnn.presets import PRESETS
from vgpnn.service import executors, people, request, work
from vgpnn.service.executors import ray_cluster as cluster
from vgpnn.service.jobs import Job, Runner

pytest.importorskip("ray")
if not Path("/proc/self/environ").exists():
    pytest.skip("the processes of Ray are found in /proc", allow_module_level=True)

FAST = {"passes": 1, "coarsest_passes": 1}
LONGER = {"passes": 3, "coarsest_passes": 3}  # a second or so for each sample
MINUTES = {"path": "slow", "samples": 1, "frames": 24}
# One machine with two workers, until standard input is closed. The object store is in the folder:
# some machines give no shared memory.
NODE = """
import sys
from ray.cluster_utils import Cluster
node = Cluster(initialize_head=True, head_node_args={
    "num_cpus": 2, "include_dashboard": False, "include_log_monitor": False,
    "plasma_directory": sys.argv[1], "object_store_memory": 80_000_000,
})
print(node.address, flush=True)
sys.stdin.read()
node.shutdown()
"""


class Node:
    """A Ray cluster of one machine, in its own folder."""

    def __init__(self) -> None:
        self.folder = tempfile.mkdtemp(prefix="ray-")  # short: Ray's sockets are named by it
        Path(self.folder, "ray").mkdir()
        environment = os.environ | {
            "RAY_TMPDIR": self.folder,
            "RAY_USAGE_STATS_ENABLED": "0",
            "RAY_worker_niceness": "0",  # others on this machine would hold up the tests
        }
        self.process = subprocess.Popen(
            [sys.executable, "-c", NODE, self.folder],
            env=environment,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self.address = self.process.stdout.readline().strip()
        assert self.address, "Ray does not start"

    def processes(self, name: str = "") -> list[int]:
        """Of this node, which all have a log there open, those with that in their command."""
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                opened = [os.readlink(link) for link in (process / "fd").iterdir()]
                command = (process / "cmdline").read_text()
                if name in command and any(self.folder in path for path in opened):
                    found.append(int(process.name))
        return found

    def kill(self, name: str) -> None:
        for pid in self.processes(name):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def workers(self) -> list[int]:
        return self.processes("ray::Worker")

    def worked(self) -> dict[int, int]:
        """CPU time of each worker [1/100 s]."""
        times = {}
        for pid in self.workers():
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            times[pid] = int(fields[11]) + int(fields[12])
        return times

    def close(self) -> None:
        self.process.stdin.close()
        try:
            self.process.wait(30)
            wait_for(lambda: not self.processes(), 10)
        finally:
            self.kill("")
            shutil.rmtree(self.folder, ignore_errors=True)


@pytest.fixture(scope="module")
def node():
    node = Node()
    yield node
    node.close()


@pytest.fixture(scope="module")
def ray(node):
    """An executor with two workers of one thread each."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VGPNN_THREADS", "1")
        reached = cluster.Cluster(node.address)
        patch.setattr(executors, "current", lambda: reached)
        assert reached.workers == 2
        reached.prepare()
        yield reached
        reached.close()
    wait_for(lambda: not node.workers(), 10)  # free for others


def job(clips, path="tiny", samples=2, frames=5, **changes) -> Job:
    clip = request.Clip(clips[path], path, vgpnn.video.probe(clips[path]))
    settings = PRESETS["generate"].with_changes(**changes)
    asked = request.request(clip, 0, frames, 240, samples, 7, chosen=settings, task="generate")
    return Job(asked, work.make, work.first_view(asked), people.who(None))


def wait_for(there, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not there():
        assert time.monotonic() < end
        time.sleep(0.05)


def files(one: Job) -> list[bytes]:
    return [path.read_bytes() for path in one.results]


@pytest.fixture(scope="module")
def expected(clips):
    """The files of three samples, made in this process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(executors, "current", executors.Here)
        one = job(clips, samples=3, **LONGER)
        work.make(one)
    assert len(one.results) == 3
    return files(one)


@contextmanager
def submitted(*jobs: Job):
    """Jobs on a page's own queue, stopped at the end."""
    runner = Runner()
    for one in jobs:
        runner.submit(one)
    yield runner
    for one in jobs:
        runner.stop(one.token)
    for one in jobs:
        assert one.finished.wait(20)


def test_a_worker_makes_the_same_bytes(ray, clips, expected):
    one = job(clips, samples=3, **LONGER)
    work.make(one)
    assert files(one) == expected


def test_two_people_at_once_and_stop(ray, node, clips):
    """Previews of both come while both work; stopped, they leave the workers to the next."""
    one, two = job(clips, **MINUTES), job(clips, **MINUTES)
    seen = {one.token: set(), two.token: set()}

    def both_move() -> bool:
        for each in (one, two):
            if each.shown.get("preview"):
                seen[each.token].add(each.shown["preview"]["strip"])
        return all(len(strips) > 1 for strips in seen.values())

    with submitted(one, two) as runner:
        wait_for(both_move)
        assert runner.counts() == {"waiting": 0, "running": 2}
        runner.stop(one.token)
        runner.stop(two.token)
        assert one.finished.wait(10) and two.finished.wait(10)

        def idle():
            before = node.worked()
            time.sleep(1)
            return all(node.worked()[pid] - before[pid] < 20 for pid in before)

        wait_for(idle, 10)  # they have minutes of work left
    assert {one.shown["phase"], two.shown["phase"]} == {"stopped"}
    next_ones = [job(clips, **FAST), job(clips, **FAST)]
    with submitted(*next_ones):
        assert all(each.finished.wait(20) for each in next_ones)
    assert {each.shown["phase"] for each in next_ones} == {"done"}


def at_first_sample(monkeypatch, act) -> None:
    """While the others are made; it is not saved yet."""
    keep, first = work._keep, [act]

    def kept(*given) -> None:
        if first:
            first.pop()()
        keep(*given)

    monkeypatch.setattr(work, "_keep", kept)


def test_a_lost_workers_job_is_done_by_another(ray, node, clips, expected, caplog, monkeypatch):
    """What it finished is not made again, and the rest is the same, too."""
    one = job(clips, samples=3, **LONGER)
    before, asked, run = node.worked(), [], ray.run

    def kill() -> None:
        now = node.worked()
        os.kill(max(now, key=lambda pid: now[pid] - before[pid]), signal.SIGKILL)

    def counted(function, asked_for, given, index, checkpoint):
        asked.append(index)
        return run(function, asked_for, given, index, checkpoint=checkpoint)

    at_first_sample(monkeypatch, kill)
    monkeypatch.setattr(ray, "run", counted)
    caplog.clear()
    work.make(one)
    assert [record.message for record in caplog.records] == ["worker lost"]
    assert asked in ([0, 1], [0, 2])
    assert files(one) == expected


def test_a_second_loss_is_one_sentence(ray, node, clips, caplog):
    one = job(clips, **MINUTES)
    with submitted(one):
        while not one.finished.wait(0.1):
            for pid in node.processes("ray::Worker.next"):
                os.kill(pid, signal.SIGKILL)
    assert [record.message for record in caplog.records].count("worker lost") == 2
    assert (one.shown["phase"], one.shown["error"]) == ("error", executors.LOST_AGAIN)
    assert one.cause is None  # expected, not a fault of the page's


def test_the_process_that_speaks_with_ray_may_die(ray, clips, expected, monkeypatch):
    one = job(clips, samples=3, **LONGER)
    before = ray._driver
    at_first_sample(monkeypatch, before._process.kill)
    work.make(one)
    assert ray._driver is not before
    assert files(one) == expected


def test_page_on_a_cluster(ray, node, clips, expected, tmp_path, monkeypatch):
    """The page says nothing of Ray, and leaves nothing behind."""
    ray.close()  # a cluster serves one page
    monkeypatch.setenv("VGPNN_RAY_ADDRESS", node.address)
    server = Server(tmp_path)
    try:
        ask = {"frames": 5, "height": 240, "seed": 7, "samples": 3} | LONGER
        client = Client(server.url, verbose=False)
        made, _ = client.predict(video=handle_file(str(clips["tiny"])), api_name="/generate", **ask)
        paths = [Path(m["path"] if isinstance(m, dict) else m) for m in made]
        assert [path.read_bytes() for path in paths] == expected
    finally:
        server.stop()
    log = server.log.read_text()
    assert "Traceback" not in log and "ray" not in log.lower(), log
    wait_for(lambda: not node.workers(), 10)


def test_no_cluster_is_one_line(tmp_path):
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
    assert ended.stderr == f"app.py: {cluster.NO_CLUSTER.format(address)}\n"


def test_something_else_at_the_address(monkeypatch):
    monkeypatch.setattr(cluster, "REACHING", 2.0)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        began = time.monotonic()
        with pytest.raises(ValueError, match="^No Ray cluster can be reached at "):
            cluster.Cluster(address)
    assert time.monotonic() - began < 8


@pytest.mark.parametrize("address", ["somewhere", "ray://somewhere:1", "somewhere:x"])
def test_an_address_that_is_none(address):
    with pytest.raises(ValueError, match="^VGPNN_RAY_ADDRESS must be "):
        cluster.Cluster(address)


def test_without_ray(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(ValueError, match="pip install"):
        cluster.Cluster("auto")


@pytest.mark.parametrize(
    ("machines", "threads", "places"),
    [
        ([{"CPU": 8.0}, {"CPU": 16.0}, {}], None, (3, 8, {"num_cpus": 8})),
        ([{"CPU": 8.0}, {"CPU": 2.0}], "4", (2, 4, {"num_cpus": 4})),
        ([{"CPU": 8.0}, {"CPU": 9.0, "GPU": 2.0}], None, (2, 4, {"num_gpus": 1, "num_cpus": 4})),
    ],
)
def test_workers_of_a_cluster(machines, threads, places, monkeypatch):
    from vgpnn.service.executors import ray_driver as driver

    monkeypatch.delenv("VGPNN_THREADS", raising=False)
    if threads:
        monkeypatch.setenv("VGPNN_THREADS", threads)
    assert driver._places(machines) == places
    with pytest.raises(ValueError):
        driver._places([{}])


def test_a_cluster_that_goes_away(ray, node, clips):
    """The last one here: there is none any more after it."""
    one, two = job(clips, **MINUTES), job(clips, **FAST)
    with submitted(one) as runner:
        wait_for(lambda: one.shown.get("preview"))
        for name in ("gcs_server", "raylet", "ray::"):
            node.kill(name)
        assert one.finished.wait(20)
        runner.submit(two)
        assert two.finished.wait(20)
    assert one.shown["error"] == two.shown["error"] == cluster.GONE
    assert one.cause is two.cause is None
