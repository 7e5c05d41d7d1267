"""Pictures are upright, have square pixels and the right colours, and are never enlarged."""

from __future__ import annotations

import struct
from fractions import Fraction

import numpy as np
import pytest
import torch
from helpers.videos import counter, encode, numbers, pixels_of, waves
from PIL import Image

from vgpnn.video import probe, read

pytestmark = pytest.mark.usefixtures("nothing_left_behind")

TURNS = {  # display matrix (a b; c d), and where the stored corners nw ne / sw se go
    "0": ((1, 0, 0, 1), "nw ne sw se"),
    "90": ((0, 1, -1, 0), "sw nw se ne"),
    "180": ((-1, 0, 0, -1), "se sw ne nw"),
    "270": ((0, -1, 1, 0), "ne se nw sw"),
    "mirrored": ((-1, 0, 0, 1), "ne nw se sw"),
    "90 mirrored": ((0, 1, 1, 0), "nw sw ne se"),
}
CORNERS = {"nw": (255, 0, 0), "ne": (0, 255, 0), "sw": (0, 0, 255), "se": (255, 255, 0)}


@pytest.mark.parametrize("turn", TURNS)
def test_phone_clips_are_upright(tmp_path, turn):
    (a, b, c, d), order = TURNS[turn]
    picture = np.zeros((1, 32, 64, 3), np.uint8)
    for name, colour in CORNERS.items():
        rows = slice(0, 16) if name[0] == "n" else slice(16, 32)
        picture[0, rows, slice(0, 32) if name[1] == "w" else slice(32, 64)] = colour
    path = encode(tmp_path / "phone.mp4", picture.repeat(2, 0))
    data = bytearray(path.read_bytes())
    at = data.index(b"tkhd") + 44  # the matrix of the track header, in 16.16 fixed point
    data[at : at + 36] = struct.pack(">9i", a << 16, b << 16, 0, c << 16, d << 16, 0, 0, 0, 1 << 30)
    path.write_bytes(data)
    info, frame = probe(path), read(path).frames[0]
    height, width = frame.shape[:2]
    assert (info.width, info.height) == (width, height)
    assert (height, width) == ((64, 32) if "90" in turn or turn == "270" else (32, 64))
    places = [(y, x) for y in (height // 4, 3 * height // 4) for x in (width // 4, 3 * width // 4)]
    for (y, x), name in zip(places, order.split(), strict=True):
        assert (frame[y, x] * 127.5 + 127.5 - torch.tensor(CORNERS[name])).abs().max() < 12, name
    # A mirrored picture is turned after it was mirrored.
    assert info.turn == int({"mirrored": 0, "90 mirrored": 270}.get(turn, turn))
    if turn == "90":
        assert read(path, height=32).frames.shape[1:3] == (32, 16)


def test_the_orientation_of_a_photograph_counts(tmp_path):
    """EXIF orientation 6: the stored top lies at the right, and the bars of a counter lie flat."""
    image, exif = Image.fromarray(counter(6, 64, 32)[5]), Image.Exif()
    exif[0x0112] = 6
    image.save(tmp_path / "1.jpg", exif=exif)
    picture = read(tmp_path).frames[0]
    assert picture.shape == (64, 32, 3)
    bars = picture.mean((1, 2)).reshape(8, 8)[:, 4] > 0  # top to bottom
    assert (bars.int() << torch.arange(8)).sum() == 5


@pytest.mark.parametrize(
    "size, height, expected",
    [((90, 160), 45, (44, 78)), ((35, 51), None, (35, 51)), ((35, 51), 64, (35, 51))],
    ids=str,
)
def test_height_reduces_to_even_sizes_and_never_enlarges(tmp_path, size, height, expected):
    path = encode(tmp_path / "clip.mp4", pixels_of(waves(2, *size)), pixel_format="yuv444p")
    assert read(path, height=height).shape[1:] == expected


def test_reducing_averages_fine_detail(tmp_path):
    """A pattern finer than the result must become grey, not a coarse pattern of its own."""
    stripes = np.zeros((2, 96, 96, 3), np.uint8)
    stripes[:, :, ::2] = 255
    path = encode(tmp_path / "fine.mp4", stripes, pixel_format="yuv444p", options={"crf": "4"})
    assert read(path, height=24).frames.abs().max() < 0.2


def test_pixels_become_square(tmp_path):
    path = encode(tmp_path / "dv.mp4", counter(3, 64, 48), aspect=Fraction(3, 2))
    video = read(path)
    assert numbers(video) == [0, 1, 2] and video.shape == (3, 48, 96)


# Codec, pixel format, matrix (1 BT.709, 5 BT.601), range (1 limited, 2 full), container.
COLOURS = {
    "bt709": ("libx264", "yuv420p", 1, 1, "mp4"),
    "bt601": ("libx264", "yuv420p", 5, 1, "mp4"),
    "full range": ("libx264", "yuv420p", 1, 2, "mp4"),
    "444": ("libx264", "yuv444p", 5, 1, "mp4"),
    "hevc 10 bit": ("libx265", "yuv420p10le", 1, 1, "mp4"),
    "prores": ("prores_ks", "yuv422p10le", 1, 1, "mov"),
    "mjpeg": ("mjpeg", "yuvj420p", 5, 2, "avi"),
    "vp9": ("libvpx-vp9", "yuv420p", 1, 1, "webm"),
}
CODEC_OPTIONS = {"libx265": {"x265-params": "log-level=none:crf=20"}, "libvpx-vp9": {"b": "2M"}}


@pytest.mark.parametrize("kind", COLOURS)
def test_colours_survive(tmp_path, kind):
    codec, pixel_format, *colours, suffix = COLOURS[kind]
    tiles = waves(3, 64, 96)[:, 16::32, 16::32]
    values = tiles.repeat_interleave(32, 1).repeat_interleave(32, 2)
    path = encode(
        tmp_path / f"clip.{suffix}",
        pixels_of(values),
        24,
        codec,
        pixel_format,
        options=CODEC_OPTIONS.get(codec),
        colours=tuple(colours),
    )
    middles = read(path).frames[:, 16::32, 16::32]  # Codecs blur the borders of the tiles.
    assert (middles - tiles).abs().max() * 127.5 < 5


@pytest.mark.parametrize(
    "suffix, codec, pixel_format, metadata",
    [
        ("mov", "qtrle", "argb", {}),
        ("mov", "prores_ks", "yuva444p10le", {}),
        ("webm", "libvpx-vp9", "yuva420p", {"alpha_mode": "1"}),
    ],
)
@pytest.mark.parametrize("grey", [255, 0])
def test_see_through_pixels_lie_over_the_backdrop(
    tmp_path, suffix, codec, pixel_format, metadata, grey
):
    pictures = np.zeros((3, 64, 64, 4), np.uint8)
    pictures[..., 0], pictures[:, :, 32:, 3] = 255, 128  # left: nothing; right: half red
    path = encode(tmp_path / f"a.{suffix}", pictures, 24, codec, pixel_format, metadata=metadata)
    frame = read(path, backdrop=grey).codes[0].float()
    assert (frame[32, 8] - grey).abs().max() < 10
    expected = torch.tensor([127.5 + grey / 2, grey / 2, grey / 2])
    assert (frame[32, 56] - expected).abs().max() < 10


def test_see_through_pixels_are_white_by_default(tmp_path):
    path = encode(tmp_path / "a.mov", np.zeros((1, 32, 32, 4), np.uint8), 24, "qtrle", "argb")
    assert (read(path).codes == 255).all()


def test_plain_reading_repeats_chroma(tmp_path):
    """The colour of two by two pixels is one: red less blue does not depend on luma."""
    path = encode(tmp_path / "clip.mp4", pixels_of(waves(3, 24, 30)[:, :, :, [0, 2, 1]]))
    spread = []
    for plain in (True, False):
        frames = read(path, plain=plain).frames
        difference = frames[..., 0] - frames[..., 2]
        spread.append(difference.unfold(1, 2, 2).unfold(2, 2, 2).flatten(-2).std(-1).mean())
    assert spread[0] < 0.01 < 0.02 < spread[1]
