"""The Triton kernels compiled for real GPUs, none of which is needed: Triton brings its assembler.

The interpreter of `test_gpu` takes what the compiler refuses. Run as a program, because whether
kernels are interpreted is decided when they are defined.
"""

import contextlib
import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch

# An H100 or H200, and an A100.
ARCHITECTURES = {"sm_90": 90, "sm_80": 80}
POINTERS = {
    torch.uint8: "*u8",
    torch.int16: "*i16",
    torch.int32: "*i32",
    torch.int64: "*i64",
    torch.float32: "*fp32",
}


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_kernels_compile_without_spills(name, tmp_path):
    pytest.importorskip("triton")
    # A folder of its own: what comes out of the cache is not compiled, so there is no log.
    environment = dict(
        os.environ, TRITON_INTERPRET="0", TRITON_DUMP_PTXAS_LOG="1", TRITON_CACHE_DIR=str(tmp_path)
    )
    run = subprocess.run(
        [sys.executable, __file__, str(ARCHITECTURES[name])],
        env=environment,
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr
    kernels = [json.loads(line) for line in run.stdout.splitlines()]
    for kernel in kernels:
        print(kernel)
        assert kernel["spilled"] == 0, kernel
        if kernel["name"] == "_improve":
            assert kernel["dp4a"] > 0 and kernel["loads of 16 bytes"] > 0, kernel
    assert {kernel["name"] for kernel in kernels} == {"_improve", "_vote"}


class Recorder:
    """Stands in for a kernel and keeps the arguments of its launches."""

    def __init__(self, kernel):
        self.kernel, self.launches = kernel, {}

    def __getitem__(self, _):
        def launch(*arguments, **options):
            signature, constants, attributes = {}, {}, {}
            for k, (parameter, value) in enumerate(zip(self.kernel.params, arguments)):
                if parameter.is_constexpr or value is None:
                    kind, constants[(k,)] = "constexpr", value
                elif isinstance(value, torch.Tensor):
                    kind = POINTERS[value.dtype]
                    attributes[(k,)] = [["tt.divisibility", 16]]  # as tensors are
                else:
                    kind = "i32"
                if parameter.name == "NATIVE":
                    constants[(k,)] = True  # as on a GPU
                signature[parameter.name] = kind
            case = signature, constants, attributes, options
            self.launches[str(case)] = case

        return launch


def main(architecture: int) -> None:
    import triton
    from triton.backends.compiler import GPUTarget

    from vgpnn.patches import grid
    from vgpnn.search import gpu as search_gpu
    from vgpnn.vote import gpu as vote_gpu

    search_gpu._improve = Recorder(search_gpu._improve)
    vote_gpu._vote = Recorder(vote_gpu._vote)
    for patch, channels, weighted in (((3, 7, 7), 3, False), ((3, 5, 5), 4, True)):
        video = torch.zeros(2, 4, 9, 10, channels, dtype=torch.uint8)
        slack = torch.ones(2, *grid((4, 9, 10), patch)).double() if weighted else None
        arguments = video, video, patch, slack, (), (0, 1), lambda: None, 1
        field, _ = search_gpu.nearest(*arguments)
        for mode in vote_gpu.MODES:
            quality = torch.ones(field.shape[:-1], dtype=torch.uint8)
            vote_gpu.vote(video[0], field, patch, mode, quality)
    for recorder in (search_gpu._improve, vote_gpu._vote):
        for signature, constants, attributes, options in recorder.launches.values():
            source = triton.compiler.ASTSource(recorder.kernel, signature, constants, attributes)
            log = io.StringIO()
            with contextlib.redirect_stdout(log):
                target = GPUTarget("cuda", architecture, 32)
                made = triton.compile(source, target=target, options=options)
            spills = re.search(r"(\d+) bytes spill stores, (\d+) bytes spill loads", log.getvalue())
            report = {
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
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
    main(int(sys.argv[1]))
