"""`python -m vgpnn generate`."""

from __future__ import annotations

import vgpnn
from vgpnn.cli.main import main


def written(tmp_path, video: vgpnn.Video) -> bytes:
    path = tmp_path / "expected.mp4"
    vgpnn.video.write(path, video)
    return path.read_bytes()


def test_the_file_is_what_the_library_returns(clip, tmp_path):
    out = tmp_path / "out.mp4"
    assert main(["generate", str(clip), str(out), "--seed", "3", "--alpha", "off"]) == 0
    result = vgpnn.generate(vgpnn.video.read(clip), 3, alpha=None)
    assert out.read_bytes() == written(tmp_path, result.video)


def test_quality_and_difference_choose_the_preset(clip, tmp_path):
    out = tmp_path / "out.mp4"
    words = ["--quality", "fast", "--difference", "0.9"]
    assert main(["generate", str(clip), str(out), *words]) == 0
    result = vgpnn.generate(vgpnn.video.read(clip), 0, vgpnn.preset("generate", "fast", 0.9))
    assert out.read_bytes() == written(tmp_path, result.video)


def test_a_setting_that_is_given_wins_over_the_choices(clip, tmp_path):
    out = tmp_path / "out.mp4"
    words = ["--quality", "fast", "--difference", "0.9", "--noise", "1.5", "--patch", "3x5x5"]
    assert main(["generate", str(clip), str(out), *words]) == 0
    settings = vgpnn.preset("generate", "fast").with_changes(noise=1.5, patch=(3, 5, 5))
    result = vgpnn.generate(vgpnn.video.read(clip), 0, settings)
    assert out.read_bytes() == written(tmp_path, result.video)


def test_every_sample_has_a_seed_of_its_own(clip, tmp_path):
    words = ["--samples", "2", "--seed", "5", "--frames", "4", "--quality", "fast"]
    assert main(["generate", str(clip), str(tmp_path / "out.mp4"), *words]) == 0
    source = vgpnn.video.read(clip, frames=4)
    results = vgpnn.generate_batch(source, (5, 6), vgpnn.preset("generate", "fast"))
    for number, result in enumerate(results, 1):
        assert (tmp_path / f"out-{number}.mp4").read_bytes() == written(tmp_path, result.video)
