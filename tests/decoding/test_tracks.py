"""Which track of a file is read, and when its last picture disappears."""

from __future__ import annotations

from fractions import Fraction

import av
import numpy as np
import pytest
from av.stream import Disposition
from helpers.videos import counter, encode, numbers
from PIL import Image

from vgpnn.decoding.sandbox import tracks
from vgpnn.video import probe, read

pytestmark = pytest.mark.usefixtures("nothing_left_behind")


def with_tracks(path, *tracks):
    """A file with several video tracks: (pictures, codec, disposition) of each."""
    with av.open(str(path), "w") as file:
        streams = []
        for pictures, codec, disposition in tracks:
            stream = file.add_stream(codec, rate=25)
            stream.height, stream.width = pictures.shape[1:3]
            stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
            stream.disposition = disposition
            streams.append(stream)
        for (pictures, *_), stream in zip(tracks, streams, strict=True):
            for picture in pictures:
                file.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
            file.mux(stream.encode(None))
    return path


GREY = np.full((6, 32, 64, 3), 128, np.uint8)
ON, OFF = Disposition.default, Disposition(0)


@pytest.mark.parametrize("suffix", ["mov", "mp4", "mkv"])
def test_the_track_that_is_switched_on_is_read(tmp_path, suffix):
    """Phones keep a map of depths beside the video."""
    depth = np.full((6, 64, 128, 3), 128, np.uint8)
    path = with_tracks(
        tmp_path / f"depth.{suffix}", (depth, "libx264", OFF), (counter(6), "libx264", ON)
    )
    video = read(path)
    assert numbers(video) == list(range(6))
    assert video.notes == probe(path).notes
    assert video.notes == (
        "The file has 2 video tracks: number 2 was read, which has 64 x 32 pixels.",
    )


@pytest.mark.parametrize("suffix", ["mov", "mkv"])
@pytest.mark.parametrize("flag", [ON, OFF], ids=["on", "off"])
def test_a_track_of_one_picture_is_no_video(tmp_path, suffix, flag):
    thumbnail = np.full((1, 128, 256, 3), 128, np.uint8)
    path = with_tracks(
        tmp_path / f"clip.{suffix}", (thumbnail, "mjpeg", ON), (counter(6), "libx264", flag)
    )
    assert numbers(read(path)) == list(range(6))


def test_of_equal_tracks_the_largest_is_read(tmp_path):
    path = with_tracks(
        tmp_path / "clip.mkv", (GREY[:, :16, :32], "libx264", ON), (counter(6), "libx264", ON)
    )
    assert numbers(read(path)) == list(range(6))


def test_a_cover_is_never_read_and_no_choice(tmp_path):
    cover = np.full((1, 128, 256, 3), 128, np.uint8)
    path = with_tracks(
        tmp_path / "clip.mp4",
        (cover, "mjpeg", Disposition.attached_pic),
        (counter(6), "libx264", OFF),
    )
    video = read(path)
    assert numbers(video) == list(range(6)) and video.notes == ()


def held(path, codec: str, pixel_format: str, unit: Fraction, last: int):
    """A file whose last packet says that its picture stays for `last` units."""
    step = round(Fraction(1, 25) / unit)
    with av.open(str(path), "w") as file:
        stream = file.add_stream(codec, rate=25)
        stream.height, stream.width, stream.pix_fmt = 32, 64, pixel_format
        stream.codec_context.time_base = unit
        packets = []
        for k, picture in enumerate(counter(10)):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24").reformat(
                format=pixel_format
            )
            frame.pts, frame.time_base = k * step, unit
            packets += stream.encode(frame)
        packets += stream.encode(None)
        for packet in packets:
            packet.duration = last if packet is packets[-1] else step
            file.mux(packet)
    return path


@pytest.mark.parametrize(
    "name, codec, pixel_format, unit",
    [
        ("clip.mp4", "mpeg4", "yuv420p", Fraction(1, 12800)),
        ("clip.mkv", "mpeg4", "yuv420p", Fraction(1, 1000)),
        ("clip.gif", "gif", "rgb8", Fraction(1, 100)),
    ],
)
def test_a_hold_on_the_last_frame_counts(tmp_path, name, codec, pixel_format, unit):
    path = held(tmp_path / name, codec, pixel_format, unit, last=round(2 / unit))
    info = probe(path)
    assert info.fps == 25 and info.seconds == pytest.approx(2.36, abs=0.041)
    shown = numbers(read(path))
    assert shown[:10] == list(range(10)) and set(shown[10:]) == {9} and len(shown) >= 58
    assert info.motion == pytest.approx((0, 0.4), abs=0.01)


@pytest.mark.parametrize("delay, expected", [(0, 10), (1, 10), (2, 2), (7, 7)])
def test_a_gif_is_as_fast_as_in_browsers(tmp_path, delay, expected):
    path = held(tmp_path / "clip.gif", "gif", "rgb8", Fraction(1, 100), last=4)
    data, at = bytearray(path.read_bytes()), 0
    while (at := data.find(b"\x21\xf9\x04", at)) >= 0:
        data[at + 4 : at + 6] = delay.to_bytes(2, "little")
        at += 4
    path.write_bytes(data)
    video = read(path)
    assert video.fps == Fraction(100, expected) and numbers(video) == list(range(10))


def cut_at_second_keyframe(path, clip):
    """What a cutter makes that does not encode anew: all packets from the second keyframe on."""
    with av.open(str(clip)) as source, av.open(str(path), "w") as file:
        stream = file.add_stream_from_template(source.streams.video[0])
        keyframes, first = 0, None
        for packet in source.demux(source.streams.video[0]):
            keyframes += packet.is_keyframe
            if keyframes < 2 or packet.dts is None:
                continue
            first = packet.dts if first is None else first
            packet.pts, packet.dts = packet.pts - first, packet.dts - first
            packet.stream = stream
            file.mux(packet)
    return path


OPEN_GROUPS = {
    "libx264": {"x264-params": "open-gop=1:keyint=12:min-keyint=12:scenecut=0:bframes=3:b-adapt=0"},
    "libx265": {
        "x265-params": "open-gop=1:keyint=12:min-keyint=12:scenecut=0:bframes=3:b-adapt=0"
        ":log-level=none"
    },
    "mpeg2video": {"g": "12", "bf": "2"},
}


@pytest.mark.parametrize("codec", OPEN_GROUPS)
def test_time_begins_with_the_first_picture_that_can_be_decoded(tmp_path, codec):
    """The pictures before it need others, which were cut off."""
    clip = tmp_path / "whole.mkv"
    with av.open(str(clip), "w") as file:
        stream = file.add_stream(codec, rate=25, options=OPEN_GROUPS[codec])
        stream.height, stream.width, stream.pix_fmt = 96, 128, "yuv420p"
        for picture in counter(36, 128, 96):
            file.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        file.mux(stream.encode(None))
    video = read(cut_at_second_keyframe(tmp_path / "cut.mkv", clip))
    shown = numbers(video)
    assert shown == list(range(shown[0], 36)) and shown[0] >= 12
    later = read(tmp_path / "cut.mkv", start=0.4, frames=2)
    assert numbers(later) == [shown[10], shown[11]]


def recording(path, numbers_shown, first: int = 0):
    """A stream of MPEG-2 whose clock begins at picture `first` (25 a second)."""
    with av.open(str(path), "w") as file:
        stream = file.add_stream("mpeg2video", rate=25, options={"g": "12", "bf": "2"})
        stream.height, stream.width, stream.pix_fmt = 64, 128, "yuv420p"
        for k in numbers_shown:
            picture = counter(k + 1, 128, 64)[k]
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts = first + k - numbers_shown[0]
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return path


@pytest.mark.parametrize("suffix", ["ts", "mpg"])
@pytest.mark.parametrize("first", [0, 25 * 7200], ids=["again", "two hours later"])
def test_of_joined_recordings_the_first_is_read(tmp_path, suffix, first):
    """Their times would be mixed, or the file would count as two hours long."""
    if suffix == "mpg" and first:
        pytest.skip("its muxer refuses a clock that begins so late")
    one = recording(tmp_path / f"one.{suffix}", range(40))
    two = recording(tmp_path / f"two.{suffix}", range(100, 140), first)
    joined = tmp_path / f"joined.{suffix}"
    joined.write_bytes(one.read_bytes() + two.read_bytes())
    video = read(joined)
    assert numbers(video) == list(range(40)) and video.notes == probe(joined).notes
    assert video.notes == (
        "The recording's clock starts again at 1.60 s: only the part up to there is read.",
    )
    assert numbers(read(joined, start=1.2, frames=2)) == [30, 31]


@pytest.mark.parametrize("suffix", ["ts", "mpg", "mts"])
def test_a_part_of_a_recording_has_the_same_frames(tmp_path, suffix):
    path = recording(tmp_path / f"one.{suffix}", range(40))
    for k in range(0, 40, 3):
        assert numbers(read(path, start=k / 25, frames=1)) == [k]


@pytest.mark.parametrize("name, codec", [("clip.mkv", "libx264"), ("clip.webm", "libvpx")])
def test_a_file_that_breaks_off_ends_with_its_last_picture(tmp_path, name, codec):
    """It still says how long it was, and nobody is told that the picture stands still."""
    noise = np.random.default_rng(0).integers(0, 256, (30, 32, 64, 3), dtype=np.uint8)
    path = encode(tmp_path / name, noise // 4 + counter(30) // 2 + 32, 25, codec)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    video = read(path)
    assert 3 < len(video.codes) < 27 and video.notes == ()
    assert numbers(video) == list(range(len(video.codes)))


@pytest.mark.parametrize("size, is_cut", [(1000, True), (1033, True), (1034, False)])
def test_a_matroska_file_says_how_long_it_is(size, is_cut):
    head = bytes(17) + tracks.SEGMENT + b"\x10\x00\x03\xf1" + bytes(20)  # 1009 bytes follow
    assert tracks.is_cut_short(head, size) == is_cut
    unknown = bytes(17) + tracks.SEGMENT + b"\x01" + b"\xff" * 7 + bytes(20)
    assert not tracks.is_cut_short(unknown, size) and not tracks.is_cut_short(b"", size)


def test_a_duration_that_was_noted_for_another_file_does_not_count(tmp_path):
    path = tmp_path / "clip.mkv"
    with av.open(str(path), "w") as file:
        stream = file.add_stream("mpeg4", rate=25)
        stream.height, stream.width, stream.pix_fmt = 32, 64, "yuv420p"
        for picture in counter(10):
            file.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        file.mux(stream.encode(None))
    data = path.read_bytes()
    at = data.index(b"00:00:00.")
    path.write_bytes(data[:at] + b"00:59:59." + data[at + 9 :])
    assert probe(path).seconds == pytest.approx(0.4) and numbers(read(path)) == list(range(10))


def test_an_animated_png_is_as_fast_as_in_browsers(tmp_path):
    pictures = [Image.fromarray(picture) for picture in counter(6)]
    for delay, rate in ((0, 10), (10, 10), (40, 25)):
        path = tmp_path / f"{delay}.png"
        pictures[0].save(path, save_all=True, append_images=pictures[1:], duration=delay)
        video = read(path)
        assert video.fps == rate and numbers(video) == list(range(6))
        assert numbers(read(path, start=2 / rate, frames=2)) == [2, 3]
