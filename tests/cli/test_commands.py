"""The command line, run as a user runs it."""

import subprocess
import sys

import numpy as np
import pytest
import torch
from PIL import Image

import vgpnn
from vgpnn.cli.main import main


@pytest.fixture
def clip(tmp_path):
    generator = torch.Generator().manual_seed(0)
    coarse = torch.rand(3, 8, 10, 3, generator=generator) * 2 - 1
    frames = vgpnn.pyramid.resize(coarse, (5, 32, 40)).clamp(-1, 1)
    path = tmp_path / "in.mp4"
    vgpnn.video.write(path, frames, fps=10)
    return path


def test_samples_and_source_maps_are_numbered(clip, tmp_path):
    out, maps = tmp_path / "out.mp4", tmp_path / "map.npy"
    words = [
        "generate",
        clip,
        out,
        "--samples",
        2,
        "--seed",
        5,
        "--frames",
        4,
        "--source-map",
        maps,
    ]
    assert main([str(word) for word in words]) == 0
    for k in (1, 2):
        assert vgpnn.video.read(tmp_path / f"out-{k}.mp4").frames.shape == (4, 32, 40, 3)
        assert np.load(tmp_path / f"map-{k}.npy").shape == (4, 32, 40, 3)
    assert not out.exists()


def test_output_is_what_the_library_returns(clip, tmp_path):
    assert (
        main(["generate", str(clip), str(tmp_path / "a.mp4"), "--seed", "3", "--alpha", "off"]) == 0
    )
    result = vgpnn.generate(vgpnn.video.read(clip), 3, alpha=None)
    vgpnn.video.write(tmp_path / "b.mp4", result.video)
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()


@pytest.mark.parametrize(
    "words",
    [
        ["missing.mp4", "o.mp4"],
        ["IN", "o.mp4", "--sigma", "-1"],
        ["IN", "o.mp4", "--start", "99"],
        ["IN", "o.mp4", "--difference", "2"],
    ],
    ids=["missing", "sigma", "start", "difference"],
)
def test_errors_are_one_line(clip, tmp_path, words, capsys):
    words = [str(clip) if word == "IN" else word for word in words]
    words[1] = str(tmp_path / words[1])
    assert main(["generate", *words]) == 1
    said = capsys.readouterr().err
    assert said.startswith("vgpnn: ") and said.count("\n") == 1
    assert not (tmp_path / "o.mp4").exists()


def test_quality_and_difference_are_those_of_the_preset(clip, tmp_path):
    """The same frames as the preset makes in Python."""
    made(tmp_path, "generate", clip, "--quality", "fast", "--difference", 0.9)
    chosen = vgpnn.preset("generate", "fast", 0.9)
    vgpnn.video.write(
        tmp_path / "same.mp4", vgpnn.generate(vgpnn.video.read(clip), 0, chosen).video
    )
    assert (tmp_path / "out.mp4").read_bytes() == (tmp_path / "same.mp4").read_bytes()


def test_module_runs():
    run = subprocess.run([sys.executable, "-m", "vgpnn", "--help"], capture_output=True, text=True)
    assert run.returncode == 0 and "generate" in run.stdout and "bench" in run.stdout


@pytest.fixture
def moving(tmp_path):
    """6 frames of 40 x 48: a square that runs over a still texture."""
    frames = torch.rand(1, 40, 48, 3, generator=torch.Generator().manual_seed(0)).repeat(6, 1, 1, 1)
    for k in range(6):
        frames[k, 10:26, 4 + 4 * k : 20 + 4 * k] = 0.9
    path = tmp_path / "moving.mp4"
    vgpnn.video.write(path, frames * 2 - 1, fps=10)
    return path


def made(tmp_path, *words):
    out = tmp_path / "out.mp4"
    at = 2 if words[0] in ("retarget", "generate") else 3
    words = [*words[:at], out, *words[at:]]
    assert main([str(word) for word in words]) == 0
    return vgpnn.video.read(out)


def test_retarget(moving, tmp_path):
    wide = made(tmp_path, "retarget", moving, "--width-scale", 1.5, "--height-scale", 0.5)
    assert wide.frames.shape == (6, 20, 72, 3) and wide.fps == 10
    longer = made(tmp_path, "retarget", moving, "--duration-scale", 2, "--loop")
    assert longer.frames.shape == (12, 40, 48, 3)


def test_analogy_reads_the_style_at_the_rate_of_the_layout(moving, tmp_path):
    style = tmp_path / "style.mp4"
    vgpnn.video.write(style, vgpnn.video.read(moving).frames.repeat_interleave(3, 0), fps=30)
    result = made(tmp_path, "analogy", moving, style, "--bins", 3, "--structure", "magnitude")
    assert result.frames.shape == (6, 40, 48, 3) and result.fps == 10
    same = made(tmp_path, "analogy", moving, moving, "--bins", 3, "--structure", "magnitude")
    assert (result.frames - same.frames).abs().mean() < 0.1


def test_sketch(moving, tmp_path):
    sketch = torch.ones(4, 40, 40, 3)
    for k in range(4):
        sketch[k, 8:32, 8 + 2 * k : 20 + 2 * k] = -1
    vgpnn.video.write(tmp_path / "sketch.mp4", sketch, fps=10)
    result = made(tmp_path, "analogy", tmp_path / "sketch.mp4", moving, "--sketch")
    assert result.frames.shape == (4, 40, 40, 3)


def test_inpaint_with_a_key_colour_and_a_range(moving, tmp_path):
    paint = np.full((40, 48, 3), 255, np.uint8)
    paint[28:34, 30:38] = (255, 0, 255)
    Image.fromarray(paint).save(tmp_path / "paint.png")
    words = "--key", "ffffff", "--from", 2, "--to", 3
    result = made(tmp_path, "inpaint", moving, tmp_path / "paint.png", *words).frames
    change = (result - vgpnn.video.read(moving).frames).abs().mean(-1)
    assert change[2:4, 28:34, 30:38].mean() > 0.1
    assert change[:2].mean() < 0.05 and change[4:].mean() < 0.05
    assert change[:, :, :16].mean() < 0.05


@pytest.mark.parametrize(
    "words",
    [("--structure", "plain"), ("--flow", "fast")],
    ids=lambda words: words[0],
)
def test_unknown_words_are_refused(moving, tmp_path, words):
    with pytest.raises(SystemExit):
        made(tmp_path, "analogy", moving, moving, *words)
