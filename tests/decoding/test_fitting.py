"""A video that changes its size in its course keeps the shape of what it shows."""

from __future__ import annotations

import gc

import av
import pytest
from helpers.videos import counter, encode, numbers

from vgpnn.decoding.sandbox.fitting import NOTE, FittingConverter
from vgpnn.video import probe, read

pytestmark = pytest.mark.usefixtures("nothing_left_behind")


def joined(path, *sizes: tuple[int, int]):
    """A transport stream of counter videos, one after the other, 4 frames of each (width, height);
    the numbers begin anew with each."""
    data = b""
    for number, (width, height) in enumerate(sizes):
        part = path.with_name(f"{number}.ts")
        with av.open(str(part), "w", container_options={"mpegts_copyts": "1"}) as file:
            stream = file.add_stream("libx264", rate=25, options={"bf": "0", "crf": "8"})
            stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
            for k, picture in enumerate(counter(4, width, height)):
                frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
                frame.pts = 4 * number + k
                file.mux(stream.encode(frame))
            file.mux(stream.encode(None))
        data += part.read_bytes()
    path.write_bytes(data)
    return path


def test_a_turned_picture_gets_bars(tmp_path):
    path = joined(tmp_path / "turned.ts", (96, 160), (160, 96))
    video = read(path)
    assert video.shape == (8, 160, 96) and video.notes == (NOTE,)
    assert numbers(video)[:4] == [0, 1, 2, 3] and probe(path).notes == ()
    later = video.codes[4:].numpy()
    height = round(96 * 96 / 160)  # of 96 x 160 that is fitted into a width of 96
    top = (160 - height) // 2
    assert later[:, : top - 1].max() == later[:, top + height + 1 :].max() == 0
    inside = later[-1, top : top + height].astype(int)  # number 3: two bars are white
    assert inside[:, 2:22].min() > 200 and inside[:, 26:].max() < 60


def test_a_picture_of_another_size_and_the_same_shape_fills_the_frame(tmp_path):
    path = joined(tmp_path / "call.ts", (160, 96), (80, 48), (160, 96))
    video = read(path, height=48)
    assert video.shape == (12, 48, 80) and numbers(video) == [0, 1, 2, 3] * 3
    assert ((video.codes[1].int() - video.codes[5].int()).abs() <= 60).float().mean() > 0.95


def test_one_size_has_no_note(tmp_path):
    assert read(encode(tmp_path / "clip.mp4", counter(4))).notes == ()


def test_no_frame_outlives_its_conversion(tmp_path):
    """A hundred frames of 4K with 10 bits would need 2.5 GB, more than the process may have."""
    path = encode(tmp_path / "clip.mp4", counter(6))
    gc.collect()
    gc.disable()  # Frames that only this finds would stay too long.
    try:
        converter = None
        with av.open(str(path)) as file:
            for frame in file.decode(video=0):
                converter = converter or FittingConverter(frame, [], pixel_aspect=None, height=None)
                converter.convert(frame)
            del frame
        held = sum(type(each) is av.VideoFrame for each in gc.get_objects())
    finally:
        gc.enable()
    assert held <= 2  # the first one, of which the display matrix was read
