"""Videos that are written while they are made: the same files, and no frame is kept."""

import gc
import weakref
from fractions import Fraction

import pytest
import torch
from helpers.clips import drifting_texture
from helpers.sentences import is_one_sentence

from vgpnn import streaming, video
from vgpnn.streaming import FrameStream

SIZE = (9, 20, 26)


@pytest.mark.parametrize("name", ["out.mp4", "out.webm", "out"])
def test_a_stream_gives_the_file_that_the_whole_video_gives(tmp_path, name):
    codes = drifting_texture(SIZE, 0)
    video.write(tmp_path / f"whole-{name}", video.Video(codes, Fraction(10)))
    stream = FrameStream(SIZE, codes.split(4))
    assert stream.shape == (*SIZE, 3) and len(stream) == 9
    streaming.write(tmp_path / f"streamed-{name}", stream, Fraction(10))
    whole, streamed = (tmp_path / f"{kind}-{name}" for kind in ("whole", "streamed"))
    files = sorted(whole.iterdir()) if whole.is_dir() else [whole]
    others = sorted(streamed.iterdir()) if streamed.is_dir() else [streamed]
    assert [file.read_bytes() for file in files] == [file.read_bytes() for file in others]


def test_frames_are_not_kept(tmp_path):
    alive = []

    def parts():
        for _ in range(6):
            gc.collect()
            assert sum(reference() is not None for reference in alive) <= 2
            part = torch.zeros(3, 20, 26, 3, dtype=torch.uint8)
            alive.append(weakref.ref(part))
            yield part

    streaming.write(tmp_path / "out.mp4", FrameStream((18, 20, 26), parts()), Fraction(10))
    assert video.probe(tmp_path / "out.mp4").frames == 18


def test_a_stream_that_breaks_leaves_no_file(tmp_path):
    def parts():
        yield drifting_texture((3, 20, 26), 0)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        streaming.write(tmp_path / "out.mp4", FrameStream(SIZE, parts()), Fraction(10))
    assert list(tmp_path.iterdir()) == []


def test_a_gif_is_refused(tmp_path):
    with pytest.raises(ValueError) as error:
        streaming.write(tmp_path / "out.gif", FrameStream(SIZE, ()), Fraction(10))
    assert is_one_sentence(error.value, "A GIF has one palette")
