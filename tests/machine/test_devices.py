"""Which device and which kernels a name means, on a machine with a GPU and on one without."""

import logging

import pytest
import torch
from helpers.clips import drifting_texture

import vgpnn
from vgpnn.machine import devices
from vgpnn.machine.devices import device_of, fast_backend
from vgpnn.settings import Settings
from vgpnn.tasks import problem

FAST = Settings(passes=1, coarsest_passes=1, min_side=15, sigma=2.0)


@pytest.fixture(autouse=True)
def nothing_said(monkeypatch):
    devices._say_once.cache_clear()
    monkeypatch.delenv("VGPNN_DEVICE", raising=False)
    monkeypatch.delenv("TRITON_INTERPRET", raising=False)
    yield
    devices._say_once.cache_clear()


@pytest.fixture
def gpu(monkeypatch):
    """A GPU on which Triton runs, as far as torch and the system say."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda: (9, 0))
    monkeypatch.setattr(devices, "find_spec", lambda name: object())
    monkeypatch.setattr(devices.shutil, "which", lambda name: f"/usr/bin/{name}")


@pytest.fixture
def no_gpu(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)


def test_a_gpu_is_taken_where_there_is_one(gpu):
    assert device_of("auto").type == device_of("cuda").type == "cuda"
    assert device_of("cpu").type == device_of("auto", "cpu").type == "cpu"
    assert [fast_backend(torch.device(name)) for name in ("cuda", "cpu")] == ["gpu", "cpu"]


def test_the_environment_says_what_auto_means(gpu, monkeypatch):
    monkeypatch.setenv("VGPNN_DEVICE", "cpu")
    assert device_of("auto").type == "cpu" and device_of("cuda").type == "cuda"


@pytest.mark.parametrize(
    "lack", ["no Triton", "too old", "no C compiler", "no CUDA"], ids=lambda text: text[-8:]
)
def test_without_what_it_needs_the_cpu_runs_and_the_log_says_so_once(
    gpu, lack, monkeypatch, caplog
):
    if lack == "no Triton":
        monkeypatch.setattr(devices, "find_spec", lambda name: None)
    elif lack == "too old":
        monkeypatch.setattr(torch.cuda, "get_device_capability", lambda: (6, 1))
    elif lack == "no C compiler":
        monkeypatch.delenv("CC", raising=False)
        monkeypatch.setattr(devices.shutil, "which", lambda name: None)
    else:
        monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            assert device_of("cuda").type == "cpu"
    (record,) = caplog.records
    assert lack in record.message


def test_auto_without_a_gpu_is_silent(no_gpu, caplog):
    assert device_of("auto").type == "cpu" and not caplog.records


def test_what_cannot_run_is_one_sentence(no_gpu):
    clip = drifting_texture((3, 16, 20), 0)
    with pytest.raises(ValueError, match="auto"):
        vgpnn.generate(clip, backend="gpu")
    with pytest.raises(ValueError, match="device must be one of"):
        vgpnn.generate(clip, device="tpu")
    with pytest.raises(ValueError, match="backend must be one of"):
        vgpnn.generate(clip, backend="fast")


def test_too_little_memory_on_the_gpu_is_one_sentence(monkeypatch):
    def full(*_, **__):
        raise torch.cuda.OutOfMemoryError("CUDA out of memory")

    clip = drifting_texture((3, 16, 20), 0)
    for name in ("synthesize", "pyramid.resize"):
        with monkeypatch.context() as patch:
            patch.setattr(f"{problem.__name__}.{name}", full)
            with pytest.raises(ValueError, match="fewer frames"):
                vgpnn.generate(clip, 0, FAST)
