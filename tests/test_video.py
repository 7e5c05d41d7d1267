"""`vgpnn.video`: what goes in comes out, and what must not come in does not.

Inputs are made with PyAV; every picture of a "counter" video carries its number as black and white
bars, which survive any codec, so a test can ask which stored frame it was given.
"""

from __future__ import annotations

import os
import struct
import subprocess
import sys
import tempfile
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
import torch
from PIL import Image

from vgpnn.limits import LIMITS
from vgpnn.video import Video, VideoError, probe, read, write, write_gif

NTSC = Fraction(30000, 1001)
BITS = 8


def counter(frames: int, width: int = 64, height: int = 32) -> np.ndarray:
    """(T, H, W, 3) uint8: frame k shows the bits of k as 8 upright bars."""
    bars = (np.arange(frames)[:, None] >> np.arange(BITS)) & 1  # (T, 8)
    line = bars[:, np.arange(width) * BITS // width].astype(np.uint8) * 255  # (T, W)
    return np.broadcast_to(line[:, None, :, None], (frames, height, width, 3)).copy()


def numbers(video: Video) -> list[int]:
    """The number that each frame of a counter video carries."""
    width = video.frames.shape[2]
    centres = (np.arange(BITS) * 2 + 1) * width // (2 * BITS)
    bits = video.frames.mean(dim=(1, 3)).numpy()[:, centres] > 0  # (T, 8)
    return (bits << np.arange(BITS)).sum(1).tolist()


def smooth(frames: int, height: int, width: int) -> torch.Tensor:
    """(T, H, W, 3) in [-1, 1]: moving coloured waves, as smooth as camera pictures."""
    t, y, x = np.meshgrid(*(np.arange(n) for n in (frames, height, width)), indexing="ij")
    waves = [np.sin(x / (9 + c) + y / (14 - 2 * c) + t / 3 + 2 * c) for c in range(3)]
    return torch.from_numpy(0.85 * np.stack(waves, -1)).float()


def encode(
    path: Path,
    pictures: np.ndarray,
    rate: Fraction | float = 24,
    codec: str = "libx264",
    store: str = "yuv420p",
    times: list[int] | None = None,
    unit: Fraction | None = None,
    options: dict | None = None,
    container: dict | None = None,
    aspect: Fraction | None = None,
    colours: tuple[int, int] = (1, 1),
    metadata: dict | None = None,
) -> Path:
    """Write RGB or RGBA pictures; `times` in `unit` seconds, `colours` (matrix, range)."""
    rate = Fraction(rate)
    with av.open(str(path), "w", container_options=container or {}) as out:
        stream = out.add_stream(codec, rate=rate, options=options or {})
        stream.height, stream.width = pictures.shape[1:3]
        stream.pix_fmt = store
        stream.codec_context.time_base = unit or 1 / rate
        stream.codec_context.colorspace, stream.codec_context.color_range = colours
        if aspect:
            stream.codec_context.sample_aspect_ratio = aspect
        stream.metadata.update(metadata or {})
        for k, picture in enumerate(pictures):
            name = "rgba" if picture.shape[-1] == 4 else "rgb24"
            frame = av.VideoFrame.from_ndarray(picture, format=name).reformat(
                format=store, dst_colorspace=colours[0], dst_color_range=colours[1]
            )
            frame.pts, frame.time_base = (times[k] if times else k), unit or 1 / rate
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path


def sentence(call, *args, **kwargs) -> str:
    """The message of the error; one sentence that a user can act on, without a machine's path."""
    with pytest.raises(VideoError) as caught:
        call(*args, **kwargs)
    text = str(caught.value)
    assert (
        ": " in text
        and text.endswith(".")
        and "\n" not in text
        and tempfile.gettempdir() not in text
    )
    return text


@pytest.fixture(autouse=True)
def nothing_left_behind(tmp_path, monkeypatch):
    """After each test: no new child of this process, and no file in the temporary folder."""
    before = children()
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setenv("TMPDIR", str(scratch))
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    yield
    assert list(scratch.iterdir()) == []
    assert children() <= before


def children() -> set[int]:
    """Processes this one has started: running, or waiting to be reaped (Linux only)."""
    lists = Path("/proc/self/task").glob("*/children")
    return {int(number) for path in lists for number in path.read_text().split()}


# --- writing and reading back


@pytest.mark.parametrize("fps", [24, NTSC, 12.5, Fraction(997, 41)], ids=str)
def test_round_trip_keeps_frames_and_rate(tmp_path, fps):
    clip = smooth(11, 60, 90)
    info = write(tmp_path / "clip.mp4", clip, fps)
    back = read(tmp_path / "clip.mp4")
    assert back.fps == info.fps == Fraction(fps)
    assert back.frames.shape == clip.shape and back.frames.dtype == torch.float32
    assert back.frames.min() >= -1 and back.frames.max() <= 1
    assert (back.frames - clip).abs().mean() * 127.5 < 2.2
    assert (info.width, info.height, info.frames, info.steady) == (90, 60, 11, True)
    assert info.seconds == pytest.approx(11 / float(info.fps))


@pytest.mark.parametrize("size", [(33, 47), (33, 48), (1, 1)], ids=str)
def test_odd_sizes_grow_by_a_copy_and_stay_playable(tmp_path, size):
    clip = smooth(3, *size)
    info = write(tmp_path / "odd.mp4", Video(clip, Fraction(24)))
    even = [n + n % 2 for n in size]
    assert [info.height, info.width] == even and info.pixel_format == "yuv420p"
    back = read(tmp_path / "odd.mp4").frames
    assert (back[:, -1] - back[:, size[0] - 1]).abs().max() < 0.1
    assert (back[:, : size[0], : size[1]] - clip).abs().mean() * 127.5 < 3


def test_written_file_is_tagged_and_starts_with_its_index(tmp_path):
    write(tmp_path / "clip.mp4", smooth(3, 32, 32), 24)
    data = (tmp_path / "clip.mp4").read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")
    with av.open(str(tmp_path / "clip.mp4")) as file:
        codec = file.streams.video[0].codec_context
        assert (codec.colorspace, codec.color_primaries, codec.color_trc) == (1, 1, 1)
        assert (codec.name, codec.pix_fmt, codec.color_range) == ("h264", "yuv420p", 1)


@pytest.mark.parametrize("size", [(5, 48, 64), (5, 50, 66), (8, 34, 46)], ids=str)
def test_equal_videos_make_equal_files(tmp_path, size):
    """Whatever the memory held before: x264 with its defaults reads some of it on small frames."""
    write_it = (
        "import sys, torch, vgpnn\n"
        "coarse = torch.rand(3, 6, 6, 3, generator=torch.Generator().manual_seed(0)) * 2 - 1\n"
        f"vgpnn.video.write(sys.argv[1], vgpnn.pyramid.resize(coarse, {size}), 24)"
    )
    made = set()
    for junk in ("0", "17", "165"):
        path = tmp_path / f"{junk}.mp4"
        subprocess.run(
            [sys.executable, "-c", write_it, str(path)],
            check=True,
            cwd=Path(__file__).parents[1],
            env=os.environ | {"MALLOC_PERTURB_": junk},
        )
        made.add(path.read_bytes())
    assert len(made) == 1


def test_write_refuses_what_is_no_video(tmp_path):
    path = tmp_path / "no.mp4"
    assert "give fps" in sentence(write, path, smooth(2, 8, 8))
    assert "(T, H, W, 3)" in sentence(write, path, torch.zeros(2, 3, 8, 8), 24)
    assert "not finite" in sentence(write, path, torch.full((2, 8, 8, 3), float("nan")), 24)
    assert "frame rate" in sentence(write, path, smooth(2, 8, 8), -1)
    assert "folder" in sentence(write, tmp_path / "none" / "no.mp4", smooth(2, 8, 8), 24)
    assert not path.exists()


@pytest.mark.parametrize("fps", [24, 12.5, 50, 10], ids=str)
def test_gif_round_trip(tmp_path, fps):
    clip = torch.from_numpy(counter(13)).float() / 127.5 - 1
    write_gif(tmp_path / "clip.gif", clip, fps)
    back = read(tmp_path / "clip.gif")
    assert back.fps == Fraction(fps) and numbers(back) == list(range(13))
    assert (back.frames - clip).abs().max() < 0.02  # two colours need no dither


def test_gif_faster_than_browsers_play_leaves_frames_out(tmp_path):
    write_gif(tmp_path / "fast.gif", torch.from_numpy(counter(20)).float() / 127.5 - 1, 100)
    back = read(tmp_path / "fast.gif")
    assert back.fps == 50 and numbers(back) == list(range(0, 20, 2))


# --- which frame is shown when

CONTAINERS = {
    "mp4": ("libx264", "yuv420p"),
    "mov": ("mpeg4", "yuv420p"),
    "mkv": ("libx264", "yuv420p"),
    "webm": ("libvpx", "yuv420p"),
    "avi": ("libx264", "yuv420p"),  # with B-frames, whose times AVI does not hold
    "gif": ("gif", "rgb8"),
}


@pytest.mark.parametrize("suffix", CONTAINERS)
def test_constant_rate_comes_back_frame_for_frame(tmp_path, suffix):
    codec, store = CONTAINERS[suffix]
    rate = Fraction(24) if suffix == "gif" else NTSC
    options = {"bf": "2", "b_strategy": "0"} if codec == "libx264" else {}
    path = encode(tmp_path / f"clip.{suffix}", counter(40), rate, codec, store, options=options)
    video = read(path)
    assert video.fps == rate and numbers(video) == list(range(40))
    assert numbers(read(path, start=float(7 / rate), frames=5)) == [7, 8, 9, 10, 11]


@pytest.mark.parametrize("start", [0, 1, 25, 59, 99])
def test_trim_starts_at_its_very_frame(tmp_path, start):
    path = encode(tmp_path / "clip.mp4", counter(100), 30, options={"g": "24", "bf": "3"})
    wanted = list(range(start, min(100, start + 4)))
    assert numbers(read(path, start=start / 30, frames=4)) == wanted
    milliseconds = round(start / 30, 3)  # half of these lie before the frame they mean
    assert numbers(read(path, start=milliseconds, seconds=2 / 30)) == wanted[:2]


def test_start_between_frames_shows_the_earlier_one(tmp_path):
    path = encode(tmp_path / "clip.mp4", counter(20), 10)
    assert numbers(read(path, start=0.55, frames=2)) == [5, 6]


@pytest.mark.parametrize(
    "fps, wanted",
    [
        (5, [0, 2, 4, 6, 8]),
        (20, [k // 2 for k in range(20)]),
        (7.5, [0, 1, 2, 4, 5, 6, 8, 9]),
    ],
)
def test_another_rate_shows_the_last_frame_not_later(tmp_path, fps, wanted):
    video = read(encode(tmp_path / "clip.mp4", counter(10), 10), fps=fps)
    assert numbers(video) == wanted and video.fps == Fraction(fps)


def test_variable_rate_follows_the_timestamps(tmp_path):
    times = [0, 100, 200, 250, 300, 700, 1000, 1050]  # milliseconds
    path = encode(tmp_path / "vfr.mkv", counter(8), 24, times=times, unit=Fraction(1, 1000))
    video = read(path, fps=20)
    shown = [max(k for k, t in enumerate(times) if t <= 50 * j) for j in range(len(video.frames))]
    assert numbers(video) == shown and len(shown) >= 22
    info, whole = probe(path), read(path)
    assert not info.steady and whole.fps == info.fps and abs(len(whole.frames) - 8) <= 1


def test_gif_delays_are_centiseconds(tmp_path):
    path = encode(
        tmp_path / "slow.gif", counter(4), 10, "gif", "rgb8", [0, 50, 60, 160], Fraction(1, 100)
    )
    assert numbers(read(path, fps=10))[:17] == [0] * 5 + [1] + [2] * 10 + [3]


def test_jitter_of_a_recorder_is_no_variable_rate(tmp_path):
    jitter = np.random.default_rng(0).integers(-3, 4, 30)
    times = [int(k * 100 / 3 + j) for k, j in enumerate(jitter)]
    path = encode(
        tmp_path / "phone.mkv",
        counter(30),
        30,
        times=[t - times[0] for t in times],
        unit=Fraction(1, 1000),
    )
    assert numbers(read(path)) == list(range(30)) and probe(path).steady


def test_one_frame_reads(tmp_path):
    assert read(encode(tmp_path / "one.mp4", counter(1))).frames.shape == (1, 32, 64, 3)


# --- upright, square pixels, right colours

SIDES = {  # display matrix (a b; c d), and where the stored corners nw ne / sw se go
    "0": ((1, 0, 0, 1), "nw ne sw se"),
    "90": ((0, 1, -1, 0), "sw nw se ne"),
    "180": ((-1, 0, 0, -1), "se sw ne nw"),
    "270": ((0, -1, 1, 0), "ne se nw sw"),
    "mirrored": ((-1, 0, 0, 1), "ne nw se sw"),
    "90 mirrored": ((0, 1, 1, 0), "nw sw ne se"),
}
CORNERS = {"nw": (255, 0, 0), "ne": (0, 255, 0), "sw": (0, 0, 255), "se": (255, 255, 0)}


@pytest.mark.parametrize("turn", SIDES)
def test_phone_clips_are_upright(tmp_path, turn):
    (a, b, c, d), order = SIDES[turn]
    picture = np.zeros((1, 32, 64, 3), np.uint8)
    for name, colour in CORNERS.items():
        rows = slice(0, 16) if name[0] == "n" else slice(16, 32)
        picture[0, rows, slice(0, 32) if name[1] == "w" else slice(32, 64)] = colour
    path = encode(tmp_path / "phone.mp4", picture.repeat(2, 0))
    data = bytearray(path.read_bytes())
    at = data.index(b"tkhd") + 44  # the matrix of the track header, 16.16 fixed point
    data[at : at + 36] = struct.pack(">9i", a << 16, b << 16, 0, c << 16, d << 16, 0, 0, 0, 1 << 30)
    path.write_bytes(data)
    info, frame = probe(path), read(path).frames[0]
    height, width = frame.shape[:2]
    assert (info.width, info.height) == (width, height)
    assert (height, width) == ((64, 32) if "90" in turn or turn == "270" else (32, 64))
    places = [(y, x) for y in (height // 4, 3 * height // 4) for x in (width // 4, 3 * width // 4)]
    for (y, x), name in zip(places, order.split(), strict=True):
        assert (frame[y, x] * 127.5 + 127.5 - torch.tensor(CORNERS[name])).abs().max() < 12, name
    if turn == "90":
        assert read(path, height=32).frames.shape[1:3] == (32, 16)


@pytest.mark.parametrize(
    "size, height, wanted",
    [((90, 160), 45, (44, 78)), ((35, 51), None, (35, 51)), ((35, 51), 64, (35, 51))],
    ids=str,
)
def test_height_reduces_to_even_sizes_and_never_enlarges(tmp_path, size, height, wanted):
    clip = smooth(2, *size)
    pictures = ((clip + 1) * 127.5).round().numpy().astype(np.uint8)
    path = encode(tmp_path / "clip.mp4", pictures, store="yuv444p")
    assert read(path, height=height).frames.shape[1:3] == wanted


def test_reducing_averages_fine_detail(tmp_path):
    """A pattern finer than the result must become grey, not a coarse pattern of its own."""
    stripes = np.zeros((2, 96, 96, 3), np.uint8)
    stripes[:, :, ::2] = 255
    path = encode(tmp_path / "stripes.mp4", stripes, store="yuv444p", options={"crf": "4"})
    assert read(path, height=24).frames.abs().max() < 0.2


def test_pixels_become_square(tmp_path):
    path = encode(tmp_path / "dv.mp4", counter(3, 64, 48), aspect=Fraction(3, 2))
    video = read(path)
    assert numbers(video) == [0, 1, 2] and video.frames.shape == (3, 48, 96, 3)


BT2020 = 9 if av.__version__ >= "18" else 1  # PyAV 17 reads it but cannot make it
COLOURS = {  # codec, stored as, matrix (1 BT.709, 5 BT.601, 9 BT.2020), range (1 limited, 2 full)
    "bt709": ("libx264", "yuv420p", 1, 1, "mp4"),
    "bt601": ("libx264", "yuv420p", 5, 1, "mp4"),
    "full range": ("libx264", "yuv420p", 1, 2, "mp4"),
    "444": ("libx264", "yuv444p", 5, 1, "mp4"),
    "hevc 10 bit": ("libx265", "yuv420p10le", BT2020, 1, "mp4"),
    "prores": ("prores_ks", "yuv422p10le", 1, 1, "mov"),
    "mjpeg": ("mjpeg", "yuvj420p", 5, 2, "avi"),
    "vp9": ("libvpx-vp9", "yuv420p", 1, 1, "webm"),
}


@pytest.mark.parametrize("kind", COLOURS)
def test_colours_survive(tmp_path, kind):
    codec, store, matrix, span, suffix = COLOURS[kind]
    clip = smooth(3, 64, 96)
    clip = torch.nn.functional.avg_pool2d(clip.permute(0, 3, 1, 2), 32).repeat_interleave(32, 2)
    clip = clip.repeat_interleave(32, 3).permute(
        0, 2, 3, 1
    )  # flat tiles: the colours, not the codec
    pictures = ((clip + 1) * 127.5).round().numpy().astype(np.uint8)
    options = {"libx265": {"x265-params": "log-level=none"}, "libvpx-vp9": {"b": "2M"}}.get(
        codec, {}
    )
    path = encode(
        tmp_path / f"c.{suffix}",
        pictures,
        24,
        codec,
        store,
        options=options,
        colours=(matrix, span),
    )
    assert (read(path).frames - clip).abs().mean() * 127.5 < 3


@pytest.mark.parametrize(
    "suffix, codec, store, metadata",
    [
        ("mov", "qtrle", "argb", {}),
        ("mov", "prores_ks", "yuva444p10le", {}),
        ("webm", "libvpx-vp9", "yuva420p", {"alpha_mode": "1"}),
    ],
)
def test_see_through_lies_over_white(tmp_path, suffix, codec, store, metadata):
    pictures = np.zeros((3, 64, 64, 4), np.uint8)
    pictures[:, :, :, 0], pictures[:, :, 32:, 3] = 255, 128  # left: nothing; right: half red
    path = encode(tmp_path / f"a.{suffix}", pictures, 24, codec, store, metadata=metadata)
    frame = read(path).frames[0]
    assert (frame[32, 8] - 1).abs().max() < 0.08
    assert (frame[32, 56] - torch.tensor([1.0, 0.0, 0.0])).abs().max() < 0.08


# --- a folder of images


def test_folder_in_natural_order_with_gaps(tmp_path):
    folder = tmp_path / "frames"
    folder.mkdir()
    for number, picture in zip((1, 2, 9, 10, 100), counter(5), strict=True):
        Image.fromarray(picture).save(
            folder / (f"img{number}.jpg" if number == 9 else f"img{number}.png")
        )
    (folder / "notes.txt").write_text("not a picture")
    video = read(folder)
    assert numbers(video) == [0, 1, 2, 3, 4] and video.fps == 24
    assert numbers(read(folder, start=0.2, frames=2, fps=10)) == [2, 3]
    info = probe(folder)
    assert (info.frames, info.width, info.height, info.fps) == (5, 64, 32, 24)


def test_folder_errors_name_the_image(tmp_path):
    assert "numbered images" in sentence(read, tmp_path)
    Image.fromarray(counter(1)[0]).save(tmp_path / "1.png")
    Image.fromarray(counter(1, 32)[0]).save(tmp_path / "2.png")
    assert "2.png" in sentence(read, tmp_path)
    (tmp_path / "2.png").write_bytes(b"#EXTM3U\n1.png\n")
    assert "2.png" in sentence(read, tmp_path)
    (tmp_path / "2.png").write_bytes((tmp_path / "1.png").read_bytes()[:60])
    assert "2.png" in sentence(read, tmp_path)


def test_folder_respects_the_camera_s_orientation(tmp_path):
    image, exif = Image.fromarray(counter(1, 64, 32)[0]), Image.Exif()
    exif[0x0112] = 6  # turn by 90 degrees to show
    image.save(tmp_path / "1.jpg", exif=exif)
    assert read(tmp_path).frames.shape[1:3] == (64, 32)


# --- what must not come in


@pytest.mark.parametrize(
    "data, word",
    [
        (b"hello, this is no film\n", "text"),
        (b"", "empty"),
        (b"\xef\xbb\xbf<!DOCTYPE html><html></html>", "web page"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "SVG"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "WebP"),
        (bytes(range(1, 200)), "something else"),
        (b"\x00\x00\x00\x18ftypisom" + bytes(50), "damaged"),
        (b"\x1a\x45\xdf\xa3" + bytes(50), "damaged"),
        (b"GIF89a" + bytes(20), "damaged"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_content_decides_not_the_name(tmp_path, data, word):
    path = tmp_path / "film.mp4"
    path.write_bytes(data)
    assert word in sentence(read, path)


@pytest.mark.parametrize(
    "script",
    [
        "ffconcat version 1.0\nfile '{0}'\n",
        "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{0}\n#EXT-X-ENDLIST\n",
        "  \n#EXTM3U\n#EXTINF:1,\nfile://{0}\n",
    ],
)
def test_a_playlist_never_reads_the_file_it_names(tmp_path, script):
    secret = encode(tmp_path / "secret.mp4", counter(3))
    path = tmp_path / "film.mp4"
    path.write_text(script.format(secret))
    before = os.stat(secret).st_atime_ns
    assert "playlist" in sentence(read, path)
    assert os.stat(secret).st_atime_ns == before


def test_names_that_ffmpeg_takes_for_protocols_are_plain_files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    encode(tmp_path / "plain.mp4", counter(3))
    os.rename("plain.mp4", "concat:a.mp4|b.mp4")
    assert numbers(read("concat:a.mp4|b.mp4")) == [0, 1, 2]


def test_no_file_and_no_picture(tmp_path):
    assert "no such file" in sentence(read, tmp_path / "none.mp4")
    os.mkfifo(tmp_path / "pipe.mp4")
    assert "neither a file" in sentence(read, tmp_path / "pipe.mp4")
    with av.open(str(tmp_path / "sound.mp4"), "w") as out:
        stream = out.add_stream("aac", rate=44100, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
        frame.sample_rate = 44100
        out.mux([*stream.encode(frame), *stream.encode(None)])
    assert "no picture" in sentence(read, tmp_path / "sound.mp4")


def test_a_codec_off_the_list_is_refused(tmp_path):
    path = encode(tmp_path / "odd.avi", counter(3), 24, "wmv2")
    assert "codec" in sentence(read, path)


def test_a_file_that_breaks_off_gives_what_it_has(tmp_path):
    noise = np.random.default_rng(0).integers(0, 256, (60, 32, 64, 3), dtype=np.uint8)
    noise[:] = noise // 4 + counter(60) // 2 + 32
    index_first = encode(tmp_path / "first.mp4", noise, container={"movflags": "+faststart"})
    index_last = encode(tmp_path / "last.mp4", noise)
    for path in (index_first, index_last):
        path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    got = numbers(read(index_first))
    assert 10 < len(got) < 60 and got == list(range(len(got)))
    assert "cut short" in sentence(read, index_last)


def test_damage_in_the_middle_neither_fails_nor_shifts(tmp_path):
    path = encode(tmp_path / "clip.mp4", counter(50), 25, options={"g": "5", "bf": "0"})
    data = bytearray(path.read_bytes())
    middle = data.index(b"mdat") + (data.index(b"moov") - data.index(b"mdat")) // 2
    data[middle : middle + 200] = os.urandom(200)
    path.write_bytes(data)
    got = numbers(read(path))
    assert len(got) == 50 and got[:10] == list(range(10)) and got[-10:] == list(range(40, 50))


@pytest.mark.parametrize(
    "change, word",
    [
        ({"upload_bytes": 100}, "MB"),
        ({"source_seconds": 0.5}, "minutes"),
        ({"source_pixels": 1000}, "pixels"),
        ({"source_frames": 10}, "frames"),
        ({"decoded_frames": 10}, "shorter part"),
        ({"frame_rate": 12.0}, "lower fps"),
        ({"child_wall_seconds": 0.01}, "too long"),
        ({"child_bytes": 50_000_000}, "fail"),
    ],
)
def test_limits_hold(tmp_path, change, word):
    path = encode(tmp_path / "clip.mp4", counter(20))
    assert word in sentence(read, path, limits=replace(LIMITS, **change))


def test_large_and_long_sources_read_in_part(tmp_path):
    large = encode(tmp_path / "4k.avi", counter(2, 4096, 2304), 24, "mjpeg", "yuvj420p")
    assert read(large, height=90).frames.shape == (2, 90, 160, 3)
    assert "lower height" in sentence(read, large, limits=replace(LIMITS, decoded_voxels=10**7))
    huge = encode(tmp_path / "8k.avi", counter(1, 7680, 4320), 24, "mjpeg", "yuvj420p")
    assert "scale it down to 4K" in sentence(read, huge, height=90)
    slow = encode(tmp_path / "long.mp4", counter(200), Fraction(1, 3))
    assert probe(slow).seconds == 600 and numbers(read(slow, start=450, frames=3)) == [
        150,
        151,
        152,
    ]
    assert "past the end" in sentence(read, slow, start=601)


@pytest.mark.parametrize("name", ["start", "frames", "seconds", "fps", "height"])
@pytest.mark.parametrize("value", [float("nan"), float("inf"), -1])
def test_numbers_that_mean_nothing(tmp_path, name, value):
    assert str(value) in sentence(read, tmp_path / "none.mp4", **{name: value})


def test_many_reads_at_once(tmp_path):
    from concurrent.futures import ThreadPoolExecutor

    path = encode(tmp_path / "clip.mp4", counter(30))
    with ThreadPoolExecutor(4) as pool:
        jobs = [pool.submit(read, path, start=k / 24, frames=3) for k in range(5)]
        assert [numbers(j.result()) for j in jobs] == [[k, k + 1, k + 2] for k in range(5)]


def test_the_child_sees_no_secrets_and_can_open_nothing():
    """What `decoder.py` promises, checked in a child started the same way."""
    import subprocess
    import sys

    from vgpnn.decoding.process import DECODER, KEPT_ENVIRONMENT

    assert not any(word in name for name in KEPT_ENVIRONMENT for word in ("TOKEN", "KEY", "HOME"))
    script = (
        "import sys; sys.path += sys.argv[1:]\n"
        "from decoding.source import close_the_door, open_container\n"
        "close_the_door()\n"
        "for target in ('/dev/null', __import__('os').devnull):\n"
        "    try: open(target)\n"
        "    except OSError as e: print(e.errno)\n"
    )
    packages = [str(DECODER.parent), *(str(Path(m.__file__).parents[1]) for m in (av, np))]
    command = [sys.executable, "-I", "-S", "-c", script, *packages]
    out = subprocess.run(command, capture_output=True, check=True)
    assert out.stdout.split() == [b"24", b"24"]  # EMFILE
