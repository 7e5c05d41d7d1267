"""`python -m vgpnn retarget`."""

from __future__ import annotations

import pytest
import torch
from helpers.sounds import click_times, flash_times, heard, streams_of

import vgpnn
from vgpnn.cli.main import main


def test_the_size_changes(moving, run_task):
    words = "--width-scale", 1.5, "--height-scale", 0.5, "--quality", "fast"
    wide = run_task("retarget", moving, *words)
    assert wide.frames.shape == (6, 20, 72, 3) and wide.fps == 10


def test_the_length_changes_and_the_result_loops(moving, run_task, tmp_path):
    words = "--duration-scale", 2, "--loop", "--quality", "fast"
    longer = run_task("retarget", moving, *words)
    assert longer.frames.shape == (12, 40, 48, 3)
    settings = vgpnn.preset("retarget", "fast")
    source = vgpnn.video.read(moving)
    result = vgpnn.retarget(source, duration_scale=2, loop=True, settings=settings)
    vgpnn.video.write(tmp_path / "expected.mp4", result.video)
    assert torch.equal(longer.codes, vgpnn.video.read(tmp_path / "expected.mp4").codes)


def test_the_sound_stays_with_the_picture_unless_it_is_switched_off(clips, run_task, tmp_path):
    words = "retarget", clips["heard"], "--width-scale", 0.8, "--quality", "fast"
    run_task(*words, "--start", 0.25)
    made = tmp_path / "out.mp4"
    assert click_times(heard(made)) == pytest.approx([0.25], abs=0.01)
    assert flash_times(made) == pytest.approx([0.25], abs=0.01)
    run_task(*words, "--no-sound")
    assert streams_of(made) == ["h264"]


def test_a_longer_result_has_sound_to_its_end(clips, run_task, tmp_path):
    run_task("retarget", clips["heard"], "--duration-scale", 1.5, "--quality", "fast")
    assert len(heard(tmp_path / "out.mp4")) == pytest.approx(1.5 * 48_000, abs=1024)
    assert flash_times(tmp_path / "out.mp4")


def test_a_clip_goes_on_for_so_many_seconds_with_its_sound(clips, run_task, tmp_path):
    run_task("retarget", clips["heard"], "--seconds", 3, "--quality", "fast")
    assert video_seconds(tmp_path / "out.mp4") == 3
    assert len(heard(tmp_path / "out.mp4")) == pytest.approx(3 * 48_000, abs=1024)
    assert flash_times(tmp_path / "out.mp4")


def video_seconds(path):
    info = vgpnn.video.probe(path)
    return info.frames / info.fps


def test_several_takes_of_a_loop_are_numbered_and_differ(moving, tmp_path):
    words = "retarget", moving, tmp_path / "out.mp4", "--loop", "--takes", 2, "--quality", "fast"
    assert main([str(word) for word in words]) == 0
    one, other = (vgpnn.video.read(tmp_path / f"out-{number}.mp4").codes for number in (1, 2))
    assert one.shape == other.shape and (one != other).any()


@pytest.mark.parametrize("words", [("--loop",), ("--takes", 2), ("--full",), ("--width-scale", 2)])
def test_what_does_not_go_with_seconds_is_one_line(moving, tmp_path, words, capsys):
    out = tmp_path / "out.mp4"
    assert main([str(word) for word in ("retarget", moving, out, "--seconds", 3, *words)]) == 1
    error = capsys.readouterr().err
    assert error.startswith("vgpnn: A result of so many seconds") and error.count("\n") == 1
    assert not out.exists()
