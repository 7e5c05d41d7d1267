"""The command line, run as a user runs it."""

import subprocess
import sys

import numpy as np
import pytest
import torch

import vgpnn
from vgpnn.__main__ import main


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
    [["missing.mp4", "o.mp4"], ["IN", "o.mp4", "--sigma", "-1"], ["IN", "o.mp4", "--start", "99"]],
    ids=["missing", "sigma", "start"],
)
def test_errors_are_one_line(clip, tmp_path, words, capsys):
    words = [str(clip) if word == "IN" else word for word in words]
    words[1] = str(tmp_path / words[1])
    assert main(["generate", *words]) == 1
    said = capsys.readouterr().err
    assert said.startswith("vgpnn: ") and said.count("\n") == 1
    assert not (tmp_path / "o.mp4").exists()


def test_module_runs():
    run = subprocess.run([sys.executable, "-m", "vgpnn", "--help"], capture_output=True, text=True)
    assert run.returncode == 0 and "generate" in run.stdout and "bench" in run.stdout
