"""Pictures from the whole of a video, in their order, however long it is."""

from __future__ import annotations

import io
from fractions import Fraction

import numpy as np
import pytest
import torch
from helpers.videos import counter, encode, numbers
from PIL import Image

from vgpnn import Video
from vgpnn.decoding.messages import VideoError
from vgpnn.decoding.sandbox import answer
from vgpnn.thumbnails import strip, thumbnails

pytestmark = pytest.mark.usefixtures("nothing_left_behind")


def shown(path, count, height=512):
    pictures = thumbnails(path, count, height)
    return numbers(Video(torch.from_numpy(pictures), Fraction(1)))


def test_they_are_in_the_middle_of_equal_parts(tmp_path):
    path = encode(tmp_path / "clip.mp4", counter(80), 10, options={"g": "250", "bf": "3"})
    assert shown(path, 4) == [10, 30, 50, 70]
    assert shown(path, 8) == [5, 15, 25, 35, 45, 55, 65, 75]


def test_more_than_there_are_frames_repeats_some(tmp_path):
    path = encode(tmp_path / "clip.mp4", counter(3), 10)
    assert shown(path, 6) == [0, 0, 1, 1, 2, 2]


@pytest.mark.parametrize("ending", ["mp4", "mkv"])
def test_of_a_long_video_they_are_pictures_that_need_no_others(tmp_path, ending):
    count, distance = answer.MOST_DECODED + 30, 20  # between two pictures that are stored whole
    options = {"g": str(distance), "keyint_min": str(distance), "sc_threshold": "0", "bf": "0"}
    path = encode(tmp_path / f"clip.{ending}", counter(count), 30, options=options)
    wanted = [count * (2 * k + 1) // 14 for k in range(7)]
    assert shown(path, 7) == [number // distance * distance % 256 for number in wanted]


def test_the_size_is_the_height_that_was_asked_for(tmp_path):
    path = encode(tmp_path / "clip.mp4", counter(5), 10)
    small = thumbnails(path, 3, 32)
    assert small.shape[:2] == (3, 32) and small.dtype == np.uint8


def test_what_is_no_video_is_one_sentence(tmp_path):
    path = tmp_path / "notes.mp4"
    path.write_text("not a video")
    with pytest.raises(VideoError, match=r"not a video.*\.$"):
        thumbnails(path, 3, 32)


def test_a_checkpoint_can_end_it(tmp_path):
    def stop():
        raise InterruptedError

    path = encode(tmp_path / "clip.mp4", counter(5), 10)
    with pytest.raises(InterruptedError):
        thumbnails(path, 3, 32, checkpoint=stop)


def test_a_strip_has_them_side_by_side():
    pictures = np.zeros((3, 20, 30, 3), np.uint8)
    pictures[1] = 200
    with Image.open(io.BytesIO(strip(pictures))) as found:
        assert found.format == "JPEG" and found.size == (90, 20)
        values = np.asarray(found).reshape(20, 3, 30, 3).mean((0, 2, 3))
    assert np.abs(values - [0, 200, 0]).max() < 8
