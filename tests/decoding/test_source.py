"""Video files: every container, seeking, damage, and what is not opened."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
from dataclasses import asdict, replace
from fractions import Fraction
from zlib import compress, crc32

import av
import numpy as np
import pytest
from helpers.videos import NTSC, counter, encode, error_of, numbers

from vgpnn.decoding.sandbox.source import open_container
from vgpnn.limits import LIMITS
from vgpnn.video import probe, read

pytestmark = pytest.mark.usefixtures("nothing_left_behind")

CONTAINERS = {
    "mp4": ("libx264", "yuv420p"),
    "mov": ("mpeg4", "yuv420p"),
    "mkv": ("libx264", "yuv420p"),
    "webm": ("libvpx", "yuv420p"),
    "avi": ("libx264", "yuv420p"),  # with B-frames, whose times AVI does not hold
    "gif": ("gif", "rgb8"),
}


@pytest.mark.parametrize("suffix", CONTAINERS)
def test_a_constant_rate_comes_back_frame_for_frame(tmp_path, suffix):
    codec, pixel_format = CONTAINERS[suffix]
    rate = Fraction(24) if suffix == "gif" else NTSC
    options = {"bf": "2", "b_strategy": "0"} if codec == "libx264" else {}
    path = encode(
        tmp_path / f"clip.{suffix}", counter(40), rate, codec, pixel_format, options=options
    )
    video = read(path)
    assert video.fps == rate and numbers(video) == list(range(40))
    assert numbers(read(path, start=float(7 / rate), frames=5)) == [7, 8, 9, 10, 11]


def test_large_and_long_sources_are_read_in_part(tmp_path):
    large = encode(tmp_path / "4k.avi", counter(2, 4096, 2304), 24, "mjpeg", "yuvj420p")
    assert read(large, height=90).shape == (2, 90, 160)
    assert "lower height" in error_of(read, large, limits=replace(LIMITS, decoded_voxels=10**7))
    huge = encode(tmp_path / "8k.avi", counter(1, 7680, 4320), 24, "mjpeg", "yuvj420p")
    assert "scale it down to 4K" in error_of(read, huge, height=90)
    slow = encode(tmp_path / "long.mp4", counter(200), Fraction(1, 3))
    assert probe(slow).seconds == 600
    assert numbers(read(slow, start=450, frames=3)) == [150, 151, 152]


def grey_png(side: int) -> bytes:
    """A black PNG of side x side pixels, which have one bit each."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", crc32(kind + data))

    row = bytes(1 + side // 8)
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", compress(row * side)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


@pytest.mark.parametrize(("side", "decoded"), [(3000, 3000), (16000, 0)])
def test_a_cover_is_decoded_only_up_to_a_few_sizes_of_a_frame(tmp_path, side, decoded):
    """FFmpeg decodes it to find out what the stream holds, before anything can be checked."""
    clip = encode(tmp_path / "clip.mkv", counter(3))
    path = tmp_path / "cover.mkv"
    with av.open(str(clip)) as source, av.open(str(path), "w") as file:
        stream = file.add_stream_from_template(source.streams.video[0])
        file.add_attachment("cover.png", "image/png", grey_png(side))
        for packet in source.demux(source.streams.video[0]):
            if packet.size:
                packet.stream = stream
                file.mux(packet)
    with path.open("rb") as data:
        container = open_container(data, "matroska", asdict(LIMITS))
        widths = [each.codec_context.width for each in container.streams]
    assert widths == [64, decoded]


def test_once_the_video_is_open_nothing_else_can_be_opened(sandbox_path):
    program = (
        "import os, socket, subprocess, sys; sys.path += sys.argv[1:]\n"
        "from sandbox.source import forbid_opening_files\n"
        "forbid_opening_files()\n"
        "attempts = [lambda: open('/dev/null'), os.pipe, socket.socket,\n"
        "    lambda: os.open('/', os.O_RDONLY), lambda: subprocess.run(['true'])]\n"
        "for attempt in attempts:\n"
        "    try: attempt()\n"
        "    except OSError as error: print(error.errno)\n"
        "    else: print('opened')\n"
    )
    command = [sys.executable, "-I", "-S", "-c", program, *sandbox_path]
    run = subprocess.run(command, capture_output=True, check=True, text=True)
    assert run.stdout.split() == ["24"] * 5  # EMFILE


@pytest.mark.parametrize(
    "script",
    [
        "ffconcat version 1.0\nfile '{0}'\n",
        "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{0}\n#EXT-X-ENDLIST\n",
        "  \n#EXTM3U\n#EXTINF:1,\nfile://{0}\n",
    ],
    ids=["concat", "playlist", "playlist of addresses"],
)
def test_a_playlist_never_reads_the_file_it_names(tmp_path, script):
    secret = encode(tmp_path / "secret.mp4", counter(3))
    path = tmp_path / "film.mp4"
    path.write_text(script.format(secret))
    before = os.stat(secret).st_atime_ns
    assert "playlist" in error_of(read, path)
    assert os.stat(secret).st_atime_ns == before


def test_names_that_ffmpeg_takes_for_protocols_are_plain_files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    encode(tmp_path / "plain.mp4", counter(3))
    os.rename("plain.mp4", "concat:a.mp4|b.mp4")
    assert numbers(read("concat:a.mp4|b.mp4")) == [0, 1, 2]


def test_a_path_without_a_video_is_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe.mp4")
    assert "neither a file" in error_of(read, tmp_path / "pipe.mp4")
    with av.open(str(tmp_path / "sound.mp4"), "w") as file:
        stream = file.add_stream("aac", rate=44100, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
        frame.sample_rate = 44100
        file.mux([*stream.encode(frame), *stream.encode(None)])
    assert "no picture" in error_of(read, tmp_path / "sound.mp4")


@pytest.mark.parametrize(
    ("name", "codec"), [("a.mp4", "aac"), ("a.mkv", "libopus"), ("a.mov", None)]
)
def test_a_track_of_sound_is_noticed(tmp_path, name, codec):
    path = encode(tmp_path / f"silent-{name}", counter(5), 10)
    assert probe(path).sound is False
    with av.open(str(path)) as silent, av.open(str(tmp_path / name), "w") as file:
        video = file.add_stream_from_template(silent.streams.video[0])
        if codec:
            sound = file.add_stream(codec, rate=48000, layout="mono")
            frame = av.AudioFrame.from_ndarray(np.zeros((1, 4800), np.float32), "fltp", "mono")
            frame.sample_rate = 48000
            file.mux(sound.encode(frame) + sound.encode(None))
        for packet in silent.demux(video=0):
            if packet.size:
                packet.stream = video
                file.mux(packet)
    info = probe(tmp_path / name)
    assert info.sound is bool(codec) and numbers(read(tmp_path / name)) == [0, 1, 2, 3, 4]
    assert (info.turn, info.hdr) == (0, "")


def test_a_codec_off_the_list_is_refused(tmp_path):
    path = encode(tmp_path / "odd.avi", counter(3), 24, "wmv2")
    assert "codec" in error_of(read, path)


def test_a_file_that_breaks_off_gives_what_it_has(tmp_path):
    noise = np.random.default_rng(0).integers(0, 256, (60, 32, 64, 3), dtype=np.uint8)
    noise[:] = noise // 4 + counter(60) // 2 + 32
    index_first = encode(tmp_path / "first.mp4", noise, container={"movflags": "+faststart"})
    index_last = encode(tmp_path / "last.mp4", noise)
    for path in (index_first, index_last):
        path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    shown = numbers(read(index_first))
    assert 10 < len(shown) < 60 and shown == list(range(len(shown)))
    assert "cut short" in error_of(read, index_last)


def test_damage_in_the_middle_neither_fails_nor_shifts(tmp_path):
    path = encode(tmp_path / "clip.mp4", counter(50), 25, options={"g": "5", "bf": "0"})
    data = bytearray(path.read_bytes())
    middle = data.index(b"mdat") + (data.index(b"moov") - data.index(b"mdat")) // 2
    data[middle : middle + 200] = np.random.default_rng(0).bytes(200)
    path.write_bytes(data)
    shown = numbers(read(path))
    assert len(shown) == 50
    assert shown[:10] == list(range(10)) and shown[-10:] == list(range(40, 50))
