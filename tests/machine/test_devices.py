"""Which device and which kernels a name means, on machines with and without a GPU."""

import logging

import pytest
import torch
from helpers.clips import drifting_texture

import vgpnn
from vgpnn.machine import devices, trial_launch
from vgpnn.machine.devices import checked_backend, device_of, fast_backend


@pytest.fixture(autouse=True)
def fresh_environment(monkeypatch):
    for function in (devices._warn_once, devices.gpu_problem):
        function.cache_clear()
    monkeypatch.delenv("VGPNN_DEVICE", raising=False)
    monkeypatch.delenv("TRITON_INTERPRET", raising=False)
    yield
    for function in (devices._warn_once, devices.gpu_problem):
        function.cache_clear()


@pytest.fixture
def gpu(monkeypatch):
    """Torch and the system report a GPU on which Triton runs."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda: (9, 0))
    monkeypatch.setattr(devices, "find_spec", lambda name: object())
    monkeypatch.setattr(torch.version, "cuda", "12.8")
    monkeypatch.setattr(trial_launch, "launch", lambda: None)


@pytest.fixture
def no_gpu(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)


def test_a_gpu_is_taken_where_there_is_one(gpu):
    assert device_of("auto").type == device_of("cuda").type == "cuda"
    assert device_of("cpu").type == device_of("auto", "cpu").type == "cpu"
    assert [fast_backend(torch.device(name)) for name in ("cuda", "cpu")] == ["gpu", "cpu"]


def test_the_environment_names_the_device_of_auto(gpu, monkeypatch):
    monkeypatch.setenv("VGPNN_DEVICE", "cpu")
    assert device_of("auto").type == "cpu" and device_of("cuda").type == "cuda"


@pytest.mark.parametrize(
    "reason",
    ["no Triton", "too old", "no compiler", "no CUDA", "TRITON_INTERPRET"],
    ids=lambda text: text[-8:],
)
def test_where_the_gpu_cannot_run_the_cpu_does_and_the_reason_is_logged_once(
    gpu, reason, monkeypatch, caplog
):
    if reason == "no Triton":
        monkeypatch.setattr(devices, "find_spec", lambda name: None)
    elif reason == "too old":
        monkeypatch.setattr(torch.cuda, "get_device_capability", lambda: (6, 1))
    elif reason == "no compiler":

        def fail():
            raise RuntimeError("There is no compiler.\nSearched in 7 folders.")

        monkeypatch.setattr(trial_launch, "launch", fail)
    elif reason == "TRITON_INTERPRET":
        monkeypatch.setenv("TRITON_INTERPRET", "1")
    else:
        monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            assert device_of("cuda").type == "cpu"
    (record,) = caplog.records
    assert reason in record.message and "\n" not in record.message


def test_auto_without_a_gpu_is_silent(no_gpu, caplog):
    assert device_of("auto").type == "cpu" and not caplog.records


def test_a_device_or_backend_that_cannot_run_is_one_sentence(no_gpu):
    with pytest.raises(
        ValueError, match=r"^The backend 'gpu' cannot run here \(no CUDA\): .*'auto'\.$"
    ):
        device_of("auto", "gpu")
    with pytest.raises(ValueError, match=r"^device must be one of 'auto', .*, not 'tpu'\.$"):
        device_of("tpu")
    for function in (checked_backend, lambda name: device_of("auto", name)):
        with pytest.raises(ValueError, match=r"^backend must be one of 'auto', .*, not 'fast'\.$"):
            function("fast")


def test_the_log_says_what_runs_the_tasks_and_why(gpu, monkeypatch):
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "NVIDIA H200")
    assert devices.description() == {"device": "NVIDIA H200"}
    monkeypatch.setenv("VGPNN_DEVICE", "cpu")
    assert devices.description() == {"device": "cpu", "why": "VGPNN_DEVICE is cpu"}
    monkeypatch.delenv("VGPNN_DEVICE")
    devices.gpu_problem.cache_clear()
    monkeypatch.setattr(devices, "find_spec", lambda name: None)
    assert devices.description() == {"device": "cpu", "why": "no Triton"}


@pytest.mark.parametrize("wanted", [("cpu", "auto"), ("auto", "cpu"), ("cuda", "cpu")])
def test_a_gpu_that_is_not_wanted_is_not_touched(wanted, gpu, monkeypatch):
    monkeypatch.setattr(trial_launch, "launch", lambda: pytest.fail("the GPU is touched"))
    assert device_of(*wanted).type == "cpu"


def test_the_gpu_kernels_do_not_run_on_a_cpu(gpu):
    with pytest.raises(ValueError, match="the device is the CPU"):
        device_of("cpu", "gpu")


@pytest.mark.parametrize("word", ["1", "true", "YES", "0", ""])
def test_the_interpreter_is_named_as_triton_does(word, monkeypatch):
    monkeypatch.setenv("TRITON_INTERPRET", word)
    assert devices.interpreted() == (word not in ("0", ""))


@pytest.mark.parametrize("wrong", [{"device": "tpu"}, {"backend": "fast"}, {"backend": "gpu"}])
def test_a_task_refuses_what_cannot_run(no_gpu, wrong):
    with pytest.raises(ValueError, match="auto"):
        vgpnn.generate(drifting_texture((3, 16, 20), 0), **wrong)
