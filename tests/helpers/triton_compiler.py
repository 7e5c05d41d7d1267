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
ARCHITECTURES = {"sm_90": 90, "sm_80": 80}  # of an H100 or H200, and of an A100
POINTERS = {
    torch.uint8: "*u8",
    torch.int16: "*i16",
    torch.int32: "*i32",
    torch.int64: "*i64",
    torch.float32: "*fp32",
}
CASES = (((3, 7, 7), 3, False), ((3, 5, 5), 4, True))  # patch, channels, weighted


def compiled_kernels(room: str, cache: Path) -> dict[str, list[dict]]:
    """What the compiler says about every kernel that a room, "search" or "vote", launches, for each
    of ARCHITECTURES.

    cache: an empty folder; the compiler says nothing about kernels that it has in its cache.
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

    def __init__(self, kernel) -> None:
        self.kernel, self.launches = kernel, {}

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
                    kind = "i32"
                if parameter.name == "HAS_PTX":
                    constants[(number,)] = True  # as on a GPU of NVIDIA
                signature[parameter.name] = kind
            launch = signature, constants, attributes, options
            self.launches[str(launch)] = launch

        return launch


def launched_in_search() -> Recorder:
    from vgpnn.patches import grid
    from vgpnn.search import gpu, gpu_kernels

    recorder = gpu_kernels.improve = Recorder(gpu_kernels.improve)
    for patch, channels, weighted in CASES:
        video = torch.zeros(2, 4, 9, 10, channels, dtype=torch.uint8)
        slack = torch.ones(2, *grid((4, 9, 10), patch)).double() if weighted else None
        gpu.nearest(video, video, patch, slack, (), (0, 1), lambda: None, 1)
    return recorder


def launched_in_vote() -> Recorder:
    from vgpnn.query_grid import SPARSE_STRIDE, QueryGrid
    from vgpnn.vote import gpu

    recorder = gpu.vote_kernel = Recorder(gpu.vote_kernel)
    for patch, channels, _ in CASES:
        value = torch.zeros(4, 9, 10, channels, dtype=torch.uint8)
        for stride, mode in itertools.product((1, SPARSE_STRIDE), gpu.MODES):
            voters = QueryGrid((4, 9, 10), patch, stride)
            field = torch.zeros(2, *voters.counts, 3, dtype=torch.int16)
            quality = torch.ones(field.shape[:-1], dtype=torch.uint8)
            gpu.vote(value, field, voters, mode, quality)
    return recorder


def main(room: str) -> None:
    """Compile every launch of a room for every architecture, and print a line of JSON for each."""
    import triton
    from triton.backends.compiler import GPUTarget

    recorder = {"search": launched_in_search, "vote": launched_in_vote}[room]()
    launches = itertools.product(ARCHITECTURES.values(), recorder.launches.values())
    for architecture, (signature, constants, attributes, options) in launches:
        source = triton.compiler.ASTSource(recorder.kernel, signature, constants, attributes)
        log = io.StringIO()
        with contextlib.redirect_stdout(log):
            target = GPUTarget("cuda", architecture, 32)
            made = triton.compile(source, target=target, options=options)
        spills = re.search(r"(\d+) bytes spill stores, (\d+) bytes spill loads", log.getvalue())
        report = {
            "architecture": architecture,
            "name": recorder.kernel.__name__,
            "constants": [value for value in constants.values() if value is not None],
            "registers": int(re.search(r"Used (\d+) registers", log.getvalue())[1]),
            "spilled": int(spills[1]) + int(spills[2]),
            "shared": made.metadata.shared,
            "dp4a": made.asm["ptx"].count("dp4a"),
            "loads of 16 bytes": len(re.findall(r"ld\.global[^;]*v4", made.asm["ptx"])),
        }
        print(json.dumps(report))


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    main(sys.argv[1])
