"""`python -m vgpnn inpaint`."""

from __future__ import annotations

import numpy as np
import pytest
from helpers.scenes import moving_disc
from PIL import Image

import vgpnn
from vgpnn.cli.main import main


@pytest.fixture
def paint(tmp_path):
    """Path of a white picture with a magenta patch."""
    pixels = np.full((40, 48, 3), 255, np.uint8)
    pixels[28:34, 30:38] = (255, 0, 255)
    path = tmp_path / "paint.png"
    Image.fromarray(pixels).save(path)
    return path


def test_a_key_colour_and_a_range_of_frames(moving, paint, run_task):
    words = "--key", "ffffff", "--from", 2, "--to", 3, "--quality", "fast"
    result = run_task("inpaint", moving, paint, *words)
    change = (result.frames - vgpnn.video.read(moving).frames).abs().mean(-1)
    assert change[2:4, 28:34, 30:38].mean() > 0.1
    assert change[:2].mean() < 0.05 and change[4:].mean() < 0.05
    assert change[:, :, :16].mean() < 0.05


def test_without_a_range_the_paint_is_for_every_frame(moving, paint, run_task):
    result = run_task("inpaint", moving, paint, "--key", "ffffff", "--quality", "fast")
    change = (result.frames - vgpnn.video.read(moving).frames).abs().mean(-1)
    assert change[:, 28:34, 30:38].mean((1, 2)).min() > 0.1


@pytest.mark.parametrize("flag", ["--key", "--remove"])
def test_a_colour_that_is_none_is_one_sentence(flag, moving, paint, tmp_path, capsys):
    words = [str(moving), str(paint), str(tmp_path / "out.mp4")]
    if flag == "--remove":
        words += ["--key", "ffffff"]
    assert main(["inpaint", *words, flag, "red"]) == 1
    error = capsys.readouterr().err
    assert error == "vgpnn: A colour is six hexadecimal digits, RRGGBB, not 'red'.\n"


def test_one_painted_frame_removes_a_thing_that_moves(tmp_path, run_task):
    """With --follow what is made anew lies around the disc on every frame, and only there."""
    codes, masks = moving_disc((8, 48, 64), 6, (5.0, 0.0), (12.0, 24.0))
    vgpnn.video.write(tmp_path / "disc.mp4", vgpnn.Video(codes, 10), quality=0)
    layer = np.zeros((48, 64, 4), np.uint8)
    layer[masks[3].numpy()] = (255, 0, 255, 255)
    Image.fromarray(layer).save(tmp_path / "paint.png")
    clip, words = vgpnn.video.read(tmp_path / "disc.mp4"), ["--painted-on", 3, "--margin", 0]
    changed = []
    for more in (["--follow"], []):
        result = run_task(
            "inpaint",
            tmp_path / "disc.mp4",
            tmp_path / "paint.png",
            *words,
            *more,
            "--quality",
            "fast",
        )
        changed.append((result.frames - clip.frames).abs().mean(-1) > 0.1)
    for number in (0, 7):
        follows, stays = (each[number][masks[number]].float().mean() for each in changed)
        assert follows > 0.5 > 0.3 > stays


def test_a_frame_that_is_not_there_is_one_sentence(moving, paint, tmp_path, capsys):
    words = [str(moving), str(paint), str(tmp_path / "out.mp4"), "--key", "ffffff"]
    assert main(["inpaint", *words, "--painted-on", "99"]) == 1
    assert "vgpnn: The paint is on frame 99: choose one from 0 to" in capsys.readouterr().err
