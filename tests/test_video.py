"""What is written comes back when it is read, and arguments without a meaning are refused."""

from __future__ import annotations

from fractions import Fraction

import pytest
import torch
from helpers.clips import codes
from helpers.videos import NTSC, counter, encode, error_of, numbers, waves

from vgpnn import encoding, formats, video
from vgpnn.codes import decode
from vgpnn.video import Video, probe, read, working_shape, write, write_gif

pytestmark = pytest.mark.usefixtures("nothing_left_behind")


def test_a_tensor_becomes_a_video_and_a_video_stays():
    values = codes((2, 5, 6), 0)
    made = video.as_video(values)
    assert made.fps == video.DEFAULT_FPS and torch.equal(made.codes, values)
    assert video.as_video(made) is made


@pytest.mark.parametrize("fps", [24, NTSC, 12.5], ids=str)
def test_what_is_written_comes_back(tmp_path, fps):
    values = waves(11, 60, 90)
    info = write(tmp_path / "clip.mp4", values, fps)
    back = read(tmp_path / "clip.mp4")
    assert back.fps == info.fps == Fraction(fps)
    assert back.frames.shape == values.shape and back.frames.dtype == torch.float32
    assert back.frames.min() >= -1 and back.frames.max() <= 1
    assert (back.frames - values).abs().mean() * 127.5 < 2.2
    assert info == probe(tmp_path / "clip.mp4")
    assert (info.width, info.height, info.frames, info.constant_rate) == (90, 60, 11, True)
    assert (info.container, info.codec, info.pixel_format) == ("mov", "h264", "yuv420p")
    assert info.seconds == pytest.approx(11 / float(info.fps))


@pytest.mark.parametrize(
    "name, container, codec",
    [
        ("clip.MP4", "mov", "h264"),
        ("clip.mov", "mov", "h264"),
        ("clip.webm", "matroska", "vp9"),
        ("clip.gif", "gif", "gif"),
        ("clip", "folder", "images"),
        ("clip.v2/", "folder", "images"),
    ],
)
@pytest.mark.parametrize("frames", [1, 11])
def test_the_ending_says_what_is_written(tmp_path, name, container, codec, frames):
    values = waves(frames, 33, 48)
    path = f"{tmp_path}/{name}"
    info, back = write(path, values, 12), read(path, fps=12)
    assert info == probe(path)
    assert (info.container, info.codec, info.frames) == (container, codec, frames)
    grows = container in ("mov", "matroska")
    assert back.shape == (frames, 33 + grows, 48)
    assert (back.frames[:, :33] - values).abs().mean() * 127.5 < (5 if container == "gif" else 3)
    if container == "folder":
        assert torch.equal(back.codes, Video(values, Fraction(12)).codes)


def test_a_fast_gif_is_written_with_fewer_frames(tmp_path):
    assert write(tmp_path / "clip.gif", torch.from_numpy(counter(20)), 100).frames == 10


def test_an_ending_without_a_meaning_leaves_nothing(tmp_path):
    assert ".webm" in error_of(write, tmp_path / "clip.avi", waves(1, 8, 8), 12)
    assert list(tmp_path.glob("clip*")) == []


@pytest.mark.parametrize("fps, exact", [(29.97, NTSC), (23.976, Fraction(24000, 1001)), (25.0, 25)])
def test_rates_in_decimals_mean_those_of_ntsc(tmp_path, fps, exact):
    assert write(tmp_path / "clip.mp4", waves(3, 16, 16), fps).fps == exact


def test_the_rate_of_a_video_holds_unless_another_is_given(tmp_path):
    clip = Video(waves(3, 16, 16), Fraction(10))
    assert write(tmp_path / "clip.mp4", clip).fps == 10
    assert write(tmp_path / "clip.mp4", clip, fps=20).fps == 20
    write_gif(tmp_path / "clip.gif", clip)
    assert read(tmp_path / "clip.gif").fps == 10


def test_a_video_keeps_codes_and_rounds_values_to_them():
    codes = torch.arange(240, dtype=torch.uint8).reshape(2, 5, 8, 3)
    assert torch.equal(Video(codes, Fraction(24)).codes, codes)
    made = Video(decode(codes) + 0.003, Fraction(24))  # less than half a code more
    assert torch.equal(made.codes, codes) and made.shape == (2, 5, 8)
    assert torch.equal(made.frames, decode(codes))


@pytest.mark.parametrize(
    "values, reason",
    [
        (torch.zeros(2, 3, 8, 8), "shape"),
        (torch.zeros(0, 8, 8, 3), "shape"),
        (torch.zeros(1, 1, 32_768, 3), "longer than 32767"),
        (torch.zeros(2, 8, 8, 3, dtype=torch.int32), "float values or uint8 codes"),
        (torch.full((2, 8, 8, 3), 1.01), r"\[-1, 1\]"),
        (torch.full((2, 8, 8, 3), float("nan")), r"\[-1, 1\]"),
    ],
    ids=["channels first", "no frame", "too wide", "int32", "too bright", "not finite"],
)
def test_tensors_that_hold_no_video_are_refused(values, reason):
    with pytest.raises(ValueError, match=reason):
        Video(values, Fraction(24))


def test_write_refuses_what_is_no_video(tmp_path):
    path, clip = tmp_path / "no.mp4", waves(2, 8, 8)
    assert "give fps" in error_of(write, path, clip)
    assert "(T, H, W, 3)" in error_of(write, path, torch.zeros(2, 3, 8, 8), 24)
    assert "not finite" in error_of(write, path, torch.full((2, 8, 8, 3), float("nan")), 24)
    assert "frame rate" in error_of(write, path, clip, -1)
    assert "at most 240" in error_of(write, path, clip, 241)
    assert "folder" in error_of(write, tmp_path / "none" / "no.mp4", clip, 24)
    assert "folder" in error_of(write_gif, tmp_path / "none" / "no.gif", clip, 24)
    assert not path.exists()


def test_a_file_that_is_not_finished_is_removed(tmp_path, monkeypatch):
    """Also where something else than the encoder stops it."""
    path = tmp_path / "half.mp4"

    def interrupted_frames(*arguments):
        yield from list(all_frames(*arguments))[:1]
        raise KeyboardInterrupt

    all_frames = encoding._frames
    monkeypatch.setattr(encoding, "_frames", interrupted_frames)
    with pytest.raises(KeyboardInterrupt):
        write(path, waves(3, 16, 16), 24)
    assert not path.exists()


def test_a_file_that_holds_something_else_is_removed(tmp_path, monkeypatch):
    path = tmp_path / "clip.mp4"
    cut = formats.Format(lambda path, codes, *_: encode(path, counter(len(codes) - 1)))
    monkeypatch.setitem(formats.FORMATS, ".mp4", cut)
    assert "install PyAV" in error_of(write, path, torch.from_numpy(counter(5)), 24)
    assert not path.exists()


@pytest.mark.parametrize("name", ["start", "frames", "seconds", "fps", "height", "backdrop"])
@pytest.mark.parametrize("value", [float("nan"), float("inf"), -1])
def test_numbers_without_a_meaning_are_refused(tmp_path, name, value):
    message = error_of(read, tmp_path / "none.mp4", **{name: value})
    assert f" is {value}: give a " in message


def test_the_length_is_given_once(tmp_path):
    assert "give one of them" in error_of(read, tmp_path / "none.mp4", frames=3, seconds=1)


@pytest.mark.parametrize("start", [0, 0.21, 0.8])
@pytest.mark.parametrize("frames", [None, 1, 100])
@pytest.mark.parametrize("height", [None, 45])
def test_the_working_shape_is_what_reading_gives(tmp_path_factory, start, frames, height):
    path = tmp_path_factory.getbasetemp() / "working_shape.mp4"
    if not path.exists():
        encode(path, counter(10, 106, 60), 10)
    part = {"start": start, "frames": frames, "height": height}
    assert working_shape(probe(path), **part) == read(path, **part).shape


def test_one_frame_reads(tmp_path):
    clip = read(encode(tmp_path / "one.mp4", counter(1)))
    assert clip.shape == (1, 32, 64) and numbers(clip) == [0]
