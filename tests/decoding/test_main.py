"""The program of the decoding process: its limits, what it imports, and how it reports errors."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import pytest
from helpers.videos import counter, encode, error_of

from vgpnn.limits import LIMITS
from vgpnn.video import probe, read

pytestmark = pytest.mark.usefixtures("nothing_left_behind")


def test_the_code_of_the_process_needs_only_av_and_numpy(sandbox_path):
    """The project and torch are not loaded; they would make it slow and a larger target."""
    program = (
        "import sys; sys.path += sys.argv[1:]\n"
        "import sandbox.main, sandbox.answer\n"
        "print(*{name.split('.')[0] for name in sys.modules} - set(sys.stdlib_module_names))"
    )
    command = [sys.executable, "-I", "-S", "-c", program, *sandbox_path]
    run = subprocess.run(command, capture_output=True, check=True, text=True)
    loaded = {name for name in run.stdout.split() if not name.startswith("_")}
    assert loaded - {"cython_runtime"} == {"sandbox", "av", "numpy"}  # PyAV is written in Cython


def test_a_process_that_uses_up_its_processor_time_is_stopped(
    sandbox_script, sandbox_path, tmp_path
):
    sandbox_script(
        f"import json, sys; sys.path += {sandbox_path}\n"
        "from sandbox.main import limit_resources\n"
        "limit_resources(json.loads(sys.argv[1])['limits'])\n"
        "while True: pass"
    )
    limits = replace(LIMITS, sandbox_cpu_seconds=1, sandbox_wall_seconds=30.0)
    assert "takes too long" in error_of(probe, tmp_path, limits)


def test_a_process_that_needs_too_much_memory_fails(tmp_path):
    path = encode(tmp_path / "clip.mp4", counter(20))
    limits = replace(LIMITS, sandbox_bytes=50_000_000)
    assert "Decoding failed" in error_of(read, path, limits=limits)


def test_a_file_that_is_not_there_is_one_sentence(tmp_path):
    assert "There is no such file" in error_of(probe, tmp_path / "none.mp4")
