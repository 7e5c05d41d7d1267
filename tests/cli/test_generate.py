"""`python -m vgpnn generate`."""

from __future__ import annotations

from fractions import Fraction

import pytest
from helpers import cameras
from helpers.videos import counter, encode

import vgpnn
from vgpnn.cli.main import main


def written(tmp_path, video: vgpnn.Video) -> bytes:
    path = tmp_path / "expected.mp4"
    vgpnn.video.write(path, video)
    return path.read_bytes()


def test_the_file_is_what_the_library_returns(clip, tmp_path):
    out = tmp_path / "out.mp4"
    words = ["--seed", "3", "--alpha", "off", "--sigma", "2", "--passes", "1"]
    assert main(["generate", str(clip), str(out), *words]) == 0
    result = vgpnn.generate(vgpnn.video.read(clip), 3, alpha=None, sigma=2.0, passes=1)
    assert out.read_bytes() == written(tmp_path, result.video)


def test_quality_and_difference_choose_the_preset(clip, tmp_path):
    out = tmp_path / "out.mp4"
    words = ["--quality", "fast", "--difference", "0.9"]
    assert main(["generate", str(clip), str(out), *words]) == 0
    result = vgpnn.generate(vgpnn.video.read(clip), 0, vgpnn.preset("generate", "fast", 0.9))
    assert out.read_bytes() == written(tmp_path, result.video)


@pytest.mark.parametrize("flag", ["--takes", "--samples"], ids=["now", "before"])
def test_every_take_has_a_seed_of_its_own(clip, tmp_path, flag):
    words = [flag, "2", "--seed", "5", "--frames", "4", "--quality", "fast", "--sigma", "2"]
    assert main(["generate", str(clip), str(tmp_path / "out.mp4"), *words]) == 0
    settings = vgpnn.preset("generate", "fast").with_changes(sigma=2.0)
    results = vgpnn.generate_batch(vgpnn.video.read(clip, frames=4), (5, 6), settings)
    for number, result in enumerate(results, 1):
        assert (tmp_path / f"out-{number}.mp4").read_bytes() == written(tmp_path, result.video)


def test_the_help_has_the_word_of_the_page(capsys):
    assert main(["generate", "--help"]) == 0
    said = capsys.readouterr().out
    assert "--takes" in said and "--samples" not in said


def test_a_chosen_frame_rate_and_what_is_said_of_the_input(tmp_path, capsys):
    frames = counter(12, 64, 48)
    path = encode(tmp_path / "slow motion.mp4", frames, 480)
    out = tmp_path / "out.mp4"
    words = ["generate", str(path), str(out), "--quality", "fast", "--frames", "4"]
    assert main(words) == 0
    said = capsys.readouterr().err.splitlines()
    assert "The video has 480 frames per second: it is read at 240." in said
    assert vgpnn.video.probe(out).fps == 240
    assert main([*words, "--fps", "120"]) == 0
    assert vgpnn.video.probe(out).fps == 120
    capsys.readouterr()
    assert main([*words, "--fps", "960"]) != 0
    assert "give at most 240" in capsys.readouterr().err


def test_the_camera_is_taken_out_unless_it_is_turned_off(tmp_path, capsys):
    source, out = tmp_path / "source.mp4", tmp_path / "out.mp4"
    vgpnn.video.write(source, vgpnn.Video(cameras.shaken(), Fraction(10)))
    words = ["--quality", "fast", "--layout", "noise"]
    for mode, is_out in (("auto", True), ("off", False)):
        assert main(["generate", str(source), str(out), *words, "--camera", mode]) == 0
        assert ("The camera moves" in capsys.readouterr().err) is is_out
        settings = vgpnn.preset("generate", "fast").with_changes(layout="noise", camera=mode)
        result = vgpnn.generate(vgpnn.video.read(source), 0, settings)
        assert out.read_bytes() == written(tmp_path, result.video)
