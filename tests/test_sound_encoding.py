"""Sound beside a video: which codec, how long, and that the video stays what it is."""

from __future__ import annotations

from fractions import Fraction

import av
import numpy as np
import pytest
from helpers.sounds import click_times, clicks, heard, streams_of, tone
from helpers.videos import error_of, waves

from vgpnn import sound, video
from vgpnn.sound import RATE, Sound
from vgpnn.video import Video

FPS = Fraction(24_000, 1001)
VIDEO = Video(waves(30, 48, 64), FPS)
CODECS = {"a.mp4": ["h264", "aac"], "a.mov": ["h264", "aac"], "a.webm": ["vp9", "opus"]}


def codes(samples: np.ndarray) -> Sound:
    return Sound((samples * (2**15 - 1)).astype(np.int16))


def packets(path) -> list[tuple]:
    """All that is stored of the pictures, and when they are shown."""
    with av.open(str(path)) as file:
        stored = [each for each in file.demux(video=0) if each.size]
        return [(each.pts, each.dts, each.duration, each.time_base, bytes(each)) for each in stored]


@pytest.mark.parametrize("name", CODECS)
def test_sound_lies_beside_the_video_which_stays_as_it_is(tmp_path, name):
    info = video.write(tmp_path / name, VIDEO, sound=codes(clicks(2, 0.5)))
    assert streams_of(tmp_path / name) == CODECS[name] and info.sound
    assert click_times(heard(tmp_path / name)) == pytest.approx([0, 0.5, 1.0], abs=0.01)
    silent = tmp_path / f"silent-{name}"
    assert not video.write(silent, VIDEO).sound
    assert packets(silent) == packets(tmp_path / name)


@pytest.mark.parametrize("name", CODECS)
def test_the_same_sound_gives_the_same_bytes(tmp_path, name):
    paths = [tmp_path / f"{number}-{name}" for number in range(2)]
    for path in paths:
        video.write(path, VIDEO, sound=codes(tone(2, 440)))
    assert paths[0].read_bytes() == paths[1].read_bytes()


@pytest.mark.parametrize("name", CODECS)
@pytest.mark.parametrize("channels", [1, 2])
def test_sound_is_as_long_as_the_video_and_near_to_what_was_given(tmp_path, name, channels):
    given = codes(tone(1, 440, channels))  # the video is a quarter of a second longer
    video.write(tmp_path / name, VIDEO, sound=given)
    seconds = 30 / FPS
    with av.open(str(tmp_path / name)) as file:
        stream, length = file.streams.audio[0], file.duration / 1e6
        assert stream.layout.nb_channels == channels
        if stream.duration:
            assert float(stream.duration * stream.time_base) == pytest.approx(seconds, abs=1e-3)
    assert length == pytest.approx(float(seconds), abs=0.02)
    read = sound.read(tmp_path / name, 0, 1).samples.astype(float)
    wrong = (read - given.samples)[2400:-2400]
    assert read.shape == (RATE, channels) and np.sqrt(np.mean(wrong**2)) < 0.01 * 2**15


def test_a_gif_and_images_have_no_sound(tmp_path):
    given = codes(tone(1, 440))
    assert not video.write(tmp_path / "a.gif", VIDEO, fps=10, sound=given).sound
    assert not video.write(tmp_path / "images", VIDEO, sound=given).sound


@pytest.mark.parametrize("name", ["a.mp4", "a.webm"])
def test_long_sound_lies_between_the_pictures(tmp_path, name):
    """A player of a stream that is still being loaded needs both."""
    slow = Video(waves(20, 48, 64), Fraction(1))
    video.write(tmp_path / name, slow, sound=codes(tone(20, 440)))
    with av.open(str(tmp_path / name)) as file:
        kinds = [
            (each.stream.type, each.dts * each.time_base) for each in file.demux() if each.size
        ]
    late = [float(time) for kind, time in kinds if kind == "audio"]
    first = next(k for k, (kind, time) in enumerate(kinds) if kind == "video" and time >= 10)
    heard_before = [float(time) for kind, time in kinds[:first] if kind == "audio"]
    assert max(late) > 19 and 8 < max(heard_before) < 12


def test_encoding_sound_can_be_broken_off(tmp_path):
    class Over(Exception):
        pass

    calls = []

    def checkpoint():
        calls.append(None)
        if len(calls) == 2:
            raise Over

    with pytest.raises(Over):
        video.write(tmp_path / "a.mp4", VIDEO, sound=codes(tone(2, 440)), checkpoint=checkpoint)
    assert list(tmp_path.iterdir()) == []


def test_a_name_that_cannot_be_written_is_one_sentence(tmp_path):
    options = {"sound": codes(tone(1, 440))}
    assert "no folder" in error_of(video.write, tmp_path / "no" / "a.mp4", VIDEO, **options)
