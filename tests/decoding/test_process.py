"""The process that decodes gets nothing of ours, ends in any case, and answers many callers."""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from helpers.gaps import Gaps
from helpers.server import wait_for
from helpers.videos import child_processes, counter, encode, error_of, numbers

from vgpnn.decoding import messages, process
from vgpnn.limits import LIMITS
from vgpnn.tasks.result import Cancelled
from vgpnn.video import probe, read

pytestmark = pytest.mark.usefixtures("nothing_left_behind")
HEADER = (
    '{"count": 2, "height": 1, "width": 1, "fps": "1", "frames": 2, "seconds": 2.0, "motion": [],'
    ' "constant_rate": true, "container": "mov", "codec": "h264", "pixel_format": "gray",'
    ' "sound": false, "turn": 0, "hdr": ""}'
)


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
    monkeypatch.setattr(process, "checked_header", lambda header, *_, **__: header)
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


def test_a_reader_that_is_stopped_ends_the_process_at_once(tmp_path, sandbox_script):
    sandbox_script("import time; time.sleep(60)")
    before, calls = child_processes(), []

    def checkpoint():
        calls.append(child_processes() - before)
        if len(calls) > 3:
            raise Cancelled

    began = time.monotonic()
    with pytest.raises(Cancelled):
        read(tmp_path, checkpoint=checkpoint)
    assert time.monotonic() - began < 5
    assert len(calls[-1]) == 1 and child_processes() == before


def test_a_process_that_says_nothing_has_checkpoints_and_a_limit(tmp_path, sandbox_script):
    sandbox_script("import time; time.sleep(60)")
    gaps = Gaps()
    limits = replace(LIMITS, sandbox_wall_seconds=1.0)
    with pytest.raises(messages.UnfinishedError, match="takes too long"):
        read(tmp_path, limits=limits, checkpoint=gaps)
    assert gaps.calls >= 5


def test_a_process_that_works_slowly_gets_more_time(tmp_path, sandbox_script):
    """On a busy machine a decoder needs more wall time than processor time."""
    sandbox_script(
        "import time\n"
        "end = time.monotonic() + 1.5\n"
        "while time.monotonic() < end:\n"
        "    sum(range(400_000)); time.sleep(0.01)\n"
        'print(\'E{"error": "It is a photo: give a film."}\')'
    )
    limits = replace(LIMITS, sandbox_wall_seconds=0.5)
    assert error_of(read, tmp_path, limits=limits) == "It is a photo: give a film."


def test_a_process_that_works_without_end_is_killed(tmp_path, sandbox_script):
    sandbox_script("while True: pass")
    limits, began = replace(LIMITS, sandbox_wall_seconds=0.3), time.monotonic()
    with pytest.raises(messages.UnfinishedError, match="takes too long"):
        read(tmp_path, limits=limits)
    assert time.monotonic() - began >= 0.3 * 2


@pytest.mark.parametrize(
    ("script", "sentence", "is_finished"),
    [
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", process.BROKEN_OFF, False),
        ("import os; os.abort()", messages.FAILED, False),
        ('print(\'E{"error": "It is a photo: give a film."}\')', "It is a photo", True),
    ],
    ids=["killed", "crashed", "refused"],
)
def test_only_an_answer_says_that_a_file_cannot_be_used(
    script, sentence, is_finished, tmp_path, sandbox_script
):
    sandbox_script(script)
    with pytest.raises(messages.VideoError) as error:
        probe(tmp_path)
    assert sentence in str(error.value)
    assert isinstance(error.value, messages.UnfinishedError) != is_finished


def test_where_all_places_are_taken_the_server_is_busy(tmp_path):
    path = encode(tmp_path / "clip.mp4", counter(3))
    limits = replace(LIMITS, sandbox_processes=1, sandbox_wait_seconds=0.2)
    with (
        process.decode_in_sandbox("probe", path, LIMITS),
        pytest.raises(messages.UnfinishedError, match="^The server is busy decoding: "),
    ):
        probe(path, limits)
    assert probe(path, limits).frames == 3


def test_all_processes_can_be_ended_from_another_thread(tmp_path, sandbox_script):
    sandbox_script("import time; time.sleep(60)")
    before = child_processes()
    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(error_of, probe, tmp_path)
        wait_for(lambda: child_processes() - before and process._running)
        process.kill_all()
        assert reading.result(60) == process.BROKEN_OFF


def test_a_crash_is_one_sentence(sandbox_script, tmp_path):
    sandbox_script("import os; os.abort()")
    assert "Decoding failed" in error_of(probe, tmp_path)


def test_an_error_after_some_frames_reaches_the_caller(sandbox_script, tmp_path):
    sandbox_script(
        "import sys\n"
        f"sys.stdout.write({HEADER!r} + '\\nFabc')\n"
        'sys.stdout.write(\'E{"error": "The film is gone: find it."}\\n\')'
    )
    assert error_of(read, tmp_path) == "The film is gone: find it."


def test_frames_that_break_off_are_an_error(sandbox_script, tmp_path):
    sandbox_script(f"import sys; sys.stdout.write({HEADER!r} + '\\nFabcFa')")
    assert "Decoding failed" in error_of(read, tmp_path)


@pytest.mark.parametrize(
    "answer", ["x" * 100_000, "{}\n", f"{HEADER}\nE[]\n", f"{HEADER}\n" + "Fabc" * 9, "\n"]
)
def test_whatever_the_process_writes_is_one_sentence(sandbox_script, tmp_path, answer):
    """A file that takes it over may let it write anything."""
    sandbox_script(f"import sys; sys.stdout.write({answer!r})")
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
