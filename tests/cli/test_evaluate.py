"""`python -m vgpnn evaluate`: what it hands to the report, which has tests of its own."""

from __future__ import annotations

import pytest

from vgpnn.cli.main import main
from vgpnn.evaluation import report


@pytest.fixture
def calls(monkeypatch):
    calls = []
    monkeypatch.setattr(report, "main", lambda *given: calls.append(given))
    return calls


def test_results_and_their_maps_are_handed_over_in_their_order(clip, calls):
    words = ["evaluate", str(clip), "b.mp4", "a.mp4", "--source-map", "b.npy", "a.npy", "--json"]
    assert main([*words, "--frames", "3", "--start", "0.1", "--height", "16"]) == 0
    ((source, *given),) = calls
    assert source.shape == (3, 16, 20)
    assert given == [["b.mp4", "a.mp4"], ["b.npy", "a.npy"], True, False, None]


def test_without_maps_they_are_searched_for(clip, calls):
    assert main(["evaluate", str(clip), "a.mp4", "--svfid", "--plot", "c.svg"]) == 0
    ((_, *given),) = calls
    assert given == [["a.mp4"], None, False, True, "c.svg"]


@pytest.mark.parametrize("kind", ["the source", "a link to it", "an image of a folder", "a result"])
def test_a_plot_overwrites_no_input(tmp_path, clip, calls, capsys, kind):
    """Sources are folders of PNG images, or animated PNGs, too."""
    source, result, plot = tmp_path / "clip.png", tmp_path / "b.png", tmp_path / "plot.png"
    source.write_bytes(clip.read_bytes())
    result.write_bytes(clip.read_bytes())
    if kind == "an image of a folder":
        (tmp_path / "folder").mkdir()
        plot = tmp_path / "folder" / "0.png"
        plot.write_bytes(source.read_bytes())
        source = tmp_path / "folder"
    elif kind == "a link to it":
        plot.symlink_to(source.name)
    else:
        plot = source if kind == "the source" else result
    assert main(["evaluate", str(source), str(result), "--plot", str(plot)]) == 1
    assert "would overwrite the input" in capsys.readouterr().err and calls == []
