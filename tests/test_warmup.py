"""Kernels are compiled before somebody waits for them."""

import pytest
from helpers.stand_in import DEVICE, KERNELS, counted_launches

from vgpnn import warmup
from vgpnn.machine.devices import device_of

modules = [pytest.importorskip(name) for name in KERNELS]  # They need Triton.


def test_every_kernel_of_a_gpu_runs(monkeypatch):
    monkeypatch.setattr(warmup, "device_of", lambda name: DEVICE)
    with counted_launches(monkeypatch) as counts:
        warmup.warm_up_gpu()
    assert {name for names in KERNELS.values() for name in names} <= counts.keys()


def test_nothing_runs_where_there_is_no_gpu(monkeypatch):
    assert device_of("auto").type == "cpu"
    monkeypatch.setattr(warmup, "_run_gpu_kernels", lambda *_: pytest.fail("a kernel runs"))
    warmup.warm_up_gpu()


def test_the_kernels_of_a_cpu_run():
    warmup.warm_up()
