"""ZeroGPU: samples made in another process are the same; Stop and errors reach across."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import parse_qs, urlsplit

import gradio as gr
import pytest
import torch
from gradio_client import Client, handle_file
from helpers.server import Server, wait_for

import vgpnn
from vgpnn.limits import LIMITS
from vgpnn.presets import PRESETS
from vgpnn.service import people, request, work
from vgpnn.service.executors import zero_gpu as zero
from vgpnn.service.jobs import Job

FAST = {"passes": 1, "coarsest_passes": 1}
SLOW = {"passes": 5, "frames": 24, "height": 240}  # of the slow clip: minutes
OVER = "over"
fork = multiprocessing.get_context("fork")


def _serve(task, caller) -> None:
    """caller: sends the arguments and, when nobody wants more, anything else."""
    steps = task(*caller.recv())
    try:
        for item in steps:
            if caller.poll():
                steps.close()
                break
            caller.send((item, None))
    except Exception as error:  # the real one passes on the name of an error, too, and no more
        caller.send((None, type(error).__name__))
    else:
        caller.send((None, OVER))


class StandIn:
    """As much of `spaces` on ZeroGPU as matters: a process per call, and a pipe that pickles."""

    def __init__(self) -> None:
        self.durations = []

    def GPU(self, task, duration):  # noqa: N802
        def lent(*given):
            self.durations.append(duration(*given))
            here, there = fork.Pipe()
            process = fork.Process(target=_serve, args=(task, there), daemon=True)
            process.start()
            here.send(given)
            end = None
            try:
                while True:
                    item, end = here.recv()
                    if end is not None:
                        break
                    yield item
            finally:
                here.send("stop")
                while end is None:  # the real one waits for the process to yield, too
                    _, end = here.recv()
                process.join()
            if end != OVER:
                raise gr.Error(end, title="ZeroGPU worker error")

        return lent


@pytest.fixture
def space(monkeypatch):
    stand_in = StandIn()
    monkeypatch.setattr(zero, "spaces", stand_in)
    return stand_in


def job(path, task="generate", samples=2, options=None, frames=5, **changes) -> Job:
    clip = request.Clip(path, path.name, vgpnn.video.probe(path))
    settings = PRESETS[request.PRESET[task]].with_changes(**changes)
    asked = request.request(
        clip, 0, frames, 240, samples, 7, chosen=settings, task=task, options=options
    )
    return Job(asked, work.make, work.first_view(asked), people.who(None))


def test_another_process_makes_the_same_bytes(clips, space, monkeypatch):
    """After this one has used its threads: a fork that waits for them would wait for ever."""
    monkeypatch.setenv("VGPNN_THREADS", "2")
    style = request.Clip(clips["tiny"], "tiny", vgpnn.video.probe(clips["tiny"]))
    made = {}
    for name, samples in (
        ("here", work.samples),
        ("there", zero.gpu(lambda asked, *_: request.gpu_seconds(asked))(work.samples)),
    ):
        monkeypatch.setattr(work, "samples", samples)
        one = job(clips["tiny"], "analogy", options={"style": style}, **FAST)
        limit = threading.Timer(30, one.stop)
        limit.start()
        work.make(one)
        limit.cancel()
        made[name] = [path.read_bytes() for path in one.results]
    assert len(made["here"]) == 2 and made["there"] == made["here"]
    assert space.durations == [LIMITS.gpu_min_seconds]


def test_stop_reaches_the_other_process(clips, space, monkeypatch):
    monkeypatch.setattr(work, "samples", zero.gpu(lambda *_: 60)(work.samples))
    one, stopped = job(clips["slow"], samples=1, frames=24), []

    def stop():
        wait_for(lambda: one.shown.get("preview"))
        time.sleep(0.5)  # somewhere in a pass
        stopped.append(time.monotonic())
        one.stop()

    threading.Thread(target=stop, daemon=True).start()
    with pytest.raises(vgpnn.Cancelled):
        work.make(one)
    assert time.monotonic() - stopped[0] < 2
    assert not multiprocessing.active_children()


def _fails(error, checkpoint):
    yield torch.ones(2)
    raise error


def test_errors_cross_as_what_they_are(space):
    lent = partial(zero.gpu(lambda error: 1)(_fails), checkpoint=lambda: None)
    steps = lent(vgpnn.VideoError("Nothing moves."))
    assert next(steps).tolist() == [1, 1]
    with pytest.raises(vgpnn.VideoError, match=r"^Nothing moves\.$"):
        next(steps)
    with pytest.raises(RuntimeError, match=r"in _fails(.|\n)*KeyError$"):
        list(lent(KeyError("lost")))


@pytest.mark.parametrize("title", [*zero.REFUSALS, "ZeroGPU client error"])
def test_a_refusal_is_one_sentence(monkeypatch, title):
    def refuse(*_):
        raise gr.Error("You have none left. <a href='x'>Pay</a>", title=title)
        yield

    monkeypatch.setattr(zero, "spaces", SimpleNamespace(GPU=lambda task, duration: refuse))
    lent = zero.gpu(lambda error: 1)(_fails)
    with pytest.raises(ValueError, match=r"^[^.<]*: [^.<]*\.$"):
        list(lent(ValueError(), checkpoint=lambda: None))


def test_stop_while_waiting_for_a_gpu(monkeypatch):
    def wait(*_):
        time.sleep(4)
        yield

    def checkpoint():
        raise vgpnn.Cancelled

    monkeypatch.setattr(zero, "spaces", SimpleNamespace(GPU=lambda task, duration: wait))
    began = time.monotonic()
    with pytest.raises(vgpnn.Cancelled):
        list(zero.gpu(lambda error: 1)(_fails)(ValueError(), checkpoint=checkpoint))
    assert time.monotonic() - began < 2


@pytest.mark.parametrize(
    ("expected", "asked"), [(0.1, LIMITS.gpu_min_seconds), (20, 60), (999, LIMITS.gpu_max_seconds)]
)
def test_gpu_seconds_follow_the_cost_and_stay_in_their_limits(clips, monkeypatch, expected, asked):
    two = job(clips["tiny"]).asked
    monkeypatch.setattr(vgpnn.cost, "expected_seconds", lambda shape, s, n, *_: n * expected)
    assert request.gpu_seconds(two) == asked


def test_real_package_changes_nothing_off_zerogpu(monkeypatch):
    monkeypatch.setattr(zero, "spaces", pytest.importorskip("spaces"))
    assert zero.gpu(lambda error: 1)(_fails) is _fails


IMPORTS = """
import sys
from types import SimpleNamespace
looked_for = []
sys.meta_path.insert(0, SimpleNamespace(find_spec=lambda name, *_: looked_for.append(name)))
import app
from vgpnn.page import page
assert looked_for.index("spaces") < looked_for.index("torch"), "torch came before spaces"
import torch
assert not torch.cuda.is_initialized(), "CUDA was touched"
"""


def test_import_has_spaces_first_and_does_not_touch_cuda():
    root = Path(__file__).parents[2]
    subprocess.run([sys.executable, "-c", IMPORTS], cwd=root, check=True)


class Lender(BaseHTTPRequestHandler):
    """The service of ZeroGPU, which lends a GPU to who asks for less than its quota [s]."""

    quota = LIMITS.gpu_max_seconds
    asked: list[tuple[str, dict]] = []

    def do_POST(self):  # noqa: N802
        address = urlsplit(self.path)
        given = {k: v for k, (v, *_) in parse_qs(address.query).items()}
        self.asked.append((address.path, given))
        status, answer = 200, {}
        if address.path == "/schedule":
            answer = {"idle": False, "nvidiaIndex": 0, "nvidiaUUID": "none", "allowToken": "mine"}
            if int(given["durationSeconds"]) > self.quota:
                status, answer = 429, {"left": self.quota, "wait": 3600}
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(answer).encode())

    def log_message(self, *_):
        pass

    @classmethod
    def count(cls, path: str) -> int:
        return [asked for asked, _ in cls.asked].count(path)


def test_real_package_as_on_zerogpu(clips, tmp_path, monkeypatch):
    """The whole page with the real `spaces`, which believes itself on ZeroGPU."""
    pytest.importorskip("spaces")
    try:
        fork.Lock()
    except OSError as error:
        pytest.skip(f"`spaces` needs semaphores, which this machine does not give: {error}")
    lender = ThreadingHTTPServer(("127.0.0.1", 0), Lender)
    threading.Thread(target=lender.serve_forever, daemon=True).start()
    monkeypatch.setenv("SPACES_ZERO_GPU", "true")
    monkeypatch.setenv("SPACES_ZERO_DEVICE_API_URL", f"http://127.0.0.1:{lender.server_port}")
    server = Server(tmp_path, app=Path(__file__).with_name("zero_space.py"))
    try:
        client = Client(server.url, verbose=False)
        ask = {"api_name": "/generate", "frames": 5, "height": 64, "seed": 7, "passes": 1}
        (made,), _ = client.predict(video=handle_file(str(clips["tiny"])), **ask)
        path = Path(made["path"] if isinstance(made, dict) else made)
        own = vgpnn.generate(vgpnn.video.read(clips["tiny"], frames=5), 7, passes=1)
        vgpnn.video.write(tmp_path / "own.mp4", own.video)
        assert path.read_bytes() == (tmp_path / "own.mp4").read_bytes()
        lent = [path for path, _ in Lender.asked]
        assert lent == ["/startup-report", "/schedule", "/allow", "/release"]
        assert Lender.asked[1][1]["durationSeconds"] == str(LIMITS.gpu_min_seconds)
        slow = client.submit(video=handle_file(str(clips["slow"])), **ask | SLOW)
        wait_for(lambda: Lender.count("/allow") == 2)
        slow.cancel()
        wait_for(lambda: Lender.count("/release") == 2, 2)
        Lender.quota = 3
        with pytest.raises(Exception, match="^Your GPU time here is used up.*[.]$"):
            client.predict(video=handle_file(str(clips["tiny"])), **ask)
        assert server.tracebacks() == 0, server.log.read_text()
    finally:
        server.stop()
        lender.shutdown()
        for path, given in Lender.asked:
            if path == "/allow":  # the service ends the processes that it lent GPUs to
                with suppress(ProcessLookupError):
                    os.kill(int(given["pid"]), signal.SIGKILL)
