"""Interlaced frames come back whole, with no rows of another moment in them."""

from __future__ import annotations

import io
from fractions import Fraction

import av
import numpy as np
import pytest
from helpers.videos import counter, encode, numbers
from PIL import Image

from vgpnn.decoding.sandbox.deinterlacing import NOTE, rows_of_jpeg
from vgpnn.video import probe, read

pytestmark = pytest.mark.usefixtures("nothing_left_behind")
HEIGHT, WIDTH, STEP = 96, 160, 6  # [px] of a picture, and by which a bar moves from field to field
TOP_FIRST, BOTTOM_FIRST = 2, 3  # as FFmpeg numbers the order of fields


def moments(count: int) -> np.ndarray:
    """(count, H, W, 3) uint8: an upright yellow bar moves to the right."""
    pictures = np.full((count, HEIGHT, WIDTH, 3), 60, np.uint8)
    for k, picture in enumerate(pictures):
        picture[:, 10 + STEP * k : 30 + STEP * k] = 230, 210, 60
    return pictures


def woven(order: int) -> np.ndarray:
    """Frames of two moments each, of which one has the even rows and the other the odd ones."""
    pictures = moments(20)
    first, second = pictures[::2].copy(), pictures[1::2]
    if order == BOTTOM_FIRST:
        first, second = second.copy(), first
    first[:, 1::2] = second[:, 1::2]
    return first


def combed(codes: np.ndarray) -> int:
    """How many pixels differ from the rows above and below, which are alike."""
    grey = codes.astype(int).mean(-1)
    above, middle, below = grey[:, :-2], grey[:, 1:-1], grey[:, 2:]
    differs = (middle - above) * (middle - below) > 900
    return int((differs & (np.abs(above - below) < 20)).sum())


def of_stream(path, order: int):
    """A file whose stream is said to be interlaced, and whose frames have no flags."""
    with av.open(str(path), "w") as file:
        stream = file.add_stream("ffv1", rate=25)
        stream.height, stream.width, stream.pix_fmt = HEIGHT, WIDTH, "yuv422p"
        stream.codec_context.field_order = order
        for picture in woven(order):
            file.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        file.mux(stream.encode(None))
    return path


def of_frames(path, order: int = BOTTOM_FIRST):
    """A file whose frames have flags; PyAV can set no other order."""
    options = {"x264-params": "bff=1", "crf": "5"}
    return encode(path, woven(order), 25, "libx264", "yuv422p", options=options)


def of_images(path, order: int):
    """MJPEG in which a picture is two images of half its height, the one that is shown first
    before the other one."""
    with av.open(str(path), "w") as file:
        stream = file.add_stream("mjpeg", rate=25)
        stream.height, stream.width, stream.pix_fmt = HEIGHT, WIDTH, "yuvj422p"
        for k, picture in enumerate(woven(order)):
            fields = io.BytesIO()
            for first in (0, 1) if order == TOP_FIRST else (1, 0):
                Image.fromarray(picture[first::2]).save(fields, "JPEG", quality=95, subsampling=1)
            packet = av.Packet(fields.getvalue())
            packet.pts = packet.dts = k
            packet.time_base, packet.stream, packet.is_keyframe = Fraction(1, 25), stream, True
            file.mux(packet)
    return path


@pytest.mark.parametrize(
    "make, order, name",
    [
        (of_images, BOTTOM_FIRST, "clip.avi"),
        (of_images, TOP_FIRST, "clip.mov"),
        (of_stream, TOP_FIRST, "clip.mkv"),
        (of_stream, BOTTOM_FIRST, "clip.mkv"),
        (of_frames, BOTTOM_FIRST, "clip.mp4"),
        (of_frames, BOTTOM_FIRST, "clip.mts"),
    ],
)
def test_interlaced_frames_are_made_whole(tmp_path, make, order, name):
    path = make(tmp_path / name, order)
    video = read(path)
    assert combed(video.codes.numpy()) < combed(woven(order)) / 200
    assert video.shape == (10, HEIGHT, WIDTH) and video.fps == 25
    assert video.notes == probe(path).notes == (NOTE,)
    # Frame k shows the moment of its first field.
    row = video.codes[:, HEIGHT // 2, :, 0].numpy() > 150
    begins = row.argmax(1)
    assert np.abs(begins - (10 + 2 * STEP * np.arange(10))).max() <= 2


def test_a_part_of_an_interlaced_video_has_the_same_frames(tmp_path):
    path = of_frames(tmp_path / "clip.mp4")
    whole, part = read(path), read(path, start=float(Fraction(4, 25)), frames=3)
    # The first frame has none before it, which the filter would look at.
    assert (whole.codes[5:7] == part.codes[1:]).all() and len(part.codes) == 3


def test_whole_frames_stay_as_they_are(tmp_path):
    path = encode(tmp_path / "clip.mkv", counter(8), 24, "ffv1", "yuv422p")
    video = read(path)
    assert numbers(video) == list(range(8)) and video.notes == ()


@pytest.mark.parametrize("data, rows", [(b"", 0), (b"\xff\xd8", 0), (b"\xff\xd8\xff", 0)])
def test_what_is_no_jpeg_has_no_rows(data, rows):
    assert rows_of_jpeg(data) == rows


@pytest.mark.parametrize("progressive", [False, True])
def test_the_rows_of_a_jpeg_are_found(progressive):
    buffer = io.BytesIO()
    Image.new("RGB", (20, 30)).save(buffer, "JPEG", progressive=progressive)
    assert rows_of_jpeg(buffer.getvalue()) == 30


@pytest.mark.parametrize("height", [1, 2, 3])
def test_a_picture_of_few_rows_is_read(tmp_path, height):
    path = tmp_path / "low.mkv"
    with av.open(str(path), "w") as file:
        stream = file.add_stream("ffv1", rate=25)
        stream.height, stream.width, stream.pix_fmt = height, 37, "yuv422p"
        stream.codec_context.field_order = TOP_FIRST
        for picture in moments(3)[:, :height, :37]:
            file.mux(stream.encode(av.VideoFrame.from_ndarray(picture.copy(), format="rgb24")))
        file.mux(stream.encode(None))
    assert read(path).shape == (3, height, 37)
