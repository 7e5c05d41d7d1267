"""What is counted of the profiler's events."""

from types import SimpleNamespace

import pytest

from vgpnn.evaluation.selfcheck import profile


def event(name, start=0, end=0, device="DeviceType.CUDA"):
    return SimpleNamespace(
        name=name, device_type=device, time_range=SimpleNamespace(start=start, end=end)
    )


def call(name):
    return event(name, device="DeviceType.CPU")


def test_spans_that_overlap_count_once():
    assert profile.covered([(5, 7), (0, 2), (1, 3), (6, 6.5)]) == 5
    assert profile.covered([]) == 0


def test_launches_copies_and_synchronisations_are_counted():
    found = profile.summary(
        [
            event("improve", 0, 100),
            event("improve", 50, 150),
            event("vote_kernel", 200, 250),
            event("Memcpy HtoD (Pageable -> Device)", 300, 310),
            event("Memset (Device)", 310, 320),
            call("cuLaunchKernelEx"),
            call("cudaLaunchKernel"),
            call("cudaGraphLaunch"),
            call("cudaStreamSynchronize"),
            call("cudaDeviceSynchronize"),  # of the end
            call("aten::add"),
        ]
    )
    assert found["launches"] == 3 and found["runs"] == 3
    assert found["copies"] == 1 and found["synchronisations"] == 1
    assert found["busy_seconds"] == pytest.approx(220e-6)
    assert found["kernels"][0][0] == "improve" and found["kernels"][0][2] == 2


def test_where_nothing_is_seen_there_are_no_launches():
    assert profile.summary([call("aten::add")])["launches"] == 0
