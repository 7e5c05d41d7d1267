"""Sound comes from the track that a player plays, where it plays it beside the picture."""

from __future__ import annotations

from dataclasses import asdict, replace
from fractions import Fraction

import av
import numpy as np
import pytest
from helpers.sounds import (
    Track,
    click_times,
    clicks,
    flashes,
    pitch,
    spoilt,
    tone,
    write_clip,
)
from helpers.videos import counter, encode, error_of

from vgpnn.decoding.messages import FAILED, UnfinishedError
from vgpnn.decoding.process import SOUND_BLOCK, SOUND_RATE, sound_in_sandbox
from vgpnn.decoding.sandbox import sound as sandbox
from vgpnn.decoding.sandbox import source
from vgpnn.limits import LIMITS

CLOSE = 0.01  # [s] that a click may be away from its flash


def heard(path, start=0, seconds=2, limits=LIMITS) -> np.ndarray:
    return sound_in_sandbox(path, limits, Fraction(start), Fraction(seconds))


def test_both_sides_mean_the_same_samples():
    assert (SOUND_RATE, SOUND_BLOCK) == (sandbox.RATE, sandbox.BLOCK)


@pytest.mark.parametrize(
    ("name", "codec", "track"),
    [
        ("a.mp4", "libx264", Track(clicks(3, 0.5))),
        ("a.mov", "libx264", Track(clicks(3, 0.5, 1, 8000), "pcm_s16le", 8000, "mono")),
        ("a.mkv", "libx264", Track(clicks(3, 0.5, 6), "ac3", layout="5.1")),
        ("b.mkv", "libx264", Track(clicks(3, 0.5, 2, 96_000), "flac", 96_000)),
        ("a.webm", "libvpx-vp9", Track(clicks(3, 0.5), "libopus")),
        ("a.ts", "libx264", Track(clicks(3, 0.5, 1, 44_100), "aac", 44_100, "mono")),
        ("a.mpg", "mpeg2video", Track(clicks(3, 0.5), "mp2")),
        ("a.avi", "mpeg4", Track(clicks(3, 0.5), "pcm_s16le")),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_clicks_lie_where_they_are_in_the_part(tmp_path, name, codec, track):
    path = write_clip(tmp_path / name, flashes(72, 12), 24, track, codec=codec)
    for start, first in ((0, 0.0), (1, 0.0), (Fraction(5, 4), 0.25)):
        samples = heard(path, start, Fraction(3, 2))
        assert samples.dtype == np.int16 and len(samples) == 1.5 * SOUND_RATE
        assert samples.shape[1] == (1 if track.layout == "mono" else 2)
        times = [time for time in click_times(samples) if time < 1.45]
        assert times == pytest.approx([first, first + 0.5, first + 1.0], abs=CLOSE)


def test_a_mono_track_keeps_its_loudness(tmp_path):
    track = Track(tone(1, 440, 1), "flac", layout="mono")
    samples = heard(write_clip(tmp_path / "a.mkv", flashes(24, 12), 24, track), 0, 1)
    assert np.abs(samples[4800:-4800]).max() / 2**15 == pytest.approx(0.3, abs=0.02)
    assert pitch(samples[4800:-4800]) == pytest.approx(440, abs=2)


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.ts"])
def test_sound_that_begins_later_is_silent_before(tmp_path, name):
    track = Track(clicks(1, 0.5), delay=Fraction(3, 4))
    path = write_clip(tmp_path / name, flashes(72, 12), 24, track)
    assert click_times(heard(path)) == pytest.approx([0.75, 1.25], abs=CLOSE)
    assert click_times(heard(path, 1, 1)) == pytest.approx([0.25], abs=CLOSE)
    assert not heard(path, 0, Fraction(1, 2)).any()


def test_time_begins_with_the_first_picture_also_where_sound_begins_before(tmp_path):
    track = Track(clicks(2, 0.5))
    path = write_clip(tmp_path / "a.mkv", flashes(36, 12), 24, track, late=6)
    assert click_times(heard(path, 0, Fraction(3, 2))) == pytest.approx(
        [0.25, 0.75, 1.25], abs=CLOSE
    )
    assert click_times(heard(path, 1, Fraction(1, 2))) == pytest.approx([0.25], abs=CLOSE)


def test_sound_that_ends_before_is_silent_behind_and_what_goes_on_is_left_out(tmp_path):
    short = write_clip(tmp_path / "a.mp4", flashes(48, 12), 24, Track(tone(1, 440)))
    samples = heard(short)
    assert len(samples) == 2 * SOUND_RATE
    assert samples[SOUND_RATE // 2 :].any() and not samples[SOUND_RATE * 5 // 4 :].any()
    long = write_clip(tmp_path / "b.mp4", flashes(24, 12), 24, Track(clicks(3, 0.5)))
    assert click_times(heard(long, 0, 1)) == pytest.approx([0.0, 0.5], abs=CLOSE)


def test_the_track_that_is_switched_on_is_played_and_else_the_first(tmp_path):
    low, high = Track(tone(1, 300), is_default=False), Track(tone(1, 900))
    path = write_clip(tmp_path / "a.mkv", flashes(24, 12), 24, low, high)
    assert pitch(heard(path, 0, 1)) == pytest.approx(900, abs=3)
    low, high = replace(low, is_default=True), replace(high, is_default=True)
    path = write_clip(tmp_path / "b.mkv", flashes(24, 12), 24, low, high)
    assert pitch(heard(path, 0, 1)) == pytest.approx(300, abs=3)


def test_a_track_that_cannot_be_decoded_is_passed_over_or_said(tmp_path):
    odd, known = Track(tone(1, 300, 1, 16_000), "wavpack", 16_000, "mono"), Track(tone(1, 900))
    path = write_clip(tmp_path / "a.mkv", flashes(24, 12), 24, odd, known)
    assert pitch(heard(path, 0, 1)) == pytest.approx(900, abs=3)
    path = write_clip(tmp_path / "b.mkv", flashes(24, 12), 24, odd)
    assert error_of(heard, path) == sandbox.UNUSABLE


def test_without_a_track_there_are_no_samples(tmp_path):
    assert heard(encode(tmp_path / "a.mp4", counter(5), 10)).shape == (0, 2)
    folder = tmp_path / "images"
    folder.mkdir()
    with av.open(str(folder / "0.png"), "w", format="image2") as file:
        stream = file.add_stream("png", rate=1)
        stream.width, stream.height, stream.pix_fmt = 16, 16, "rgb24"
        frame = av.VideoFrame.from_ndarray(np.zeros((16, 16, 3), np.uint8), format="rgb24")
        file.mux(stream.encode(frame) + stream.encode(None))
    assert len(heard(folder)) == 0


def test_a_damaged_packet_is_silent_and_the_rest_stays_where_it_is(tmp_path):
    track = Track(clicks(3, 0.5), "ac3")
    path = write_clip(tmp_path / "a.mp4", flashes(72, 12), 24, track)
    spoilt(path, lambda number, count: number == count // 3)
    times = click_times(heard(path, 0, 3))
    assert [time for time in times if time > 1.4] == pytest.approx([1.5, 2.0, 2.5], abs=CLOSE)


def test_sound_of_which_nothing_can_be_decoded_is_one_sentence(tmp_path):
    path = write_clip(tmp_path / "a.mp4", flashes(24, 12), 24, Track(tone(1, 440), "ac3"))
    spoilt(path, lambda number, count: True)
    assert error_of(heard, path) == sandbox.UNUSABLE


def test_more_than_the_limit_is_refused(tmp_path):
    path = write_clip(tmp_path / "a.mp4", flashes(24, 12), 24, Track(tone(1, 440)))
    limits = replace(LIMITS, sound_seconds=0.5)
    assert "more than 0.5 s" in error_of(heard, path, 0, 1, limits)
    assert len(heard(path, 0, Fraction(1, 2), limits)) == SOUND_RATE // 2


def test_only_a_process_that_is_asked_for_sound_may_use_its_codecs(tmp_path, monkeypatch):
    """Also while FFmpeg opens a file, for which it decodes the beginning of each track."""
    path = write_clip(tmp_path / "a.ts", flashes(12, 4), 24, Track(tone(0.5, 440)))
    used, opened = [], av.open

    def spy(*arguments, **keywords):
        used.append("aac" in keywords["container_options"]["codec_whitelist"].split(","))
        return opened(*arguments, **keywords)

    monkeypatch.setattr(av, "open", spy)
    monkeypatch.setattr(source, "forbid_opening_files", lambda: None)
    source.VideoFile(str(path), asdict(LIMITS))
    source.VideoFile(str(path), asdict(LIMITS), sandbox.CODECS)
    assert used == [False, True]


@pytest.mark.parametrize(
    "answer",
    [
        '{"samples": 7, "channels": 2}',
        '{"samples": 48000, "channels": 3}',
        '{"samples": true, "channels": 2}',
        '{"channels": 2}',
        '{"samples": 48000, "channels": 2}',  # and no samples after it
    ],
)
def test_another_answer_is_one_sentence(tmp_path, sandbox_script, answer):
    sandbox_script(f"print('{answer}')\nprint('E{{\"notes\": []}}')")
    with pytest.raises(UnfinishedError, match=FAILED):
        heard(tmp_path, 0, 1)


def test_both_sides_of_the_process_speak_of_the_same_blocks():
    assert (SOUND_RATE, SOUND_BLOCK) == (sandbox.RATE, sandbox.BLOCK)
