"""Whatever the decoding process says, this process fails with one sentence at most."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from vgpnn.decoding.messages import (
    FAILED,
    LONGEST_NOTE,
    MOST_NOTES,
    UnfinishedError,
    VideoError,
    checked_header,
    checked_message,
)
from vgpnn.limits import LIMITS

HEADER = {
    "count": 5,
    "width": 64,
    "height": 48,
    "frames": 5,
    "fps": "25",
    "seconds": 0.2,
    "motion": [],
    "constant_rate": True,
    "container": "mov",
    "codec": "h264",
    "pixel_format": "yuv420p",
    "sound": True,
    "turn": 90,
    "hdr": "PQ",
    "notes": ["It is interlaced."],
}


def test_what_the_process_writes_is_taken():
    assert checked_message(json.dumps(HEADER).encode()) == HEADER
    assert checked_header(HEADER, LIMITS, is_read=True) == HEADER
    with pytest.raises(VideoError, match=r"^The file is empty\.$") as caught:
        checked_message(b'{"error": "The file is empty."}')
    assert not isinstance(caught.value, UnfinishedError)


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"not JSON",
        b"[1, 2]",
        b"7",
        b"\xff\xfe",
        b'{"notes": 7}',
        b'{"notes": [7]}',
        b'{"error": ["a"]}',
        json.dumps({"notes": ["a"] * (MOST_NOTES + 1)}).encode(),
        json.dumps({"notes": ["a" * (LONGEST_NOTE + 1)]}).encode(),
    ],
    ids=lambda line: line[:20].decode(errors="replace"),
)
def test_other_messages_are_one_sentence(line):
    with pytest.raises(UnfinishedError, match=FAILED):
        checked_message(line)


@pytest.mark.parametrize(
    "change",
    [
        {"count": 10**6},
        {"count": 0},
        {"height": 10**9},
        {"width": "wide"},
        {"fps": "0"},
        {"fps": "1/0"},
        {"fps": "9999"},
        {"seconds": float("nan")},
        {"motion": "ab"},
        {"motion": [0.1]},
        {"motion": [0.1, 99.0]},
        {"codec": 7},
        {"constant_rate": None},
        {"sound": 1},
        {"sound": "yes"},
        {"turn": 45},
        {"turn": True},
        {"turn": 90.0},
        {"turn": "90"},
        {"hdr": None},
        {"hdr": ["PQ"]},
        {"hdr": "<b>"},
    ],
    ids=str,
)
def test_another_header_is_one_sentence(change):
    with pytest.raises(UnfinishedError, match=FAILED):
        checked_header(HEADER | change, LIMITS, is_read=True)


@pytest.mark.parametrize("name", sorted(HEADER.keys() - {"notes"}))
def test_a_header_without_a_field_is_one_sentence(name):
    header = {key: value for key, value in HEADER.items() if key != name}
    with pytest.raises(UnfinishedError, match=FAILED):
        checked_header(header, LIMITS, is_read=False)


def test_a_probe_may_tell_of_more_frames_than_are_read():
    limits = replace(LIMITS, decoded_frames=4)
    assert checked_header(HEADER, limits, is_read=False)
    with pytest.raises(UnfinishedError):
        checked_header(HEADER, limits, is_read=True)
