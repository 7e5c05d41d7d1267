"""ZeroGPU: samples made in the process with the GPU are the same; Stop and errors get across."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import gradio as gr
import pytest
import spaces
import torch
from gradio_client import Client, handle_file
from helpers.jobs import FAST, clip_of, real_job
from helpers.lent_gpus import GpuService, Spaces, fork
from helpers.server import ROOT, Server, wait_for

import vgpnn
from vgpnn.limits import LIMITS
from vgpnn.service import sampling, work
from vgpnn.service.executors import zero_gpu
from vgpnn.service.executors.zero_gpu import with_lent_gpu

MINUTES = {"frames": 24, "height": 240, "settings": {"passes": 5}}  # of the slow clip


@pytest.fixture
def stand_in(monkeypatch) -> Spaces:
    stand_in = Spaces()
    monkeypatch.setattr(zero_gpu, "spaces", stand_in)
    return stand_in


def test_another_process_makes_the_same_bytes(clips, base, stand_in, monkeypatch):
    """This process has used its threads before: a fork that waits for them would wait for ever."""
    monkeypatch.setenv("VGPNN_THREADS", "2")
    lent_samples = with_lent_gpu(lambda request, *_: request.gpu_seconds())(sampling.samples)
    made = []
    for samples in (sampling.samples, lent_samples):
        monkeypatch.setattr(sampling, "samples", samples)
        options = {"style": clip_of(clips["tiny"])}
        job = real_job(clips["tiny"], "analogy", options=options, samples=2, settings=FAST)
        limit = threading.Timer(60, job.stop)
        limit.start()
        work.make_samples(job)
        limit.cancel()
        made.append([path.read_bytes() for path in job.results])
    assert len(made[0]) == 2 and made[1] == made[0]
    assert stand_in.durations == [LIMITS.gpu_min_seconds]


def test_stop_reaches_the_other_process(clips, base, stand_in, monkeypatch):
    monkeypatch.setattr(sampling, "samples", with_lent_gpu(lambda *_: 60)(sampling.samples))
    job, stopped = real_job(clips["slow"], frames=24, height=240), []

    def stop():
        wait_for(lambda: job.shown.get("preview"))
        time.sleep(0.5)  # somewhere in a pass
        stopped.append(time.monotonic())
        job.stop()

    threading.Thread(target=stop, daemon=True).start()
    with pytest.raises(vgpnn.Cancelled):
        work.make_samples(job)
    assert time.monotonic() - stopped[0] < 2
    wait_for(lambda: not multiprocessing.active_children(), 10)


def _fails(error, checkpoint):
    yield torch.ones(2)
    raise error


def test_errors_get_across_as_what_they_are(stand_in):
    lent = partial(with_lent_gpu(lambda error: 1)(_fails), checkpoint=lambda: None)
    items = lent(vgpnn.VideoError("Nothing moves."))
    assert next(items).tolist() == [1, 1]
    with pytest.raises(vgpnn.VideoError, match=r"^Nothing moves\.$"):
        next(items)
    with pytest.raises(RuntimeError, match=r"in _fails(.|\n)*KeyError$"):
        list(lent(KeyError("lost")))


@pytest.mark.parametrize("title", [*zero_gpu.REFUSALS, "ZeroGPU client error"])
def test_a_refusal_is_one_sentence(monkeypatch, title):
    def refuse(*_):
        raise gr.Error("You have none left. <a href='x'>Pay</a>", title=title)
        yield

    monkeypatch.setattr(zero_gpu, "spaces", SimpleNamespace(GPU=lambda task, duration: refuse))
    lent = with_lent_gpu(lambda error: 1)(_fails)
    with pytest.raises(ValueError) as caught:
        list(lent(ValueError(), checkpoint=lambda: None))
    assert str(caught.value) == zero_gpu.REFUSALS.get(title, zero_gpu.NO_GPU)


@pytest.mark.parametrize("sentence", [*zero_gpu.REFUSALS.values(), zero_gpu.NO_GPU])
def test_refusals_say_what_to_do_in_one_sentence_without_a_link(sentence):
    assert sentence.endswith(".") and sentence.count(".") == 1 and ": " in sentence
    assert "<" not in sentence


def test_stop_while_waiting_for_a_gpu(monkeypatch):
    def wait(*_):
        time.sleep(4)
        yield

    def checkpoint():
        raise vgpnn.Cancelled

    monkeypatch.setattr(zero_gpu, "spaces", SimpleNamespace(GPU=lambda task, duration: wait))
    began = time.monotonic()
    with pytest.raises(vgpnn.Cancelled):
        list(with_lent_gpu(lambda error: 1)(_fails)(ValueError(), checkpoint=checkpoint))
    assert time.monotonic() - began < 2


def test_without_the_package_a_function_stays_as_it_is(monkeypatch):
    monkeypatch.setattr(zero_gpu, "spaces", None)
    assert with_lent_gpu(lambda error: 1)(_fails) is _fails


def test_off_zerogpu_the_real_package_changes_nothing(monkeypatch):
    monkeypatch.setattr(zero_gpu, "spaces", spaces)
    assert with_lent_gpu(lambda error: 1)(_fails) is _fails


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


def test_app_imports_spaces_before_torch_and_does_not_touch_cuda():
    subprocess.run([sys.executable, "-c", IMPORTS], cwd=ROOT, check=True)


@pytest.fixture
def service(monkeypatch):
    """The service that lends GPUs; the environment says that this is ZeroGPU."""
    try:
        fork.Lock()
    except OSError as error:
        pytest.skip(f"`spaces` needs semaphores, which this machine does not have: {error}")
    service = GpuService()
    threading.Thread(target=service.server.serve_forever, daemon=True).start()
    monkeypatch.setenv("SPACES_ZERO_GPU", "true")
    monkeypatch.setenv("SPACES_ZERO_DEVICE_API_URL", service.url)
    yield service
    service.server.shutdown()
    for process in service.processes():
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)


def test_the_whole_page_with_the_real_package(clips, tmp_path, service):
    server = Server(tmp_path, app=ROOT / "tests" / "helpers" / "zero_space.py")
    try:
        client = Client(server.url, verbose=False)
        clip = handle_file(str(clips["tiny"]))
        few = {"frames": 5, "height": 64, "settings": {"passes": 1}}
        arguments = {"api_name": "/generate", "seed": 7, **few}
        (made,), _ = client.predict(video=clip, **arguments)
        path = Path(made["path"] if isinstance(made, dict) else made)
        expected = vgpnn.generate(vgpnn.video.read(clips["tiny"], frames=5), 7, passes=1)
        vgpnn.video.write(tmp_path / "expected.mp4", expected.video)
        assert path.read_bytes() == (tmp_path / "expected.mp4").read_bytes()
        assert service.paths() == ["/startup-report", "/schedule", "/allow", "/release"]
        assert service.calls[1][1]["durationSeconds"] == str(LIMITS.gpu_min_seconds)

        slow = client.submit(video=handle_file(str(clips["slow"])), **arguments | MINUTES)
        wait_for(lambda: service.paths().count("/allow") == 2)
        slow.cancel()
        wait_for(lambda: service.paths().count("/release") == 2, 2)

        service.quota = 3
        with pytest.raises(Exception, match=r"^Your GPU time here is used up.*\.$"):
            client.predict(video=clip, **arguments)
        assert server.tracebacks() == 0, server.log.read_text()
    finally:
        server.stop()
