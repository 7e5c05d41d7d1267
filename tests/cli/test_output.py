"""Writing results, with a progress bar on a terminal."""

from __future__ import annotations

import io
import re
import sys
from fractions import Fraction

import numpy as np
import pytest
import torch
from helpers.clips import codes
from helpers.sounds import streams_of

import vgpnn
from vgpnn.cli.options import TaskOptions
from vgpnn.cli.output import progress_bar, show_step, write_results
from vgpnn.codes import MeanError
from vgpnn.machine import memory
from vgpnn.settings import Settings
from vgpnn.take_sound import TakeSounds
from vgpnn.tasks import Step, generation

FULL = (5, 48, 60)  # (T, H, W) of the source in full
QUICK = Settings(passes=1, coarsest_passes=1, sigma=2.0)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def problem(clip):
    return lambda: generation.problem(vgpnn.video.read(clip), (5, 6), QUICK)


def no_full() -> vgpnn.Video:
    raise AssertionError("nothing is finished in full unless it is wanted")


def test_several_results_and_their_source_maps_are_numbered(problem, tmp_path, capsys):
    options = TaskOptions(str(tmp_path / "out.mp4"), source_map=str(tmp_path / "map.npy"))
    write_results(options, problem, no_full, samples=2)
    for number in (1, 2):
        assert vgpnn.video.read(tmp_path / f"out-{number}.mp4").shape == (5, 32, 40)
        assert np.load(tmp_path / f"map-{number}.npy").shape == (5, 32, 40, 3)
    assert not (tmp_path / "out.mp4").exists()
    # Standard error is no terminal here: it has no bar, only a line for each result.
    lines = capsys.readouterr().err.splitlines()
    for number, line in enumerate(lines, 1):
        text = rf"{re.escape(str(tmp_path))}/out-{number}\.mp4 \(seed {number + 4}\), \d+\.\d s"
        assert re.fullmatch(text, line)
    assert len(lines) == 2


@pytest.mark.parametrize("ending", [".gif", ".WebM", ".mov", "", "/"])
def test_every_result_has_the_format_of_the_name(ending, problem, tmp_path):
    options = TaskOptions(f"{tmp_path}/out{ending}")
    write_results(options, problem, no_full, samples=2)
    containers = {"gif": "gif", "webm": "matroska", "mov": "mov", "": "folder"}
    for number in (1, 2):
        info = vgpnn.video.probe(tmp_path / f"out-{number}{ending.strip('/')}")
        assert info.container == containers[ending.strip("./").lower()] and info.frames == 5


def test_notices_are_printed_before_the_result(tmp_path, capsys):
    tiny = torch.zeros(2, 20, 24, 3, dtype=torch.uint8)
    problem = generation.problem(tiny, 0, QUICK)
    assert problem.notices
    write_results(TaskOptions(str(tmp_path / "out.mp4")), lambda: problem, no_full)
    lines = capsys.readouterr().err.splitlines()
    assert tuple(lines[:-1]) == problem.notices and "out.mp4 (seed 0)" in lines[-1]


def test_what_is_wrong_with_the_sound_is_printed_once(problem, tmp_path, capsys):
    options = TaskOptions(str(tmp_path / "out.mp4"))
    sounds = TakeSounds(tmp_path / "gone.mp4", 0, 1, is_retimed=False)
    write_results(options, problem, no_full, 2, sounds)
    notes = [line for line in capsys.readouterr().err.splitlines() if "(seed" not in line]
    assert len(notes) == 1 and notes[0].startswith("Takes have no sound")
    assert streams_of(tmp_path / "out-2.mp4") == ["h264"]


@pytest.mark.parametrize(("size", "limits"), [(5 * 2**20, [5 * 2**20]), (None, [])])
def test_the_memory_is_limited_before_the_problem_is_made(size, limits, tmp_path, monkeypatch):
    calls = []
    monkeypatch.setattr(memory, "limit", calls.append)

    def make_problem() -> None:
        assert calls == limits
        raise vgpnn.Cancelled

    with pytest.raises(vgpnn.Cancelled):
        write_results(TaskOptions(str(tmp_path / "out.mp4"), memory=size), make_problem, no_full)


def test_results_are_finished_in_full_from_a_source_that_is_read_once(problem, tmp_path):
    sources = []

    def read_full() -> vgpnn.Video:
        sources.append(vgpnn.Video(codes(FULL, 0), Fraction(10)))
        return sources[-1]

    write_results(TaskOptions(str(tmp_path / "out.mp4"), full=True), problem, read_full, samples=2)
    assert len(sources) == 1
    for number in (1, 2):
        assert vgpnn.video.read(tmp_path / f"out-{number}.mp4").shape == FULL


def test_a_terminal_shows_level_and_pass_and_then_only_the_result(problem, tmp_path, monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    write_results(TaskOptions(str(tmp_path / "out.mp4")), problem, no_full, samples=2)
    text = terminal.getvalue()
    assert "sample 1/2" in text and "sample 2/2" in text
    shown = re.findall(r"(\d+)%\|.*?level (\d+)/(\d+), pass (\d+)/(\d+)", text)
    steps = [tuple(map(int, step)) for step in shown]
    assert steps[0][1] == 1 and steps[-1][:2] == (100, steps[-1][2])
    halfway = next(k for k, step in enumerate(steps) if step[0] == 100) + 1
    for first, second in zip(steps[:halfway], steps[1:halfway]):
        assert first[0] <= second[0] and first[1] <= second[1]
    last_line = text.splitlines()[-1].split("\r")[-1]
    assert re.fullmatch(r".*out-2\.mp4 \(seed 6\), \d+\.\d s", last_line)


def test_a_bar_shows_the_share_of_a_step(monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("COLUMNS", "80")
    step = Step(
        level=3,
        levels=9,
        number=2,
        passes=5,
        fraction=0.25,
        guess=torch.zeros(1),
        mean_error=MeanError(torch.zeros(1), 1, 1.0),
    )
    with progress_bar("out.mp4") as bar:
        show_step(bar, step)
        drawn = terminal.getvalue().split("\r")[-1]
    assert drawn.startswith("out.mp4  25%|") and drawn.rstrip().endswith("level 3/9, pass 2/5")
    assert "level" not in terminal.getvalue().split("\r")[-1]  # a closed bar vanishes
