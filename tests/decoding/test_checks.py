"""Files and parts that are refused, and the sentence that says why."""

from __future__ import annotations

from dataclasses import asdict, replace

import pytest
from helpers.videos import counter, encode, error_of

from vgpnn.decoding.sandbox import checks
from vgpnn.limits import LIMITS
from vgpnn.video import read

pytestmark = pytest.mark.usefixtures("nothing_left_behind")
HEADS = {
    "mov": b"\x00\x00\x00\x18ftypisom",
    "matroska": b"\x1a\x45\xdf\xa3\x01",
    "avi": b"RIFF\x10\x00\x00\x00AVI LIST",
    "gif": b"GIF89a\x01",
}
OTHERS = [
    (b"hello, this is no film\n", "text"),
    (b"\xef\xbb\xbf<!DOCTYPE html><html></html>", "a web page"),
    (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "an SVG drawing"),
    (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "sound or a WebP image"),
    (b"  \n#EXTM3U\n", "a playlist"),
    (b"ffconcat version 1.0", "a playlist"),
    (b"\x89PNG\r\n", "a still image"),
    (b"PK\x03\x04", "a ZIP archive"),
    (bytes(range(1, 200)), "something else"),
]


@pytest.mark.parametrize("demuxer", HEADS)
def test_the_first_bytes_name_the_demuxer(demuxer):
    assert checks.demuxer_of(HEADS[demuxer]) == demuxer


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
        (checks.check_frame_rate, (25,), (25.1,)),
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
        "frame_rate": 25,
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
        ({"frame_rate": 12.0}, "lower fps"),
    ],
)
def test_limits_hold_for_a_file(tmp_path, change, reason):
    path = encode(tmp_path / "clip.mp4", counter(20))
    assert reason in error_of(read, path, limits=replace(LIMITS, **change))
