"""MP4 and GIF files hold the frames, the rate and the tags that they should."""

from __future__ import annotations

import ctypes
import platform
from fractions import Fraction
from pathlib import Path

import av
import pytest
import torch
from helpers.gaps import Gaps
from helpers.videos import NTSC, counter, numbers, pixels_of, waves

from vgpnn import encoding
from vgpnn.encoding import encode_gif, encode_images, encode_mp4, encode_webm
from vgpnn.pyramid import resize
from vgpnn.video import probe, read, write

pytestmark = pytest.mark.usefixtures("nothing_left_behind")
M_PERTURB = -6  # the number of this parameter of glibc's mallopt, from its malloc.h


def coloured_waves(frames: int, height: int, width: int) -> torch.Tensor:
    return torch.from_numpy(pixels_of(waves(frames, height, width)))


def mean_difference(codes: torch.Tensor, others: torch.Tensor) -> float:
    return (codes.float() - others.float()).abs().mean().item()


@pytest.mark.parametrize("rate", [Fraction(24), NTSC, Fraction(997, 41)], ids=str)
def test_mp4_keeps_frames_and_rate(tmp_path, rate):
    codes = coloured_waves(11, 60, 90)
    encode_mp4(tmp_path / "clip.mp4", codes, rate, quality=16)
    video, info = read(tmp_path / "clip.mp4"), probe(tmp_path / "clip.mp4")
    assert video.fps == info.fps == rate and video.codes.shape == codes.shape
    assert mean_difference(video.codes, codes) < 2.2
    assert info.constant_rate and info.seconds == pytest.approx(11 / float(rate))


def test_a_lower_quality_is_a_smaller_and_worse_file(tmp_path):
    codes = coloured_waves(5, 60, 90)
    sizes, differences = [], []
    for quality in (10, 23, 40):
        path = tmp_path / f"{quality}.mp4"
        encode_mp4(path, codes, Fraction(24), quality)
        sizes.append(path.stat().st_size)
        differences.append(mean_difference(read(path).codes, codes))
    assert sizes == sorted(sizes, reverse=True) and differences == sorted(differences)
    assert sizes[0] > 2 * sizes[2] and differences[2] > 2 * differences[0]


@pytest.mark.parametrize("size", [(33, 47), (33, 48), (1, 1)], ids=str)
def test_odd_sizes_grow_by_a_copy(tmp_path, size):
    codes = coloured_waves(3, *size)
    encode_mp4(tmp_path / "odd.mp4", codes, Fraction(24), quality=16)
    video = read(tmp_path / "odd.mp4")
    height, width = size
    assert video.shape == (3, height + height % 2, width + width % 2)
    assert mean_difference(video.codes[:, -1], video.codes[:, height - 1]) < 13
    assert mean_difference(video.codes[:, :height, :width], codes) < 3


def test_mp4_is_tagged_and_starts_with_its_index(tmp_path):
    path = tmp_path / "clip.mp4"
    encode_mp4(path, coloured_waves(3, 32, 32), Fraction(24), quality=16)
    data = path.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")
    with av.open(str(path)) as file:
        codec = file.streams.video[0].codec_context
        assert (codec.colorspace, codec.color_primaries, codec.color_trc) == (1, 1, 1)
        assert (codec.name, codec.pix_fmt, codec.color_range) == ("h264", "yuv420p", 1)


@pytest.fixture
def fill_memory():
    """A function that tells glibc a byte, not 0, to fill memory with that is taken or freed."""
    libc = ctypes.CDLL(None)
    yield lambda filling: libc.mallopt(M_PERTURB, filling)
    libc.mallopt(M_PERTURB, 0)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other libraries do not fill memory")
@pytest.mark.parametrize("size", [(5, 48, 64), (5, 50, 66), (8, 34, 46)], ids=str)
def test_equal_videos_make_equal_files(tmp_path, size, fill_memory):
    """The bytes do not depend on what the memory held before, as they do with x264's defaults."""
    coarse = torch.rand(3, 6, 6, 3, generator=torch.Generator().manual_seed(0)) * 2 - 1
    video, files = resize(coarse, size), set()
    for filling in (0, 17, 165):
        fill_memory(filling)
        write(tmp_path / "clip.mp4", video, 24)
        files.add((tmp_path / "clip.mp4").read_bytes())
    assert len(files) == 1


@pytest.mark.parametrize("rate", [24, 12.5, 50, 10], ids=str)
def test_gif_keeps_frames_and_rate(tmp_path, rate):
    codes = torch.from_numpy(counter(13))
    encode_gif(tmp_path / "clip.gif", codes, Fraction(rate))
    video = read(tmp_path / "clip.gif")
    assert video.fps == rate and numbers(video) == list(range(13))
    assert mean_difference(video.codes, codes) < 1  # two colours need no dither


def test_gif_faster_than_browsers_play_leaves_frames_out(tmp_path):
    encode_gif(tmp_path / "fast.gif", torch.from_numpy(counter(20)), Fraction(100))
    video = read(tmp_path / "fast.gif")
    assert video.fps == 50 and numbers(video) == list(range(0, 20, 2))


def test_there_is_a_checkpoint_for_every_frame_also_for_those_that_x264_holds_back(tmp_path):
    codes = torch.from_numpy(counter(30))
    gaps = Gaps()
    encode_mp4(tmp_path / "clip.mp4", codes, Fraction(24), 16, gaps)
    assert gaps.calls > 30  # each frame that goes in, and each that x264 has held back
    gaps = Gaps()
    encode_gif(tmp_path / "clip.gif", codes, Fraction(24), gaps)
    assert gaps.calls >= 60


def test_the_palette_of_a_large_gif_is_made_from_a_part_of_its_pixels(tmp_path, monkeypatch):
    """Making it is one step of FFmpeg's, in which nobody can stop it."""
    codes = torch.from_numpy(counter(20, 160, 96))
    codes[..., 1] = torch.arange(160, dtype=torch.uint8)
    encode_gif(tmp_path / "all.gif", codes, Fraction(10))
    monkeypatch.setattr(encoding, "MOST_PALETTE_PIXELS", 20_000)
    encode_gif(tmp_path / "part.gif", codes, Fraction(10))
    whole, part = (read(tmp_path / name).frames for name in ("all.gif", "part.gif"))
    original = codes.float() / 127.5 - 1
    errors = [(each - original).abs().mean() for each in (whole, part)]
    assert part.shape == whole.shape and errors[1] < errors[0] + 0.01


@pytest.mark.parametrize("rate", [Fraction(24), NTSC, Fraction(997, 41), Fraction(240)], ids=str)
def test_webm_keeps_frames_and_rate(tmp_path, rate):
    codes = coloured_waves(11, 60, 90)
    encode_webm(tmp_path / "clip.webm", codes, rate, quality=16)
    video, info = read(tmp_path / "clip.webm"), probe(tmp_path / "clip.webm")
    assert video.fps == info.fps == rate and video.codes.shape == codes.shape
    assert mean_difference(video.codes, codes) < 2.2  # with chroma half a pixel off it is above 3
    assert info.constant_rate and info.seconds == pytest.approx(11 / float(rate))


def test_webm_is_vp9_with_tags_and_the_same_bytes_every_time(tmp_path):
    for name in ("a.webm", "b.webm"):
        encode_webm(tmp_path / name, coloured_waves(3, 33, 48), Fraction(24), quality=16)
    assert read(tmp_path / "a.webm").shape == (3, 34, 48)
    with av.open(str(tmp_path / "a.webm")) as file:
        assert file.format.name == "matroska,webm"
        codec = file.streams.video[0].codec_context
        assert (codec.colorspace, codec.color_primaries, codec.color_trc) == (1, 1, 1)
        assert (codec.name, codec.pix_fmt, codec.color_range) == ("vp9", "yuv420p", 1)
    assert b"webm" in (tmp_path / "a.webm").read_bytes()[:64]
    packets = [[bytes(packet) for packet in packets_of(tmp_path / f"{k}.webm")] for k in "ab"]
    assert packets[0] == packets[1]


def packets_of(path: Path) -> list[av.Packet]:
    with av.open(str(path)) as file:
        return [packet for packet in file.demux() if packet.size]


def test_mov_has_the_frames_of_mp4_in_a_container_of_its_own(tmp_path):
    codes = coloured_waves(4, 32, 48)
    encode_mp4(tmp_path / "clip.mp4", codes, Fraction(24), 16)
    encode_mp4(tmp_path / "clip.mov", codes, Fraction(24), 16, container="mov")
    data = (tmp_path / "clip.mov").read_bytes()
    assert data[4:12] == b"ftypqt  " and data.index(b"moov") < data.index(b"mdat")
    assert torch.equal(read(tmp_path / "clip.mp4").codes, read(tmp_path / "clip.mov").codes)


@pytest.mark.parametrize("size", [(33, 47), (1, 1)], ids=str)
def test_images_lose_nothing_and_are_read_in_their_order(tmp_path, size):
    generator = torch.Generator().manual_seed(0)
    codes = torch.randint(0, 256, (12, *size, 3), generator=generator, dtype=torch.uint8)
    gaps = Gaps()
    encode_images(tmp_path, codes, gaps)
    assert gaps.calls == 12
    assert [path.name for path in sorted(tmp_path.glob("*.png"))] == [
        f"{k:04}.png" for k in range(12)
    ]
    assert torch.equal(read(tmp_path).codes, codes)
