"""What a check is given, and what it says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import torch

from vgpnn.settings import Shape

PASS, WARN, FAIL = "pass", "warn", "fail"


@dataclass(frozen=True)
class Sizes:
    """(T, H, W) of what the checks work on; the tests make them small.

    search: of the query and the key of PatchMatch. exact: of those that are compared with the
    exact search. task: of the clip of each task; finishing in full gives twice its sides and
    length. repeat: of the takes that have to be equal. quality: of the takes that are measured.
    resampled: pairs of a video's shape before and after.
    large: of the take whose memory is measured. timed: of the takes whose time is measured, with
    the goal [s] on a GPU. drafts, drafts_goal: of the clip whose drafts are timed, and their goal.
    cold: of the takes in new processes. roofline: of the take whose distances are counted.
    """

    search: Shape = (9, 90, 160)
    exact: Shape = (5, 40, 71)
    task: Shape = (9, 72, 128)
    repeat: Shape = (9, 72, 128)
    quality: Shape = (9, 96, 170)
    resampled: tuple[tuple[Shape, Shape], ...] = (
        ((6, 40, 56), (5, 33, 46)),
        ((6, 40, 56), (6, 33, 46)),
        ((6, 40, 56), (6, 33, 70)),
        ((5, 33, 46), (6, 40, 56)),
        ((5, 20, 24), (9, 20, 24)),
        ((275, 36, 64), (3, 15, 27)),
        ((275, 36, 64), (3, 36, 64)),
        ((1, 1440, 2560), (1, 15, 27)),
        ((1, 2160, 3840), (1, 15, 27)),
        ((1, 2160, 3840), (1, 1771, 3149)),
        ((1, 1080, 1920), (1, 2160, 3840)),
    )
    large: Shape = (13, 480, 854)
    timed: tuple[tuple[Shape, float], ...] = (((13, 144, 256), 0.2),)
    drafts: Shape = (13, 144, 256)
    drafts_goal: float = 0.3
    cold: Shape = (13, 144, 256)
    roofline: Shape = (13, 144, 256)


# A GPU is for larger clips.
GPU_SIZES = Sizes(
    repeat=(13, 144, 256),
    large=(29, 1080, 1920),
    timed=(((13, 144, 256), 0.2), ((13, 720, 1280), 1.0), ((29, 1080, 1920), 3.0)),
)


@dataclass(frozen=True)
class Target:
    """What is checked: a device, and the kernels that it has.

    backend: the name of the kernels, "cpu" or "gpu"; "torch" where there are none for the device.
    asked: the device that was asked for.
    """

    device: torch.device
    backend: str
    asked: str = "auto"
    sizes: Sizes = field(default_factory=Sizes)

    @property
    def on_gpu(self) -> bool:
        return self.device.type == "cuda"


@dataclass(frozen=True)
class Outcome:
    """What a check has found.

    measured, limit: in words. status: PASS, WARN or FAIL.
    details: more, for the report in JSON.
    """

    measured: str
    limit: str = "-"
    status: str = PASS
    details: dict = field(default_factory=dict)


Check = tuple[str, Callable[[Target], Outcome]]  # its name, and the function that does it


def cases(results: dict[str, bool], limit: str = "all", **details) -> Outcome:
    """The outcome of a check with many cases, which fails where any of them does.

    results: whether each case is right, by its name.
    """
    wrong = [name for name, is_right in results.items() if not is_right]
    measured = f"{len(results) - len(wrong)} of {len(results)} cases"
    if wrong:
        measured += f", not {'; '.join(wrong[:3])}" + (" and others" if len(wrong) > 3 else "")
    return Outcome(measured, limit, FAIL if wrong else PASS, {"wrong": wrong, **details})


def at_most(values: dict[str, float], limit: float, text: str = "{:.3f}", **details) -> Outcome:
    """The outcome of a check whose values must not exceed a limit; the largest one is shown.

    values: by the names of the cases.
    """
    name, largest = max(values.items(), key=lambda item: item[1])
    is_right = all(value <= limit for value in values.values())  # False where one is not a number
    measured = text.format(largest) + (f" ({name})" if len(values) > 1 else "")
    status = PASS if is_right else FAIL
    return Outcome(measured, f"at most {text.format(limit)}", status, {"values": values, **details})


def in_time(seconds: float, goal: float, said: str = "goal", **details) -> Outcome:
    """The outcome of a measured time; one above its goal is a warning, not a failure.

    said: what the goal is called.
    """
    is_late = seconds > goal
    measured = f"{seconds:.2f} s" + (f", slower than the {said}" if is_late else "")
    details = {"seconds": seconds, "goal": goal, **details}
    return Outcome(measured, f"{said} {goal:.2f} s", WARN if is_late else PASS, details)


def synchronise(target: Target) -> None:
    """Wait until the device has done all that it was asked for."""
    if target.on_gpu:
        torch.cuda.synchronize()
