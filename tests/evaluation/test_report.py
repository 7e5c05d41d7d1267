"""The report of `evaluate`: its figures, its table, and what it says where a figure is missing."""

import json

import pytest
import torch
from helpers.textures import texture

import vgpnn
from vgpnn.evaluation import metrics, report
from vgpnn.evaluation.originality import originality, search_map
from vgpnn.evaluation.report import COLUMNS
from vgpnn.source_map import identity


@pytest.fixture
def clips(tmp_path):
    """A source and two results, as paths."""
    paths = [str(tmp_path / f"{name}.mp4") for name in ("source", "first", "second")]
    for k, path in enumerate(paths):
        vgpnn.video.write(path, texture(seed=k), fps=10)
    return paths


def read(path, **part):
    return vgpnn.video.read(path, **part, plain=True)


def test_the_report_holds_the_figures_of_every_result_and_their_means(clips, capsys):
    source, *samples = map(read, clips)
    report.main(source, clips[1:], as_json=True)
    figures = json.loads(capsys.readouterr().out)
    assert [row["name"] for row in figures["samples"]] == clips[1:]
    for row, sample in zip(figures["samples"], samples, strict=True):
        assert set(row) == {"name", *COLUMNS}
        for name, value in metrics.patch_figures(source, sample).items():
            assert row[name] == value
        assert row["sharp"] == metrics.sharpness(source, sample)
        assert row["motion"] == metrics.motion(source, sample)
        assert row["flow"] == metrics.flow_ratio(source, sample)
        copied = originality(search_map(source, sample))
        pieces = row["originality"], row["piece_median"], row["piece_largest"]
        assert pieces == (copied.share, copied.median, copied.largest)
    assert figures["samples"][0] != figures["samples"][1]
    for name, value in figures["mean"].items():
        assert value == pytest.approx(sum(row[name] for row in figures["samples"]) / 2)
    assert figures["diversity"] == metrics.diversity(source, samples) and figures["notes"] == []


def test_the_table_says_why_a_figure_is_missing(clips, capsys):
    report.main(read(clips[0]), clips[1:2])
    head, better, row, mean, diversity, note = capsys.readouterr().out.splitlines()
    assert head.split() == list(COLUMNS) and better.split()[1:] == list(COLUMNS.values())
    assert row.startswith(clips[1])
    assert row.split()[1:] == mean.split()[1:] and len(head) == len(row)
    assert diversity == "diversity -" and "give another" in note


def test_a_still_source_has_no_ratios_and_one_note_for_each_reason(clips):
    still = vgpnn.Video(texture()[:1].expand(5, -1, -1, -1).contiguous(), 10)
    samples = [read(path) for path in clips[1:]]
    figures = report.figures(still, samples)
    for row in (*figures["samples"], figures["mean"]):
        assert row["motion"] is None and row["flow"] is None and row["sharp"] > 0
    assert len(figures["notes"]) == 2  # one for the motion of both results, one for their flow


def test_source_maps_are_taken_where_they_are_given(clips, tmp_path, capsys):
    path = str(tmp_path / "map.npy")
    vgpnn.source_map.save(path, identity((5, 24, 30)))
    part = read(clips[0], frames=3)
    report.main(part, clips[1:2], [path], as_json=True)
    (row,) = json.loads(capsys.readouterr().out)["samples"]
    assert row["originality"] == 0 and row["piece_median"] == row["piece_largest"] == 1
    assert row["motion"] == metrics.motion(part, read(clips[1]))


def test_the_map_of_an_odd_size_fits_the_video_that_has_grown(tmp_path):
    video, path = tmp_path / "odd.mp4", tmp_path / "map.npy"
    vgpnn.video.write(video, texture((5, 23, 29)), fps=10)
    vgpnn.source_map.save(path, identity((5, 23, 29)))
    assert report.load_map(str(path), read(video)).shape == (5, 23, 29, 3)


@pytest.mark.parametrize("case", ["missing", "count", "shape", "no map", "short"])
def test_a_wrong_input_is_one_sentence_and_nothing_is_printed(clips, tmp_path, capsys, case):
    path = str(tmp_path / "map.npy")
    vgpnn.source_map.save(path, identity((4, 24, 30)))
    source = read(clips[0], frames=2 if case == "short" else None)
    inputs, reason = {
        "missing": ([["missing.mp4"]], "no such file"),
        "count": ([clips[1:], [path]], "1 source maps for 2 videos"),
        "shape": ([clips[1:2], [path]], "4 x 24 x 30 voxels"),
        "no map": ([clips[1:2], clips[2:]], "is no source map"),
        "short": ([clips[1:2]], "smaller than a patch"),
    }[case]
    with pytest.raises(ValueError, match=reason) as error:
        report.main(source, *inputs)
    assert str(error.value).endswith(".") and "\n" not in str(error.value)
    assert capsys.readouterr().out == ""


def test_what_lies_in_bars_is_not_measured(clips, tmp_path, capsys):
    """Bars around all clips change no figure, and a note says what was measured."""
    source, *samples = map(read, clips)

    def barred(clip):
        codes = torch.zeros(5, 44, 60, 3, dtype=torch.uint8)
        codes[:, 10:34, 15:45] = clip.codes
        return vgpnn.Video(codes, 10)

    whole, results, maps, notes = report.inside_bars(
        barred(source), [barred(each) for each in samples], [identity((5, 44, 60))] * 2
    )
    assert notes == ["Measured inside the bars, on 26 x 20 pixels."]
    for clip, plain in zip((whole, *results), (source, *samples), strict=True):
        assert torch.equal(clip.codes, plain.codes[:, 2:-2, 2:-2])
    assert all(torch.equal(places, identity((5, 20, 26))) for places in maps)
    other = vgpnn.Video(samples[0].codes[:, :20], 10)
    assert report.inside_bars(barred(source), [other])[3] == []
