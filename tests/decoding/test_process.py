"""The process that decodes gets nothing of ours, ends in any case, and answers many callers."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from helpers.videos import child_processes, counter, encode, error_of, numbers

from vgpnn.decoding import process
from vgpnn.limits import LIMITS
from vgpnn.video import probe, read

pytestmark = pytest.mark.usefixtures("nothing_left_behind")


def test_the_process_sees_no_secrets_and_runs_no_code_of_others(
    sandbox_script, monkeypatch, tmp_path
):
    sandbox_script(
        "import json, os, sys\n"
        "print(json.dumps({'environment': dict(os.environ), 'input': sys.stdin.read(),\n"
        "    'path': sys.path, 'isolated': sys.flags.isolated, 'no_site': sys.flags.no_site}))"
    )
    (tmp_path / "json.py").write_text("raise SystemExit")
    monkeypatch.chdir(tmp_path)
    for name in ("HF_TOKEN", "HOME", "PYTHONPATH"):
        monkeypatch.setenv(name, str(tmp_path))
    with process.decode_in_sandbox("probe", tmp_path, LIMITS) as (header, _):
        allowed = {*process.PASSED_ENVIRONMENT, "OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"}
        assert set(header["environment"]) <= allowed | {"LC_CTYPE"}  # Python sets the last one
        assert (header["isolated"], header["no_site"], header["input"]) == (1, 1, "")
        assert str(tmp_path) not in header["path"]
    words = "TOKEN", "KEY", "SECRET", "HOME", "PYTHON"
    assert not any(word in name for name in process.PASSED_ENVIRONMENT for word in words)


def test_a_process_that_takes_too_long_is_killed(tmp_path):
    path = encode(tmp_path / "clip.mp4", counter(20))
    limits = replace(LIMITS, sandbox_wall_seconds=0.01)
    assert "takes too long" in error_of(read, path, limits=limits)


def test_a_crash_is_one_sentence(sandbox_script, tmp_path):
    sandbox_script("import os; os.abort()")
    assert "Decoding failed" in error_of(probe, tmp_path)


def test_an_error_after_some_frames_reaches_the_caller(sandbox_script, tmp_path):
    sandbox_script(
        "import sys\n"
        'sys.stdout.write(\'{"count": 2, "height": 1, "width": 1, "fps": "1"}\\nFabc\')\n'
        'sys.stdout.write(\'E{"error": "The film is gone: find it."}\\n\')'
    )
    assert error_of(read, tmp_path) == "The film is gone: find it."


def test_frames_that_break_off_are_an_error(sandbox_script, tmp_path):
    sandbox_script(
        "import sys\n"
        'sys.stdout.write(\'{"count": 2, "height": 1, "width": 1, "fps": "1"}\\nFabcFa\')'
    )
    assert "Decoding failed" in error_of(read, tmp_path)


def test_the_process_has_ended_when_the_caller_fails(tmp_path):
    path = encode(tmp_path / "clip.mp4", counter(200))
    before = child_processes()
    with (
        pytest.raises(ZeroDivisionError),
        process.decode_in_sandbox("read", path, LIMITS) as (header, _),
    ):
        assert header["count"] == 200 and len(child_processes() - before) == 1
        raise ZeroDivisionError
    assert child_processes() == before


def test_many_reads_at_once(tmp_path):
    path = encode(tmp_path / "clip.mp4", counter(30))
    with ThreadPoolExecutor(4) as pool:
        reads = [pool.submit(read, path, start=k / 24, frames=3) for k in range(5)]
        assert [numbers(clip.result()) for clip in reads] == [[k, k + 1, k + 2] for k in range(5)]


def test_paths_that_are_no_text_can_be_read(tmp_path):
    """File names are bytes; those that are not UTF-8 reach the process unchanged."""
    path = os.fsencode(tmp_path) + b"/\xff\xfe \xe9.mp4"
    Path(os.fsdecode(path)).write_bytes(encode(tmp_path / "clip.mp4", counter(3)).read_bytes())
    assert numbers(read(path)) == [0, 1, 2]
