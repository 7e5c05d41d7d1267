"""The files of a job hold what the page says they hold."""

from __future__ import annotations

from fractions import Fraction
from urllib.parse import unquote

import numpy as np
import pytest
import torch
from helpers.clips import clip
from helpers.sounds import click_times, clicks, heard, streams_of

import vgpnn
from vgpnn import source_map
from vgpnn.service import files, outputs
from vgpnn.sound import Sound


def saved_at(url: str) -> files.Path:
    return files.Path(unquote(url).removeprefix("gradio_api/file="))


def written_alone(video: vgpnn.Video, folder) -> bytes:
    vgpnn.video.write(folder / "alone.mp4", video)
    return (folder / "alone.mp4").read_bytes()


def test_videos_keep_their_order_titles_and_sizes(tmp_path):
    videos = {"First": clip(5, 16, 24), "Second": clip(3, 20, 18, seed=1)}
    cells = outputs.save_videos(videos, tmp_path)
    assert [(cell["title"], cell["size"]) for cell in cells] == [
        ("First", [5, 16, 24]),
        ("Second", [3, 20, 18]),
    ]
    for cell, video in zip(cells, videos.values(), strict=True):
        assert saved_at(cell["video"]).read_bytes() == written_alone(video, tmp_path)


def test_the_source_is_the_working_clip(tmp_path):
    video = clip(5, 16, 24)
    saved = outputs.save_source(video, tmp_path)
    assert saved["size"] == [5, 16, 24]
    assert saved_at(saved["video"]).read_bytes() == written_alone(video, tmp_path)


def test_each_place_of_the_source_has_the_colour_of_the_map(tmp_path):
    shape = 4, 16, 24
    path = saved_at(outputs.save_source_colours(shape, Fraction(10), tmp_path))
    colours = torch.from_numpy(source_map.colours(source_map.identity(shape), shape))
    assert path.read_bytes() == written_alone(vgpnn.Video(colours, Fraction(10)), tmp_path)


@pytest.fixture
def result() -> vgpnn.Result:
    """A result whose voxels come from the same places of its source."""
    return vgpnn.Result(
        video=clip(4, 16, 24),
        source_map=source_map.identity((4, 16, 24)),
        source=(5, 20, 30),
        settings=vgpnn.Settings(),
        seed=7,
        notices=(),
    )


def test_a_result_is_three_files(result, tmp_path):
    path, shown = outputs.save_result(result, tmp_path, "clip-take1-seed7")
    shown |= outputs.save_maps(result, tmp_path, "clip-take1-seed7")
    assert path == tmp_path / "clip-take1-seed7.mp4" == saved_at(shown["video"])
    assert path.read_bytes() == written_alone(result.video, tmp_path)
    colours = source_map.colours(result.source_map, result.source)
    expected = written_alone(vgpnn.Video(torch.from_numpy(colours), Fraction(10)), tmp_path)
    assert saved_at(shown["map"]).read_bytes() == expected
    places = np.fromfile(saved_at(shown["places"]["file"]), "<i2").reshape(4, 16, 24, 3)
    assert (places == result.source_map.numpy()).all()
    assert shown["places"]["source"] == [5, 20, 30]


def test_a_result_and_its_other_formats_have_sound_but_a_gif(tmp_path, result):
    sound = Sound((clicks(1, 0.2) * 2**14).astype(np.int16))
    path, take = outputs.save_result(result, tmp_path, "a", sound=sound)
    full, _ = outputs.save_full(result.video, tmp_path, "a-full", sound=sound)
    webm, gif = (outputs.save_as(path, kind) for kind in ("webm", "gif"))
    assert take["sound"] is True
    for each in (path, full, webm):
        assert click_times(heard(each)) == pytest.approx([0, 0.2], abs=0.01)
    assert streams_of(gif) == ["gif"]
    assert streams_of(webm) == ["vp9", "opus"]


def test_a_result_without_sound_stays_without(tmp_path, result):
    path, take = outputs.save_result(result, tmp_path, "a")
    assert take["sound"] is False
    assert streams_of(path) == ["h264"] and streams_of(outputs.save_as(path, "webm")) == ["vp9"]
