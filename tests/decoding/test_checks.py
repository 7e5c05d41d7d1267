"""Files and parts that are refused, and the sentence that says why."""

from __future__ import annotations

from dataclasses import asdict, replace

import pytest
from helpers.videos import counter, encode, error_of, numbers

from vgpnn.decoding.sandbox import checks
from vgpnn.limits import LIMITS
from vgpnn.video import probe, read

pytestmark = pytest.mark.usefixtures("nothing_left_behind")
HEADS = {
    "mov": b"\x00\x00\x00\x18ftypisom",
    "matroska": b"\x1a\x45\xdf\xa3\x01",
    "avi": b"RIFF\x10\x00\x00\x00AVI LIST",
    "gif": b"GIF89a\x01",
    "mpeg": b"\x00\x00\x01\xba\x44",
    "dv": b"\x1f\x07\x00\xbf",
    "apng": b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR....acTL....IDAT",
    "mpegts": (b"G" + bytes(187)) * 6,
}
HELD_BACK = [  # the beginning of a recording may be lost, and camcorders put 4 bytes before
    (b"\x01" * 77 + (b"G" + bytes(187)) * 6, "mpegts"),
    ((bytes(4) + b"G" + bytes(187)) * 6, "mpegts"),
    ((b"G" + bytes(203)) * 6, "mpegts"),
    (b"\x00\x00\x00\x18ftypavis", "mov"),
    (b"\x00\x00\x00\x18ftypqt  ", "mov"),
    (b"\x00\x00\x00\x18ftyphevc", "mov"),
    (b"\x00\x00\x00\x2csidx\x00\x00", "mov"),
    (b"\x89PNG\r\n\x1a\n" + bytes(9000) + b"acTL\x00\x00\x00\x02..IDAT", "apng"),
]
OTHERS = [
    (b"hello, this is no film\n", "text"),
    (b"\xef\xbb\xbf<!DOCTYPE html><html></html>", "a web page"),
    (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "an SVG drawing"),
    (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "a still image"),
    (b"RIFF\x00\x00\x00\x00WAVEfmt ", "sound"),
    (b"\x00\x00\x00\x18ftypheic", "a still image"),
    (b"\x00\x00\x00\x1cftypavif", "a still image"),
    (b"\x00\x00\x00\x1cftypmif1", "a still image"),
    *((b"\x00\x00\x00\x1cftyp" + brand, "a still image") for brand in (b"miaf", b"avci", b"MiHE")),
    *((b"\x00\x00\x00\x1cftyp" + brand, "a still image") for brand in (b"avio", b"jxl ", b"crx ")),
    (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR....IDAT..acTL", "a still image"),
    (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR....acTL\x00\x00\x00\x01..IDAT", "a still image"),
    (b"\n<!doctype html>\n<p>", "a web page"),
    (b"<HTML>", "a web page"),
    (b"OggS\x00\x02" + bytes(22) + b"\x01\x1e\x01vorbis", "sound"),
    (b"\xff\xfb\x90\x00", "sound"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    ("Grüße".encode() * 99, "text"),
    ("Grüße".encode() * 99 + b"\xc3", "text"),
    ("text".encode("utf-16"), "text"),
    (b"\xfe" * 300, "something else"),
    (b"G" + bytes(187), "something else"),
    (b"  \n#EXTM3U\n", "a playlist"),
    (b"ffconcat version 1.0", "a playlist"),
    (b"\x89PNG\r\n", "a still image"),
    (b"\xff\xd8\xff\xe0", "a still image"),
    (b"8BPS\x00\x01", "a still image"),
    (b"PK\x03\x04", "a ZIP archive"),
    (bytes(range(1, 200)), "something else"),
]


@pytest.mark.parametrize("demuxer", HEADS)
def test_the_first_bytes_name_the_demuxer(demuxer):
    assert checks.demuxer_of(HEADS[demuxer]) == demuxer


@pytest.mark.parametrize("head, demuxer", HELD_BACK)
def test_siblings_of_a_kind_are_found(head, demuxer):
    assert checks.demuxer_of(head) == demuxer


@pytest.mark.parametrize(
    "head, remedy",
    [
        (b"RIFF\x00\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x02", "convert the file to GIF or MP4"),
        (b"\x00\x05\x16\x07\x00\x02\x00\x00Mac OS X", "choose the one without ._ in its name"),
    ],
)
def test_a_file_that_looks_like_a_video_is_refused_with_a_remedy(head, remedy):
    with pytest.raises(checks.RefusedError, match=rf": {remedy}\.$"):
        checks.demuxer_of(head)


@pytest.mark.parametrize(
    "head, name",
    [
        (b"\x00\x00\x00\x01\x67\x64", "A video stream without a container"),
        (b"\x00\x00\x01\xb3\x14", "A video stream without a container"),
        (b"OggS\x00\x02" + bytes(22) + b"\x01*\x80theora", "Ogg video"),
        (b"\x06\x0e\x2b\x34\x02\x05\x01\x01", "MXF video"),
        (b"YUV4MPEG2 W320 H180", "Y4M video"),
        (b"RIFF\x00\x00\x00\x00CDXAfmt ", "A track of a Video CD"),
        (b"FLV\x01\x05", "Flash video"),
    ],
)
def test_videos_that_are_not_read_are_named_with_the_remedy(head, name):
    """They are videos, so that nobody is told that they are none."""
    with pytest.raises(checks.RefusedError) as refusal:
        checks.demuxer_of(head)
    assert str(refusal.value) == f"{name} is not read: convert the file to MP4 with H.264."


@pytest.mark.parametrize("head, kind", OTHERS, ids=lambda value: str(value)[:20])
def test_other_kinds_of_files_are_named(head, kind):
    with pytest.raises(checks.RefusedError, match=f"The file holds {kind}, not a video: give an "):
        checks.demuxer_of(head)


@pytest.mark.parametrize(
    "data, reason",
    [
        (OTHERS[0][0], "text"),
        (b"", "empty"),
        (HEADS["mov"] + bytes(50), "damaged"),
        (HEADS["matroska"] + bytes(50), "damaged"),
        (HEADS["gif"] + bytes(20), "damaged"),
    ],
    ids=["text", "empty", "mov", "matroska", "gif"],
)
def test_the_content_decides_not_the_name(tmp_path, data, reason):
    path = tmp_path / "film.mp4"
    path.write_bytes(data)
    assert reason in error_of(read, path)


@pytest.mark.parametrize(
    "check, most, above",
    [
        (checks.check_bytes, (100,), (101,)),
        (checks.check_seconds, (60,), (60.1,)),
        (checks.check_pixels, (30, 20), (31, 20)),
        (checks.check_stored_frames, (10,), (11,)),
        (checks.check_decoded_frames, (8,), (9,)),
        (checks.check_decoded_voxels, (5, 10, 10), (6, 10, 10)),
    ],
)
def test_a_limit_itself_is_allowed_and_more_is_not(check, most, above):
    limits = {
        "upload_bytes": 100,
        "source_seconds": 60,
        "source_pixels": 600,
        "source_frames": 10,
        "decoded_frames": 8,
        "decoded_voxels": 500,
    }
    assert set(limits) <= set(asdict(LIMITS))
    check(*most, limits)
    with pytest.raises(checks.RefusedError, match=r": .*\.$"):
        check(*above, limits)


@pytest.mark.parametrize(
    "change, reason",
    [
        ({"upload_bytes": 100}, "MB"),
        ({"source_seconds": 0.5}, "minutes"),
        ({"source_pixels": 1000}, "pixels"),
        ({"source_frames": 10}, "over 10 frames"),
        ({"decoded_frames": 10}, "shorter part"),
        ({"decoded_voxels": 10_000}, "lower height"),
    ],
)
def test_limits_hold_for_a_file(tmp_path, change, reason):
    path = encode(tmp_path / "clip.mp4", counter(20))
    assert reason in error_of(read, path, limits=replace(LIMITS, **change))


def test_a_rate_above_the_limit_is_read_at_the_limit(tmp_path):
    """Cameras for slow motion store hundreds of frames per second."""
    path = encode(tmp_path / "clip.mp4", counter(20), 48)
    limits = replace(LIMITS, frame_rate=12.0)
    video, info = read(path, limits=limits), probe(path, limits)
    assert video.fps == info.fps == 12 and numbers(video) == [0, 4, 8, 12, 16]
    assert video.notes == info.notes
    assert video.notes == ("The video has 48 frames per second: it is read at 12.",)
    assert "at most 12" in error_of(read, path, fps=48, limits=limits)
