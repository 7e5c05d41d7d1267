"""Triton's kernels compiled for real GPUs, none of which is needed: Triton has its own assembler.

The interpreter takes code that the compiler refuses. This module is run as a program, because
whether kernels are interpreted is decided when they are defined.
"""

from __future__ import annotations

import contextlib
import io
import itertools
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import torch

ROOT = Path(__file__).resolve().parents[2]
# The oldest and the newest: Turing (T4) and Blackwell (RTX PRO 6000). Each one takes seconds.
ARCHITECTURES = {f"sm_{number}": number for number in (75, 120)}
POINTERS = {
    torch.uint8: "*u8",
    torch.int16: "*i16",
    torch.int32: "*i32",
    torch.int64: "*i64",
    torch.float32: "*fp32",
    torch.float64: "*fp64",
}
# Patch, channels, weighted: those of the presets, and the largest that can be set.
CASES = (((3, 7, 7), 3, False), ((3, 5, 5), 4, True), ((15, 15, 15), 3, True))


def compiled_kernels(room: str, cache: Path) -> dict[str, list[dict]]:
    """What the compiler says about every kernel that a room launches, for each of ARCHITECTURES.

    room: of ROOMS. cache: an empty folder; the compiler says nothing about kernels that it has in
    its cache.
    """
    environment = os.environ | {
        "TRITON_INTERPRET": "0",
        "TRITON_DUMP_PTXAS_LOG": "1",
        "TRITON_CACHE_DIR": str(cache),
    }
    command = [sys.executable, __file__, room]
    run = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    reports = [json.loads(line) for line in run.stdout.splitlines()]
    return {
        name: [report for report in reports if report["architecture"] == architecture]
        for name, architecture in ARCHITECTURES.items()
    }


class Recorder:
    """Takes the place of a kernel and keeps the arguments of its launches."""

    def __init__(self, module, name: str) -> None:
        self.kernel, self.launches = getattr(module, name), {}
        setattr(module, name, self)

    def __getitem__(self, _):
        def launch(*arguments, **options):
            signature, constants, attributes = {}, {}, {}
            for number, (parameter, value) in enumerate(zip(self.kernel.params, arguments)):
                if parameter.is_constexpr or value is None:
                    kind, constants[(number,)] = "constexpr", value
                elif isinstance(value, torch.Tensor):
                    kind = POINTERS[value.dtype]
                    attributes[(number,)] = [["tt.divisibility", 16]]  # as torch aligns tensors
                else:
                    kind = "fp32" if isinstance(value, float) else "i32"
                if parameter.name == "HAS_PTX":
                    constants[(number,)] = True  # as on a GPU of NVIDIA
                signature[parameter.name] = kind
            launch = signature, constants, attributes, options
            self.launches[str(launch)] = launch

        return launch


def launched_in_search() -> list[Recorder]:
    from vgpnn.patches import grid
    from vgpnn.search import gpu, gpu_exact, gpu_kernels, packing

    recorders = [
        Recorder(gpu_kernels, "improve"),
        Recorder(gpu_exact, "compare_all"),
        Recorder(packing, "pack_kernel"),
    ]
    for patch, channels, weighted in CASES:
        shape = tuple(side + 1 for side in patch)
        video = torch.zeros(2, *shape, channels, dtype=torch.uint8)
        slack = torch.ones(2, *grid(shape, patch)).double() if weighted else None
        gpu.nearest(video, video, patch, slack, (), (0, 1), lambda: None, 1)
        gpu_exact.nearest(video, video, patch, slack, lambda: None)
    return recorders


def launched_in_vote() -> list[Recorder]:
    from vgpnn.query_grid import SPARSE_STRIDE, QueryGrid
    from vgpnn.search import packing
    from vgpnn.vote import gpu

    recorder, _ = Recorder(gpu, "vote_kernel"), Recorder(packing, "pack_kernel")
    # Every mode with the most votes, and the default mode on a sparse grid and with structure.
    common = [(*CASES[0][:2], 1, mode) for mode in gpu.MODES]
    for patch, channels, stride, mode in (
        *common,
        (*CASES[0][:2], SPARSE_STRIDE, "median"),
        (*CASES[1][:2], SPARSE_STRIDE, "median"),
        (*CASES[2][:2], 1, "median"),
    ):
        shape = tuple(side + 1 for side in patch)
        value = torch.zeros(*shape, channels, dtype=torch.uint8)
        voters = QueryGrid(shape, patch, stride)
        field = torch.zeros(2, *voters.counts, 3, dtype=torch.int16)
        quality = torch.ones(field.shape[:-1], dtype=torch.uint8)
        gpu.vote(value, field, voters, mode, quality)
    return [recorder]


def launched_in_data() -> list[Recorder]:
    """Resampling, and fields that are looked up and inverted."""
    from vgpnn import fields, fields_gpu, look_up_gpu, resampling_gpu
    from vgpnn.fields import FieldShape
    from vgpnn.query_grid import QueryGrid

    recorders = [
        Recorder(resampling_gpu, "resample_axis"),
        Recorder(look_up_gpu, "look_up"),
        Recorder(fields_gpu, "claim_keys"),
        Recorder(fields_gpu, "name_owners"),
    ]
    fields.runs_gpu_kernels = lambda device: True
    small, large, patch = (3, 9, 10), (4, 11, 13), (3, 5, 5)
    video = torch.zeros(1, *small, 3, dtype=torch.uint8)
    resampling_gpu.resampled(video, large)
    resampling_gpu.resampled(video.float(), large)
    shapes = [FieldShape(QueryGrid(each, patch, 2, 1), each) for each in (small, large)]
    field = torch.zeros(1, *shapes[0].queries.counts, 3, dtype=torch.int16)
    fields.upscale(field, *shapes)
    fields.inverse(field, shapes[0])
    return recorders


ROOMS = {"search": launched_in_search, "vote": launched_in_vote, "data": launched_in_data}


def main(room: str) -> None:
    """Compile every launch of a room for every architecture, and print a line of JSON for each."""
    launches = [
        (recorder.kernel, launch)
        for recorder in ROOMS[room]()
        for launch in recorder.launches.values()
    ]
    for architecture, (kernel, launch) in itertools.product(ARCHITECTURES.values(), launches):
        print(json.dumps(report(kernel, architecture, *launch)))


def report(kernel, architecture: int, signature, constants, attributes, options) -> dict:
    """What the compiler says of one kernel for one architecture."""
    import triton
    from triton.backends.compiler import GPUTarget

    source = triton.compiler.ASTSource(kernel, signature, constants, attributes)
    log = io.StringIO()
    with contextlib.redirect_stdout(log):
        target = GPUTarget("cuda", architecture, 32)
        made = triton.compile(source, target=target, options=options)
    spills = re.search(r"(\d+) bytes spill stores, (\d+) bytes spill loads", log.getvalue())
    return {
        "architecture": architecture,
        "name": kernel.__name__,
        "constants": [value for value in constants.values() if value is not None],
        "registers": int(re.search(r"Used (\d+) registers", log.getvalue())[1]),
        "spilled": int(spills[1]) + int(spills[2]),
        "shared": made.metadata.shared,
        "dp4a": made.asm["ptx"].count("dp4a"),
        "loads of 16 bytes": len(re.findall(r"ld\.global[^;]*v4", made.asm["ptx"])),
    }


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    main(sys.argv[1])
