"""`python -m vgpnn extend`."""

from __future__ import annotations

import torch

import vgpnn
from vgpnn.cli.main import main


def test_an_aspect_makes_the_result_of_python(moving, run_task, tmp_path):
    wide = run_task("extend", moving, "--aspect", "16:9", "--seed", 3, "--quality", "fast")
    assert wide.shape == (6, 40, 72) and wide.fps == 10
    source, settings = vgpnn.video.read(moving), vgpnn.preset("extend", "fast")
    result = vgpnn.extend(source, aspect="16:9", seed=3, settings=settings)
    vgpnn.video.write(tmp_path / "expected.mp4", result.video)
    assert torch.equal(wide.codes, vgpnn.video.read(tmp_path / "expected.mp4").codes)


def test_images_hold_the_input_to_the_bit_and_takes_differ(moving, tmp_path):
    words = ["extend", moving, tmp_path / "wide/", "--right", 0.5, "--takes", 2]
    words += ["--quality", "fast", "--from-above"]
    assert main([str(word) for word in [*words[:2], f"{tmp_path}/wide/", *words[3:]]]) == 0
    first, second = (vgpnn.video.read(tmp_path / f"wide-{n}", fps=10).codes for n in (1, 2))
    source = vgpnn.video.read(moving).codes
    assert torch.equal(first[:, :, :48], source) and torch.equal(second[:, :, :48], source)
    assert not torch.equal(first, second)


def test_wrong_sides_are_refused(moving, tmp_path, capsys):
    for words in ([], ["--aspect", "2:1", "--left", "1"], ["--aspect", "wide"], ["--top", "9"]):
        assert main(["extend", str(moving), str(tmp_path / "out.mp4"), *words]) == 1
        assert capsys.readouterr().err.count("\n") == 1
