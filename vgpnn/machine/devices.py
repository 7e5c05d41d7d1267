"""Which device a task runs on, and which kernels a device has."""

from __future__ import annotations

import logging
import os
from functools import cache
from importlib.util import find_spec

import torch

from vgpnn.checks import one_of

DEVICES = ("auto", "cpu", "cuda")
BACKENDS = ("auto", "naive", "cpu", "gpu", "torch")
LEAST_CAPABILITY = (7, 0)  # compute capability of the oldest GPU that Triton compiles for


def device_of(name: str, backend: str = "auto") -> torch.device:
    """The device that a name means, for a backend.

    name: "cpu", "cuda" or "auto". "auto" is what the environment variable VGPNN_DEVICE names; where
        it names nothing, it is "cuda" if the GPU kernels can run, and "cpu" if not. Where "cuda" is
        named and the GPU kernels cannot run, the device is "cpu" and one line is logged.
    backend: one of `BACKENDS`. "torch" needs no Triton, so it runs on a GPU wherever CUDA does; it
        is chosen by nobody but its name, because it was never timed on a GPU.
    Raises ValueError for other names, and for a backend that cannot run on this machine. CUDA is
    not initialised before this function is called.
    """
    if name == "auto":
        name = os.environ.get("VGPNN_DEVICE", "auto")
    one_of("device", name, DEVICES)
    checked_backend(backend)
    if backend == "gpu" and interpreted():
        return torch.device("cpu")
    if backend == "cpu" or (name == "cpu" and backend != "gpu"):
        return torch.device("cpu")  # the GPU is not touched
    if backend == "torch":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    problem = "the device is the CPU" if name == "cpu" else gpu_problem()
    if problem is None:
        return torch.device("cuda")
    if backend == "gpu":
        raise ValueError(f"The backend 'gpu' cannot run here ({problem}): choose 'auto'.")
    if name == "cuda" or torch.cuda.is_available():
        _warn_once(f"{problem}: the CPU kernels run instead")
    return torch.device("cpu")


def description() -> dict[str, str]:
    """What runs the tasks here, for a log: the name of the GPU, or the CPU, and why."""
    if device_of("auto").type == "cuda":
        return {"device": torch.cuda.get_device_name()}
    is_forbidden = os.environ.get("VGPNN_DEVICE") == "cpu"
    return {"device": "cpu", "why": "VGPNN_DEVICE is cpu" if is_forbidden else gpu_problem()}


def checked_backend(name: str) -> str:
    """The name of a backend as it is. Raises ValueError for other names."""
    return one_of("backend", name, BACKENDS)


def interpreted() -> bool:
    """Whether Triton runs its kernels in its interpreter, on the CPU."""
    return os.environ.get("TRITON_INTERPRET", "").lower() in ("1", "true", "yes", "on", "y")


def fast_backend(device: torch.device) -> str:
    """The fastest backend of a device: "cpu" or "gpu", or "torch" where neither can run."""
    if device.type == "cpu":
        return "cpu"
    return "gpu" if runs_gpu_kernels(device) else "torch"


def runs_gpu_kernels(device: torch.device) -> bool:
    """Whether the GPU kernels run on this device."""
    return device.type == "cuda" and gpu_problem() is None


@cache
def gpu_problem() -> str | None:
    """Why the GPU kernels cannot run on this machine, in some words; None if they can.

    What is asked last is a real launch, because a compiler, headers, the driver or the cache may
    be missing, and each of them is missed late. It is made once.
    """
    if not torch.cuda.is_available():
        return "no CUDA"
    if interpreted():
        return "TRITON_INTERPRET is set"
    if find_spec("triton") is None:
        return "no Triton"
    if torch.version.cuda and torch.cuda.get_device_capability() < LEAST_CAPABILITY:
        return "the GPU is too old for Triton"
    from vgpnn.machine import trial_launch  # It needs Triton, which is not on every machine.

    try:
        trial_launch.launch()
    except Exception as error:  # Triton's compiler and its driver have no common class of errors.
        reason = str(error).strip().partition("\n")[0] or type(error).__name__
        return f"a Triton kernel does not run ({reason})"
    return None


@cache
def _warn_once(message: str) -> None:
    logging.getLogger(__name__).warning(message)


# A process that is forked may have a GPU that its parent has not, as on ZeroGPU.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=gpu_problem.cache_clear)
    os.register_at_fork(after_in_child=_warn_once.cache_clear)
