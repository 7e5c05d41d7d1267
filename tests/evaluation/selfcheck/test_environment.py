"""The checks of what is installed, and how compiled kernels are found."""

import sys
import types

import torch

import vgpnn.vote
from vgpnn.evaluation.selfcheck import environment
from vgpnn.evaluation.selfcheck.outcome import FAIL, PASS, WARN, Target

TARGET = Target(torch.device("cpu"), "cpu")


def test_the_environment_has_versions_threads_and_memory():
    outcome = environment.environment(TARGET)
    assert outcome.status == PASS and torch.__version__ in outcome.measured
    assert {"python", "torch", "triton", "numba", "numpy", "gpu", "threads"} <= set(outcome.details)
    assert outcome.details["memory_bytes"] > 1e8


def test_cuda_that_was_asked_for_and_is_not_used_fails():
    outcome = environment.environment(Target(torch.device("cpu"), "cpu", "cuda"))
    assert outcome.status == FAIL and "CUDA cannot be used here" in outcome.measured


def test_a_launch_is_timed_and_its_result_compared(monkeypatch):
    assert environment.launch(TARGET).status == PASS
    right = vgpnn.vote.vote
    monkeypatch.setattr(vgpnn.vote, "vote", lambda *given, **options: right(*given, **options) ^ 1)
    outcome = environment.launch(TARGET)
    assert outcome.status == FAIL and "wrong result" in outcome.measured


class Function:
    """Stands for a JITFunction of Triton."""

    __module__ = "triton.runtime.jit"

    def __init__(self, **attributes):
        vars(self).update(attributes)


def kernel(name, registers, spills):
    source = types.SimpleNamespace(
        fn=types.SimpleNamespace(arg_names=["pixels", "PATCH"]), constants={(1,): 7}
    )
    metadata = types.SimpleNamespace(shared=128, num_warps=1)
    return types.SimpleNamespace(
        name=name, n_regs=registers, n_spills=spills, metadata=metadata, src=source
    )


def variants(monkeypatch, **functions):
    module = types.ModuleType("vgpnn.search.of_a_test")
    vars(module).update(functions)
    monkeypatch.setitem(sys.modules, module.__name__, module)
    outcome = environment.compiled_kernels(TARGET)
    names = {"new", "old", "bare"}
    return outcome, [each for each in outcome.details["variants"] if each["name"] in names]


def test_variants_are_found_in_every_module_whatever_the_version_of_triton(monkeypatch):
    new, old = kernel("new", 40, 0), kernel("old", 64, 0)
    _, found = variants(
        monkeypatch,
        new=Function(device_caches={0: ({"key": new}, {}, "target", "backend", "binder")}),
        again=Function(fn=Function(device_caches={0: ({"key": new},)})),
        old=Function(cache={0: {"key": old}}),
        bare=Function(device_caches={0: ({"key": types.SimpleNamespace(name="bare")},)}),
        never_launched=Function(device_caches={}),
        tuned=Function(cache={"key": "a configuration"}),
        other=object(),
    )
    by_name = {each["name"]: each for each in found}
    assert len(found) == len(by_name) == 3
    assert by_name["new"] == {
        "name": "new",
        "constants": {"PATCH": "7"},
        "registers": 40,
        "spills": 0,
        "shared_bytes": 128,
        "warps": 1,
    }
    assert by_name["old"]["registers"] == 64 and by_name["bare"]["registers"] is None


def test_a_kernel_that_spills_is_a_warning(monkeypatch):
    cached = ({1: kernel("new", 255, 0), 2: kernel("old", 255, 12)},)
    outcome, _ = variants(monkeypatch, function=Function(device_caches={0: cached}))
    assert outcome.status == WARN and "1 spill, old most (12)" in outcome.measured


def test_no_kernels_are_no_warning_on_the_cpu():
    assert environment.compiled_kernels(TARGET).status == PASS
