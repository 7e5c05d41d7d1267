"""What is said of a file that a visitor brought."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from helpers.page import opened, upload
from helpers.pages import tiny_clip

from vgpnn.page.panels.clip import player_of
from vgpnn.page.panels.found import found_in
from vgpnn.service import files

PHONE = {
    "width": 1080,
    "height": 1920,
    "fps": Fraction(30000, 1001),
    "seconds": 125.4,
    "constant_rate": False,
    "container": "mov",
    "codec": "hevc",
    "pixel_format": "yuv420p10le",
    "sound": True,
    "turn": 90,
    "hdr": "HLG",
}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            PHONE,
            "Found: an upright picture of 1080×1920, turned by 90°, in HDR (HLG), which is shown "
            "as SDR, 29.97 frames per second, not evenly spaced, 2 min 5 s, HEVC in 10 bits in "
            "MP4, with sound.",
        ),
        (
            {},
            "Found: a wide picture of 64×48, 10 frames per second, 0.50 s, H.264 in MP4.",
        ),
        ({"width": 48, "container": "gif", "codec": "gif"}, "Found: a square picture of 48×48"),
        (
            {"container": "gif", "codec": "gif", "pixel_format": "bgra"},
            "0.50 s, GIF.",
        ),
        ({"codec": "utvideo", "container": "avi"}, "utvideo in AVI."),
    ],
)
def test_a_file_is_described(clips, changes, words):
    assert words in found_in(replace(tiny_clip(clips["tiny"]).info, **changes))


def test_only_what_somebody_brought_is_described(clips):
    clip = tiny_clip(clips["tiny"])
    assert "Found" not in player_of(clip, "a.mp4")
    brought = replace(clip, path=files.UPLOADS / "x" / "tiny.mp4")
    assert player_of(brought, "a.mp4").count("Found: a wide picture of 64×48") == 1


def test_an_upload_says_what_was_found(browser, server, clips):
    with opened(browser, server) as page:
        assert page.locator("#working >> text=Found:").count() == 0
        upload(page, clips["tiny"])
        page.wait_for_selector("#working >> text=Found: a wide picture of 64×48")
        assert page.errors == []
