"""Folders of images: their order, their rate, and images that do not fit."""

from __future__ import annotations

import pytest
from helpers.videos import counter, error_of, numbers
from PIL import Image

from vgpnn.decoding.sandbox.folder import natural_order
from vgpnn.video import probe, read

pytestmark = pytest.mark.usefixtures("nothing_left_behind")


def test_a_folder_is_read_in_natural_order_with_gaps(tmp_path):
    folder = tmp_path / "frames"
    folder.mkdir()
    for number, picture in zip((1, 2, 9, 10, 100), counter(5), strict=True):
        suffix = "jpg" if number == 9 else "png"
        Image.fromarray(picture).save(folder / f"img{number}.{suffix}")
    (folder / "notes.txt").write_text("not a picture")
    (folder / ".img3.png").write_text("not a picture either")
    video = read(folder)
    assert numbers(video) == [0, 1, 2, 3, 4] and video.fps == 24
    assert numbers(read(folder, start=0.2, frames=2, fps=10)) == [2, 3]
    info = probe(folder)
    assert (info.frames, info.width, info.height, info.fps) == (5, 64, 32, 24)
    assert (info.container, info.codec, info.constant_rate) == ("folder", "images", True)


def test_natural_order_compares_numbers_as_numbers():
    names = ["Frame2.png", "7.png", "frame9.png", "frame10a.png", "frame10²b.png", "frame١.png"]
    shuffled = [names[k] for k in (4, 1, 5, 0, 3, 2)]
    ordered = sorted(shuffled, key=natural_order)
    assert ordered == ["7.png", *names[:1], *names[2:]]


def test_errors_of_a_folder_name_the_image(tmp_path):
    assert "numbered images" in error_of(read, tmp_path)
    first, second = tmp_path / "1.png", tmp_path / "2.png"
    Image.fromarray(counter(1)[0]).save(first)
    Image.fromarray(counter(1, 32)[0]).save(second)
    assert "The image 2.png has 32 x 32 pixels where others have 64 x 32" in error_of(
        read, tmp_path
    )
    second.write_bytes(b"#EXTM3U\n1.png\n")
    assert "The image 2.png is neither PNG nor JPEG" in error_of(read, tmp_path)
    second.write_bytes(first.read_bytes()[:60])
    assert "The image 2.png is damaged" in error_of(read, tmp_path)
